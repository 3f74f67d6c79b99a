/** What the checks of one window of the workbook stand on: the report, and its movements where all of them are there. */
import type { WindowName } from '../core/month.ts';
import type { Cause, Movement, Report, WindowReport } from '../core/report.ts';
import { place } from './workbook-check-sheet.ts';
import type { Criterion } from './workbook-formulas.ts';
import type { MovementCells } from './workbook-movements.ts';
import type { LedgerSums } from './workbook-sums.ts';

export type Scope = {
  readonly report: Report;
  readonly name: WindowName;
  readonly window: WindowReport;
  readonly decimals: number;
  /** Null where not all of the window's movements are in the workbook. */
  readonly ledger: { readonly cells: MovementCells; readonly sums: LedgerSums } | null;
};

/** The rows of a kind of movement, of the window that a check's own row names. */
export const movedIn = (
  cells: MovementCells,
  row: number,
  movement: Movement,
  cause: Cause | null = null,
): Criterion[] => [
  { column: cells.windows, value: `${place.window}${row}`, isSafe: true },
  { column: cells.movements, value: `"${movement}"`, isSafe: true },
  ...(cause === null ? [] : [{ column: cells.causes, value: `"${cause}"`, isSafe: true }]),
];
