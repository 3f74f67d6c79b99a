/** Makes the month folders of an export: books of its invoice lines, beside what the export has of each month. */
import { constants } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { addMonths, type Month, monthRange } from '../../core/month.ts';
import { usageError } from '../../errors.ts';
import { type Beside, type ExportFolder, hasLines } from './export-folder.ts';
import { notesOf } from './notes.ts';
import type { BookRemarks, ExportFacts, InvoiceBooks } from './port.ts';
import type { InvoiceSettings } from './settings.ts';

/** Twenty years: a period that begins in 1900 is a mistake of the export. */
const mostMonths = 240;

export type WrittenMonth = BookRemarks & { readonly month: Month; readonly lines: number };

/** Refuses periods that read as if they lost their last day. */
const refuseLostDays = ({ whole, wholeWithLastDay }: ExportFacts, { end }: InvoiceSettings): void => {
  if (end !== null || wholeWithLastDay <= whole) return;
  throw usageError(
    `${wholeWithLastDay} service periods are whole months if their end is the last day that is served, ${whole} if it is the first day after it`,
    'Say which it is: add ?end=inclusive (the last day) or ?end=exclusive (the day after) to the source.',
  );
};

/** The months whose book the export can tell, oldest first. `over` says whether a month has ended. */
export const bookMonthsOf = (
  facts: ExportFacts,
  settings: InvoiceSettings,
  over: (month: Month) => boolean,
): readonly Month[] => {
  const { firstMonth, newestMonth } = facts;
  if (firstMonth === null || newestMonth === null)
    throw usageError('no invoice line has a service period', 'Export period_start and period_end of each line.');
  refuseLostDays(facts, settings);
  const until = settings.until ?? addMonths(newestMonth, -1);
  if (!over(until))
    throw usageError(`${until} is not over: its book is the state at its end`, 'Give an earlier month as until.');
  const months = monthRange(firstMonth, until);
  if (months.length === 0)
    throw usageError(
      `the newest invoice line begins in ${newestMonth}, so the export is known to be whole up to ${until}, before its first month`,
      `If it has every invoice of ${newestMonth}, say so: add ?until=${newestMonth} to the source.`,
    );
  if (months.length > mostMonths)
    throw usageError(
      `the oldest invoice line begins in ${firstMonth}: ${months.length} months are more than ${mostMonths}`,
      'Leave out what is older, or correct the period of that line.',
    );
  return months;
};

const copyInto = async (folder: string, files: readonly Beside[]): Promise<void> => {
  for (const { name, path } of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await copyFile(path, join(folder, name), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  }
};

const tableOf = ({ name }: Beside): string => name.split(/[./]/)[0] ?? '';

/** What goes into a month beside its book; the first month also has what is at the top of the export. */
const besides = (own: readonly Beside[], shared: readonly Beside[], month: Month): readonly Beside[] => {
  const twice = shared.find((file) => own.some((other) => tableOf(other) === tableOf(file)));
  if (twice !== undefined)
    throw usageError(
      `${tableOf(twice)} is there twice: at the top of the export and in ${month}`,
      'Keep the right one and remove the other.',
    );
  return [...own, ...shared];
};

/**
 * Writes month folders below `dir`, which must be new. A month that has `lines` of its own keeps them. `further` are
 * more notes for the readers of a month.
 */
export const writeBooks = async (
  dir: string,
  { shared, months: own }: ExportFolder,
  bookMonths: readonly Month[],
  books: InvoiceBooks,
  progress: (done: number, total: number) => void,
  further: (month: Month) => readonly string[] = () => [],
): Promise<WrittenMonth[]> => {
  const written: WrittenMonth[] = [];
  const all = [...new Set([...bookMonths, ...own.keys()])].sort();
  for (const [at, month] of all.entries()) {
    progress(at, all.length);
    const folder = join(dir, month);
    await mkdir(folder, { recursive: true });
    const files = own.get(month) ?? [];
    const invoiced = bookMonths.includes(month) && !hasLines(files);
    const kept = files.filter(({ name }) => !invoiced || name !== 'control.json');
    await copyInto(folder, besides(kept, at === 0 ? shared : [], month));
    if (!invoiced) continue;
    const { lines, mrr, ...remarks } = await books.write(month, join(folder, 'lines.parquet'));
    const notes = [...notesOf(books.facts, { lines, ...remarks }), ...further(month)];
    const control = { lines, mrr, basis: 'invoiced', ...(notes.length === 0 ? {} : { notes }) };
    await writeFile(join(folder, 'control.json'), `${JSON.stringify(control, null, 2)}\n`, { flag: 'wx' });
    written.push({ month, lines, ...remarks });
  }
  progress(all.length, all.length);
  return written;
};
