/** Looks a Recurly site over: its key, the lists that a pull reads, and what the newest objects hold. */
import { type Examiner, noSuchList, type Sample, sampleOf } from '../billing/examination.ts';
import { accountRow, parentOf } from './account.ts';
import { reasonOf } from './cancellation.ts';
import type { RecurlyReader } from './client.ts';
import { readAccount, readList, readSubscription } from './objects.ts';
import { nextOf, pathOf, timeOf } from './pages.ts';
import type { RecurlySettings } from './settings.ts';
import { endedAt, endedUnpaid } from './standing.ts';

/** Nothing is known of the payments of a subscription that is looked at alone. */
const noDunning = { owing: false, exhausted: false, chargebacks: [] };

export const recurlyExaminer = (recurly: RecurlyReader, settings: RecurlySettings): Examiner => {
  const listed = async (what: string, path: string) => {
    const body = await recurly.get(path);
    if (body === null) throw noSuchList('Recurly', what);
    return readList(body);
  };

  const newest = <T>(
    what: 'subscriptions' | 'accounts',
    query: Readonly<Record<string, string>>,
    read: (object: unknown) => readonly T[],
  ): Promise<Sample<T>> => {
    const all = new URLSearchParams({ limit: '200', sort: 'created_at', order: 'desc', ...query });
    return sampleOf(`/${what}?${all}`, async (path) => {
      const { data, has_more: more, next } = await listed(what, path);
      return {
        objects: data.length,
        values: data.flatMap(read),
        next: more ? nextOf(next, path, recurly.origin) : null,
      };
    });
  };

  return {
    // Neither what it may do nor whether the site is a sandbox can be seen in a key of Recurly.
    key: { told: 'a key, which does not tell its kind', better: null, fit: true },
    changesKeptDays: null,

    needs: (request) => [
      { permission: 'Subscriptions', path: pathOf('subscriptions', request, 1) },
      { permission: 'Accounts', path: pathOf('accounts', request, 1) },
      { permission: 'Invoices', path: pathOf('invoices', request, 1) },
      { permission: 'Plans', path: pathOf('plans', request, 1) },
      { permission: 'Coupons', path: pathOf('coupons', request, 1) },
    ],

    ask: (path) => recurly.answer(path),

    async oldest(request) {
      const { data } = await listed('subscriptions', pathOf('subscriptions', request, 1));
      return data.map(readSubscription)[0]?.created_at ?? null;
    },

    reasons: () =>
      newest('subscriptions', { state: 'expired' }, (object) => {
        const subscription = readSubscription(object);
        return endedUnpaid(subscription) || subscription.activated_at === null
          ? []
          : [reasonOf(subscription, endedAt(subscription) ?? 0, noDunning)];
      }),

    customers: ({ until }) =>
      newest('accounts', { end_time: timeOf(until - 1) }, (object) => {
        const account = readAccount(object);
        const parent = parentOf(account, settings.hierarchy);
        return [accountRow(account, new Map(parent === null ? [] : [[account.id, parent]]), settings)];
      }),

    currencies: ({ until }) =>
      newest('subscriptions', { state: 'live', end_time: timeOf(until - 1) }, (object) => {
        const { state, currency } = readSubscription(object);
        return state === 'active' || state === 'canceled' ? [currency] : [];
      }),
  };
};
