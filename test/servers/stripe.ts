/** A server that speaks Stripe's API for reading: lists newest first, cursors, filters, errors, and faults on demand. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Raw = Record<string, unknown>;
export type StripeObject = Raw & { readonly id: string; readonly created: number };

/** What the account holds: lists by name, newest or oldest first as it likes. */
export type Account = {
  /** Those of subscriptions that have more than their own page has room for. */
  readonly subscription_items?: readonly StripeObject[];
} & Readonly<
  Record<
    'subscriptions' | 'customers' | 'invoices' | 'charges' | 'events' | 'coupons' | 'prices',
    readonly StripeObject[]
  >
>;

/** What becomes of the request of a number (from 1) for a path: an error, a cut in the middle of the answer, or nothing. */
export type Fault =
  | { readonly status: number; readonly retryAfter?: number; readonly message?: string }
  | 'cut'
  | 'stall'
  | null;

export type StripeServer = {
  readonly url: string;
  /** Paths that were asked for, queries included, in order. */
  readonly asked: string[];
  account: Account;
  fault: (number: number, path: string) => Fault;
  /** What its clock says; null for the time of day. */
  date: string | null;
  close(): Promise<void>;
};

export const apiKey = 'rk_test_secret_of_nobody';

const refuse = (response: ServerResponse, status: number, message: string, headers: Record<string, string> = {}) => {
  response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_test', ...headers });
  response.end(JSON.stringify({ error: { type: 'invalid_request_error', message } }));
};

/** Tiers are told when they are asked for. */
const withoutTiers = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (key, inner: unknown) => (key === 'tiers' ? undefined : inner));

const answer = (account: Account, url: URL): { status: number; body: unknown } => {
  const [, version, name = '', id, below] = url.pathname.split('/');
  const expands = url.searchParams.getAll('expand[]');
  if (version !== 'v1') return { status: 404, body: { error: { message: 'no such path' } } };
  if (expands.some((path) => path.split('.').length > 4))
    return { status: 400, body: { error: { message: 'You cannot expand more than 4 levels of a property' } } };
  const all = Object.entries(account).find(([list]) => list === name)?.[1];
  if (all === undefined || below !== undefined) return { status: 404, body: { error: { message: 'no such list' } } };
  if (id !== undefined) {
    const found = all.find((object) => object.id === decodeURIComponent(id));
    if (found === undefined) return { status: 404, body: { error: { code: 'resource_missing', message: 'none' } } };
    return { status: 200, body: expands.includes('tiers') ? found : withoutTiers(found) };
  }
  const bound = (key: string, otherwise: number) =>
    parseInt(url.searchParams.get(`created[${key}]`) ?? `${otherwise}`, 10);
  const types = url.searchParams.getAll('types[]');
  const wanted = url.searchParams.get('status');
  const isOf = (status: unknown) => (wanted === null ? status !== 'canceled' : wanted === 'all' || wanted === status);
  const found = all
    .filter(({ created }) => created >= bound('gte', 0) && created < bound('lt', Number.MAX_SAFE_INTEGER))
    .filter(({ type }) => types.length === 0 || types.includes(`${type}`))
    .filter(({ subscription }) => (url.searchParams.get('subscription') ?? subscription) === subscription)
    .filter(({ status }) => name !== 'subscriptions' || isOf(status))
    .sort((a, b) => b.created - a.created || (a.id < b.id ? 1 : -1));
  const after = url.searchParams.get('starting_after');
  const start = after === null ? 0 : found.findIndex((object) => object.id === after) + 1;
  if (after !== null && start === 0) return { status: 400, body: { error: { message: 'no such cursor' } } };
  const limit = parseInt(url.searchParams.get('limit') ?? '10', 10);
  const data = found.slice(start, start + limit).map(withoutTiers);
  return {
    status: 200,
    body: { object: 'list', url: url.pathname, data, has_more: start + limit < found.length },
  };
};

/** Starts a server on loopback. `pageLimit` makes its pages smaller than what is asked for. */
export const startStripe = async (account: Account, pageLimit = 100): Promise<StripeServer> => {
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://stripe');
    server.asked.push(`${url.pathname}${url.search}`);
    if (server.date !== null) response.setHeader('date', server.date);
    const fault = server.fault(server.asked.length, url.pathname);
    if (fault === 'stall') return;
    if (request.method !== 'GET') return refuse(response, 405, `${request.method} is not reading`);
    if (request.headers.authorization !== `Bearer ${apiKey}`)
      return refuse(response, 401, `Invalid API Key provided: ${request.headers.authorization}`);
    if (typeof fault === 'object' && fault !== null)
      return refuse(
        response,
        fault.status,
        fault.message ?? `a secret in a message: ${apiKey}`,
        fault.retryAfter === undefined ? {} : { 'retry-after': `${fault.retryAfter}` },
      );
    const asked = parseInt(url.searchParams.get('limit') ?? '10', 10);
    if (url.searchParams.has('limit')) url.searchParams.set('limit', `${Math.min(asked, pageLimit)}`);
    const { status, body } = answer(server.account, url);
    const text = JSON.stringify(body);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      'request-id': 'req_test',
    });
    if (fault !== 'cut') return response.end(text);
    response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: StripeServer = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    account,
    fault: () => null,
    date: null,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
};
