/** Looks a Stripe account over: what its key is, what it may read, how far back Stripe tells, and what is in the newest objects. */
import { addMonths, monthRange, parseMonth } from '../../core/month.ts';
import { startOf } from '../billing/calendar.ts';
import { type Examiner, type KeyForm, noSuchList, type Sample, sampleOf } from '../billing/examination.ts';
import type { PullRequest } from '../billing/port.ts';
import { eventSeconds } from './as-of.ts';
import { reasonOf } from './cancellation.ts';
import type { StripeReader } from './client.ts';
import { customerRow } from './customer.ts';
import { invoicedPathOf } from './invoiced/pages.ts';
import { currencyOf } from './minor-units.ts';
import { readCustomer, readList, readSubscription } from './objects.ts';
import { pathOf } from './pages.ts';
import type { StripeSettings } from './settings.ts';

const restricted =
  'Make a restricted key (Developers, API keys) that may read what the README lists, and nothing else.';

/** Source: docs.stripe.com/keys. */
export const keyFormOf = (apiKey: string): KeyForm => {
  const [, kind, mode] = /^(rk|sk|pk)_(live|test)_/.exec(apiKey) ?? [];
  const where = mode === 'live' ? 'live mode' : 'test mode: what it reads is a sandbox and not the book';
  const live = mode === 'live' ? null : 'Use a key of live mode for the book itself.';
  if (kind === 'pk') return { told: 'a publishable key, which can read nothing', better: restricted, fit: false };
  if (kind === 'sk')
    return { told: `a secret key, which may change everything; ${where}`, better: restricted, fit: true };
  if (kind === 'rk') return { told: `a restricted key, ${where}`, better: live, fit: true };
  return { told: 'a key of a kind that is not known here', better: restricted, fit: true };
};

/** Nobody was on Stripe before. */
const firstMonth = parseMonth('2010-01');

export const stripeExaminer = (stripe: StripeReader, settings: StripeSettings, apiKey: string): Examiner => {
  const page = async (what: string, path: string) => {
    const body = await stripe.get(path);
    if (body === null) throw noSuchList('Stripe', what);
    return readList(body);
  };

  const newest = <T>(what: string, query: string, read: (object: unknown) => readonly T[]): Promise<Sample<T>> => {
    const first = `/v1/${what}?limit=100${query}`;
    return sampleOf(first, async (path) => {
      const { data, has_more: more } = await page(what, path);
      const last = data.at(-1);
      const next = more && last !== undefined ? `${first}&starting_after=${encodeURIComponent(last.id)}` : null;
      return { objects: data.length, values: data.flatMap(read), next };
    });
  };

  // Lists begin with the newest: the oldest is found by halving the time in which it can lie.
  const oldestOf = async (
    what: string,
    first: string,
    { month, timeZone, until }: PullRequest,
  ): Promise<number | null> => {
    const madeBefore = async (second: number): Promise<boolean> =>
      (await page(what, `${first}&created%5Blt%5D=${second}`)).data.length > 0;
    if (!(await madeBefore(until))) return null;
    const months = monthRange(firstMonth, month);
    let [low, high] = [0, months.length - 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (await madeBefore(startOf(addMonths(months[middle] ?? month, 1), timeZone))) high = middle;
      else low = middle + 1;
    }
    return startOf(months[low] ?? month, timeZone);
  };

  const invoiced: Pick<Examiner, 'needs' | 'oldestInvoice'> = {
    needs: (request) => [
      { permission: 'Customers', path: invoicedPathOf('customers', request, 1) },
      { permission: 'Subscriptions', path: invoicedPathOf('ended', request, 1) },
      { permission: 'Invoices', path: invoicedPathOf('invoices', request, 1) },
      { permission: 'Credit notes', path: invoicedPathOf('credits', request, 1) },
    ],
    oldestInvoice: (request) => oldestOf('invoices', '/v1/invoices?limit=1', request),
  };

  return {
    key: keyFormOf(apiKey),
    changesKeptDays: eventSeconds / (24 * 60 * 60),

    needs: (request) => [
      { permission: 'Customers', path: pathOf('customers', request, 1) },
      { permission: 'Subscriptions', path: pathOf('subscriptions', request, 1) },
      { permission: 'Invoices', path: pathOf('invoices', request, 1) },
      { permission: 'Charges', path: pathOf('charges', request, 1) },
      { permission: 'Coupons', path: '/v1/coupons?limit=1&expand[]=data.applies_to&expand[]=data.currency_options' },
      { permission: 'Prices', path: '/v1/prices?limit=1&expand[]=data.tiers' },
      { permission: 'Events', path: pathOf('events', request, 1) },
    ],

    ask: (path) => stripe.answer(path),

    oldest: (request) => oldestOf('subscriptions', '/v1/subscriptions?limit=1&status=all', request),

    reasons: () => newest('subscriptions', '&status=canceled', (object) => [reasonOf(readSubscription(object), null)]),

    customers: ({ until }) =>
      newest('customers', `&created%5Blt%5D=${until}`, (object) => [customerRow(readCustomer(object), settings)]),

    currencies: ({ until }) =>
      newest('subscriptions', `&created%5Blt%5D=${until}`, (object) => {
        const { status, items } = readSubscription(object);
        if (status !== 'active' && status !== 'past_due') return [];
        return [...new Set(items.data.map(({ price }) => currencyOf(price.currency)))];
      }),

    ...(settings.basis === 'invoiced' ? invoiced : {}),
  };
};
