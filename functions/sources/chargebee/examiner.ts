/** Looks a Chargebee site over: its key, the lists that a pull reads, how far back events go, and what the newest objects hold. */
import { type Examiner, type KeyForm, type Sample, sampleOf } from '../billing/examination.ts';
import type { HttpReader } from '../billing/http-reader.ts';
import { eventSeconds } from './as-of.ts';
import { neverCounted, reasonOf } from './cancellation.ts';
import { customerRow, parentOf } from './customer.ts';
import { readCustomer, readEnvelope, readSubscription } from './objects.ts';
import { noSuchList, pathOf, withQuery } from './pages.ts';
import type { ChargebeeSettings } from './settings.ts';

/** Keys say which of a company's two sites they are of; whether they may write, they do not say. */
export const keyFormOf = (apiKey: string): KeyForm => {
  if (apiKey.startsWith('live_')) return { told: 'a key of a live site', better: null, fit: true };
  if (apiKey.startsWith('test_'))
    return {
      told: 'a key of a test site: what it reads is not the book',
      better: 'Name the live site behind site=, and use a read-only key of it.',
      fit: true,
    };
  return { told: 'a key of a kind that is not known here', better: 'Make a read-only key of the site.', fit: true };
};

/** Nothing is known of the payments of a subscription that is looked at alone. */
const noPayments = { state: 'fine', givenUpAt: null, reversed: false } as const;

export const chargebeeExaminer = (chargebee: HttpReader, settings: ChargebeeSettings, apiKey: string): Examiner => {
  const listed = async (path: string) => {
    const answer = await chargebee.get(path);
    if (answer === null) throw noSuchList(path);
    return { answer, envelope: readEnvelope(answer.body) };
  };

  const newest = <T>(
    resource: 'subscriptions' | 'customers',
    query: readonly (readonly [string, string])[],
    read: (object: unknown) => readonly T[],
  ): Promise<Sample<T>> => {
    const first = withQuery(`/api/v2/${resource}`, [['limit', 100], ...query, ['sort_by[desc]', 'created_at']]);
    return sampleOf(first, async (path) => {
      const { list, next_offset: next } = (await listed(path)).envelope;
      return {
        objects: list.length,
        values: list.flatMap((entry) => read(entry[resource.slice(0, -1)])),
        next: next === undefined ? null : `${first}&offset=${encodeURIComponent(next)}`,
      };
    });
  };

  return {
    key: keyFormOf(apiKey),
    changesKeptDays: eventSeconds / (24 * 60 * 60),

    needs: (request) => [
      { permission: 'Subscriptions', path: pathOf('subscriptions', request, 1) },
      { permission: 'Customers', path: pathOf('customers', request, 1) },
      { permission: 'Invoices', path: pathOf('invoices', request, 1) },
      { permission: 'Transactions', path: pathOf('transactions', request, 1) },
      { permission: 'Items', path: pathOf('items', request, 1) },
      { permission: 'Item prices', path: pathOf('itemprices', request, 1) },
      { permission: 'Coupons', path: pathOf('coupons', request, 1) },
      { permission: 'Events', path: pathOf('events', request, 1) },
    ],

    ask: async (path) => (await listed(path)).answer,

    async oldest(request) {
      const { list } = (await listed(pathOf('subscriptions', request, 1))).envelope;
      const [first] = list.map(({ subscription }) => readSubscription(subscription));
      return first?.created_at ?? null;
    },

    reasons: () =>
      newest('subscriptions', [['status[is]', 'cancelled']], (object) => {
        const subscription = readSubscription(object);
        const counted = !neverCounted(subscription) && subscription.gift_id === undefined;
        return counted ? [reasonOf(subscription, noPayments)] : [];
      }),

    customers: () =>
      newest('customers', [], (object) => {
        const customer = readCustomer(object);
        const parent = parentOf(customer, settings);
        return [customerRow(customer, settings, new Map(parent === '' ? [] : [[customer.id, parent]]))];
      }),

    currencies: ({ until }) =>
      newest('subscriptions', [['status[in]', '["active","non_renewing"]']], (object) => {
        const { created_at: created, currency_code: currency } = readSubscription(object);
        return (created ?? 0) < until ? [currency] : [];
      }),
  };
};
