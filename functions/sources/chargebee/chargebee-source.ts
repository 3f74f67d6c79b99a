/** A Chargebee site as a billing source: asks for a month's pages, and makes the contract's tables of the kept ones. */
import type { HttpReader } from '../billing/http-reader.ts';
import { lookBack } from '../billing/page-names.ts';
import type { Batch, BillingSource, KeptPages, Page, PullRequest, TableRow } from '../billing/port.ts';
import { shared, sideBySide } from '../billing/side-by-side.ts';
import { withoutLines } from '../billing/without-lines.ts';
import { isKnown, stateAt, toldBy } from './as-of.ts';
import { dunnedOf, paymentStanding } from './billed.ts';
import { cancellationRows } from './cancellation.ts';
import { customerRow, parentOf } from './customer.ts';
import { failedPaymentRows } from './failed-payments.ts';
import { type Dossier, gathered, type Part } from './gathered.ts';
import { notes } from './notes.ts';
import {
  type Coupon,
  hasTaxIncluded,
  type Item,
  type ItemPrice,
  readCoupon,
  readCustomer,
  readItem,
  readItemPrice,
  readSubscription,
} from './objects.ts';
import { keptPages, listPages, type OlderInvoices, olderPages } from './pages.ts';
import type { ChargebeeSettings } from './settings.ts';
import { statusAt } from './standing.ts';
import { type Catalog, type LineContext, subscriptionLines } from './subscription-lines.ts';
import { changedSince, olderWanted } from './wanted.ts';

/** Requests under way at a time. Chargebee takes 150 a minute from the smallest plans, and says how long to wait. */
const atOnce = 4;

async function* pages(request: PullRequest, kept: KeptPages, chargebee: HttpReader): AsyncGenerator<Page> {
  const list = (name: Parameters<typeof listPages>[0], look?: Parameters<typeof listPages>[4]) =>
    listPages(name, request, chargebee, kept, look);
  // A site that tells plans is refused at its first page, not after all of them.
  const readable = (objects: readonly unknown[]): 'go on' => {
    for (const object of objects) readSubscription(object);
    return 'go on';
  };
  yield* sideBySide([list('subscriptions', readable), list('customers'), list('invoices'), list('transactions')]);
  yield* sideBySide([list('items'), list('itemprices'), list('coupons')]);
  yield* shared(olderWanted(request, kept), atOnce, (older: OlderInvoices) =>
    olderPages(older, request, chargebee, kept),
  );
  // Long after the month the events since are too many, or not there any more; those before it may still be.
  if (!isKnown(request)) return yield* list('earlier');
  // After the subscriptions: what changes while they are listed is an event then.
  yield* list('events');
  const wanted = await changedSince(request, kept);
  if (wanted.size === 0) return;
  yield* list('earlier', (objects) => {
    for (const told of objects.map(toldBy))
      if (told !== null && told.snapshot !== null && told.at < request.until) wanted.delete(told.subscription);
    return wanted.size === 0 ? 'enough' : 'go on';
  });
}

/** The catalog, which is small beside the account. */
const catalogOf = async (kept: KeptPages): Promise<Catalog> => {
  const prices = new Map<string, ItemPrice>();
  const items = new Map<string, Item>();
  const coupons = new Map<string, Coupon>();
  for await (const page of keptPages('itemprices', kept))
    for (const price of page.map(readItemPrice)) prices.set(price.id, price);
  for await (const page of keptPages('items', kept)) for (const item of page.map(readItem)) items.set(item.id, item);
  for await (const page of keptPages('coupons', kept))
    for (const coupon of page.map(readCoupon)) coupons.set(coupon.id, coupon);
  let taxInclusive = false;
  for await (const page of keptPages('invoices', kept))
    if (page.some(hasTaxIncluded)) {
      taxInclusive = true;
      break;
    }
  return {
    price: (id) => prices.get(id) ?? null,
    item: (id) => items.get(id) ?? null,
    coupon: (id) => coupons.get(id) ?? null,
    taxInclusive,
  };
};

async function* customerBatches(kept: KeptPages, settings: ChargebeeSettings): AsyncGenerator<Batch> {
  const parents = new Map<string, string>();
  for await (const page of keptPages('customers', kept))
    for (const customer of page.map(readCustomer)) {
      const parent = parentOf(customer, settings);
      if (parent !== '') parents.set(customer.id, parent);
    }
  for await (const page of keptPages('customers', kept)) {
    const customers = page.map(readCustomer).map((customer) => customerRow(customer, settings, parents));
    yield withoutLines({ customers }, { customers: customers.length });
  }
}

const paymentsOf = (bills: Dossier['bills'], endedAt: number | null, request: PullRequest) => {
  const dunned = dunnedOf(bills, endedAt, request.until);
  const rows = dunned
    .filter(({ bill }) => bill.tellsPayment)
    .flatMap(({ bill, failure, outcome }) =>
      failedPaymentRows(
        { id: bill.invoice, customer: bill.customer, currency: bill.currency, failure },
        outcome,
        request,
      ),
    );
  return { rows, standing: paymentStanding(bills, dunned, request.until) };
};

/** The rows of one subscription. */
const batchOf = ({ now, told, bills }: Dossier, request: PullRequest, context: LineContext): Batch => {
  const { subscription, certainty } = stateAt(now, told, request);
  const ended = subscription?.status === 'cancelled' ? (subscription.cancelled_at ?? null) : null;
  const { rows: payments, standing } = paymentsOf(bills, ended, request);
  if (subscription === null) return withoutLines({ payments });
  const gifted = subscription.gift_id !== undefined && !bills.some((bill) => bill.stands && !bill.gifted);
  const status = statusAt(subscription, standing, gifted, request.until);
  const cancellations = cancellationRows(subscription, status, standing, gifted, request);
  const { rows, control, counts } =
    status === null ? withoutLines({}) : subscriptionLines({ subscription, status, certainty, bills }, context);
  return {
    rows: { ...rows, cancellations, payments },
    control,
    counts: { ...counts, cancellations: cancellations.length, failedPayments: payments.length },
  };
};

const looseRows = ({ loose }: Part, request: PullRequest): TableRow[] => paymentsOf(loose, null, request).rows;

async function* batches(request: PullRequest, kept: KeptPages, settings: ChargebeeSettings): AsyncGenerator<Batch> {
  yield* customerBatches(kept, settings);
  const catalog = await catalogOf(kept);
  const { until, timeZone } = request;
  const context: LineContext = { until, usedFrom: lookBack(request), timeZone, settings, catalog };
  for await (const part of gathered(request, kept)) {
    for (const dossier of part.dossiers) yield batchOf(dossier, request, context);
    const payments = looseRows(part, request);
    yield withoutLines({ payments }, { failedPayments: payments.length });
  }
}

/** The source of one site. */
export const chargebeeSource = (chargebee: HttpReader, settings: ChargebeeSettings): BillingSource => ({
  name: 'chargebee',
  pages: (request, kept) => pages(request, kept, chargebee),
  batches: (request, kept) => batches(request, kept, settings),
  notes,
});
