/** A server that speaks Recurly's API for reading: cursors, filters, its version, and faults on demand. */
import { type FaultyServer, startFaulty } from './faulty.ts';

export type Raw = Record<string, unknown>;
export type RecurlyObject = Raw & { readonly id: string; readonly created_at: string };

/** What the site holds. Line items stand on their invoices, coupon redemptions apart. */
export type Site = Readonly<
  Record<'subscriptions' | 'accounts' | 'invoices' | 'plans' | 'coupons' | 'redemptions', readonly RecurlyObject[]>
>;

export type { Fault } from './faulty.ts';

export type RecurlyServer = FaultyServer & {
  site: Site;
  /** What `next` is told as; for tests that tell something else. */
  next: (path: string) => string;
};

export const apiKey = 'key_of_a_site_of_nobody';

/** Line items that an invoice in a list has room for. */
const inline = 2;

const listAs = (object: RecurlyObject): RecurlyObject => {
  const lines = Array.isArray(object.line_items) ? object.line_items : [];
  return lines.length > inline ? { ...object, line_items: lines.slice(0, inline), has_more_line_items: true } : object;
};

const linesOf = ({ invoices }: Site): RecurlyObject[] =>
  invoices.flatMap(({ line_items: lines }) => lines as RecurlyObject[]);

/** The objects behind a path: a list, one object, or null. */
const found = (site: Site, path: string): readonly RecurlyObject[] | RecurlyObject | null => {
  const [, name = '', id, below] = path.split('/').map(decodeURIComponent);
  const all = Object.entries(site).find(([list]) => list === name)?.[1];
  if (all === undefined || name === 'redemptions') return null;
  if (id === undefined) return all;
  const one = all.find((object) => object.id === id) ?? null;
  if (one === null || below === undefined) return one;
  if (name === 'invoices' && below === 'line_items') return linesOf(site).filter(({ invoice_id }) => invoice_id === id);
  if (name === 'subscriptions' && below === 'line_items')
    return linesOf(site).filter(({ subscription_id }) => subscription_id === id);
  if (name === 'subscriptions' && below === 'coupon_redemptions')
    return site.redemptions.filter(({ subscription_id }) => subscription_id === id);
  if (name === 'accounts' && below === 'coupon_redemptions')
    return site.redemptions.filter(({ account }) => (account as Raw).id === id);
  return null;
};

const page = (all: readonly RecurlyObject[], url: URL, pageLimit: number, next: (path: string) => string) => {
  const { searchParams: query, pathname } = url;
  const [begin, end] = [query.get('begin_time') ?? '', query.get('end_time') ?? '9999'];
  const direction = query.get('order') === 'asc' ? 1 : -1;
  const time = ({ created_at: at }: RecurlyObject) => Date.parse(at);
  const states: Readonly<Record<string, readonly string[]>> = {
    expired: ['expired'],
    live: ['active', 'canceled', 'paused'],
  };
  const state = query.get('state');
  const inside = all
    .filter((object) => state === null || (states[state] ?? []).includes(`${object.state}`))
    .filter((object) => (begin === '' || time(object) >= Date.parse(begin)) && time(object) <= Date.parse(end))
    .sort((a, b) => direction * (time(a) - time(b) || (a.id < b.id ? -1 : 1)));
  const start = parseInt(query.get('cursor') ?? '0', 10);
  const limit = Math.min(parseInt(query.get('limit') ?? '20', 10), pageLimit);
  const more = start + limit < inside.length;
  const following = new URLSearchParams(query);
  following.set('cursor', `${start + limit}`);
  return {
    object: 'list',
    has_more: more,
    next: more ? next(`${pathname}?${following}`) : null,
    data: inside.slice(start, start + limit).map(listAs),
  };
};

/** Starts a server on loopback. `pageLimit` makes its pages smaller than what is asked for. */
export const startRecurly = async (site: Site, pageLimit = 200): Promise<RecurlyServer> => {
  const faulty = await startFaulty({
    answer(url) {
      const at = found(server.site, url.pathname);
      const error = { error: { type: 'not_found', message: 'no such thing' } };
      if (at === null) return { status: 404, body: error };
      return { status: 200, body: Array.isArray(at) ? page(at, url, pageLimit, server.next) : at };
    },
    refusal({ authorization, accept }) {
      if (authorization !== `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`) return `not ${authorization}`;
      return accept === 'application/vnd.recurly.v2021-02-25' ? null : `no version ${accept}`;
    },
    errorBody: (_status, message) => ({ error: { type: 'refused', message } }),
    headers: { 'x-request-id': 'req_test', 'x-ratelimit-remaining': '999' },
    secret: apiKey,
  });
  const server: RecurlyServer = Object.assign(faulty, { site, next: (path: string) => path });
  return server;
};
