/** A server that speaks Stripe's API for reading: lists newest first, cursors, filters, errors, and faults on demand. */
import { type FaultyServer, startFaulty } from './faulty.ts';

export type { Fault } from './faulty.ts';

type Raw = Record<string, unknown>;
export type StripeObject = Raw & { readonly id: string; readonly created: number };

/** What the account holds: lists by name, newest or oldest first as it likes. */
export type Account = {
  /** Those of subscriptions that have more than their own page has room for. */
  readonly subscription_items?: readonly StripeObject[];
  readonly credit_notes?: readonly StripeObject[];
} & Readonly<
  Record<
    'subscriptions' | 'customers' | 'invoices' | 'charges' | 'events' | 'coupons' | 'prices',
    readonly StripeObject[]
  >
>;

export type StripeServer = FaultyServer & { account: Account };

export const apiKey = 'rk_test_secret_of_nobody';

/** Tiers, and amounts in other currencies, are told when they are asked for. */
const untold = (value: unknown, told: readonly string[] = []): unknown =>
  JSON.parse(JSON.stringify(value), (key, inner: unknown) =>
    (key === 'tiers' || key === 'currency_options') && !told.some((path) => path.split('.').includes(key))
      ? undefined
      : inner,
  );

/** Lines that an invoice or a credit note shows of itself. */
const shownLines = 10;

const linesIn = (object: unknown): readonly unknown[] => {
  const { lines } = object as { lines?: { data?: readonly unknown[] } };
  return lines?.data ?? [];
};

/** An object with its first lines; the others are a list of their own. */
const cutShort = (object: StripeObject): StripeObject => {
  const lines = linesIn(object);
  if (lines.length <= shownLines) return object;
  return { ...object, lines: { object: 'list', data: lines.slice(0, shownLines), has_more: true } };
};

/** The part of a list that is asked for, in its order. */
const pageIn = (found: readonly unknown[], url: URL): { status: number; body: unknown } => {
  const idOf = (object: unknown) => (object as { id: string }).id;
  const after = url.searchParams.get('starting_after');
  const start = after === null ? 0 : found.findIndex((object) => idOf(object) === after) + 1;
  if (after !== null && start === 0) return { status: 400, body: { error: { message: 'no such cursor' } } };
  const limit = parseInt(url.searchParams.get('limit') ?? '10', 10);
  const data = found.slice(start, start + limit);
  return { status: 200, body: { object: 'list', url: url.pathname, data, has_more: start + limit < found.length } };
};

const answer = (account: Account, url: URL): { status: number; body: unknown } => {
  const [, version, name = '', id, below] = url.pathname.split('/');
  const expands = url.searchParams.getAll('expand[]');
  if (version !== 'v1') return { status: 404, body: { error: { message: 'no such path' } } };
  if (expands.some((path) => path.split('.').length > 4))
    return { status: 400, body: { error: { message: 'You cannot expand more than 4 levels of a property' } } };
  const all =
    Object.entries(account).find(([list]) => list === name)?.[1] ?? (name === 'credit_notes' ? [] : undefined);
  if (all === undefined || (below ?? 'lines') !== 'lines')
    return { status: 404, body: { error: { message: 'no such list' } } };
  if (id !== undefined) {
    const found = all.find((object) => object.id === decodeURIComponent(id));
    if (found === undefined) return { status: 404, body: { error: { code: 'resource_missing', message: 'none' } } };
    if (below === 'lines') return pageIn(linesIn(found), url);
    return { status: 200, body: untold(cutShort(found), expands) };
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
  return pageIn(
    found.map((object) => untold(cutShort(object))),
    url,
  );
};

/** Starts a server on loopback. `pageLimit` makes its pages smaller than what is asked for. */
export const startStripe = async (account: Account, pageLimit = 100): Promise<StripeServer> => {
  const faulty = await startFaulty({
    answer(url) {
      const asked = parseInt(url.searchParams.get('limit') ?? '10', 10);
      if (url.searchParams.has('limit')) url.searchParams.set('limit', `${Math.min(asked, pageLimit)}`);
      return answer(server.account, url);
    },
    refusal: ({ authorization }) =>
      authorization === `Bearer ${apiKey}` ? null : `Invalid API Key provided: ${authorization}`,
    errorBody: (_, message) => ({ error: { type: 'invalid_request_error', message } }),
    headers: { 'request-id': 'req_test' },
    secret: apiKey,
  });
  const server: StripeServer = Object.assign(faulty, { account });
  return server;
};
