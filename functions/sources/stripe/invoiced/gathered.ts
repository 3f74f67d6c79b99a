/** Invoices, credit notes and ended subscriptions, put aside by customer: those of one are in one part that fits in memory. */
import type { Aside } from '../../billing/aside.ts';
import { monthAside } from '../../billing/month-aside.ts';
import type { KeptPages, PullRequest } from '../../billing/port.ts';
import { readSubscription, type Subscription } from '../objects.ts';
import { keptPages } from '../pages.ts';
import { type BilledInvoice, type CreditNote, readBilledInvoice, readCreditNote } from './objects.ts';
import type { InvoicedList } from './pages.ts';

type Kind = Exclude<InvoicedList, 'customers'>;

const readers: Readonly<Record<Kind, (value: unknown) => { readonly customer?: string | null | undefined }>> = {
  invoices: readBilledInvoice,
  credits: readCreditNote,
  ended: readSubscription,
  unpaid: readSubscription,
};

const kinds = ['invoices', 'credits', 'ended', 'unpaid'] as const;

async function* records(kept: KeptPages): AsyncGenerator<readonly Aside[]> {
  for (const kind of kinds)
    for await (const page of keptPages(kind, kept))
      yield page.map((object) => {
        const value = readers[kind](object);
        return { key: value.customer ?? '', text: `${kind} ${JSON.stringify(value)}` };
      });
}

/** Some customers with all that is about them, each list in the order that Stripe told it in. */
export type InvoicedPart = {
  readonly invoices: readonly BilledInvoice[];
  readonly credits: readonly CreditNote[];
  readonly ended: readonly Subscription[];
  /** Those that stand on although their payment was given up. */
  readonly unpaid: readonly Subscription[];
};

const partOf = (texts: readonly string[]): InvoicedPart => {
  const all = <T>(kind: Kind, read: (value: unknown) => T): T[] =>
    texts.filter((text) => text.startsWith(`${kind} `)).map((text) => read(JSON.parse(text.slice(kind.length + 1))));
  return {
    invoices: all('invoices', readBilledInvoice),
    credits: all('credits', readCreditNote),
    ended: all('ended', readSubscription),
    unpaid: all('unpaid', readSubscription),
  };
};

/** The kept lists, part by part. */
export async function* invoicedParts(request: PullRequest, kept: KeptPages): AsyncGenerator<InvoicedPart> {
  await using aside = await monthAside(request, 'by-customer', records(kept));
  for await (const texts of aside.parts()) yield partOf(texts);
}
