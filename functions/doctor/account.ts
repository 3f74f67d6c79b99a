/** Looks a billing account over: its key, what it may read, the clock, how far back it tells, and a sample of what is in it. */
import { type Config, reasonCauses } from '../core/config.ts';
import { addMonths, type Month, parseMonth } from '../core/month.ts';
import { ReportError } from '../errors.ts';
import type { Progress } from '../ports.ts';
import { dayOf } from '../sources/billing/calendar.ts';
import type { Examiner, Sample } from '../sources/billing/examination.ts';
import type { PullRequest, TableRow } from '../sources/billing/port.ts';
import { type Check, counted, fail, failure, ok, warn } from './check.ts';
import { dimensionsCheck, rateLines, reasonsCheck, tooManyDimensions, unknownAmong } from './findings.ts';

/** A clock that is wrong by more may put the end of a month on the wrong side of an event. */
const skewSeconds = 60;

const daySeconds = 24 * 60 * 60;

export type Account = {
  readonly examiner: Examiner;
  /** For people. */
  readonly title: string;
  readonly request: PullRequest;
  readonly now: () => Date;
  readonly config: Config;
  /** The month is in the home already: what is in the account matters no longer. */
  readonly pulled: boolean;
  /** Rates that hold at a month, and where missing ones belong. */
  readonly rates: (month: Month) => ReadonlyMap<string, string>;
  readonly ratesFile: (month: string) => { readonly name: string; readonly present: boolean };
  readonly progress: Progress;
};

const isRefusal = (error: unknown, of: '_KEY' | '_PERMISSION'): error is ReportError =>
  error instanceof ReportError && error.code.endsWith(of);

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

/** Server time against ours. The header has whole seconds, and an answer takes a while: a second is nothing. */
const clockCheck = (title: string, header: string | null, now: Date): Check => {
  const theirs = header === null ? Number.NaN : Date.parse(header);
  if (Number.isNaN(theirs)) return ok('clock', `${title} tells no time to compare with`);
  const skew = seconds(now) - Math.floor(theirs / 1000);
  if (Math.abs(skew) <= skewSeconds) return ok('clock', `this machine and ${title} agree on the time`);
  return warn(
    'clock',
    `this machine is ${Math.abs(skew)} seconds ${skew > 0 ? 'ahead of' : 'behind'} ${title}: what belongs to a month, and what can still be put back, depends on it`,
    'Set the clock of this machine; unset SOURCE_DATE_EPOCH where it is set.',
  );
};

const permissionName = (permission: string): string => `read ${permission}`;

type Access = { readonly checks: Check[]; readonly known: boolean; readonly date: string | null };

/** Asks for one object of everything that a pull reads. Stops where the key is not known or nobody answers. */
const accessOf = async ({ examiner, request, title, now, progress }: Account): Promise<Access & { at: Date }> => {
  const checks: Check[] = [];
  const needs = examiner.needs(request);
  let known = false;
  let [date, at]: [string | null, Date] = [null, now()];
  for (const [number, { permission, path }] of needs.entries()) {
    progress(`Asking ${title}`, number, needs.length);
    const name = permissionName(permission);
    try {
      const answer = await examiner.ask(path);
      known = true;
      if (date === null && answer !== null) [date, at] = [answer.headers.get('date'), now()];
      checks.push(
        answer === null
          ? warn(name, `${title} has no such list`, 'Look whether the account has this part of the product.')
          : ok(name, 'may be read'),
      );
    } catch (error) {
      if (isRefusal(error, '_KEY')) return { checks: [failure('key', error)], known: false, date, at };
      // Whoever says what a key may not read knows the key.
      known ||= isRefusal(error, '_PERMISSION');
      checks.push(
        isRefusal(error, '_PERMISSION')
          ? fail(name, 'dependency', error.message, `Give the key the permission to read ${permission}.`)
          : failure(name, error),
      );
      // Nobody there, or not the vendor: the other questions would fare no better.
      const gone = error instanceof ReportError && error.code.endsWith('_UNAVAILABLE');
      if (!known || gone) return { checks, known: false, date, at };
    }
  }
  progress(`Asking ${title}`, needs.length, needs.length);
  return { checks, known, date, at };
};

const keyCheck = ({ examiner: { key } }: Account): Check =>
  key.better === null ? ok('key', `${key.told}; accepted`) : warn('key', `${key.told}; accepted`, key.better);

/** The month of the oldest invoice, where months are made of invoices. */
const oldestInvoiced = async ({ examiner, request }: Account): Promise<Month | null> => {
  const oldest = (await examiner.oldestInvoice?.(request)) ?? null;
  return oldest === null ? null : parseMonth(dayOf(oldest, request.timeZone).slice(0, 7));
};

type Asked = Account & {
  /** As above; asked for once, as it takes several requests. */
  readonly invoicedFrom: () => Promise<Month | null>;
};

const askingOnce = (account: Account): Asked => {
  let answer: Promise<Month | null> | null = null;
  const invoicedFrom = () => {
    answer ??= oldestInvoiced(account);
    return answer;
  };
  return { ...account, invoicedFrom };
};

/** How far back months can be made of invoices, which tell all of their time. */
const invoicesCheck = async (account: Asked): Promise<Check> => {
  const { month } = account.request;
  const first = await account.invoicedFrom();
  if (first === null)
    return warn('history', `there is no invoice before the end of ${month}`, 'Name a later month with --month.');
  return ok(
    'history',
    `the oldest invoice is of ${first}: months from then to ${month} can be made of invoices, at any time, on the basis invoiced`,
  );
};

const historyCheck = async (account: Asked): Promise<Check> => {
  if (account.examiner.oldestInvoice !== undefined) return invoicesCheck(account);
  const { examiner, request, title, now, pulled } = account;
  const { month, timeZone, until } = request;
  const oldest = await examiner.oldest(request);
  const began =
    oldest === null
      ? 'there is no subscription yet'
      : `the oldest subscription began in ${dayOf(oldest, timeZone).slice(0, 7)}`;
  const days = examiner.changesKeptDays;
  if (pulled) return ok('history', `${month} has been pulled; ${began}`);
  if (days === null)
    return warn(
      'history',
      `${title} keeps no history of changes: what changed since the end of ${month} is put back as far as invoices tell; ${began}`,
      'Pull each month soon after its end. The run says how many lines may differ.',
    );
  const reach = seconds(now()) - days * daySeconds;
  const reached = until >= reach;
  const lastDay = dayOf(until + days * daySeconds - 1, timeZone);
  if (reached)
    return ok(
      'history',
      `${month} can be put back exactly until ${lastDay} (${title} tells changes for ${days} days); ${began}`,
    );
  return warn(
    'history',
    `${month} ended more than ${days} days ago, for which ${title} tells changes: begin and end of subscriptions are facts, the rest may be that of a later day; ${began}`,
    `Pull each month within ${days} days of its end. The run says how many lines may differ.`,
  );
};

const amongOf = <T>({ looked, complete }: Sample<T>, what: string): string =>
  complete ? `all ${looked} ${what}` : `the newest ${looked} ${what}`;

const reasonsOf = async ({ examiner, request, config }: Account): Promise<Check> => {
  const sample = await examiner.reasons(request);
  const known = new Set(reasonCauses(config).map(([key]) => key));
  return reasonsCheck({ ...unknownAmong(sample.values, known), among: amongOf(sample, 'subscriptions that ended') });
};

const isParent = ({ customer_id: id, account_id: account }: TableRow): boolean =>
  account === undefined || account === id;

const notDimensions = ['customer_id', 'name', 'account_id'];

const dimensionsOf = async ({ examiner, request, config }: Account): Promise<Check> => {
  const sample = await examiner.customers(request);
  const found = new Set(
    sample.values.flatMap((row) => Object.keys(row)).filter((name) => !notDimensions.includes(name)),
  );
  const names = config.dimensions ?? [...found].sort();
  const tooMany = tooManyDimensions(
    names,
    'Choose among them: "dimensions" in retention.config.json, or dimensions= in the address.',
  );
  if (tooMany !== null) return tooMany;
  const parents = sample.values.filter(isParent);
  return dimensionsCheck({
    without: names.map((name) => ({ name, count: parents.filter((row) => (row[name] ?? '') === '').length })),
    among: `${counted(parents.length, 'account')} among ${amongOf(sample, 'customers')}`,
  });
};

const ratesOf = async (account: Asked): Promise<Check> => {
  const { examiner, request, config, rates, ratesFile } = account;
  const { month } = request;
  // All months are made at once, and a file of rates holds until a later one: it belongs to the oldest of them.
  const oldest = await account.invoicedFrom();
  const at = oldest ?? month;
  const sample = await examiner.currencies(request);
  const currencies = [...new Set(sample.values)].filter((currency) => /^[A-Z]{3}$/.test(currency)).sort();
  const among = amongOf(sample, 'subscriptions');
  const lacking = (when: Month) =>
    currencies
      .filter((currency) => currency !== config.reportingCurrency && !rates(when).has(currency))
      .map((currency) => ({ currency, month: when }));
  const gaps = [...lacking(at), ...(at !== month && ratesFile(month).present ? lacking(month) : [])];
  const missing = [...new Set(gaps.map(({ currency }) => currency))].sort();
  const span = oldest === null ? month : `${oldest} to ${month}`;
  if (missing.length === 0)
    return ok(
      'rates',
      `${currencies.length === 0 ? 'no currency' : currencies.join(', ')} (${among}): nothing is missing at ${span}`,
    );
  return warn(
    'rates',
    `no rate into ${config.reportingCurrency} at ${span} for ${missing.join(', ')} (${among}): a run would be blocked`,
    oldest === null
      ? 'Write the rates of the month’s end; the opening months of its windows need theirs as well.'
      : 'Write the rates of that month’s end: a file holds until a later month has one, and then gives way to it as a whole.',
    rateLines(gaps, config.reportingCurrency, ratesFile),
  );
};

/** A sample that may not be read has been told of already. */
const sampled = async (name: string, work: () => Promise<Check>): Promise<Check[]> => {
  try {
    return [await work()];
  } catch (error) {
    return isRefusal(error, '_PERMISSION') ? [] : [failure(name, error)];
  }
};

/** Every check that asks the account. */
export const accountChecks = async (given: Account): Promise<Check[]> => {
  const account = askingOnce(given);
  const { examiner, title } = account;
  if (!examiner.key.fit) return [fail('key', 'usage', examiner.key.told, examiner.key.better ?? '')];
  const { checks, known, date, at } = await accessOf(account);
  if (!known) return checks;
  return [
    keyCheck(account),
    ...checks,
    clockCheck(title, date, at),
    ...(await sampled('history', () => historyCheck(account))),
    ...(account.pulled
      ? []
      : [
          ...(await sampled('rates', () => ratesOf(account))),
          ...(await sampled('reasons', () => reasonsOf(account))),
          ...(await sampled('dimensions', () => dimensionsOf(account))),
        ]),
  ];
};

/** The newest month that is over in a time zone. */
export const newestMonth = (now: Date, timeZone: string): Month =>
  addMonths(parseMonth(dayOf(seconds(now), timeZone).slice(0, 7)), -1);
