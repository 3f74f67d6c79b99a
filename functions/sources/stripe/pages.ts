/** Which pages a month of Stripe is made of, how they are asked for, and how kept ones are read again. */
import { keptObjects, type ListForm, newPages, pagesOf as pagesIn } from '../billing/listed.ts';
import { lookedUp as foundAt, lookupPage } from '../billing/looked-up.ts';
import { keyOf, lookBack } from '../billing/page-names.ts';
import type { KeptPages, Page, PullRequest } from '../billing/port.ts';
import { eventSeconds, subscriptionEvents } from './as-of.ts';
import type { StripeReader } from './client.ts';
import { readAsked, readList } from './objects.ts';

export type ListName = 'subscriptions' | 'customers' | 'invoices' | 'charges' | 'events';

export const pageSize = 100;

const discountEvents = ['customer.discount.created', 'customer.discount.updated', 'customer.discount.deleted'];

/** How a month's pull asks for the first page of a list. */
export const pathOf = (list: ListName, request: PullRequest, limit = pageSize): string => {
  const { until } = request;
  const query: Readonly<Record<ListName, readonly [string, string | number][]>> = {
    subscriptions: [
      ['status', 'all'],
      ['created[lt]', until],
      ['expand[]', 'data.discounts.source.coupon'],
      ['expand[]', 'data.items.data.discounts'],
    ],
    customers: [['created[lt]', until]],
    invoices: [
      ['created[gte]', lookBack(request)],
      ['created[lt]', until],
      ['expand[]', 'data.payments'],
    ],
    charges: [
      ['created[gte]', lookBack(request)],
      ['created[lt]', until],
    ],
    events: [
      ['created[gte]', until],
      ...[...subscriptionEvents, ...discountEvents].map((type): [string, string] => ['types[]', type]),
    ],
  };
  return withQuery(`/v1/${list}`, [['limit', limit], ...query[list]]);
};

export const withQuery = (path: string, query: readonly (readonly [string, string | number])[]): string =>
  `${path}?${query.map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`).join('&')}`;

const form: ListForm = {
  title: 'Stripe',
  read(body) {
    const { data, has_more: more } = readList(body);
    const last = data.at(-1);
    const isLast = !more || last === undefined;
    return {
      objects: data,
      next: isLast ? null : (_, first) => `${first}&starting_after=${encodeURIComponent(last.id)}`,
    };
  },
};

/** The pages of a list that are not kept yet. */
export const pagesOf = (name: string, first: string, stripe: StripeReader, kept: KeptPages): AsyncGenerator<Page> =>
  newPages(pagesIn({ name, first, form }, (path) => stripe.get(path), kept));

/** The same of a list below an object: of one that was deleted since, none. */
export const pagesBelow = (name: string, first: string, stripe: StripeReader, kept: KeptPages): AsyncGenerator<Page> =>
  newPages(
    pagesIn({ name, first, form }, async (path) => (await stripe.get(path)) ?? { data: [], has_more: false }, kept),
  );

export const listPages = (
  list: ListName,
  request: PullRequest,
  stripe: StripeReader,
  kept: KeptPages,
): AsyncIterable<Page> => pagesOf(list, pathOf(list, request), stripe, kept);

const eventsAskedName = 'asked/events';

/**
 * The events since the month's end. Asked for later than 30 days after it by a pull that began in time, the time of
 * asking is kept before them, as they no longer reach back to the month's end.
 */
export async function* eventPages(request: PullRequest, stripe: StripeReader, kept: KeptPages): AsyncGenerator<Page> {
  const { until, pulledAt, resumedAt: at = pulledAt } = request;
  const isLate = at !== pulledAt && until < at - eventSeconds;
  for await (const page of listPages('events', request, stripe, kept)) {
    if (isLate && (await kept.get(eventsAskedName)) === null) yield { name: eventsAskedName, body: { at } };
    yield page;
  }
}

/** When the events were asked for, as far as that was too long after the pull began. */
export const eventsAskedAt = async ({ pulledAt }: PullRequest, kept: KeptPages): Promise<number> => {
  const body = await kept.get(eventsAskedName);
  return body === null ? pulledAt : readAsked(body).at;
};

/** Objects of a list that is kept as a whole, page by page. */
export const keptPages = (list: string, kept: KeptPages): AsyncGenerator<readonly unknown[]> =>
  keptObjects(list, form, kept);

/** One thing that lists do not tell in full. The id of an option is a price's id, a space, and a currency. */
export type Lookup = {
  readonly kind: 'coupon' | 'price' | 'option' | 'invoice' | 'items' | 'lines';
  readonly id: string;
};

const optionPath = (id: string): string => {
  const [price = '', currency = ''] = id.split(' ').map(encodeURIComponent);
  return `/v1/prices/${price}?expand[]=currency_options&expand[]=currency_options.${currency}.tiers`;
};

const lookupPath = ({ kind, id }: Lookup): string => {
  const part = encodeURIComponent(id);
  if (kind === 'coupon') return `/v1/coupons/${part}?expand[]=applies_to&expand[]=currency_options`;
  if (kind === 'price') return `/v1/prices/${part}?expand[]=tiers`;
  if (kind === 'option') return optionPath(id);
  if (kind === 'invoice') return `/v1/invoices/${part}`;
  if (kind === 'lines') return `/v1/invoices/${part}/lines?limit=${pageSize}`;
  return `/v1/subscription_items?limit=${pageSize}&subscription=${part}&expand[]=data.discounts`;
};

export const lookupName = ({ kind, id }: Lookup): string => `${kind}/${keyOf(id)}`;

/** The page or pages of a lookup that are not kept yet. */
export const lookupPages = (lookup: Lookup, stripe: StripeReader, kept: KeptPages): AsyncGenerator<Page> => {
  const [name, path] = [lookupName(lookup), lookupPath(lookup)];
  if (lookup.kind === 'lines') return pagesBelow(name, path, stripe, kept);
  return lookup.kind === 'items' ? pagesOf(name, path, stripe, kept) : lookupPage(name, () => stripe.get(path), kept);
};

/** What was found under a lookup of one object; null where Stripe no longer has it. */
export const lookedUp = (lookup: Lookup, kept: KeptPages): Promise<unknown> => foundAt(lookupName(lookup), kept);
