/** Writes a month's tables in parts as batches come, and puts the month in its place when it is whole. */
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Exact, exact, zero } from '../../core/money.ts';
import type { Month } from '../../core/month.ts';
import { keepBeside } from './kept-beside.ts';
import { partFiles } from './part-files.ts';
import type { Batch, BillingSource, ControlTotals } from './port.ts';

export type Written = {
  readonly control: ControlTotals;
  readonly counts: Readonly<Record<string, number>>;
  readonly notes: readonly string[];
};

/**
 * Writes the batches of `month` below `dir`: `lines/part-00001.ndjson` and so on, and `control.json` with the totals and
 * with what `notesOf` makes of the counts, which the report tells its readers. Until all is there the month stays in a
 * hidden folder, which no source reads; then it takes the place of an older one, whose files of `fx` and
 * `opportunities` it keeps, as these come from elsewhere.
 */
export const writeMonth = async (
  dir: string,
  month: Month,
  batches: AsyncIterable<Batch>,
  notesOf: BillingSource['notes'] = () => [],
): Promise<Written> => {
  const [place, making, old] = [join(dir, month), join(dir, `.${month}.making`), join(dir, `.${month}.old`)];
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  const parts = partFiles(making);
  const counts: Record<string, number> = {};
  const mrr = new Map<string, Exact>();
  let lines = 0;

  try {
    for await (const batch of batches) {
      for (const table of ['lines', 'customers', 'cancellations', 'payments'] as const)
        await parts.add(table, batch.rows[table] ?? []);
      lines += batch.control.lines;
      for (const [currency, total] of Object.entries(batch.control.mrr))
        mrr.set(currency, (mrr.get(currency) ?? zero).plus(exact(total)));
      for (const [name, count] of Object.entries(batch.counts)) counts[name] = (counts[name] ?? 0) + count;
    }
  } finally {
    await parts.close();
  }

  const totals = [...mrr].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, total]) => [currency, total.toFixed(4)]);
  const control: ControlTotals = { lines, mrr: Object.fromEntries(totals) };
  const summed = Object.fromEntries(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
  const notes = notesOf(summed);
  const handle = await open(join(making, 'control.json'), 'wx');
  await handle.writeFile(`${JSON.stringify(notes.length === 0 ? control : { ...control, notes }, null, 2)}\n`);
  await handle.sync();
  await handle.close();

  // A pull that was killed between the two renames left them in the older folder.
  const earlier = existsSync(place) ? place : old;
  await keepBeside(earlier, making);
  if (existsSync(place)) {
    await rm(old, { recursive: true, force: true });
    await rename(place, old);
  }
  await rename(making, place);
  await rm(old, { recursive: true, force: true });
  return { control, counts: summed, notes };
};
