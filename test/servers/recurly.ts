/** A server that speaks Recurly's API for reading: cursors, filters, rate limits, and faults on demand. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Raw = Record<string, unknown>;
export type RecurlyObject = Raw & { readonly id: string; readonly created_at: string };

/** What the site holds. Line items stand on their invoices, coupon redemptions apart. */
export type Site = Readonly<
  Record<'subscriptions' | 'accounts' | 'invoices' | 'plans' | 'coupons' | 'redemptions', readonly RecurlyObject[]>
>;

/** What becomes of the request of a number (from 1) for a path: an error, a cut in the middle of the answer, or nothing. */
export type Fault = { readonly status: number; readonly headers?: Record<string, string> } | 'cut' | 'stall' | null;

export type RecurlyServer = {
  readonly url: string;
  /** Paths that were asked for, queries included, in order. */
  readonly asked: string[];
  site: Site;
  fault: (number: number, path: string) => Fault;
  /** What `next` is told as; for tests that tell something else. */
  next: (path: string) => string;
  close(): Promise<void>;
};

export const apiKey = 'key_of_a_site_of_nobody';

/** Line items that an invoice in a list has room for. */
const inline = 2;

const refuse = (response: ServerResponse, status: number, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_test', ...headers });
  response.end(JSON.stringify({ error: { type: 'refused', message: `a secret in a message: ${apiKey}` } }));
};

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
  const inside = all
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
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://recurly');
    server.asked.push(`${url.pathname}${url.search}`);
    const fault = server.fault(server.asked.length, url.pathname);
    if (fault === 'stall') return;
    if (request.method !== 'GET') return refuse(response, 405);
    if (request.headers.authorization !== `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`)
      return refuse(response, 401);
    if (request.headers.accept !== 'application/vnd.recurly.v2021-02-25') return refuse(response, 406);
    if (typeof fault === 'object' && fault !== null) return refuse(response, fault.status, fault.headers);
    const at = found(server.site, url.pathname);
    if (at === null) return refuse(response, 404);
    const text = JSON.stringify(Array.isArray(at) ? page(at, url, pageLimit, server.next) : at);
    response.writeHead(200, {
      'content-type': 'application/vnd.recurly.v2021-02-25+json',
      'content-length': Buffer.byteLength(text),
      'x-ratelimit-remaining': '999',
    });
    if (fault !== 'cut') return response.end(text);
    response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: RecurlyServer = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    site,
    fault: () => null,
    next: (path) => path,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
};
