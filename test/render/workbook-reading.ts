/** A workbook read back by another library, and its parts as they stand in the archive. */
import { type CellObject, read, utils, type WorkBook } from '@e965/xlsx';
import type { Report } from '../../functions/core/report.ts';
import type { Ledger } from '../../functions/render/ledger.ts';
import { workbookXlsx } from '../../functions/render/workbook.ts';
import { unzip } from '../../functions/render/workbook-zip.ts';
import { calculator } from './workbook-evaluator.ts';

export type ReadBook = {
  readonly book: WorkBook;
  readonly bytes: Uint8Array;
  readonly cell: (sheet: string, address: string) => CellObject;
  /** Rows of a sheet as values, header first; null for an empty cell. */
  readonly rows: (sheet: string) => (string | number | null)[][];
  /** XML of a sheet. */
  readonly xml: (sheet: string) => string;
};

export const readBook = (bytes: Uint8Array): ReadBook => {
  const book = read(bytes, { cellFormula: true, cellNF: true });
  return {
    book,
    bytes,
    cell: (sheet, address) => book.Sheets[sheet]?.[address],
    rows: (sheet) => utils.sheet_to_json(book.Sheets[sheet]!, { header: 1, defval: null, raw: true }),
    xml: (sheet) =>
      unzip(bytes)
        .get(`xl/worksheets/sheet${book.SheetNames.indexOf(sheet) + 1}.xml`)!
        .toString('utf8'),
  };
};

export const makeBook = async (report: Report, ledger: Ledger): Promise<ReadBook> =>
  readBook(await workbookXlsx(report, ledger));

export type CheckRow = {
  readonly check: string;
  readonly window: string;
  readonly dimension: string;
  readonly segment: string;
  readonly reported: number | null;
  readonly recomputed: number | null;
  readonly difference: number | null;
  readonly from: string;
};

/** The rows of the sheet of checks, their formulas calculated here; `stored` takes the results that the file carries. */
export const checkRows = ({ book, rows }: ReadBook, results: 'calculated' | 'stored'): CheckRow[] => {
  const calculate = calculator(book);
  const number = (address: string): number | null => {
    const cell: CellObject | undefined = book.Sheets.Checks?.[address];
    if (cell?.f === undefined) return null;
    return Number(results === 'calculated' ? calculate('Checks', address) : cell.v);
  };
  return rows('Checks')
    .slice(1)
    .map(([check, window, dimension, segment, , , , from], index) => ({
      check: `${check}`,
      window: `${window}`,
      dimension: `${dimension ?? ''}`,
      segment: `${segment ?? ''}`,
      reported: number(`E${index + 2}`),
      recomputed: number(`F${index + 2}`),
      difference: number(`G${index + 2}`),
      from: `${from ?? ''}`,
    }));
};

const verdict = /^Checks|checks differ/;

/** The line on the summary that says how the checks ended. */
export const verdictOf = ({ book }: ReadBook, results: 'calculated' | 'stored'): string => {
  const summary = book.Sheets.Summary!;
  const address = Object.keys(summary).find(
    (key) => summary[key].f !== undefined && verdict.test(`${summary[key].v}`),
  )!;
  return `${results === 'calculated' ? calculator(book)('Summary', address) : summary[address].v}`;
};
