/** The lines of one subscription, with their totals and what was counted of them. */
import { exact, sum } from '../../core/money.ts';
import type { Batch, TableRow } from './port.ts';

/** A row without the columns that are empty. */
export const filled = (row: TableRow): TableRow =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''));

/** Lines of one currency; of the counts, those that are not 0. */
export const lineBatch = (
  lines: readonly TableRow[],
  currency: string,
  counts: Readonly<Record<string, number | undefined>>,
): Batch => {
  const total = sum(lines.map(({ mrr }) => exact(mrr ?? '0')));
  return {
    rows: { lines },
    control: { lines: lines.length, mrr: lines.length === 0 ? {} : { [currency]: total.toFixed(4) } },
    counts: Object.fromEntries(
      Object.entries(counts).flatMap(([name, count = 0]) => (count > 0 ? [[name, count]] : [])),
    ),
  };
};
