/** Which pages the invoices of an account are made of, how they are asked for, and what is missing in the lists. */

import { keyOf } from '../../billing/page-names.ts';
import type { KeptPages, Page, PullRequest } from '../../billing/port.ts';
import { shared, sideBySide } from '../../billing/side-by-side.ts';
import { invoiceStates } from '../../columns.ts';
import type { StripeReader } from '../client.ts';
import { keptPages, lookupName, lookupPages, pageSize, pagesBelow, pagesOf, withQuery } from '../pages.ts';
import {
  type BilledInvoice,
  type BilledLine,
  type CreditLine,
  type CreditNote,
  readBilledInvoice,
  readBilledLine,
  readCreditLine,
  readCreditNote,
} from './objects.ts';

/** Lists by the name of their kept pages. */
export type InvoicedList = 'invoices' | 'credits' | 'ended' | 'unpaid' | 'customers';

const lists: readonly InvoicedList[] = ['invoices', 'credits', 'ended', 'unpaid', 'customers'];

/** Requests under way at a time. Stripe takes 25 a second in a sandbox and 100 in production. */
const atOnce = 4;

/** How the first page of a list is asked for. What is made while the pull goes on is none of it. */
export const invoicedPathOf = (list: InvoicedList, { pulledAt }: PullRequest, limit = pageSize): string => {
  if (list === 'ended' || list === 'unpaid')
    return withQuery('/v1/subscriptions', [
      ['limit', limit],
      ['status', list === 'ended' ? 'canceled' : 'unpaid'],
    ]);
  return withQuery(`/v1/${list === 'credits' ? 'credit_notes' : list}`, [
    ['limit', limit],
    ['created[lt]', pulledAt + 1],
  ]);
};

const creditName = (id: string): string => `credited/${keyOf(id)}`;

const creditPath = (id: string): string => `/v1/credit_notes/${encodeURIComponent(id)}/lines?limit=${pageSize}`;

type Cut = { readonly kind: 'invoice' | 'credit'; readonly id: string };

/** Invoices and credit notes that count and have more lines than a list tells. A draft may be deleted at any time. */
async function* cutShort(kept: KeptPages): AsyncGenerator<Cut> {
  for await (const page of keptPages('invoices', kept))
    for (const { id, lines, status } of page.map(readBilledInvoice))
      if (lines.has_more && invoiceStates.counted.some((one) => one === status)) yield { kind: 'invoice', id };
  for await (const page of keptPages('credits', kept))
    for (const { id, lines, status } of page.map(readCreditNote))
      if (lines.has_more && status === 'issued') yield { kind: 'credit', id };
}

/** Every page that is not kept yet. */
export async function* invoicedPages(
  request: PullRequest,
  kept: KeptPages,
  stripe: StripeReader,
): AsyncGenerator<Page> {
  yield* sideBySide(lists.map((list) => pagesOf(list, invoicedPathOf(list, request), stripe, kept)));
  yield* shared(cutShort(kept), atOnce, ({ kind, id }) =>
    kind === 'invoice'
      ? lookupPages({ kind: 'lines', id }, stripe, kept)
      : pagesBelow(creditName(id), creditPath(id), stripe, kept),
  );
}

const wholeList = async <T>(
  { data, has_more: more }: { readonly data: readonly T[]; readonly has_more: boolean },
  name: string,
  read: (value: unknown) => T,
  kept: KeptPages,
): Promise<readonly T[]> => {
  if (!more) return data;
  const all: T[] = [];
  for await (const page of keptPages(name, kept)) all.push(...page.map(read));
  return all.length === 0 ? data : all;
};

/** All lines of an invoice. */
export const linesOf = ({ id, lines }: BilledInvoice, kept: KeptPages): Promise<readonly BilledLine[]> =>
  wholeList(lines, lookupName({ kind: 'lines', id }), readBilledLine, kept);

/** All lines of a credit note. */
export const creditLinesOf = ({ id, lines }: CreditNote, kept: KeptPages): Promise<readonly CreditLine[]> =>
  wholeList(lines, creditName(id), readCreditLine, kept);
