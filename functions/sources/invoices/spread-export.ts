/** Brings an export of invoice lines into the inbox as months of books, unless the same export is there already. */
import { existsSync } from 'node:fs';
import { mkdir, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMonth, type Month } from '../../core/month.ts';
import { usageError } from '../../errors.ts';
import { decode, encode } from '../../lake/catalog.ts';
import type { ObjectStore } from '../../ports.ts';
import { spanOf } from '../billing/calendar.ts';
import { reading } from '../folder-source.ts';
import { type HashMemo, hashFile } from '../hash-memo.ts';
import type { SourceFile } from '../source-file.ts';
import { type ExportFolder, hasLines, listExport } from './export-folder.ts';
import { notesOf } from './notes.ts';
import type { OpenInvoiceBooks } from './port.ts';
import type { InvoiceSettings } from './settings.ts';
import { bookMonthsOf, writeBooks } from './write-books.ts';

/** Raised when the same export makes other books than before. */
const spreadingVersion = 4;

const month = z.custom<Month>((value) => typeof value === 'string' && isMonth(value));
const count = z.int().nonnegative();
const stateSchema = z.strictObject({
  spreadingVersion: z.int(),
  settings: z.strictObject({ until: month.nullable(), end: z.enum(['inclusive', 'exclusive']).nullable() }),
  files: z.array(
    z.strictObject({
      name: z.string(),
      bytes: z.int(),
      mtimeNs: z.string(),
      ctimeNs: z.string(),
      ino: z.string(),
      sha256: z.string(),
    }),
  ),
  rows: count,
  leftOut: count,
  withoutPeriod: count,
  /** The months that the inbox has: those made of invoices, and those that came as they are. */
  months: z.array(month),
  invoiced: z.array(
    z.strictObject({ month, lines: count, overlapping: count, reduced: count, belowZero: count.default(0) }),
  ),
});

type State = z.infer<typeof stateSchema>;

const stateKey = 'inbox/invoices.json';

export type SpreadOptions = {
  readonly settings: InvoiceSettings;
  readonly timeZone: string;
  /** The folder of inboxes, and where one is made that is not to stay; the same folder where it may stay. */
  readonly inbox: string;
  readonly making: string;
  readonly store: ObjectStore;
  readonly now: () => Date;
  readonly open: OpenInvoiceBooks;
  readonly progress: (done: number, total: number) => void;
};

export type Spread = {
  /** A folder of months, as any source has them. */
  readonly dir: string;
  /** Up to this month the export is whole; null where none of its months is made of invoices. */
  readonly until: Month | null;
  readonly months: readonly Month[];
  readonly warnings: readonly string[];
  /** What a reader of a month's figures should know, one sentence each. */
  notes(month: Month): readonly string[];
};

const readState = async (store: ObjectStore): Promise<State | null> => {
  const stored = await store.get(stateKey);
  return stored === null
    ? null
    : decode(stateSchema, stored.bytes, stateKey, `Delete ${stateKey}: the export is read anew.`);
};

/** Hashes every file of an export; what looks unchanged is not read. */
const hashed = async (folder: ExportFolder, known: State | null) => {
  const memo: HashMemo = new Map((known?.files ?? []).map(({ name, ...file }) => [name, file]));
  const months = [...folder.months].flatMap(([at, files]) =>
    files.map(({ name, path }) => ({ name: `${at}/${name}`, path })),
  );
  const names: string[] = [];
  for (const { name, path } of [...folder.lines, ...folder.shared, ...months]) {
    names.push(name);
    await reading(name, hashFile(path, name, memo, true));
  }
  return names.flatMap((name) => {
    const file = memo.get(name);
    return file === undefined ? [] : [{ name, ...file }];
  });
};

const contentOf = (files: State['files']) => files.map(({ name, sha256 }) => [name, sha256]);

const isSame = (state: State, settings: State['settings'], files: State['files']): boolean =>
  state.spreadingVersion === spreadingVersion &&
  JSON.stringify([state.settings, contentOf(state.files)]) === JSON.stringify([settings, contentOf(files)]);

/**
 * Makes the months of an export in the inbox, whole or not at all: until the last one is there, the inbox keeps what it
 * had. The same export with the same settings is made once. Throws a ReportError of kind `usage` for an export that
 * does not say which months it has, and BlockedError for rows that cannot be used.
 */
export const spreadExport = async (options: SpreadOptions): Promise<Spread> => {
  const { settings, store, timeZone } = options;
  const { until, end } = settings;
  const folder = await listExport(await reading(settings.dir, realpath(settings.dir)));
  const known = await readState(store);
  const files = await hashed(folder, known);
  const kept = join(options.inbox, 'invoices');
  if (known?.months.every((at) => existsSync(join(kept, at))) && isSame(known, { until, end }, files)) {
    const stamped = { ...known, files };
    if (JSON.stringify(stamped) !== JSON.stringify(known)) await store.put(stateKey, encode(stamped));
    return spreadOf(kept, stamped, folder);
  }

  const sources = folder.lines.map(({ name, form, gzip, path }): SourceFile => {
    const { bytes = 0, sha256 = '' } = files.find((file) => file.name === name) ?? {};
    return { name, form, gzip, bytes, sha256, local: async () => path };
  });
  const isOver = (at: Month) => spanOf(at, timeZone).until * 1000 <= options.now().getTime();
  const [making, old] = [join(options.making, '.invoices.making'), join(options.making, '.invoices.old')];
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true });
  const state = await options.open(sources, { lastDayIsServed: end === 'inclusive' }, async (books): Promise<State> => {
    const { rows, leftOut, withoutPeriod } = books.facts;
    const months = bookMonthsOf(books.facts, settings, isOver);
    const invoiced = await writeBooks(making, folder, months, books, options.progress);
    const all = [...new Set([...months, ...folder.months.keys()])].sort();
    return { spreadingVersion, settings: { until, end }, files, rows, leftOut, withoutPeriod, months: all, invoiced };
  });
  const place = join(options.making, 'invoices');
  await rm(old, { recursive: true, force: true });
  if (existsSync(place)) await rename(place, old);
  await rename(making, place);
  await rm(old, { recursive: true, force: true });
  await store.put(stateKey, encode(state));
  return spreadOf(place, state, folder);
};

const spreadOf = (dir: string, state: State, { months: own, warnings }: ExportFolder): Spread => {
  const withLines = [...own].filter(([, files]) => hasLines(files)).map(([at]) => at);
  return {
    dir,
    until: state.invoiced.at(-1)?.month ?? null,
    months: [...new Set([...state.invoiced.map(({ month }) => month), ...withLines])].sort(),
    warnings,
    notes(at) {
      const book = state.invoiced.find(({ month }) => month === at);
      return book === undefined ? [] : notesOf(state, book);
    },
  };
};

/** Refuses months that an export cannot tell yet. */
export const refuseBeyond = ({ months, until }: Spread, wanted: readonly Month[]): void => {
  for (const month of wanted)
    if (!months.includes(month) && until !== null && month > until)
      throw usageError(
        `the export of invoice lines is known to be whole up to ${until}, so it cannot tell the book at the end of ${month}`,
        `If it has every invoice of ${month}, say so: add ?until=${month} to the source. Otherwise export again.`,
      );
};
