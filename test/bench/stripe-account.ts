/** A Stripe account of any size, made up object by object as it is asked for; the same size gives the same bytes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chargeOf, couponOf, customerOf, eventOf, invoiceOf, subscriptionOf } from './stripe-objects.ts';

/** The month that is pulled is 2026-10, late in the month after it: by then every subscription has been renewed. */
export const pulledOn = '2026-11-28T06:00:00Z';

const lists: Readonly<Record<string, readonly [prefix: string, make: (number: number) => object]>> = {
  subscriptions: ['sub', subscriptionOf],
  customers: ['cus', customerOf],
  invoices: ['in', invoiceOf],
  charges: ['ch', chargeOf],
  events: ['evt', eventOf],
};

const answer = (subscriptions: number, url: URL): object => {
  const [, , name = '', id] = url.pathname.split('/');
  if (name === 'coupons') return couponOf(parseInt(id?.slice('coupon-'.length) ?? '0', 10));
  const [, make] = lists[name] ?? [];
  if (make === undefined || id !== undefined) throw new Error(`nobody asks for ${url.pathname}`);
  const after = url.searchParams.get('starting_after');
  const from = after === null ? 0 : parseInt(after.split('_')[1] ?? '', 10) + 1;
  const limit = parseInt(url.searchParams.get('limit') ?? '10', 10);
  const to = Math.min(from + limit, subscriptions);
  const data = Array.from({ length: Math.max(0, to - from) }, (_, place) => make(from + place));
  return { object: 'list', url: url.pathname, data, has_more: to < subscriptions };
};

/** Serves an account of so many subscriptions, with a customer, an invoice, a charge and an event each. */
export const serveStripe = async (subscriptions: number): Promise<{ url: string; close(): Promise<void> }> => {
  const http = createServer((request, response) => {
    const body = JSON.stringify(answer(subscriptions, new URL(request.url ?? '', 'http://stripe')));
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    response.end(body);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
};
