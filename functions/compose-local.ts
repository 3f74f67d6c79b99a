/** The laptop's world: DuckDB, a folder, an .eml or a mail server. One of the two places that build adapters. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { DuckDBInstance } from '@duckdb/node-api';
import { z } from 'zod';
import { openDuckdb } from './adapters/duckdb.ts';
import { duckdbCsvWriter } from './adapters/duckdb-csv.ts';
import { duckdbInvoicedLines } from './adapters/duckdb-invoiced-lines.ts';
import { duckdbQueryEngine } from './adapters/duckdb-query-engine.ts';
import { duckdbTableLoader } from './adapters/duckdb-table-loader.ts';
import { emlMailer } from './adapters/eml-mailer.ts';
import { folderObjectStore } from './adapters/folder-object-store.ts';
import { lockHome } from './adapters/home-lock.ts';
import { overlayObjectStore } from './adapters/overlay-object-store.ts';
import { smtpMailer } from './adapters/smtp-mailer.ts';
import { systemClock } from './adapters/system-clock.ts';
import type { Month } from './core/month.ts';
import { usageError } from './errors.ts';
import type { SnapshotSource } from './ingest.ts';
import { decode, encode } from './lake/catalog.ts';
import type { World } from './pipeline.ts';
import type { ObjectStore, Progress, QueryEngine } from './ports.ts';
import type { Examiner } from './sources/billing/examination.ts';
import { newestInvoiced, pullInvoicedMonths } from './sources/billing/invoiced-months.ts';
import { inboxOf, pullMonth, pullStateOf } from './sources/billing/pull-month.ts';
import { type Credentials, type InvoicesOf, invoicesAsked, type Vendor } from './sources/billing/vendor.ts';
import { vendorOf } from './sources/billing/vendors.ts';
import { folderOf } from './sources/folder-address.ts';
import { openFolderSource } from './sources/folder-source.ts';
import { invoicesPrefix, parseInvoicesAddress } from './sources/invoices/settings.ts';
import { refuseBeyond, spreadExport } from './sources/invoices/spread-export.ts';

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

/** The home's objects, for reading. */
export const openHome = (home: string): ObjectStore => folderObjectStore(resolve(home));

/** Runs `task` in the local world and takes everything down after it, whatever came of it. */
export const withLocalWorld = async <T>(options: LocalOptions, task: (world: World) => Promise<T>): Promise<T> => {
  const environment = environmentSchema.safeParse(options.environment);
  if (!environment.success) throw usageError(z.prettifyError(environment.error), 'See "Environment" in the README.');
  const {
    RETENTION_SMTP_URL: smtp,
    RETENTION_TRINO_URL: trino,
    RETENTION_MEMORY: memoryLimit,
    RETENTION_THREADS: threads,
    SOURCE_DATE_EPOCH: epoch,
  } = environment.data;
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
    const instance = await openDuckdb({
      scratch: work,
      ...(memoryLimit === undefined ? {} : { memoryLimit }),
      ...(threads === undefined ? {} : { threads: parseInt(threads, 10) }),
    });
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
    await rm(scratch, { recursive: true, force: true });
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

const memoKey = 'lake/source-hashes.json';
const memoSchema = z.strictObject({
  bytes: z.int(),
  mtimeNs: z.string(),
  ctimeNs: z.string(),
  ino: z.string(),
  sha256: z.string(),
});

/** The folder of snapshots, with the hashes remembered from earlier runs; `remember` stores those of this one. */
export const openSnapshots = async (
  dir: string,
  store: ObjectStore,
): Promise<{ source: SnapshotSource; warnings: readonly string[]; remember(): Promise<void> }> => {
  const stored = await store.get(memoKey);
  const hint = `Delete ${memoKey}: the files are hashed anew.`;
  const memo = stored === null ? {} : decode(z.record(z.string(), memoSchema), stored.bytes, memoKey, hint);
  const hashes = new Map(Object.entries(memo));
  const source = await openFolderSource(dir, hashes);
  const before = JSON.stringify([...hashes]);
  return {
    source,
    warnings: source.warnings,
    async remember() {
      if (JSON.stringify([...hashes]) !== before) await store.put(memoKey, encode(Object.fromEntries(hashes)));
    },
  };
};

export type BillingOptions = LocalOptions & {
  /** The source as the user wrote it: a folder, or an account such as `stripe:`. */
  readonly address: string;
  /** Months that are wanted of a billing system, oldest first; a folder is read as it is. */
  readonly months: readonly Month[];
  readonly timeZone: string;
  /** Pulls months anew that have been pulled. */
  readonly again: boolean;
};

/** What the environment says of a vendor's account. Throws a ReportError of kind `usage` where there is no key. */
const credentialsOf = (
  { title, keyVariable, urlVariable }: Vendor,
  environment: LocalOptions['environment'],
): Credentials => {
  const [apiKey = '', url = ''] = [environment[keyVariable], environment[urlVariable]];
  if (apiKey === '')
    throw usageError(
      `${keyVariable} is not set: it is the key that ${title} is asked with`,
      `Give it a key of the account that may only read; see "Pull from ${title}" in the README.`,
    );
  return { apiKey, ...(url === '' ? {} : { url }) };
};

/** What looks an account over, with the key of the environment; null for a vendor that cannot be looked over yet. */
export const openExaminer = async (
  vendor: Vendor,
  address: string,
  environment: LocalOptions['environment'],
): Promise<Examiner | null> => {
  const credentials = credentialsOf(vendor, environment);
  return (await vendor.examine?.(address, credentials)) ?? null;
};

/** What writes nothing cannot pull: it looks at what is there. */
const refuseUnpulled = (
  month: Month,
  pulled: Awaited<ReturnType<typeof pullStateOf>>,
  { title }: Vendor,
  { address, timeZone }: BillingOptions,
): void => {
  const hint = `Pull it with: retention run --month ${month} --source '${address}' --no-email. Nothing is archived while a gate blocks.`;
  if (pulled?.finished !== true) throw usageError(`${month} has not been pulled from ${title} yet`, hint);
  if (pulled.address !== address || pulled.timeZone !== timeZone)
    throw usageError(
      `${month} was pulled from "${pulled.address}" for the time zone ${pulled.timeZone}, which is not what is asked for now`,
      `Check it with the settings that it was pulled with, or pull it anew: add --pull-again to run.`,
    );
};

/** Brings months made of an account's invoices into the inbox, and returns the folder that they are in. */
const invoicedFrom = async (
  vendor: Vendor,
  invoices: InvoicesOf,
  options: BillingOptions,
  { store, clock, note, progress, scratch }: World,
): Promise<string> => {
  const { address, months, timeZone, again, dryRun, environment } = options;
  const { name } = invoices;
  const home = resolve(options.home);
  const dir = join(home, inboxOf(name));
  if (dryRun) {
    const made = await newestInvoiced(name, home, store);
    for (const month of months) {
      const pulled = made === null || made < month ? null : await pullStateOf(name, made, store);
      refuseUnpulled(month, pulled, vendor, options);
    }
    return dir;
  }
  const { notes } = await pullInvoicedMonths(await invoices.open(address, credentialsOf(vendor, environment)), {
    months,
    committed: vendor.name,
    timeZone,
    address,
    home,
    store,
    again,
    now: () => clock.now(),
    open: duckdbInvoicedLines({ scratch, ...duckdbSettings(environment) }),
    progress: (done, total) => progress(`Making books of ${vendor.title}’s invoices`, done, total),
  });
  for (const told of notes) note(`Invoices of ${vendor.title}: ${told}`);
  return dir;
};

/** Brings the months of an account into the inbox, and returns the folder that they are in. */
const pullFrom = async (vendor: Vendor, options: BillingOptions, world: World): Promise<string> => {
  const { store, clock, note, progress } = world;
  const { address, months, timeZone, again, dryRun } = options;
  const { name, title } = vendor;
  const home = resolve(options.home);
  vendor.check(address);
  const invoices = invoicesAsked(vendor, address);
  if (invoices !== null) return invoicedFrom(vendor, invoices, options, world);
  if (dryRun) {
    for (const month of months) refuseUnpulled(month, await pullStateOf(name, month, store), vendor, options);
    return join(home, inboxOf(name));
  }
  const source = await vendor.open(address, credentialsOf(vendor, options.environment));
  for (const [at, month] of months.entries()) {
    progress(`Pulling months from ${title}`, at, months.length);
    const { notes } = await pullMonth(source, {
      month,
      timeZone,
      address,
      home,
      store,
      again,
      now: () => clock.now(),
      progress: () => {},
    });
    for (const told of notes) note(`${month} from ${title}: ${told}`);
  }
  progress(`Pulling months from ${title}`, months.length, months.length);
  return join(home, inboxOf(name));
};

/** What the environment says of DuckDB; it has been checked when the world was opened. */
const duckdbSettings = (environment: LocalOptions['environment']) => {
  const { RETENTION_MEMORY: memoryLimit, RETENTION_THREADS: threads } = environmentSchema.parse(environment);
  return {
    ...(memoryLimit === undefined ? {} : { memoryLimit }),
    ...(threads === undefined ? {} : { threads: parseInt(threads, 10) }),
  };
};

/** Makes months of an export of invoice lines, and returns the folder that they are in. */
const spreadFrom = async (
  options: BillingOptions,
  { store, clock, note, progress, scratch }: World,
): Promise<string> => {
  const { address, months, timeZone, dryRun, environment } = options;
  const inbox = join(resolve(options.home), 'inbox');
  const spread = await spreadExport({
    settings: parseInvoicesAddress(address),
    timeZone,
    inbox,
    making: dryRun ? join(scratch, 'inbox') : inbox,
    store,
    now: () => clock.now(),
    open: duckdbInvoicedLines({ scratch, ...duckdbSettings(environment) }),
    progress: (done, total) => progress('Making books of invoice lines', done, total),
  });
  for (const warning of spread.warnings) note(warning);
  refuseBeyond(spread, months);
  for (const month of months) for (const told of spread.notes(month)) note(`${month}: ${told}`);
  return spread.dir;
};

/** Opens the source that an address names; what it names on a billing system is pulled first. */
export const openSource = async (options: BillingOptions, world: World): ReturnType<typeof openSnapshots> => {
  const { address } = options;
  if (address.startsWith(invoicesPrefix)) return openSnapshots(await spreadFrom(options, world), world.store);
  const vendor = vendorOf(address);
  if (vendor !== null) return openSnapshots(await pullFrom(vendor, options, world), world.store);
  return openSnapshots(folderOf(address), world.store);
};
