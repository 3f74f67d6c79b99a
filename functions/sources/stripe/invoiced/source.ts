/** The invoices of a Stripe account as an export of their lines: what old months are made of. */
import type { ExportBatch, InvoiceSource, KeptPages, PullRequest, TableRow } from '../../billing/port.ts';
import { cancellationRows, type Dunning } from '../cancellation.ts';
import type { StripeReader } from '../client.ts';
import { customerRow } from '../customer.ts';
import { moneyOf } from '../minor-units.ts';
import { readCustomer, type Subscription } from '../objects.ts';
import { keptPages } from '../pages.ts';
import { invoicedName, type StripeSettings } from '../settings.ts';
import { type Billed, type Charge, chargesOf, counts } from './charges.ts';
import { cutAt, cutAtResets } from './cut.ts';
import { type InvoicedPart, invoicedParts } from './gathered.ts';
import type { BilledInvoice } from './objects.ts';
import { creditLinesOf, invoicedPages, linesOf } from './pages.ts';
import { servedUntil } from './served-until.ts';

const minute = 60;
const day = 24 * 60 * minute;

/** An instant as an export has times, in UTC: Stripe counts its periods there, and shares of them in seconds. */
const timeOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');

/** The last minute of a day stands for its end in an export. Stripe's ends are exact and begin the next period. */
const endOf = (seconds: number): number =>
  seconds % day > day - minute ? seconds - (seconds % day) + day - minute : seconds;

const lineOf = (charge: Charge, opportunity: string | null): TableRow => {
  const { customer, invoice, id, subscription, item, product, currency, net, period, status, metadata } = charge;
  const deal = opportunity === null ? '' : (metadata[opportunity] ?? '');
  return {
    customer_id: customer,
    invoice_id: invoice,
    line_id: id,
    ...(subscription === null ? {} : { subscription_id: subscription }),
    ...(item === null ? {} : { item_id: item }),
    product,
    currency,
    amount: moneyOf(net, currency).toFixed(),
    ...(period === null ? {} : { period_start: timeOf(period.start), period_end: timeOf(endOf(period.end)) }),
    status,
    ...(deal === '' ? {} : { opportunity_id: deal }),
  };
};

/** How dunning went with the newest invoice of a subscription: whether it was asked for in vain. */
const dunningOf = (newest: BilledInvoice | undefined): Dunning | null =>
  newest === undefined || newest.status === 'paid' || (newest.attempt_count ?? 0) === 0
    ? null
    : { lastFailedAt: newest.created, exhausted: true };

/** How many of what, and among how many. */
type CountName =
  | 'invoices'
  | 'creditedInFull'
  | 'creditLines'
  | 'creditsUnplaced'
  | 'endedSubscriptions'
  | 'endedEarly'
  | 'lines'
  | 'linesOfNobody';

const billedOf = async (
  { invoices, credits }: InvoicedPart,
  kept: KeptPages,
): Promise<{ readonly billed: readonly Billed[]; readonly linesOfNobody: number }> => {
  const notes = Map.groupBy(credits, ({ invoice }) => invoice);
  const billed: Billed[] = [];
  let linesOfNobody = 0;
  for (const invoice of invoices) {
    const { customer } = invoice;
    const lines = await linesOf(invoice, kept);
    if (typeof customer !== 'string') {
      linesOfNobody += lines.length;
      continue;
    }
    const own = [];
    for (const note of notes.get(invoice.id) ?? []) own.push({ note, lines: await creditLinesOf(note, kept) });
    billed.push({ invoice, customer, lines, credits: own });
  }
  return { billed, linesOfNobody };
};

/** The newest invoice that has a line of each subscription. Drafts say nothing: Stripe makes them for what is unpaid too. */
const newestInvoices = (billed: readonly Billed[]): ReadonlyMap<string, BilledInvoice> => {
  const newest = new Map<string, BilledInvoice>();
  for (const { invoice, lines } of billed) {
    if (invoice.status === 'draft') continue;
    for (const { parent } of lines) {
      const subscription = parent?.subscription_item_details?.subscription;
      const known = newest.get(subscription ?? '');
      if (subscription && (known === undefined || invoice.created > known.created)) newest.set(subscription, invoice);
    }
  }
  return newest;
};

/**
 * The cancellation of a subscription, on the day on which its MRR goes: it ended no later than what was charged for, and
 * one that stands on unpaid ended with that.
 */
const cancellationsOf = (
  subscription: Subscription,
  served: number | null,
  newest: BilledInvoice | undefined,
  request: PullRequest,
): TableRow[] => {
  const since = { ...request, from: 0 };
  if (subscription.status === 'unpaid')
    return served === null ? [] : cancellationRows(subscription, { lastFailedAt: served, exhausted: true }, since);
  const { ended_at: at } = subscription;
  const ended = typeof at === 'number' && served !== null ? Math.min(at, served) : at;
  return cancellationRows({ ...subscription, ended_at: ended }, dunningOf(newest), since);
};

const partBatch = async (
  part: InvoicedPart,
  request: PullRequest,
  { opportunity }: StripeSettings,
  kept: KeptPages,
): Promise<ExportBatch> => {
  const ended = new Map(part.ended.flatMap(({ id, ended_at: at }) => (typeof at === 'number' ? [[id, at]] : [])));
  const { billed, linesOfNobody } = await billedOf(part, kept);
  const charged = billed.map((one) => chargesOf(one, (subscription) => ended.get(subscription) ?? null));
  const charges = charged.flatMap((one) => one.charges);
  const bySubscription = Map.groupBy(charges, ({ subscription }) => subscription);
  const replaced = [...bySubscription].flatMap(([id, own]) => (id === null ? [] : cutAtResets(own)));
  const standing = Map.groupBy([...charges, ...replaced], ({ subscription }) => subscription);
  const cuts = [...ended].flatMap(([subscription, at]) => cutAt(standing.get(subscription) ?? [], at));

  const newest = newestInvoices(billed);
  const over = [...part.ended, ...part.unpaid.filter(({ id }) => !ended.has(id))];
  const starts = charges.flatMap((charge) => (charge.period !== null && counts(charge) ? [charge.period.start] : []));
  const counted: Record<CountName, number> = {
    invoices: part.invoices.length,
    creditedInFull: charged.filter(({ creditedInFull }) => creditedInFull).length,
    creditLines: billed.reduce((total, { credits }) => total + credits.flatMap(({ lines }) => lines).length, 0),
    creditsUnplaced: charged.reduce((total, { unplaced }) => total + unplaced, 0),
    endedSubscriptions: ended.size,
    endedEarly: new Set(cuts.map(({ subscription }) => subscription)).size,
    lines: billed.reduce((total, { lines }) => total + lines.length, linesOfNobody),
    linesOfNobody,
  };
  return {
    rows: {
      invoice_lines: [...charges, ...replaced, ...cuts].map((charge) => lineOf(charge, opportunity)),
      cancellations: over.flatMap((subscription) =>
        cancellationsOf(
          subscription,
          servedUntil(standing.get(subscription.id) ?? []),
          newest.get(subscription.id),
          request,
        ),
      ),
    },
    counts: counted,
    servedFrom: starts.reduce<number | null>((least, at) => (least === null || at < least ? at : least), null),
  };
};

async function* batches(request: PullRequest, kept: KeptPages, settings: StripeSettings): AsyncGenerator<ExportBatch> {
  for await (const page of keptPages('customers', kept)) {
    const customers = page.map((object) => customerRow(readCustomer(object), settings));
    yield { rows: { customers }, counts: {}, servedFrom: null };
  }
  for await (const part of invoicedParts(request, kept)) yield await partBatch(part, request, settings, kept);
}

type Sentence = readonly [count: CountName, among: CountName, told: string];

const sentences: readonly Sentence[] = [
  ['creditedInFull', 'invoices', 'invoices were credited in full and count nothing'],
  [
    'creditsUnplaced',
    'creditLines',
    'lines of credit notes name no line of their invoice: they take nothing off the MRR',
  ],
  [
    'endedEarly',
    'endedSubscriptions',
    'subscriptions that ended did so within a period that was invoiced: they count until they ended',
  ],
  ['linesOfNobody', 'lines', 'invoice lines are of no customer and were left out'],
];

/** The invoices of one account. */
export const stripeInvoices = (stripe: StripeReader, settings: StripeSettings): InvoiceSource => ({
  name: invoicedName,
  title: 'Stripe',
  pages: (request, kept) => invoicedPages(request, kept, stripe),
  batches: (request, kept) => batches(request, kept, settings),
  notes: (told) =>
    sentences.flatMap(([name, among, sentence]) => {
      const count = told[name] ?? 0;
      return count === 0 ? [] : [`${count} of ${told[among] ?? 0} ${sentence}`];
    }),
});
