/** Where the months of a laptop come from: a folder, an account that is pulled, or invoices that are spread. */
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { duckdbInvoicedLines } from './adapters/duckdb-invoiced-lines.ts';
import { duckdbSettings, type LocalOptions } from './compose-local.ts';
import type { Month } from './core/month.ts';
import { usageError } from './errors.ts';
import type { SnapshotSource } from './ingest.ts';
import { decode, encode } from './lake/catalog.ts';
import type { World } from './pipeline.ts';
import type { ObjectStore } from './ports.ts';
import type { Examiner } from './sources/billing/examination.ts';
import { newestInvoiced, pullInvoicedMonths } from './sources/billing/invoiced-months.ts';
import { inboxOf, pullMonth, pullStateOf } from './sources/billing/pull-month.ts';
import { type Credentials, type InvoicesOf, invoicesAsked, type Vendor } from './sources/billing/vendor.ts';
import { vendorOf } from './sources/billing/vendors.ts';
import { folderOf } from './sources/folder-address.ts';
import { openFolderSource } from './sources/folder-source.ts';
import { invoicesPrefix, parseInvoicesAddress } from './sources/invoices/settings.ts';
import { refuseBeyond, spreadExport } from './sources/invoices/spread-export.ts';

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
