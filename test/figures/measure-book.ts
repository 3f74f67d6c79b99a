/** Runs the real pipeline over a book, in a home of its own, and reads back what it archived. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveKey } from '../../functions/archive.ts';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { openSnapshots } from '../../functions/compose-sources.ts';
import { type Config, configSchema } from '../../functions/core/config.ts';
import { parseMonth } from '../../functions/core/month.ts';
import type { Report } from '../../functions/core/report.ts';
import { BlockedError } from '../../functions/gate-fault.ts';
import { runMonth } from '../../functions/pipeline.ts';
import type { Book, Fields } from './book.ts';
import { type Writing, writeBook } from './book-folder.ts';

export type Settings = Partial<Config>;
export type RunOptions = Writing & { readonly threads?: number };

/** What one run archived. */
export type Measured = {
  readonly report: Report;
  /** The bytes of report.json. */
  readonly json: string;
  /** The rows of movements.csv. */
  readonly ledger: readonly Fields[];
  readonly notes: readonly string[];
};

export type Home = {
  /** Replaces the source folder. */
  write(book: Book, writing?: Writing): Promise<void>;
  run(month: string, settings?: Settings, threads?: number): Promise<Measured>;
};

/** Cells of a CSV whose texts have no quotes, commas or line ends: those of the books here. */
const ledgerOf = (csv: string): Fields[] => {
  const [header = [], ...rows] = csv
    .trimEnd()
    .split('\n')
    .map((row) => row.split(','));
  return rows.map((cells) => Object.fromEntries(header.map((name, at) => [name, cells[at] ?? ''])));
};

/** A folder in memory where there is one: a run syncs every object it stores, which a test need not wait for. */
const temporary = () => mkdtemp('/dev/shm/book-').catch(() => mkdtemp(join(tmpdir(), 'book-')));

/** Opens a home, and takes it down when `work` is done. Several runs in one home share its lake and its archive. */
export const withHome = async <T>(work: (home: Home) => Promise<T>): Promise<T> => {
  const folder = await temporary();
  const [home, source] = [join(folder, 'home'), join(folder, 'source')];
  try {
    return await work({
      async write(book, writing) {
        await rm(source, { recursive: true, force: true });
        await writeBook(source, book, writing);
      },
      async run(month, settings = {}, threads = 1) {
        const notes: string[] = [];
        const options = {
          home,
          dryRun: false,
          environment: { RETENTION_THREADS: `${threads}`, RETENTION_MEMORY: '1GB' },
          progress: () => {},
          note: (text: string) => notes.push(text),
        };
        const { report } = await withLocalWorld(options, async (world) => {
          const { source: snapshots } = await openSnapshots(source, world.store);
          return runMonth(parseMonth(month), snapshots, configSchema.parse(settings), null, world);
        });
        const archived = (name: string) =>
          readFile(join(home, archiveKey(parseMonth(month), report.revision, name)), 'utf8');
        return {
          report,
          json: await archived('report.json'),
          ledger: ledgerOf(await archived('movements.csv')),
          notes,
        };
      },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Everything a run says of a month of a book. */
export const runBook = (book: Book, month: string, settings?: Settings, options: RunOptions = {}): Promise<Measured> =>
  withHome(async (home) => {
    await home.write(book, options);
    return home.run(month, settings, options.threads);
  });

/** The report of a month of a book. */
export const measureBook = async (
  book: Book,
  month: string,
  settings?: Settings,
  options?: RunOptions,
): Promise<Report> => (await runBook(book, month, settings, options)).report;

/** The error with which a gate blocks a month of a book; fails when none does. */
export const blockedBook = async (
  book: Book,
  month: string,
  settings?: Settings,
  options?: RunOptions,
): Promise<BlockedError> => {
  const outcome = await runBook(book, month, settings, options).catch((error: unknown) => error);
  if (outcome instanceof BlockedError) return outcome;
  if (outcome instanceof Error) throw outcome;
  throw new Error(`${month} was not blocked`);
};
