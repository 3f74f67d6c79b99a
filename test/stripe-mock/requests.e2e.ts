/** Every request of a pull, put to Stripe's mock: it checks paths and parameters, and answers in Stripe's own forms. */
import { describe, expect, inject, it } from 'vitest';
import { parseMonth } from '../../functions/core/month.ts';
import { spanOf } from '../../functions/sources/billing/calendar.ts';
import type { Page, PullRequest } from '../../functions/sources/billing/port.ts';
import { stripeReader } from '../../functions/sources/stripe/client.ts';
import { stripeExaminer } from '../../functions/sources/stripe/examiner.ts';
import {
  readBilledInvoice,
  readBilledLine,
  readCreditLine,
  readCreditNote,
} from '../../functions/sources/stripe/invoiced/objects.ts';
import { invoicedPages } from '../../functions/sources/stripe/invoiced/pages.ts';
import { stripeInvoices } from '../../functions/sources/stripe/invoiced/source.ts';
import {
  readCharge,
  readCoupon,
  readCustomer,
  readInvoice,
  readInvoiceLine,
  readItem,
  readList,
  readPrice,
  readSubscription,
} from '../../functions/sources/stripe/objects.ts';
import { type Lookup, listPages, lookupPages } from '../../functions/sources/stripe/pages.ts';
import { parseStripeAddress } from '../../functions/sources/stripe/settings.ts';
import { stripeSource } from '../../functions/sources/stripe/stripe-source.ts';

const month = parseMonth('2026-10');
const request: PullRequest = { month, timeZone: 'UTC', ...spanOf(month, 'UTC'), pulledAt: 1_793_600_000 };
const stripe = stripeReader({ apiKey: 'rk_test_123', url: inject('stripeMockUrl'), pause: async () => {} });
const kept = { get: async () => null };

const first = async (pages: AsyncIterable<Page>): Promise<unknown> => {
  for await (const { body } of pages) return body;
  return null;
};

const onlyList = (body: unknown): readonly unknown[] => readList(body).data;

describe('the lists', () => {
  it.each([
    ['subscriptions', readSubscription],
    ['customers', readCustomer],
    ['invoices', readInvoice],
    ['charges', readCharge],
  ] as const)('of %s are told, in a form that is read', async (list, read) => {
    const found = onlyList(await first(listPages(list, request, stripe, kept)));
    expect(found.length).toBeGreaterThan(0);
    for (const object of found) expect(read(object).id).toMatch(/^\w+$/);
  });

  // The mock tells an event of another kind than it is asked for.
  it('of events are told', async () =>
    expect(onlyList(await first(listPages('events', request, stripe, kept)))).toHaveLength(1));
});

describe('what is looked up', () => {
  it.each<[Lookup['kind'], (body: unknown) => unknown]>([
    ['coupon', readCoupon],
    ['price', readPrice],
    ['invoice', readInvoice],
    ['items', (body) => onlyList(body).map(readItem)],
    ['lines', (body) => onlyList(body).map(readInvoiceLine)],
  ])('one %s is told, in a form that is read', async (kind, read) => {
    const body = await first(lookupPages({ kind, id: 'id_1' }, stripe, kept));
    expect(body).not.toBeNull();
    expect(read(body)).toBeTruthy();
  });
});

it('a whole pull asks for nothing that Stripe does not know, and makes tables of its own forms', async () => {
  const asked: string[] = [];
  const source = stripeSource(
    {
      ...stripe,
      get: async (path) => {
        asked.push(path.split('?')[0] ?? '');
        // The mock tells events of other kinds than it is asked for.
        return path.startsWith('/v1/events?') ? { data: [], has_more: false } : stripe.get(path);
      },
    },
    parseStripeAddress('stripe:?metered=average'),
  );
  const pages = new Map<string, unknown>();
  const all = { get: async (name: string) => pages.get(name) ?? null };
  for await (const { name, body } of source.pages(request, all)) pages.set(name, body);
  expect(asked).toEqual(
    expect.arrayContaining(
      ['subscriptions', 'customers', 'invoices', 'charges', 'events'].map((list) => `/v1/${list}`),
    ),
  );
  // The mock's subscription has ended long ago: it has no lines.
  const tables = (await Array.fromAsync(source.batches(request, all))).flatMap(({ rows }) =>
    Object.entries(rows).flatMap(([table, some]) => (some.length > 0 ? [table] : [])),
  );
  expect(tables).toEqual(['customers']);
});

it('the mock refuses what Stripe does not know: it would have told', async () => {
  await expect(stripe.get('/v1/subscriptions?limit=100&shade=blue')).rejects.toMatchObject({ code: 'STRIPE_REFUSED' });
});

describe('months made of invoices', () => {
  const settings = parseStripeAddress('stripe:?basis=invoiced');

  it('ask for nothing that Stripe does not know, and read its own forms', async () => {
    const asked: string[] = [];
    const get = (path: string) => {
      asked.push(path);
      return stripe.get(path);
    };
    const pages = new Map<string, unknown>();
    const all = { get: async (name: string) => pages.get(name) ?? null };
    const source = stripeInvoices({ ...stripe, get }, settings);
    for await (const { name, body } of source.pages(request, all)) pages.set(name, body);
    const lists = ['invoices', 'credit_notes', 'subscriptions', 'customers'];
    expect(asked.map((path) => path.split('?')[0])).toEqual(expect.arrayContaining(lists.map((list) => `/v1/${list}`)));
    for (const object of onlyList(pages.get('invoices/000001')))
      expect(readBilledInvoice(object).lines.data).not.toEqual([]);
    for (const object of onlyList(pages.get('credits/000001')))
      expect(readCreditNote(object).lines.data).not.toEqual([]);
    const batches = await Array.fromAsync(source.batches(request, all));
    expect(batches.flatMap(({ rows }) => Object.keys(rows))).toEqual(
      expect.arrayContaining(['customers', 'invoice_lines']),
    );
  });

  it('look up the lines of one invoice and of one credit note', async () => {
    // The mock's invoice is a draft, of which no lines are asked for.
    const cut = (body: unknown): unknown =>
      JSON.parse(
        JSON.stringify(body, (key, value) => {
          if (key === 'lines') return { ...value, has_more: true };
          return key === 'status' && value === 'draft' ? 'open' : value;
        }),
      );
    const pages = new Map<string, unknown>();
    const all = { get: async (name: string) => pages.get(name) ?? null };
    const get = async (path: string) => (path.includes('/lines?') ? stripe.get(path) : cut(await stripe.get(path)));
    for await (const { name, body } of invoicedPages(request, all, { ...stripe, get })) pages.set(name, body);
    const read = (kind: string) =>
      [...pages].filter(([name]) => name.startsWith(kind)).flatMap(([, body]) => onlyList(body));
    expect(read('lines/').map(readBilledLine).length).toBeGreaterThan(0);
    expect(read('credited/').map(readCreditLine).length).toBeGreaterThan(0);
  });
});

describe.each(['stripe:', 'stripe:?basis=invoiced'])('what the doctor asks of %s', (address) => {
  const examiner = stripeExaminer(stripe, parseStripeAddress(address), 'rk_test_123');

  it.each(examiner.needs(request))('of $permission is answered, with the time of day', async ({ path }) => {
    const answer = await examiner.ask(path);
    expect(onlyList(answer?.body).length).toBeGreaterThan(0);
    expect(answer?.headers.get('date')).toMatch(/GMT$/);
  });

  it('of the newest objects is answered, in forms that are read', async () => {
    expect((await examiner.customers(request)).looked).toBeGreaterThan(0);
    expect((await examiner.currencies(request)).looked).toBeGreaterThan(0);
    expect((await examiner.reasons(request)).looked).toBeGreaterThan(0);
    expect(await examiner.oldest(request)).toBeGreaterThan(0);
    if (examiner.oldestInvoice) expect(await examiner.oldestInvoice(request)).toBeGreaterThan(0);
  });
});
