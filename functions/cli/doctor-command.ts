/** The command that looks a source over: an account of a billing system, or a folder of snapshots. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { withLocalWorld } from '../compose-local.ts';
import { openExaminer, openSnapshots, openSource } from '../compose-sources.ts';
import { readConfig } from '../config-file.ts';
import { isMonth, type Month } from '../core/month.ts';
import { type Diagnosis, examineAccount, examineFolder, type Patient, unreadableFolder } from '../doctor/doctor.ts';
import { BlockedError } from '../gate-fault.ts';
import type { SnapshotSource } from '../ingest.ts';
import { inboxOf } from '../sources/billing/pull-month.ts';
import { invoicesAsked, type Vendor } from '../sources/billing/vendor.ts';
import { vendorOf } from '../sources/billing/vendors.ts';
import { folderOf } from '../sources/folder-address.ts';
import { invoicesPrefix, parseInvoicesAddress } from '../sources/invoices/settings.ts';
import { tellDiagnosis } from './diagnosis.ts';
import type { DoctorOptions as Options } from './options.ts';
import type { Context } from './place.ts';

/** How a person writes the path of a month's rates, from where the command was given. */
const ratesFileIn =
  (dir: string) =>
  (month: string): string =>
    relative('.', join(dir, month, 'fx.csv'));

/** The folder that somebody keeps up: what is made of it is not theirs to write to. */
const folderIn = (address: string): string =>
  address.startsWith(invoicesPrefix) ? parseInvoicesAddress(address).dir : folderOf(address);

type DoctorOptions = Options & { readonly source: string };

const lookOverAccount = async (
  vendor: Vendor,
  { source: address, home }: DoctorOptions,
  environment: Context['environment'],
  patient: Omit<Patient, 'ratesFile'>,
): Promise<Diagnosis> => {
  vendor.check(address);
  const own = join(resolve(home), inboxOf(vendor.name));
  const committed = existsSync(own) ? (await readdir(own)).filter(isMonth).sort() : [];
  const inbox = join(resolve(home), inboxOf(invoicesAsked(vendor, address)?.name ?? vendor.name));
  const pulled = existsSync(inbox) ? await openSnapshots(inbox, patient.looked.store) : null;
  const open = () => openExaminer(vendor, address, environment);
  return examineAccount({ ...patient, ratesFile: ratesFileIn(inbox), vendor, address, open, inbox: pulled, committed });
};

/** The newest month that has lines: an export of invoices tells no book of the months after its own. */
const newestBook = async (source: SnapshotSource): Promise<Month | null> => {
  for (const month of source.months.toReversed())
    if ((await source.read(month, { trustMemo: true })).tables.lines.length > 0) return month;
  return null;
};

/** Rows that stop a run are a finding here, told by their places: a run shows what stands there as well. */
const ifBlocked = (error: unknown): BlockedError => {
  if (error instanceof BlockedError) return error;
  throw error;
};

/** Prints the diagnosis and resolves with the exit code: that of the first check that failed. */
export const doctor = async (options: DoctorOptions, { terminal, environment }: Context): Promise<number> => {
  const config = await readConfig(options.config);
  const local = { home: options.home, dryRun: true, environment, progress: terminal.progress, note: terminal.note };
  const diagnosis = await withLocalWorld(local, async (world) => {
    const patient = { month: options.month ?? null, config, looked: world };
    const vendor = vendorOf(options.source);
    if (vendor !== null) return lookOverAccount(vendor, options, environment, patient);
    const { timeZone } = config;
    const months = options.month === undefined ? [] : [options.month];
    const asked = { ...local, address: options.source, months, timeZone, again: false };
    const found = await openSource(asked, world).catch(ifBlocked);
    if (found instanceof BlockedError) return unreadableFolder(patient.month, found);
    const month = patient.month ?? (await newestBook(found.source));
    return examineFolder(found, { ...patient, month, ratesFile: ratesFileIn(folderIn(options.source)) });
  });
  const title = diagnosis.source === 'folder' ? 'The folder' : `The account behind ${diagnosis.source}:`;
  return tellDiagnosis(title, diagnosis, options.json, terminal);
};
