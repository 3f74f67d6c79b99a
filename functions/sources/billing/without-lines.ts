/** Rows of every table but `lines`: they are in no control total. */
import type { Batch } from './port.ts';

export const withoutLines = (rows: Omit<Batch['rows'], 'lines'>, counts: Batch['counts'] = {}): Batch => ({
  rows,
  control: { lines: 0, mrr: {} },
  counts,
});
