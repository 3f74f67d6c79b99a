/** Lists below objects that Stripe no longer has. */
import { expect, it } from 'vitest';
import { parseMonth } from '../../../../functions/core/month.ts';
import { invoicedPages } from '../../../../functions/sources/stripe/invoiced/pages.ts';
import { creditNoteOf, invoiceOf } from './objects.ts';

it('lines of what was deleted since are an empty page, so that a pull can end', async () => {
  const on = '2026-10-01T00:00:00Z';
  const invoice = invoiceOf({ id: 'in_1', customer: 'cus_1', on, status: 'open', lines: [] });
  const more = <T extends { lines: object }>(one: T) => ({ ...one, lines: { ...one.lines, has_more: true } });
  const lists: Readonly<Record<string, readonly object[]>> = {
    invoices: [more(invoice)],
    credit_notes: [more(creditNoteOf(invoice, on, []))],
    subscriptions: [],
    customers: [],
  };
  const get = async (path: string) => {
    const [, , name = '', below] = path.split(/[/?]/);
    return below?.includes('=') === true ? { object: 'list', data: lists[name] ?? [], has_more: false } : null;
  };
  const pages = new Map<string, unknown>();
  const kept = { get: async (name: string) => pages.get(name) ?? null };
  const request = { month: parseMonth('2026-10'), timeZone: 'UTC', from: 0, until: 1, pulledAt: 2 };
  const reader = { get, answer: async () => null };
  for await (const { name, body } of invoicedPages(request, kept, reader)) pages.set(name, body);
  expect([...pages.values()].filter((body) => JSON.stringify(body) === '{"data":[],"has_more":false}')).toHaveLength(2);
});
