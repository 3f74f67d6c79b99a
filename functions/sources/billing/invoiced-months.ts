/** Old months of a billing account, made of all its invoices: pulled once, up to the newest month that is wanted. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { addMonths, isMonth, type Month, parseMonth } from '../../core/month.ts';
import { usageError } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import { listExport } from '../invoices/export-folder.ts';
import type { OpenInvoiceBooks } from '../invoices/port.ts';
import { bookMonthsOf, writeBooks } from '../invoices/write-books.ts';
import type { SourceFile } from '../source-file.ts';
import { dayOf, spanOf } from './calendar.ts';
import { firstCommitted, inTheWay } from './committed-months.ts';
import { keepBeside } from './kept-beside.ts';
import { partFiles } from './part-files.ts';
import type { InvoiceSource, PullRequest } from './port.ts';
import {
  beginPull,
  finishPull,
  inboxOf,
  isPulled,
  keepPages,
  type Pull,
  type Pulled,
  type PullOptions,
  refuseLostPages,
} from './pull-month.ts';

/** The month folders of an inbox below `home`, oldest first. */
const foldersOf = async (name: string, home: string): Promise<Month[]> => {
  const dir = join(home, inboxOf(name));
  return existsSync(dir) ? (await readdir(dir)).filter(isMonth).sort() : [];
};

/** The newest month that the invoices below `home` were made into; null where none was. */
export const newestInvoiced = async (name: string, home: string, store: ObjectStore): Promise<Month | null> => {
  for (const month of (await foldersOf(name, home)).reverse()) if (await isPulled(name, month, store)) return month;
  return null;
};

/** Months up to `until` that were pulled as they stood: books of invoices would take their places in the lake. */
const refuseCommitted = async (vendor: string, until: Month, { home, store }: InvoicedOptions): Promise<void> => {
  const month = await firstCommitted(vendor, await foldersOf(vendor, home), until, store);
  if (month === null) return;
  const { problem, hint } = inTheWay(month, vendor);
  throw usageError(problem, hint);
};

export type InvoicedOptions = Omit<PullOptions, 'month' | 'near' | 'begunBy'> & {
  /** The months that are wanted, oldest first. */
  readonly months: readonly Month[];
  /** The account's folder of months that were pulled as they stood. */
  readonly committed: string;
  readonly home: string;
  readonly open: OpenInvoiceBooks;
  readonly progress: (done: number, total: number) => void;
};

type Exported = {
  readonly counts: Readonly<Record<string, number>>;
  readonly servedFrom: number | null;
};

/** Writes what a pull kept as an export below `dir`, which is new. */
const writeExport = async (source: InvoiceSource, { request, kept }: Pull, dir: string): Promise<Exported> => {
  await mkdir(dir, { recursive: true });
  const parts = partFiles(dir);
  const counts: Record<string, number> = {};
  let servedFrom: number | null = null;
  try {
    for await (const batch of source.batches(request, kept)) {
      for (const table of ['invoice_lines', 'customers', 'cancellations'] as const)
        await parts.add(table, batch.rows[table] ?? []);
      for (const [name, count] of Object.entries(batch.counts)) counts[name] = (counts[name] ?? 0) + count;
      if (batch.servedFrom !== null) servedFrom = Math.min(batch.servedFrom, servedFrom ?? batch.servedFrom);
    }
  } finally {
    await parts.close();
  }
  return { counts, servedFrom };
};

/** The first second after a month, as the export has times. */
const endOf =
  (timeZone: string) =>
  (month: Month): string =>
    new Date(spanOf(month, timeZone).until * 1000).toISOString().slice(0, 19).replace('T', ' ');

const nothingYet = (title: string, told: string) =>
  usageError(`${title} has no invoice line that recurs ${told}`, 'Give a later month, or look at the account.');

/** A month of usage, or of a change, is invoiced with the next period: for most of them within so many seconds. */
const invoicedWithin = 35 * 24 * 60 * 60;

/** What is to be said of a month that was pulled soon after its end. */
const soonNotes = ({ pulledAt, timeZone }: PullRequest, month: Month): string[] =>
  pulledAt >= spanOf(month, timeZone).until + invoicedWithin
    ? []
    : [
        `Pulled on ${dayOf(pulledAt, timeZone)}, less than 35 days after the month: what had not been invoiced by then, such as usage and changes billed with the next period, is missing`,
      ];

/** Makes the months of a pull whose pages are all kept, and puts them in the place of those that are there. */
const makeMonths = async (
  source: InvoiceSource,
  pull: Pull,
  scratch: string,
  { home, timeZone, open, progress }: InvoicedOptions,
): Promise<Exported> => {
  const { month } = pull.request;
  const exported = await writeExport(source, pull, join(scratch, 'export'));
  const { servedFrom, counts } = exported;
  if (servedFrom === null) throw nothingYet(source.title, 'and counts');
  const firstMonth = parseMonth(dayOf(servedFrom, timeZone).slice(0, 7));
  if (firstMonth > month) throw nothingYet(source.title, `before ${firstMonth}`);

  const folder = await listExport(join(scratch, 'export'));
  const files = await Promise.all(
    folder.lines.map(async ({ name, form, gzip, path }): Promise<SourceFile> => {
      const { size } = await stat(path);
      return { name, form, gzip, bytes: size, sha256: '', local: async () => path };
    }),
  );
  const inbox = join(home, inboxOf(source.name));
  const [making, old] = [join(home, 'inbox', `.${source.name}.making`), join(home, 'inbox', `.${source.name}.old`)];
  await rm(making, { recursive: true, force: true });
  await open(
    files,
    { lastDayIsServed: false, endOf: endOf(timeZone), belowZero: 'counts 0' as const },
    async ({ facts, write }) => {
      // The times of the export are those of UTC, the months are not.
      const books = { facts: { ...facts, firstMonth, newestMonth: addMonths(month, 1) }, write };
      const months = bookMonthsOf(books.facts, { dir: '', until: month, end: 'exclusive' }, () => true);
      const further = (at: Month) => [...source.notes(counts), ...soonNotes(pull.request, at)];
      await writeBooks(making, folder, months, books, progress, further);
    },
  );
  // A run that was killed between the two renames left them in the older folder.
  const earlier = existsSync(inbox) ? inbox : old;
  for (const name of existsSync(earlier) ? (await readdir(earlier)).filter(isMonth) : [])
    await keepBeside(join(earlier, name), join(making, name));
  if (existsSync(inbox)) {
    await rm(old, { recursive: true, force: true });
    await rename(inbox, old);
  }
  await rename(making, inbox);
  await rm(old, { recursive: true, force: true });
  return exported;
};

/**
 * Makes the months up to the newest that is wanted, all of them or none, unless they are there. An invoice can be voided,
 * written off or credited at any time: a later month asks for all of them anew. A pull that was stopped goes on.
 *
 * Throws what `beginPull` and the source throw, a ReportError of kind `usage` where a month in between was pulled as it
 * stood.
 */
export const pullInvoicedMonths = async (source: InvoiceSource, options: InvoicedOptions): Promise<Pulled> => {
  const { months, home, store, committed } = options;
  const { name } = source;
  const wanted = months.at(-1);
  if (wanted === undefined) return { pulled: false, pages: 0, notes: [] };
  // A run that was killed between two renames left the months that were there under another name.
  const [inbox, old] = [join(home, inboxOf(name)), join(home, 'inbox', `.${name}.old`)];
  if (!existsSync(inbox) && existsSync(old)) await rename(old, inbox);
  const made = await newestInvoiced(name, home, store);
  const month = made !== null && made > wanted ? made : wanted;
  await refuseCommitted(committed, wanted, options);
  const begun = await beginPull(name, { ...options, month });
  if (begun.state.finished && existsSync(join(inbox, month)))
    return { pulled: false, pages: begun.state.pages, notes: begun.state.notes };
  await refuseLostPages(begun);
  const scratch = join(home, 'inbox', `.${name}-${month}`);
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  try {
    const pull = { ...begun, request: { ...begun.request, scratch } };
    const whole = await keepPages(source, pull, store, { progress: () => {} });
    const { counts } = await makeMonths(source, whole, scratch, options);
    return await finishPull(name, whole, { control: null, counts, notes: [...source.notes(counts)] }, store);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};
