/** Writes a month's tables in parts as batches come, and puts the month in its place when it is whole. */
import { existsSync } from 'node:fs';
import { cp, type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Exact, exact, zero } from '../../core/money.ts';
import type { Month } from '../../core/month.ts';
import type { TableName } from '../source-file.ts';
import type { Batch, BillingSource, ControlTotals, TableRow } from './port.ts';

/** Rows of one part. */
const partRows = 50_000;

/** Rows that are written at a time. */
const rowsAtOnce = 2_000;

type Part = { readonly handle: FileHandle; readonly number: number; rows: number; waiting: string[] };

/** Every value is text: a JSON number would pass through a float. */
const lineOf = (row: TableRow): string => `${JSON.stringify(row)}\n`;

const flush = async (part: Part): Promise<void> => {
  const text = part.waiting.join('');
  part.waiting = [];
  await part.handle.appendFile(text);
};

const close = async (part: Part): Promise<void> => {
  try {
    await flush(part);
    await part.handle.sync();
  } finally {
    await part.handle.close();
  }
};

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
  const parts = new Map<TableName, Part>();
  const counts: Record<string, number> = {};
  const mrr = new Map<string, Exact>();
  let lines = 0;

  const partFor = async (table: TableName): Promise<Part> => {
    const known = parts.get(table);
    if (known !== undefined && known.rows < partRows) return known;
    if (known !== undefined) await close(known);
    const number = (known?.number ?? 0) + 1;
    await mkdir(join(making, table), { recursive: true });
    const path = join(making, table, `part-${`${number}`.padStart(5, '0')}.ndjson`);
    const part: Part = { handle: await open(path, 'wx'), number, rows: 0, waiting: [] };
    parts.set(table, part);
    return part;
  };

  try {
    for await (const batch of batches) {
      for (const table of ['lines', 'customers', 'cancellations', 'payments'] as const) {
        const rows = batch.rows[table] ?? [];
        if (rows.length === 0) continue;
        const part = await partFor(table);
        part.waiting.push(...rows.map(lineOf));
        part.rows += rows.length;
        if (part.waiting.length >= rowsAtOnce) await flush(part);
      }
      lines += batch.control.lines;
      for (const [currency, total] of Object.entries(batch.control.mrr))
        mrr.set(currency, (mrr.get(currency) ?? zero).plus(exact(total)));
      for (const [name, count] of Object.entries(batch.counts)) counts[name] = (counts[name] ?? 0) + count;
    }
  } finally {
    for (const part of parts.values()) await close(part);
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
  for (const name of existsSync(earlier) ? await readdir(earlier) : [])
    if (/^(fx|opportunities)(\.(csv|ndjson|parquet)(\.gz)?)?$/.test(name))
      await cp(join(earlier, name), join(making, name), { recursive: true });
  if (existsSync(place)) {
    await rm(old, { recursive: true, force: true });
    await rename(place, old);
  }
  await rename(making, place);
  await rm(old, { recursive: true, force: true });
  return { control, counts: summed, notes };
};
