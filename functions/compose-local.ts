/** The laptop's world: DuckDB, a folder, an .eml or a mail server. One of the places that build adapters. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DuckDBInstance } from '@duckdb/node-api';
import { z } from 'zod';
import { type DuckdbOptions, openDuckdb } from './adapters/duckdb.ts';
import { duckdbCsvWriter } from './adapters/duckdb-csv.ts';
import { duckdbQueryEngine } from './adapters/duckdb-query-engine.ts';
import { duckdbTableLoader } from './adapters/duckdb-table-loader.ts';
import { emlMailer } from './adapters/eml-mailer.ts';
import { folderObjectStore } from './adapters/folder-object-store.ts';
import { lockHome } from './adapters/home-lock.ts';
import { overlayObjectStore } from './adapters/overlay-object-store.ts';
import { smtpMailer } from './adapters/smtp-mailer.ts';
import { systemClock } from './adapters/system-clock.ts';
import { usageError } from './errors.ts';
import type { World } from './pipeline.ts';
import type { ObjectStore, Progress, QueryEngine } from './ports.ts';

const environmentSchema = z.object({
  RETENTION_SMTP_URL: z.string().min(1).optional(),
  /** A Trino to ask instead of DuckDB, such as http://user@host:8080/hive/retention. */
  RETENTION_TRINO_URL: z.string().min(1).optional(),
  RETENTION_MEMORY: z
    .string()
    .regex(/^\d+(MB|GB)$/, 'write it as 640MB or 2GB')
    .optional(),
  RETENTION_THREADS: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, 'is not a number of threads')
    .optional(),
  SOURCE_DATE_EPOCH: z.string().optional(),
});

export type LocalOptions = {
  readonly home: string;
  /** Reads through to the home and writes elsewhere: for checks. */
  readonly dryRun: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly progress: Progress;
  readonly note: (text: string) => void;
};

/** What the environment says of DuckDB. Throws where it cannot be read, which `withLocalWorld` tells first. */
export const duckdbSettings = (environment: LocalOptions['environment']): Omit<DuckdbOptions, 'scratch'> => {
  const { RETENTION_MEMORY: memoryLimit, RETENTION_THREADS: threads } = environmentSchema.parse(environment);
  return {
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(threads === undefined ? {} : { threads: parseInt(threads, 10) }),
  };
};

/** The home's objects, for reading. */
export const openHome = (home: string): ObjectStore => folderObjectStore(resolve(home));

/** Runs `task` in the local world and takes everything down after it, whatever came of it. */
export const withLocalWorld = async <T>(options: LocalOptions, task: (world: World) => Promise<T>): Promise<T> => {
  const environment = environmentSchema.safeParse(options.environment);
  if (!environment.success) throw usageError(z.prettifyError(environment.error), 'See "Environment" in the README.');
  const { RETENTION_SMTP_URL: smtp, RETENTION_TRINO_URL: trino, SOURCE_DATE_EPOCH: epoch } = environment.data;
  const home = resolve(options.home);
  const clock = systemClock(epoch);
  const unlock = options.dryRun ? () => {} : await lockHome(home);
  // Beside the lake, so that finished tables are moved and not copied.
  const scratch = await mkdtemp(join(options.dryRun ? tmpdir() : home, '.run-'));
  try {
    if (!options.dryRun) await sweep(home, scratch);
    const folder = folderObjectStore(home);
    const store = options.dryRun ? overlayObjectStore(folder, folderObjectStore(join(scratch, 'store'))) : folder;
    const work = join(scratch, 'work');
    const instance = await openDuckdb({ scratch: work, ...duckdbSettings(options.environment) });
    const mailer = smtp === undefined ? emlMailer({ store, prefix: 'outbox/' }) : smtpMailer({ url: smtp });
    // What a check makes must be gone with it: that is never in another server's tables.
    const engine =
      trino === undefined || options.dryRun
        ? await duckdbQueryEngine({ instance, store, scratch: work })
        : await openTrino(trino, home, work, instance);
    const loader = duckdbTableLoader({ instance, store, scratch: work });
    try {
      const { progress, note } = options;
      return await task({ store, engine, loader, mailer, clock, scratch: work, progress, note });
    } finally {
      await mailer.close();
      instance.closeSync();
    }
  } finally {
    // Work beside a failure may still be writing here, and must not take its place as the error. What stays is swept later.
    await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => {});
    unlock();
  }
};

/** A Trino that sees the home's lake; its client is loaded by those alone who have one. */
const openTrino = async (
  url: string,
  home: string,
  scratch: string,
  instance: DuckDBInstance,
): Promise<QueryEngine> => {
  const { parseTrinoUrl } = await import('./adapters/trino-url.ts');
  const { trinoQueryEngine } = await import('./adapters/trino-query-engine.ts');
  const server = parseTrinoUrl(url, `file://${join(home, 'lake')}`);
  return trinoQueryEngine({ ...server, scratch, writeCsv: duckdbCsvWriter(instance) });
};

/** Removes what killed runs left behind. The lock is held: nobody else is at work. */
const sweep = async (home: string, own: string): Promise<void> => {
  for (const name of await readdir(home))
    if (name.startsWith('.run-') && join(home, name) !== own)
      await rm(join(home, name), { recursive: true, force: true });
};
