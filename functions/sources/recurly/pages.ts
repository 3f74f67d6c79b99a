/** Which pages a month of Recurly is made of, how they are asked for, and how kept ones are read again. */
import { dependencyError } from '../../errors.ts';
import { keptObjects, type ListForm, newPages, pagesOf } from '../billing/listed.ts';
import { lookedUp as foundAt, lookupPage } from '../billing/looked-up.ts';
import { keyOf, lookBack, nameOf } from '../billing/page-names.ts';
import type { KeptPages, Page, PullRequest } from '../billing/port.ts';
import type { RecurlyReader } from './client.ts';
import { readList } from './objects.ts';

export type ListName = 'subscriptions' | 'accounts' | 'invoices' | 'plans' | 'coupons';

const pageSize = 200;

export const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Oldest first, by the time of creation: what is made or changed meanwhile moves nothing. */
export const pathOf = (list: ListName, request: PullRequest, limit = pageSize): string => {
  const query = new URLSearchParams({ limit: `${limit}`, sort: 'created_at', order: 'asc' });
  if (list === 'invoices') query.set('begin_time', timeOf(lookBack(request)));
  // Both ends count. A plan or coupon that came later may have been given to an older subscription.
  if (list !== 'plans' && list !== 'coupons') query.set('end_time', timeOf(request.until - 1));
  return `/${list}?${query}`;
};

/** The path of the next page. It must be one of the same list: the key goes nowhere else. */
export const nextOf = (next: string | null, path: string, origin: string): string => {
  const [asked, told] = [
    new URL(path, origin),
    next !== null && URL.canParse(next, origin) ? new URL(next, origin) : null,
  ];
  if (told === null || told.origin !== asked.origin || told.pathname !== asked.pathname || told.search === asked.search)
    throw dependencyError(
      'RECURLY_SHAPE',
      'Recurly told a next page that is none of the same list',
      'Run again: the pull goes on where it stopped.',
    );
  return `${told.pathname}${told.search}`;
};

/** What a list is that belongs to something which is gone. */
const nothing = { data: [], has_more: false };

/** Pages of a list; the path of the next one is for `origin`. */
const formOf = (origin: string): ListForm => ({
  title: 'Recurly',
  read(body) {
    const { data, has_more: more, next } = readList(body);
    return { objects: data, next: more ? (at) => nextOf(next, at, origin) : null };
  },
});

const pagesIn = (name: string, first: string, recurly: RecurlyReader, kept: KeptPages): AsyncGenerator<Page> =>
  newPages(
    pagesOf({ name, first, form: formOf(recurly.origin) }, async (path) => (await recurly.get(path)) ?? nothing, kept),
  );

export const listPages = (
  list: ListName,
  request: PullRequest,
  recurly: RecurlyReader,
  kept: KeptPages,
): AsyncIterable<Page> => pagesIn(list, pathOf(list, request), recurly, kept);

/** Objects of a list that is kept as a whole, page by page. */
export const keptPages = (list: string, kept: KeptPages): AsyncGenerator<readonly unknown[]> =>
  // Kept pages ask nobody for the next one.
  keptObjects(list, formOf(''), kept);

/** One thing that the lists do not tell. */
export type Lookup = {
  readonly kind: 'plan' | 'coupon' | 'billed' | 'invoiced' | 'redeemed' | 'accountredeemed';
  /** Of the plan, coupon, subscription, invoice, subscription or account. */
  readonly id: string;
};

const lookupPath = ({ kind, id }: Lookup, request: PullRequest): string => {
  const part = encodeURIComponent(id);
  if (kind === 'plan') return `/plans/${part}`;
  if (kind === 'coupon') return `/coupons/${part}`;
  if (kind === 'redeemed') return `/subscriptions/${part}/coupon_redemptions`;
  if (kind === 'accountredeemed') return `/accounts/${part}/coupon_redemptions`;
  if (kind === 'invoiced') return `/invoices/${part}/line_items?limit=${pageSize}`;
  const query = new URLSearchParams({ limit: `${pageSize}`, sort: 'created_at', order: 'desc' });
  query.set('end_time', timeOf(request.until - 1));
  return `/subscriptions/${part}/line_items?${query}`;
};

export const lookupName = ({ kind, id }: Lookup): string => `${kind}/${keyOf(id)}`;

/** The page or pages of a lookup that are not kept yet. */
export async function* lookupPages(
  lookup: Lookup,
  request: PullRequest,
  recurly: RecurlyReader,
  kept: KeptPages,
): AsyncGenerator<Page> {
  const [name, path] = [lookupName(lookup), lookupPath(lookup, request)];
  const { kind } = lookup;
  if (kind === 'invoiced' || kind === 'redeemed' || kind === 'accountredeemed')
    return yield* pagesIn(name, path, recurly, kept);
  if (kind !== 'billed') return yield* lookupPage(name, () => recurly.get(path), kept);
  // Of what was billed, the newest page is enough.
  yield* lookupPage(nameOf(name, 1), async () => (await recurly.get(path)) ?? nothing, kept);
}

/** What was found under a lookup of one object; null where Recurly no longer has it, or it was not looked up. */
export const lookedUp = (lookup: Lookup, kept: KeptPages): Promise<unknown> => foundAt(lookupName(lookup), kept);

/** Everything of a lookup that is a list; null where it was not looked up. */
export const listed = async (lookup: Lookup, kept: KeptPages): Promise<readonly unknown[] | null> => {
  const pages = await Array.fromAsync(keptPages(lookupName(lookup), kept));
  return pages.length === 0 ? null : pages.flat();
};
