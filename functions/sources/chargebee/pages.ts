/** Which pages a month of Chargebee is made of, how they are asked for, and how kept ones are read again. */
import { dependencyError } from '../../errors.ts';
import type { HttpReader } from '../billing/http-reader.ts';
import { keptObjects, type ListForm, newPages, pagesOf } from '../billing/listed.ts';
import { keyOf, lookBack } from '../billing/page-names.ts';
import type { KeptPages, Page, PullRequest } from '../billing/port.ts';
import { readEnvelope } from './objects.ts';

/** The most that Chargebee gives at a time. */
const pageSize = 100;

/** Everything that happens to a subscription; each of these events tells it as it was afterwards. */
const subscriptionEvents = [
  'subscription_created',
  'subscription_created_with_backdating',
  'subscription_started',
  'subscription_activated',
  'subscription_activated_with_backdating',
  'subscription_changed',
  'subscription_changed_with_backdating',
  'subscription_changes_scheduled',
  'subscription_scheduled_changes_removed',
  'subscription_ramp_applied',
  'subscription_trial_extended',
  'subscription_cancellation_scheduled',
  'subscription_scheduled_cancellation_removed',
  'subscription_cancelled',
  'subscription_canceled_with_backdating',
  'subscription_reactivated',
  'subscription_reactivated_with_backdating',
  'subscription_renewed',
  'subscription_items_renewed',
  'subscription_paused',
  'subscription_resumed',
  'subscription_pause_scheduled',
  'subscription_scheduled_pause_removed',
  'subscription_resumption_scheduled',
  'subscription_scheduled_resumption_removed',
  'subscription_business_entity_changed',
  'subscription_moved_in',
  'subscription_moved_out',
  'subscription_deleted',
];

/** The lists that a month is made of. Events are two: those since its end, and those before it. */
export type ListName =
  | 'subscriptions'
  | 'customers'
  | 'invoices'
  | 'transactions'
  | 'items'
  | 'itemprices'
  | 'coupons'
  | 'events'
  | 'earlier';

type Query = readonly (readonly [name: string, value: string | number])[];

export const withQuery = (path: string, query: Query): string =>
  `${path}?${query.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&')}`;

const between = (from: number, until: number): string => JSON.stringify([from, until - 1]);

/** How a month's pull asks for the first page of a list. */
export const pathOf = (list: ListName, request: PullRequest, limit = pageSize): string => {
  const { until } = request;
  const recent = between(lookBack(request), until);
  const types = JSON.stringify(subscriptionEvents);
  const asked: Readonly<Record<ListName, readonly [resource: string, query: Query]>> = {
    // Sorted by what never changes: what is changed while a list is read keeps its place in it.
    subscriptions: [
      'subscriptions',
      [
        ['include_deleted', 'true'],
        ['sort_by[asc]', 'created_at'],
      ],
    ],
    customers: [
      'customers',
      [
        ['include_deleted', 'true'],
        ['sort_by[asc]', 'created_at'],
      ],
    ],
    invoices: [
      'invoices',
      [
        ['date[between]', recent],
        ['sort_by[asc]', 'date'],
      ],
    ],
    transactions: [
      'transactions',
      [
        ['type[in]', '["payment","payment_reversal"]'],
        ['date[between]', recent],
        ['sort_by[asc]', 'date'],
      ],
    ],
    items: ['items', [['sort_by[asc]', 'id']]],
    itemprices: ['item_prices', [['sort_by[asc]', 'id']]],
    coupons: ['coupons', [['sort_by[asc]', 'created_at']]],
    events: [
      'events',
      [
        ['event_type[in]', types],
        ['occurred_at[after]', until - 1],
        ['sort_by[asc]', 'occurred_at'],
      ],
    ],
    earlier: [
      'events',
      [
        ['event_type[in]', types],
        ['occurred_at[between]', recent],
        ['sort_by[desc]', 'occurred_at'],
      ],
    ],
  };
  const [resource, query] = asked[list];
  return withQuery(`/api/v2/${resource}`, [['limit', limit], ...query]);
};

const kinds: Readonly<Record<ListName, string>> = {
  subscriptions: 'subscription',
  customers: 'customer',
  invoices: 'invoice',
  transactions: 'transaction',
  items: 'item',
  itemprices: 'item_price',
  coupons: 'coupon',
  events: 'event',
  earlier: 'event',
};

export const noSuchList = (path: string) =>
  dependencyError(
    'CHARGEBEE_SITE',
    `Chargebee has no ${/^\/api\/v2\/([a-z_]+)/.exec(path)?.[1] ?? 'such list'} at this site, or no such site`,
    'Look at site= in the source: it is the name before .chargebee.com, with -test behind it for a test site.',
  );

/** Pages of a list of a kind: every entry has the object under its kind, such as `{"subscription": {…}}`. */
const formOf = (kind: string): ListForm => ({
  title: 'Chargebee',
  read(body) {
    const { list, next_offset: offset } = readEnvelope(body);
    return {
      objects: list.map((entry) => entry[kind]),
      next: offset === undefined ? null : (_, first) => `${first}&offset=${encodeURIComponent(offset)}`,
    };
  },
});

const asked = (chargebee: HttpReader) => async (path: string) => {
  const answer = await chargebee.get(path);
  if (answer === null) throw noSuchList(path);
  return answer.body;
};

/** The pages of a list that are not kept yet. `look` sees the objects of all of them and may end the list. */
export async function* listPages(
  list: ListName,
  request: PullRequest,
  chargebee: HttpReader,
  kept: KeptPages,
  look: (objects: readonly unknown[]) => 'go on' | 'enough' = () => 'go on',
): AsyncGenerator<Page> {
  const listed = { name: list, first: pathOf(list, request), form: formOf(kinds[list]) };
  for await (const { page, objects } of pagesOf(listed, asked(chargebee), kept)) {
    if (page !== null) yield page;
    if (look(objects) === 'enough') return;
  }
}

/** Objects of a list that is kept, page by page, as far as it was asked for. */
export const keptPages = (list: ListName, kept: KeptPages): AsyncGenerator<readonly unknown[]> =>
  keptObjects(list, formOf(kinds[list]), kept);

/** Subscriptions whose last invoice is older than the list of invoices, some at a time; dates are seconds. */
export type OlderInvoices = { readonly subscriptions: readonly string[]; readonly from: number };

/** Ids can hold anything; names of pages cannot. */
const olderName = ({ subscriptions }: OlderInvoices): string => `older/${keyOf(JSON.stringify(subscriptions))}`;

/** The pages of some older invoices that are not kept yet. */
export const olderPages = (
  older: OlderInvoices,
  request: PullRequest,
  chargebee: HttpReader,
  kept: KeptPages,
): AsyncGenerator<Page> => {
  const first = withQuery('/api/v2/invoices', [
    ['limit', pageSize],
    ['subscription_id[in]', JSON.stringify(older.subscriptions)],
    ['date[between]', between(older.from, lookBack(request))],
    ['sort_by[asc]', 'date'],
  ]);
  return newPages(pagesOf({ name: olderName(older), first, form: formOf('invoice') }, asked(chargebee), kept));
};

/** Older invoices that are kept, page by page. */
export const keptOlder = (older: OlderInvoices, kept: KeptPages): AsyncGenerator<readonly unknown[]> =>
  keptObjects(olderName(older), formOf('invoice'), kept);
