/** A server that speaks Chargebee's API for reading: lists with filters, sorting and offsets, errors, and faults on demand. */
import { type FaultyServer, startFaulty } from './faulty.ts';

export type { Fault } from './faulty.ts';

export type ChargebeeObject = Readonly<Record<string, unknown>> & { readonly id: string };

/** What the site holds, by resource. */
export type Site = Readonly<
  Record<
    'subscriptions' | 'customers' | 'invoices' | 'transactions' | 'items' | 'item_prices' | 'coupons' | 'events',
    readonly ChargebeeObject[]
  >
>;

export type ChargebeeServer = FaultyServer & { site: Site };

export const apiKey = 'live_secret_of_nobody';

const authorization = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`;

const failure = (status: number, message: string) => ({
  status,
  body: { message, type: 'invalid_request', api_error_code: 'invalid_request', http_status_code: status },
});

const numberIn = (value: unknown): number => (typeof value === 'number' ? value : 0);

type Test = (object: ChargebeeObject) => boolean;

/** A filter such as `date[between]=[1,2]`; null where Chargebee has none of that form. */
const filterOf = (name: string, operator: string, value: string): Test | null => {
  const told = (object: ChargebeeObject) => object[name];
  if (operator === 'is') return (object) => `${told(object)}` === value;
  if (operator === 'after') return (object) => numberIn(told(object)) > parseInt(value, 10);
  if (operator === 'before') return (object) => numberIn(told(object)) < parseInt(value, 10);
  if (operator !== 'in' && operator !== 'between') return null;
  const values: unknown[] = JSON.parse(value);
  if (operator === 'in') return (object) => values.includes(told(object));
  return (object) => numberIn(told(object)) >= numberIn(values[0]) && numberIn(told(object)) <= numberIn(values[1]);
};

const filterable: Readonly<Record<keyof Site, readonly string[]>> = {
  subscriptions: ['created_at', 'status', 'updated_at'],
  customers: ['created_at', 'updated_at'],
  invoices: ['date', 'subscription_id', 'updated_at'],
  transactions: ['date', 'type', 'status', 'updated_at'],
  items: ['updated_at'],
  item_prices: ['updated_at'],
  coupons: ['created_at', 'updated_at'],
  events: ['event_type', 'occurred_at'],
};

const answer = (site: Site, url: URL): { status: number; body: unknown } => {
  const [, api, version, name = '', below] = url.pathname.split('/');
  const found = Object.entries(site).find(([resource]) => resource === name);
  if (api !== 'api' || version !== 'v2' || found === undefined || below !== undefined)
    return failure(404, 'The requested resource is not available');
  const known = Object.entries(filterable).find(([resource]) => resource === name)?.[1] ?? [];
  const kind = name.slice(0, -1);
  let objects = [...found[1]];
  let limit = 10;
  let offset: unknown[] = [];
  let sort = ['created_at', 'desc'];
  let deleted = false;
  for (const [key, value] of url.searchParams) {
    const [, field = key, operator = ''] = /^([a-z_]+)\[([a-z_]+)\]$/.exec(key) ?? [];
    const test = known.includes(field) ? filterOf(field, operator, value) : null;
    if (key === 'limit') limit = parseInt(value, 10);
    else if (key === 'offset') offset = JSON.parse(value);
    else if (key === 'include_deleted') deleted = value === 'true';
    else if (field === 'sort_by') sort = [value, operator];
    else if (test === null) return failure(400, `${key} is not a filter of ${name}`);
    else objects = objects.filter(test);
  }
  if (limit < 1 || limit > 100) return failure(400, 'limit : must be between 1 and 100');
  const [by = '', direction] = sort;
  const sign = direction === 'desc' ? -1 : 1;
  const keyOf = (object: ChargebeeObject) => [by === 'id' ? 0 : numberIn(object[by]), object.id] as const;
  const compare = (a: readonly [number, string], b: readonly [number, string]) =>
    sign * (a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
  const after = offset.length === 2 ? ([numberIn(offset[0]), `${offset[1]}`] as const) : null;
  const sorted = objects
    .filter((object) => deleted || object.deleted !== true)
    .sort((a, b) => compare(keyOf(a), keyOf(b)))
    .filter((object) => after === null || compare(keyOf(object), after) > 0);
  const page = sorted.slice(0, limit);
  const last = page.at(-1);
  const more = sorted.length > page.length && last !== undefined;
  return {
    status: 200,
    body: {
      list: page.map((object) => ({ [kind]: object })),
      ...(more ? { next_offset: JSON.stringify(keyOf(last)) } : {}),
    },
  };
};

/** Starts a server on loopback. `pageLimit` makes its pages smaller than what is asked for. */
export const startChargebee = async (site: Site, pageLimit = 100): Promise<ChargebeeServer> => {
  const faulty = await startFaulty({
    answer(url) {
      const asked = parseInt(url.searchParams.get('limit') ?? '10', 10);
      if (asked <= 100) url.searchParams.set('limit', `${Math.min(asked, pageLimit)}`);
      return answer(server.site, url);
    },
    refusal: (headers) =>
      headers.authorization === authorization ? null : `Sorry, authentication failed: ${headers.authorization}`,
    errorBody: (status, message) => failure(status, message).body,
    headers: { 'x-request-id': 'req_test' },
    secret: apiKey,
  });
  const server: ChargebeeServer = Object.assign(faulty, { site });
  return server;
};
