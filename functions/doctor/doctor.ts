/** `retention doctor`: looks a source over before a run does, and says what is to be put right. Writes nothing that stays. */
import type { Config } from '../core/config.ts';
import type { Month } from '../core/month.ts';
import { usageError } from '../errors.ts';
import type { BlockedError } from '../gate-fault.ts';
import type { SnapshotSource } from '../ingest.ts';
import { type Catalog, type CatalogMonth, loadCatalog, ratesAt } from '../lake/catalog.ts';
import { loadTable } from '../load-table.ts';
import type { Clock } from '../ports.ts';
import { dayOf, spanOf } from '../sources/billing/calendar.ts';
import { firstCommitted, inTheWay } from '../sources/billing/committed-months.ts';
import type { Examiner } from '../sources/billing/examination.ts';
import { isPulled, pullStateOf } from '../sources/billing/pull-month.ts';
import { invoicesAsked, type Vendor } from '../sources/billing/vendor.ts';
import { usualReading } from '../sources/columns.ts';
import { accountChecks, newestMonth } from './account.ts';
import { type Check, counted, fail, failure, ok, warn } from './check.ts';
import { fileOfRates, type Looked, monthChecks, type RatesFile, unusableRows } from './month.ts';

export type Diagnosis = {
  readonly source: string;
  /** The month that was looked over; null where the source could not be read so far as to tell its newest. */
  readonly month: Month | null;
  readonly checks: readonly Check[];
};

export type Patient = {
  /** The month that is asked for; null: the newest one. */
  readonly month: Month | null;
  readonly config: Config;
  readonly looked: Looked & { readonly clock: Clock };
  /** Where a month's rates belong, as a person finds it. */
  readonly ratesFile: RatesFile;
};

/** A source and what lies beside its months. */
export type Snapshots = { readonly source: SnapshotSource; readonly warnings: readonly string[] };

/** A folder of snapshots. Throws a ReportError of kind `usage` for one without a month. */
export const examineFolder = async (
  { source, warnings }: Snapshots,
  { month, config, looked, ratesFile }: Patient,
): Promise<Diagnosis> => {
  const newest = source.months.at(-1);
  if (newest === undefined)
    throw usageError('the source has no month', 'Name a folder that holds one folder a month, such as 2026-10.');
  const closing = month ?? newest;
  const [first] = source.months;
  const span = `${source.months.length} from ${first} to ${newest}`;
  const months = source.months.includes(closing)
    ? ok('months', span)
    : warn('months', `${span}, without ${closing}`, `Export ${closing}, or name another month with --month.`);
  return {
    source: 'folder',
    month: closing,
    checks: [months, ...(await monthChecks({ source, warnings }, closing, config, ratesFile, looked))],
  };
};

/** A folder whose months cannot be made, as rows of its export are wrong. */
export const unreadableFolder = (month: Month | null, blocked: BlockedError): Diagnosis => {
  const checks = unusableRows(blocked.faults);
  return {
    source: 'folder',
    month,
    checks: checks.length > 0 ? checks : [fail('files', 'blocked', `a run is blocked: ${blocked.code}`, blocked.hint)],
  };
};

/** Only the rates of a source: what else its months have is not read. */
const ratesOnly = async (source: SnapshotSource, until: Month, looked: Looked): Promise<Catalog> => {
  const { catalog } = await loadCatalog(looked.store);
  const found = new Map<Month, CatalogMonth>(catalog);
  for (const month of source.months.filter((at) => at <= until)) {
    const { tables } = await source.read(month, { trustMemo: true });
    if (tables.fx.length === 0) continue;
    const table = await loadTable({ month, table: 'fx', files: tables.fx, reading: usualReading }, catalog, looked);
    if ('version' in table) found.set(month, { ...found.get(month), fx: table });
  }
  return found;
};

/** The months that were pulled to their end, and the pull of one: with invoices a later month's pull has it too. */
const pullsOf = async (month: Month, { vendor, address, inbox, looked }: AccountPatient) => {
  const invoices = invoicesAsked(vendor, address);
  const name = invoices?.name ?? vendor.name;
  const found = inbox?.source.months ?? [];
  const own: Month[] = [];
  for (const at of found) if (await isPulled(name, at, looked.store)) own.push(at);
  const newest = own.at(-1) ?? month;
  const by = invoices !== null && newest > month ? newest : month;
  const months = invoices === null || own.length === 0 ? own : found.filter((at) => at <= newest);
  return { months, by, state: await pullStateOf(name, by, looked.store) };
};

/** The first month up to `until` that was pulled as it stood, where months are to be made of invoices: a run refuses that. */
const monthThatStood = async (
  until: Month,
  { vendor, address, committed, looked }: AccountPatient,
): Promise<Month | null> => {
  if (invoicesAsked(vendor, address) === null) return null;
  return firstCommitted(vendor.name, committed, until, looked.store);
};

const toldMonths = (months: readonly Month[]): string =>
  months.length === 0 ? 'no month so far' : `${counted(months.length, 'month')} from ${months[0]} to ${months.at(-1)}`;

const pulledCheck = async (
  month: Month,
  patient: AccountPatient,
): Promise<{ readonly check: Check; readonly pulled: boolean }> => {
  const { vendor, address } = patient;
  const { timeZone } = patient.config;
  const { title } = vendor;
  const { months, by, state } = await pullsOf(month, patient);
  const stood = await monthThatStood(by, patient);
  if (stood !== null) {
    const { problem, hint } = inTheWay(stood, vendor.name);
    return {
      check: fail('pulled', 'usage', `${problem}, so no month is made`, hint),
      pulled: state?.finished === true,
    };
  }
  const all = toldMonths(months);
  if (state === null) return { check: ok('pulled', `${month} has not been pulled yet; ${all}`), pulled: false };
  const day = dayOf(state.pulledAt, timeZone);
  if (!state.finished)
    return {
      check: warn(
        'pulled',
        `a pull of ${month} was begun on ${day} and stopped`,
        'Run the month: the pull goes on where it stopped.',
      ),
      pulled: false,
    };
  if (state.address !== address || state.timeZone !== timeZone)
    return {
      check: fail(
        'pulled',
        'usage',
        `${month} was pulled on ${day} with other settings${state.timeZone === timeZone ? '' : `, for the time zone ${state.timeZone}`}`,
        'Run with --pull-again, or with the settings that it was pulled with.',
      ),
      pulled: true,
    };
  return { check: ok('pulled', `${month} was pulled from ${title} on ${day}; ${all}`), pulled: true };
};

export type AccountPatient = Patient & {
  readonly vendor: Vendor;
  readonly address: string;
  /** Opens the account; null for a vendor that nobody can examine yet. Throws a ReportError where there is no key. */
  readonly open: () => Promise<Examiner | null>;
  /** What has been pulled so far; null before the first month. */
  readonly inbox: Snapshots | null;
  /** Months that have a folder in the account's own inbox, whatever the address asks for; oldest first. */
  readonly committed: readonly Month[];
};

/** A billing account, and the month that was pulled from it where it was. */
export const examineAccount = async (patient: AccountPatient): Promise<Diagnosis> => {
  const { vendor, config, looked, inbox, ratesFile } = patient;
  const { timeZone } = config;
  const month = patient.month ?? newestMonth(looked.clock.now(), timeZone);
  const span = spanOf(month, timeZone);
  const pulledAt = Math.floor(looked.clock.now().getTime() / 1000);
  const checks: Check[] = [];
  const { check, pulled } = await pulledCheck(month, patient);
  try {
    const examiner = await patient.open();
    if (examiner === null)
      checks.push(
        warn(
          'key',
          `accounts of ${vendor.title} are not looked over by this version`,
          'Pull a month and look it over.',
        ),
      );
    else {
      const fx = inbox === null ? new Map<Month, CatalogMonth>() : await ratesOnly(inbox.source, month, looked);
      checks.push(
        ...(await accountChecks({
          examiner,
          title: vendor.title,
          request: { month, timeZone, ...span, pulledAt },
          now: () => looked.clock.now(),
          config,
          pulled,
          rates: (at) => ratesAt(fx, at, config.reportingCurrency),
          ratesFile: fileOfRates(fx, ratesFile),
          progress: looked.progress,
        })),
      );
    }
  } catch (error) {
    checks.push(failure('key', error));
  }
  if (pulledAt < span.until)
    checks.push(fail('pulled', 'usage', `${month} is not over in ${timeZone}`, 'Pull it when the month has ended.'));
  else checks.push(check);
  if (pulled && inbox !== null) checks.push(...(await monthChecks(inbox, month, config, ratesFile, looked)));
  return { source: vendor.name, month, checks };
};
