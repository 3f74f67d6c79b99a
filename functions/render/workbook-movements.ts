/** The sheet of the ledger: written straight into its XML, since a hundred thousand rows are too many for cell objects. */
import { joinWords, type Ledger, type LedgerRow, type LedgerWindow } from './ledger.ts';
import { apart, cellText, columnLetter, type Formats, header, type Sheet } from './workbook-cells.ts';
import { type ByteWriter, byteWriter } from './workbook-pack.ts';
import { byWindow, windowText } from './workbook-tables.ts';

/** Excel's rows a sheet, less the header. */
const rowsOfSheet = 1_048_575;

/** The ledger as far as one sheet holds it, longest window first: where it is more, the largest movements of each window. */
export const fitted = ({ dimensions, windows }: Ledger, limit = rowsOfSheet): Ledger => {
  const ordered = byWindow(windows);
  const all = windows.reduce((sum, { rows }) => sum + rows.length, 0);
  if (all <= limit) return { dimensions, windows: ordered };
  const share = Math.floor(limit / windows.length);
  return { dimensions, windows: ordered.map((window) => ({ ...window, rows: window.rows.slice(0, share) })) };
};

export const isCut = ({ rows, total }: LedgerWindow): boolean => rows.length < total;

type Column = {
  readonly title: string;
  readonly width: number;
  /** Repeated texts are stored once, those that differ in every row where they stand. */
  readonly kind: 'money' | 'repeated' | 'single';
  readonly of: (row: LedgerRow, window: string) => string;
};

/** The columns of movements.csv. */
const columnsOf = (dimensions: readonly string[], names: ReadonlyMap<string, string>): readonly Column[] => [
  { title: 'Window', width: 11, kind: 'repeated', of: (_, window) => window },
  { title: 'Account', width: 24, kind: 'single', of: ({ accountId }) => accountId },
  { title: 'Account name', width: 32, kind: 'single', of: ({ accountName }) => accountName },
  { title: 'Movement', width: 13, kind: 'repeated', of: ({ movement }) => movement },
  { title: 'Cause', width: 13, kind: 'repeated', of: ({ cause }) => cause ?? '' },
  { title: 'Reason', width: 24, kind: 'repeated', of: ({ reason }) => reason ?? '' },
  { title: 'Opening MRR', width: 16, kind: 'money', of: ({ openingMrr }) => openingMrr },
  { title: 'Closing MRR', width: 16, kind: 'money', of: ({ closingMrr }) => closingMrr },
  { title: 'Change', width: 16, kind: 'money', of: ({ deltaMrr }) => deltaMrr },
  ...dimensions.map(
    (dimension, index): Column => ({
      title: names.get(dimension) ?? dimension,
      width: 18,
      kind: 'repeated',
      of: ({ segments }) => segments[index] ?? '',
    }),
  ),
  { title: 'Invoices', width: 32, kind: 'single', of: ({ invoiceIds }) => invoiceIds },
  { title: 'Opportunities', width: 26, kind: 'single', of: ({ opportunityIds }) => opportunityIds },
  { title: 'Opportunity types', width: 20, kind: 'repeated', of: ({ opportunityTypes }) => opportunityTypes },
  { title: 'Opportunity owners', width: 22, kind: 'repeated', of: ({ opportunityOwners }) => opportunityOwners },
  { title: 'Found by', width: 18, kind: 'repeated', of: ({ opportunityJoinedBy }) => joinWords(opportunityJoinedBy) },
];

const dimensionsFrom = 9;

/** Cells of one column, header left out, as a formula says them. */
const cellsOf = (column: string, rows: number): string => `Movements!$${column}$2:$${column}$${Math.max(2, rows + 1)}`;

/** What formulas need of the sheet. */
export type MovementCells = {
  readonly windows: string;
  readonly movements: string;
  readonly causes: string;
  readonly changes: string;
  /** Of the dimension with this index. */
  readonly segments: (dimension: number) => string;
};

export const movementCells = ({ windows }: Ledger): MovementCells => {
  const rows = windows.reduce((sum, window) => sum + window.rows.length, 0);
  return {
    windows: cellsOf('A', rows),
    movements: cellsOf('D', rows),
    causes: cellsOf('E', rows),
    changes: cellsOf('I', rows),
    segments: (dimension) => cellsOf(columnLetter(dimensionsFrom + dimension), rows),
  };
};

/** The sheet without its rows. Its second row has one empty cell a column, in the style that the column's cells are to have. */
export const movementsSheet = (ledger: Ledger, names: ReadonlyMap<string, string>, formats: Formats): Sheet => {
  const columns = columnsOf(ledger.dimensions, names);
  return {
    name: 'Movements',
    widths: columns.map(({ width }) => width),
    rows: [
      columns.map(({ title, kind }, index) => header(title, kind === 'money', index === dimensionsFrom ? apart : {})),
      columns.map(({ kind }, index) =>
        kind === 'money'
          ? { type: Number, format: formats.money }
          : { type: String, format: '@', ...(index === dimensionsFrom ? apart : {}) },
      ),
    ],
    frozenRows: 1,
    frozenColumns: 3,
    hasFilter: true,
    orientation: 'landscape',
  };
};

/** The second row of that sheet, and the styles in it. */
const patternRow = /<row r="2">.*?<\/row>/s;
const styleOf = / s="(\d+)"/g;

const sharedText = /<si>/g;
const endOfShared = '</sst>';

const amountForm = /^-?\d+(\.\d+)?$/;

/** An amount as it stands in the ledger: not even its digits pass through a float here. */
const amount = (value: string): string => {
  if (!amountForm.test(value)) throw new RangeError(`"${value}" is not a plain decimal number`);
  return value;
};

/** Texts of the sheet that are stored once: each with the number by which cells name it. */
const sharedTexts = (first: number) => {
  const numbers = new Map<string, number>();
  return {
    numberOf: (text: string): number => {
      const number = numbers.get(text) ?? first + numbers.size;
      numbers.set(text, number);
      return number;
    },
    xml: (): string => {
      const out = byteWriter();
      for (const text of numbers.keys()) {
        out.write('<si><t>');
        out.writeText(text, cellText);
        out.write('</t></si>');
      }
      return new TextDecoder().decode(out.take());
    },
  };
};

/** Writes a cell of a column from its style on. */
const writerOf = (
  kind: Column['kind'],
  style: string,
  numberOf: (text: string) => number,
): ((out: ByteWriter, text: string) => void) => {
  if (kind === 'money') {
    const opening = `" s="${style}"><v>`;
    return (out, text) => {
      out.write(opening);
      out.write(amount(text));
      out.write('</v></c>');
    };
  }
  if (kind === 'single') {
    const opening = `" s="${style}" t="inlineStr"><is><t>`;
    return (out, text) => {
      out.write(opening);
      out.writeText(text, cellText);
      out.write('</t></is></c>');
    };
  }
  const known = new Map<string, string>();
  return (out, text) => {
    const xml = known.get(text) ?? `" s="${style}" t="s"><v>${numberOf(text)}</v></c>`;
    known.set(text, xml);
    out.write(xml);
  };
};

const bytesOfPiece = 1_000_000;

export type MovementsXml = {
  /** The sheet, piece by piece; to be read to its end before `sharedStrings`. */
  readonly sheet: Iterable<Uint8Array>;
  /** The library's shared strings with those of the sheet after them. */
  readonly sharedStrings: () => string;
};

/** Puts the ledger's rows in the place of the second row of the library's sheet. */
export const movementsXml = (ledger: Ledger, sheetXml: string, sharedStringsXml: string): MovementsXml => {
  const pattern = patternRow.exec(sheetXml);
  if (pattern === null) throw new RangeError('the sheet of movements has no second row to take styles from');
  const styles = [...pattern[0].matchAll(styleOf)].map(([, style = '']) => style);
  const columns = columnsOf(ledger.dimensions, new Map());
  if (styles.length !== columns.length) throw new RangeError('the sheet of movements has a column without a style');
  const shared = sharedTexts(sharedStringsXml.match(sharedText)?.length ?? 0);
  const cells = columns.map(({ kind, of }, index) => ({
    of,
    opening: `<c r="${columnLetter(index)}`,
    write: writerOf(kind, `${styles[index]}`, shared.numberOf),
  }));

  const writeRow = (out: ByteWriter, row: LedgerRow, window: string, at: string): void => {
    out.write('<row r="');
    out.write(at);
    out.write('">');
    for (const { of, opening, write } of cells) {
      const text = of(row, window);
      if (text === '') continue;
      out.write(opening);
      out.write(at);
      write(out, text);
    }
    out.write('</row>');
  };

  const before = sheetXml.slice(0, pattern.index);
  const after = sheetXml.slice(pattern.index + pattern[0].length);
  function* sheet(): Generator<Uint8Array> {
    const out = byteWriter();
    out.write(before);
    let at = 2;
    for (const { window, rows } of ledger.windows) {
      const name = windowText(window);
      for (const row of rows) {
        writeRow(out, row, name, `${at}`);
        at += 1;
        if (out.length() >= bytesOfPiece) yield out.take();
      }
    }
    out.write(after);
    yield out.take();
  }

  return {
    sheet: sheet(),
    sharedStrings: () => sharedStringsXml.replace(endOfShared, () => `${shared.xml()}${endOfShared}`),
  };
};
