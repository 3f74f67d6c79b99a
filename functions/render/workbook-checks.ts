/** The sheet of checks: every headline figure beside what the workbook's own rows say, recomputed by formulas. */
import { type Exact, exact, ratioText, sum } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Cause, Movement, Report, Retention, SegmentRow, WindowReport } from '../core/report.ts';
import { countText } from './formats.ts';
import type { Ledger, LedgerWindow } from './ledger.ts';
import {
  apart,
  type Cell,
  cellText,
  colours,
  countFormat,
  type Formats,
  formula,
  fullRatioFormat,
  header,
  type Sheet,
  text,
  words,
} from './workbook-cells.ts';
import { type Criterion, countWhere, rounded, safeAmong, sumWhere } from './workbook-formulas.ts';
import { isCut, type MovementCells, movementCells } from './workbook-movements.ts';
import { summaryCell } from './workbook-summary.ts';
import { type LedgerSums, ledgerSums } from './workbook-sums.ts';
import {
  type BridgeLine,
  bridgeCell,
  bridgeLines,
  byWindow,
  dimensionNames,
  segmentColumn,
  shareText,
  windowsOf,
  windowText,
} from './workbook-tables.ts';

type Unit = 'money' | 'ratio' | 'count';

/** A figure somewhere in the workbook: its cell and its value, exact text. */
type Figure = { readonly cell: string; readonly value: string };

/** What one row of the sheet is about. */
type Subject = { readonly window: WindowName; readonly dimension?: string; readonly segment?: string };

/** A formula before the number of its row is known, and what it comes to. */
type Recomputed = { readonly formula: (row: number) => string; readonly value: Exact };

/** Most segments that are recomputed one by one: each takes three sums over all movements, every time the book opens. */
const segmentsRecomputed = 400;

const columns = ['Check', 'Window', 'Dimension', 'Segment', 'Reported', 'Recomputed', 'Difference', 'Recomputed from'];
const place = { window: '$B', dimension: '$C', segment: '$D', recomputed: '$F', difference: '$G' } as const;
const firstRow = 2;

export type Checks = {
  readonly sheet: Sheet;
  /** For the summary: in words how the checks ended. It begins with "Checks:" if, and only if, they ended well. */
  readonly verdict: { readonly formula: string; readonly result: string };
};

const note = { ...apart, textColor: colours.soft };

/** Collects rows; a check tells where it put its result, so that others can build on it. */
const collector = (formats: Formats, decimals: number) => {
  const rows: Cell[][] = [];
  let checks = 0;
  let differing = 0;
  let remarks = 0;
  const unitOf = {
    money: { format: formats.money, decimals },
    ratio: { format: fullRatioFormat, decimals: 6 },
    count: { format: countFormat, decimals: 0 },
  } as const;
  const subjectCells = (check: string, { window, dimension = '', segment = '' }: Subject): Cell[] => [
    words(check),
    words(windowText(window)),
    text(dimension),
    text(segment),
  ];
  const add = (
    check: string,
    subject: Subject,
    unit: Unit,
    reported: Figure,
    recomputed: Recomputed,
    from: string,
  ): Figure => {
    const row = firstRow + rows.length;
    const { format, decimals: digits } = unitOf[unit];
    const value = recomputed.value.toDecimalPlaces(digits);
    const difference = exact(reported.value).minus(value);
    const cell = `${place.recomputed}$${row}`;
    checks += 1;
    if (!difference.isZero()) differing += 1;
    rows.push([
      ...subjectCells(check, subject),
      formula(reported.cell, reported.value, format),
      formula(rounded(recomputed.formula(row), digits), value.toFixed(digits), format),
      formula(rounded(`E${row}-F${row}`, digits), difference.toFixed(digits), format),
      words(from, note),
    ]);
    return { cell, value: value.toFixed(digits) };
  };
  /** A row that checks nothing and says why. */
  const remark = (check: string, subject: Subject, why: string): void => {
    remarks += 1;
    rows.push([...subjectCells(check, subject), null, null, null, words(why, note)]);
  };
  const result = (): Checks => {
    const differences = `Checks!${place.difference}$${firstRow}:${place.difference}$${Math.max(firstRow, firstRow + rows.length - 1)}`;
    const zeros = `COUNTIF(${differences},0)`;
    const left = remarks === 0 ? '' : ' Not everything could be recomputed here: see the sheet Checks.';
    const good =
      checks === 0
        ? 'Checks: there is nothing to recompute yet.'
        : `Checks: all ${countText(checks)} differences are 0.${left}`;
    const bad = ` of ${countText(checks)} checks differ: see the sheet Checks.`;
    return {
      sheet: {
        name: 'Checks',
        widths: [34, 11, 18, 24, 18, 18, 16, 50],
        rows: [
          columns.map((title, index) => header(title, index >= 4 && index <= 6, index === 7 ? apart : {})),
          ...rows,
        ],
        frozenRows: 1,
        frozenColumns: 1,
        // Sorted rows would no longer be those that formulas point to.
        hasFilter: false,
        orientation: 'landscape',
        conditionalFormatting: [
          {
            cellRange: {
              from: { row: firstRow, column: 7 },
              to: { row: firstRow + Math.max(1, rows.length), column: 7 },
            },
            condition: { formula: `IF(ISNUMBER($G${firstRow}),$G${firstRow}<>0,ISERROR($G${firstRow}))` },
            style: { textColor: colours.bad, backgroundColor: colours.badTile },
          },
        ],
      },
      verdict: {
        formula: `IF(${zeros}=${checks},"${good}",${checks}-${zeros}&"${bad}")`,
        result: differing === 0 ? good : `${differing}${bad}`,
      },
    };
  };
  return { add, remark, result };
};

type Collector = ReturnType<typeof collector>;

/** What the checks of one window stand on. */
type Scope = {
  readonly report: Report;
  readonly name: WindowName;
  readonly window: WindowReport;
  readonly decimals: number;
  /** Null where not all of the window's movements are in the workbook. */
  readonly ledger: { readonly cells: MovementCells; readonly sums: LedgerSums } | null;
};

const movedIn = (cells: MovementCells, row: number, movement: Movement, cause?: Cause): Criterion[] => [
  { column: cells.windows, value: `${place.window}${row}`, isSafe: true },
  { column: cells.movements, value: `"${movement}"`, isSafe: true },
  ...(cause === undefined ? [] : [{ column: cells.causes, value: `"${cause}"`, isSafe: true }]),
];

const movementsOfBridge: readonly { line: BridgeLine; movement: Movement; cause?: Cause }[] = [
  { line: 'new', movement: 'new' },
  { line: 'reactivation', movement: 'reactivation' },
  { line: 'expansion', movement: 'expansion' },
  { line: 'contraction', movement: 'contraction' },
  { line: 'voluntaryChurn', movement: 'churn', cause: 'voluntary' },
  { line: 'involuntaryChurn', movement: 'churn', cause: 'involuntary' },
  { line: 'pausedChurn', movement: 'churn', cause: 'paused' },
  { line: 'unclassifiedChurn', movement: 'churn', cause: 'unclassified' },
];

const bridgeFigure = ({ report, name, window }: Scope, wanted: BridgeLine): Figure => {
  const found = bridgeLines.find((line) => line.name === wanted);
  return { cell: bridgeCell(report, wanted, name), value: found?.of(window.bridge) ?? '0' };
};

/** Each line of the bridge against the movements; the lines as recomputed, or as reported where they cannot be. */
const bridgeChecks = (scope: Scope, { add }: Collector): ReadonlyMap<BridgeLine, Figure> => {
  const { name, ledger } = scope;
  const lines = new Map(bridgeLines.map((line): [BridgeLine, Figure] => [line.name, bridgeFigure(scope, line.name)]));
  if (ledger !== null) {
    for (const { line, movement, cause } of movementsOfBridge) {
      const label = bridgeLines.find((candidate) => candidate.name === line)?.label ?? line;
      const recomputed = {
        formula: (row: number) => sumWhere(ledger.cells.changes, movedIn(ledger.cells, row, movement, cause)),
        value: ledger.sums.delta(movement, cause),
      };
      lines.set(
        line,
        add(`Bridge: ${label}`, { window: name }, 'money', bridgeFigure(scope, line), recomputed, 'Movements'),
      );
    }
  }
  const before = bridgeLines.slice(0, -1).map((line) => bridgeFigure(scope, line.name));
  const [first, last] = [before[0]?.cell ?? '', before.at(-1)?.cell ?? ''];
  const closes = {
    formula: () => `SUM(${first}:${last.replace('Bridge!', '')})`,
    value: sum(before.map(({ value }) => exact(value))),
  };
  add(
    'Bridge closes',
    { window: name },
    'money',
    bridgeFigure(scope, 'closing'),
    closes,
    'Bridge: opening and all lines',
  );
  return lines;
};

const losses = ['contraction', 'voluntaryChurn', 'involuntaryChurn', 'pausedChurn', 'unclassifiedChurn'] as const;

/** NDR, GRR and their like from the opening MRR and the lines of the bridge. */
const ratioChecks = (scope: Scope, { add }: Collector, lines: ReadonlyMap<BridgeLine, Figure>): void => {
  const { report, name, window, ledger } = scope;
  const opening = bridgeFigure(scope, 'opening');
  const from = ledger === null ? 'Bridge' : 'Opening MRR and the sums over Movements above';
  const check = (
    label: string,
    figure: 'ndr' | 'grr' | 'ndrExInvoluntary' | 'involuntaryShare',
    reported: string | null,
    of: readonly BridgeLine[],
    start: readonly Figure[],
    sign: 1 | -1,
  ) => {
    if (reported === null) return;
    const terms = [...start, ...of.flatMap((line) => lines.get(line) ?? [])];
    const value = ratioText(sum(terms.map((term) => exact(term.value))).times(sign), exact(opening.value));
    const total = `(${terms.map(({ cell }) => cell).join('+')})`;
    const recomputed = {
      formula: () => `${sign === 1 ? '' : '-'}${total}/${opening.cell}`,
      value: exact(value ?? '0'),
    };
    add(
      label,
      { window: name },
      'ratio',
      { cell: summaryCell(report, figure, name), value: reported },
      recomputed,
      from,
    );
  };
  const { ndr, grr, ndrExInvoluntary, involuntaryChurnMrr, openingMrr } = window.total;
  check('NDR', 'ndr', ndr, ['expansion', ...losses], [opening], 1);
  check('GRR', 'grr', grr, losses, [opening], 1);
  const kept = losses.filter((line) => line !== 'involuntaryChurn');
  check('NDR without involuntary churn', 'ndrExInvoluntary', ndrExInvoluntary, ['expansion', ...kept], [opening], 1);
  const share = shareText(involuntaryChurnMrr, openingMrr);
  check('Involuntary churn, share of opening', 'involuntaryShare', share, ['involuntaryChurn'], [], -1);
};

const accountChecks = ({ report, name, window, ledger }: Scope, { add }: Collector): void => {
  const { openingAccounts, closingAccounts, logoRetention } = window.total;
  const opening = summaryCell(report, 'openingAccounts', name);
  const closing = { cell: summaryCell(report, 'closingAccounts', name), value: `${closingAccounts}` };
  let still: Figure = closing;
  if (ledger !== null) {
    const recomputed = {
      formula: (row: number) => `${opening}-${countWhere(movedIn(ledger.cells, row, 'churn'))}`,
      value: exact(`${openingAccounts - ledger.sums.accounts('churn')}`),
    };
    still = add(
      'Accounts still paying',
      { window: name },
      'count',
      closing,
      recomputed,
      'Opening accounts less churn in Movements',
    );
  }
  if (logoRetention === null) return;
  const reported = { cell: summaryCell(report, 'logoRetention', name), value: logoRetention };
  const recomputed = {
    formula: () => `${still.cell}/${opening}`,
    value: exact(ratioText(exact(still.value), exact(`${openingAccounts}`)) ?? '0'),
  };
  add('Logo retention', { window: name }, 'ratio', reported, recomputed, 'Accounts still paying, by opening accounts');
};

/** A column of the sheet of segments, from its first row to its last. */
const segmentCells = (column: string, rows: number): string =>
  `Segments!$${column}$2:$${column}$${Math.max(2, rows + 1)}`;

const added = [
  ['openingAccounts', 'Opening accounts', 'count'],
  ['openingMrr', 'Opening MRR', 'money'],
  ['closingMrr', 'Closing MRR', 'money'],
  ['expansionMrr', 'Expansion', 'money'],
  ['churnMrr', 'Churn', 'money'],
] as const satisfies [keyof Retention, string, Unit][];

/** The segments of each dimension against the whole. */
const additionChecks = (
  { report, name, window }: Scope,
  { add }: Collector,
  names: ReadonlyMap<string, string>,
): void => {
  const cells = (of: Parameters<typeof segmentColumn>[0]) => segmentCells(segmentColumn(of), report.segments.length);
  const isSafe = safeAmong([...names.values()].map(cellText));
  const ofWindow = Map.groupBy(
    report.segments.filter((row) => row.window === name),
    ({ dimension }) => dimension,
  );
  for (const [dimension, rows] of ofWindow) {
    const shown = names.get(dimension) ?? dimension;
    for (const [figure, label, unit] of added) {
      const recomputed = {
        formula: (row: number) =>
          sumWhere(cells(figure), [
            { column: cells('window'), value: `${place.window}${row}`, isSafe: true },
            { column: cells('dimension'), value: `${place.dimension}${row}`, isSafe: isSafe(cellText(shown)) },
          ]),
        value: sum(rows.map((row) => exact(`${row[figure]}`))),
      };
      const reported = { cell: summaryCell(report, figure, name), value: `${window.total[figure]}` };
      add(`Segments add up: ${label}`, { window: name, dimension: shown }, unit, reported, recomputed, 'Segments');
    }
  }
};

const segmentMovements = [
  ['expansionMrr', 'Expansion', 'expansion', 1],
  ['contractionMrr', 'Contraction', 'contraction', -1],
  ['churnMrr', 'Churn', 'churn', -1],
] as const satisfies [keyof Retention, string, Movement, 1 | -1][];

type Placed = { readonly row: SegmentRow; readonly at: number };

/** One segment against its movements. `at` is its row in the sheet of segments. */
const segmentChecks = (
  { row, at }: Placed,
  { cells, sums }: NonNullable<Scope['ledger']>,
  { add }: Collector,
  dimension: { readonly index: number; readonly name: string; readonly isSafe: (segment: string) => boolean },
): void => {
  const subject = { window: row.window, dimension: dimension.name, segment: row.segment };
  const cellOf = (figure: keyof Retention) => `Segments!$${segmentColumn(figure)}$${at}`;
  const results = segmentMovements.map(([figure, label, movement, sign]) => {
    const total = (checkRow: number) =>
      sumWhere(cells.changes, [
        ...movedIn(cells, checkRow, movement),
        {
          column: cells.segments(dimension.index),
          value: `${place.segment}${checkRow}`,
          isSafe: dimension.isSafe(cellText(row.segment)),
        },
      ]);
    const recomputed = {
      formula: (checkRow: number) => `${sign === 1 ? '' : '-'}${total(checkRow)}`,
      value: sums.segmentDelta(dimension.index, row.segment, movement).times(sign),
    };
    return add(label, subject, 'money', { cell: cellOf(figure), value: row[figure] }, recomputed, 'Movements');
  });
  const [expansion, contraction, churn] = results;
  if (expansion === undefined || contraction === undefined || churn === undefined) return;
  const opening = { cell: cellOf('openingMrr'), value: row.openingMrr };
  for (const [figure, label, gains] of [
    ['ndr', 'NDR', [expansion]],
    ['grr', 'GRR', []],
  ] as const) {
    const reported = row[figure];
    if (reported === null) continue;
    const gained = sum(gains.map(({ value }) => exact(value)));
    const kept = exact(opening.value).plus(gained).minus(exact(contraction.value)).minus(exact(churn.value));
    const plus = [opening, ...gains].map(({ cell }) => cell).join('+');
    const recomputed = {
      formula: () => `(${plus}-${contraction.cell}-${churn.cell})/${opening.cell}`,
      value: exact(ratioText(kept, exact(opening.value)) ?? '0'),
    };
    add(
      label,
      subject,
      'ratio',
      { cell: cellOf(figure), value: reported },
      recomputed,
      'Opening MRR and the sums above',
    );
  }
};

/** Whether texts that differ look alike once they are cells. */
const mayBeConfused = (segments: readonly string[]): boolean => {
  const raw = new Set(segments);
  return new Set(Array.from(raw, cellText)).size < raw.size;
};

/** Every segment of a window whose dimension the ledger has. */
const windowSegmentChecks = (
  scope: Scope,
  rows: readonly Placed[],
  dimensions: readonly string[],
  names: ReadonlyMap<string, string>,
  collect: Collector,
): void => {
  const { name, ledger } = scope;
  if (ledger === null) return;
  for (const [dimension, placed] of Map.groupBy(rows, ({ row }) => row.dimension)) {
    const shown = names.get(dimension) ?? dimension;
    const index = dimensions.indexOf(dimension);
    const all = [...ledger.sums.segments(index), ...placed.map(({ row }) => row.segment)];
    const remark = (why: string) => collect.remark('Segments', { window: name, dimension: shown }, why);
    if (index < 0) remark('Not recomputed: Movements has no such column.');
    else if (mayBeConfused(all))
      remark('Not recomputed: two segments look alike in a cell; movements.csv tells them apart.');
    else {
      const isSafe = safeAmong(all.map(cellText));
      for (const one of placed) segmentChecks(one, ledger, collect, { index, name: shown, isSafe });
    }
  }
};

const cutRemark = ({ rows, total }: LedgerWindow): string =>
  `Not recomputed: Movements holds the largest ${countText(rows.length)} of ${countText(total)} rows; see movements.csv.`;

/**
 * Checks of a whole report: of each window first, then of each segment. What needs movements that the ledger was cut of is
 * not recomputed, and says so.
 */
export const checksOf = (report: Report, ledger: Ledger, formats: Formats, decimals: number): Checks => {
  const collect = collector(formats, decimals);
  const cells = movementCells(ledger);
  const names = dimensionNames([...report.segments.map(({ dimension }) => dimension), ...ledger.dimensions]);
  const places = byWindow(report.segments).map((row, index): Placed => ({ row, at: index + 2 }));
  const scopes = windowsOf(report).map(({ name, window }) => {
    const rows = ledger.windows.find((candidate) => candidate.window === name);
    const isWhole = rows !== undefined && !isCut(rows);
    const sums = isWhole ? ledgerSums(rows.rows, ledger.dimensions.length, decimals) : null;
    const scope: Scope = { report, name, window, decimals, ledger: sums === null ? null : { cells, sums } };
    return { scope, rows };
  });
  for (const { scope, rows } of scopes) {
    const lines = bridgeChecks(scope, collect);
    ratioChecks(scope, collect, lines);
    accountChecks(scope, collect);
    additionChecks(scope, collect, names);
    if (scope.ledger === null) {
      const why = rows === undefined ? 'Not recomputed: Movements has no rows of this window.' : cutRemark(rows);
      collect.remark('Sums over movements', { window: scope.name }, why);
    }
  }
  let left = segmentsRecomputed;
  for (const { scope } of scopes) {
    if (scope.ledger === null) continue;
    const ofWindow = places.filter(({ row }) => row.window === scope.name);
    const shown = ofWindow.slice(0, left);
    left -= shown.length;
    windowSegmentChecks(scope, shown, ledger.dimensions, names, collect);
    const hidden = ofWindow.length - shown.length;
    if (hidden > 0) {
      const why = `${countText(hidden)} more segments are not recomputed here; movements.csv has their rows.`;
      collect.remark('Segments', { window: scope.name }, why);
    }
  }
  return collect.result();
};
