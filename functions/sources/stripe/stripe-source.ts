/** A Stripe account as a billing source: asks for a month's pages, and makes the contract's tables of the kept ones. */
import { type Exact, sum, zero } from '../../core/money.ts';
import type { Batch, BillingSource, KeptPages, Page, PullRequest } from '../billing/port.ts';
import { shared, sideBySide } from '../billing/side-by-side.ts';
import { earlier, eventSeconds, type FirstChange, stateAt } from './as-of.ts';
import { cancellationRows, type Dunning } from './cancellation.ts';
import type { StripeReader } from './client.ts';
import { customerRow } from './customer.ts';
import {
  dunningOf,
  type Ending,
  type Failure,
  failedPaymentRows,
  failureOf,
  outcomeOf,
  withCharge,
} from './failed-payments.ts';
import { currencyOf, moneyOf } from './minor-units.ts';
import {
  type Coupon,
  type Discount,
  type Invoice,
  type InvoiceLine,
  type Price,
  readCharge,
  readCoupon,
  readCustomer,
  readDiscount,
  readEvent,
  readInvoice,
  readInvoiceLine,
  readItem,
  readPrice,
  readSubscription,
  type Subscription,
} from './objects.ts';
import { keptPages, type Lookup, listPages, lookBack, lookedUp, lookupName, lookupPages } from './pages.ts';
import type { StripeSettings } from './settings.ts';
import { type SubscriptionState, statusAt } from './standing.ts';
import { type CountName, type Lookups, subscriptionLines } from './subscription-lines.ts';

/** Requests under way at a time. Stripe takes 25 a second in a sandbox and 100 in production. */
const atOnce = 4;

const noControl = { lines: 0, mrr: {} };

/** What happened to subscriptions since the month's end: small, as a pull comes soon after it. */
type Changes = {
  readonly first: ReadonlyMap<string, FirstChange>;
  readonly discounts: ReadonlyMap<string, Discount>;
};

const changesOf = async (kept: KeptPages): Promise<Changes> => {
  const first = new Map<string, FirstChange>();
  const discounts = new Map<string, Discount>();
  for await (const page of keptPages('events', kept))
    for (const event of page.map(readEvent)) {
      const { object } = event.data;
      if (event.type.startsWith('customer.discount.')) discounts.set(object.id, readDiscount(object));
      else first.set(object.id, earlier(first.get(object.id), event));
    }
  return { first, discounts };
};

const allItems = async (subscription: Subscription, kept: KeptPages): Promise<Subscription> => {
  if (!subscription.items.has_more) return subscription;
  const data = [];
  for await (const page of keptPages(lookupName({ kind: 'items', id: subscription.id }), kept))
    data.push(...page.map(readItem));
  return data.length === 0 ? subscription : { ...subscription, items: { data, has_more: false } };
};

type Told = { readonly now: Subscription; readonly state: SubscriptionState };

/** Every subscription, page by page, as it is and as it was. */
async function* statesOf(
  { until, pulledAt }: PullRequest,
  changes: Changes,
  kept: KeptPages,
): AsyncGenerator<readonly Told[]> {
  for await (const page of keptPages('subscriptions', kept)) {
    const told: Told[] = [];
    for (const now of page.map(readSubscription)) {
      const state = stateAt(now, changes.first.get(now.id), until, pulledAt - eventSeconds);
      if (!state.subscription.items.has_more) told.push({ now, state });
      else {
        // A page of a subscription has room for a few items; the others are told as they are today.
        const subscription = await allItems(state.subscription, kept);
        told.push({ now, state: { subscription, certainty: state.certainty === 'seen' ? 'seen' : 'unknown' } });
      }
    }
    yield told;
  }
}

/** Every discount that a subscription or one of its items has or had. */
const discountsOf = ({ discount, discounts, items }: Subscription): Discount[] =>
  [discount ?? [], discounts, items.data.flatMap((item) => item.discounts)]
    .flat()
    .filter((one): one is Discount => typeof one !== 'string');

const taxFromInvoice = ({ automatic_tax: tax, items, latest_invoice: invoice }: Subscription): string | null =>
  tax?.enabled === true && items.data.some(({ price }) => price.tax_behavior === 'inclusive')
    ? (invoice ?? null)
    : null;

/** What has to be looked up beside the lists, each once. */
const lookupsWanted = async (
  request: PullRequest,
  settings: StripeSettings,
  kept: KeptPages,
): Promise<readonly Lookup[]> => {
  const wanted = new Map<string, Lookup>();
  const want = (kind: Lookup['kind'], id: string | null) => {
    if (id !== null) wanted.set(`${kind} ${id}`, { kind, id });
  };
  const changes = await changesOf(kept);
  for (const { couponId } of changes.discounts.values()) want('coupon', couponId);
  for await (const page of keptPages('customers', kept))
    for (const { discount } of page.map(readCustomer)) want('coupon', discount?.couponId ?? null);
  for await (const told of statesOf(request, changes, kept))
    for (const { now, state } of told) {
      const { subscription } = state;
      if (statusAt(subscription, request.until) === null) continue;
      if (subscription.items.has_more) want('items', subscription.id);
      for (const { couponId } of [...discountsOf(now), ...discountsOf(subscription)]) want('coupon', couponId);
      for (const { price } of subscription.items.data) if (price.billing_scheme === 'tiered') want('price', price.id);
      want('invoice', taxFromInvoice(subscription));
    }
  if (settings.metered === 'average')
    for await (const page of keptPages('invoices', kept))
      for (const { id, lines } of page.map(readInvoice)) if (lines.has_more) want('lines', id);
  return [...wanted.values()];
};

async function* pages(
  request: PullRequest,
  kept: KeptPages,
  stripe: StripeReader,
  settings: StripeSettings,
): AsyncGenerator<Page> {
  const list = (name: Parameters<typeof listPages>[0]) => listPages(name, request, stripe, kept);
  yield* sideBySide([list('subscriptions'), list('customers'), list('invoices'), list('charges')]);
  // After the subscriptions: what changes while they are listed is an event then.
  yield* list('events');
  // Items of long subscriptions can have discounts and tiers of their own: a second round finds them.
  for (const _round of [1, 2]) {
    const wanted = await lookupsWanted(request, settings, kept);
    yield* shared(wanted, atOnce, (lookup) => lookupPages(lookup, stripe, kept));
    if (!wanted.some(({ kind }) => kind === 'items')) return;
  }
}

/** What is paid for a line, without tax and discounts, in minor units. */
const netOf = ({ amount, discount_amounts: discounts, taxes }: InvoiceLine): { paid: number; tax: number } => {
  const paid = amount - (discounts ?? []).reduce((total, one) => total + one.amount, 0);
  const included = (taxes ?? []).filter(({ tax_behavior: behavior }) => behavior === 'inclusive');
  return { paid, tax: included.reduce((total, one) => total + one.amount, 0) };
};

const itemOf = ({ parent }: InvoiceLine): string | null => parent?.subscription_item_details?.subscription_item ?? null;

const linesOf = async ({ id, lines }: Invoice, kept: KeptPages): Promise<InvoiceLine[]> => {
  if (!lines.has_more) return lines.data;
  const all: InvoiceLine[] = [];
  for await (const page of keptPages(lookupName({ kind: 'lines', id }), kept)) all.push(...page.map(readInvoiceLine));
  return all.length === 0 ? lines.data : all;
};

/** Share of what an item's lines came to that was tax in the price; null where they came to nothing. */
const includedTaxOf = (lines: readonly InvoiceLine[], item: string): Exact | null => {
  const nets = lines.filter((line) => itemOf(line) === item).map(netOf);
  const paid = sum(nets.map((net) => zero.plus(net.paid)));
  return paid.isZero() ? null : sum(nets.map((net) => zero.plus(net.tax))).div(paid);
};

/** Everything that lines of a page of subscriptions need from other pages. */
const lookupsFor = async (
  told: readonly Told[],
  changes: Changes,
  remembered: {
    readonly coupons: Map<string, Coupon | null>;
    readonly prices: Map<string, Price | null>;
    readonly customerDiscounts: ReadonlyMap<string, Discount>;
    readonly usage: ReadonlyMap<string, Exact>;
  },
  kept: KeptPages,
): Promise<Lookups> => {
  const { coupons, prices, customerDiscounts, usage } = remembered;
  const discounts = new Map<string, Discount>();
  const taxes = new Map<string, readonly InvoiceLine[]>();
  for (const { now, state } of told) {
    const { subscription } = state;
    const ofCustomer = customerDiscounts.get(subscription.customer);
    for (const discount of [...discountsOf(now), ...discountsOf(subscription)]) discounts.set(discount.id, discount);
    const known = [
      ...discounts.values(),
      ...changes.discounts.values(),
      ...(ofCustomer === undefined ? [] : [ofCustomer]),
    ];
    for (const id of new Set(known.flatMap(({ couponId }) => couponId ?? [])))
      if (!coupons.has(id)) {
        const body = await lookedUp({ kind: 'coupon', id }, kept);
        coupons.set(id, body === null ? null : readCoupon(body));
      }
    for (const { price } of subscription.items.data)
      if (price.billing_scheme === 'tiered' && !prices.has(price.id)) {
        const body = await lookedUp({ kind: 'price', id: price.id }, kept);
        prices.set(price.id, body === null ? null : readPrice(body));
      }
    const invoice = taxFromInvoice(subscription);
    const body = invoice === null ? null : await lookedUp({ kind: 'invoice', id: invoice }, kept);
    if (body !== null) taxes.set(subscription.id, readInvoice(body).lines.data);
  }
  return {
    coupon: (id) => coupons.get(id) ?? null,
    discount: (id) => discounts.get(id) ?? changes.discounts.get(id) ?? null,
    tieredPrice: (id) => prices.get(id) ?? null,
    customerDiscount: (customer) => customerDiscounts.get(customer) ?? null,
    includedTax: (subscription, item) => includedTaxOf(taxes.get(subscription) ?? [], item),
    invoicedUsage: (item) => usage.get(item) ?? zero,
  };
};

async function* batches(request: PullRequest, kept: KeptPages, settings: StripeSettings): AsyncGenerator<Batch> {
  const { until, timeZone } = request;
  const changes = await changesOf(kept);

  const customerDiscounts = new Map<string, Discount>();
  for await (const page of keptPages('customers', kept)) {
    const customers = page.map(readCustomer);
    for (const { id, discount } of customers) if (discount) customerDiscounts.set(id, discount);
    const rows = customers.map((customer) => customerRow(customer, settings));
    yield { rows: { customers: rows }, control: noControl, counts: { customers: rows.length } };
  }

  const failures = new Map<string, Failure>();
  for await (const page of keptPages('charges', kept))
    for (const charge of page.map(readCharge)) {
      const payment = charge.payment_intent ?? charge.id;
      if (charge.status === 'failed') failures.set(payment, withCharge(failures.get(payment), charge));
    }

  const endings = new Map<string, Ending>();
  for await (const told of statesOf(request, changes, kept))
    for (const { state } of told) {
      const { id, ended_at: ended = null, status } = state.subscription;
      const recently = ended !== null && ended < until && ended >= lookBack(request);
      if (recently || status === 'unpaid') endings.set(id, { endedAt: ended, unpaid: status === 'unpaid' });
    }

  const dunning = new Map<string, Dunning>();
  const usage = new Map<string, Exact>();
  for await (const page of keptPages('invoices', kept)) {
    const payments = [];
    for (const invoice of page.map(readInvoice)) {
      const subscription = invoice.parent?.subscription_details?.subscription ?? null;
      const failure = failureOf(invoice, failures);
      if (failure !== null) {
        const ending = subscription === null ? undefined : endings.get(subscription);
        const outcome = outcomeOf(invoice, failure, ending ?? null, until);
        payments.push(...failedPaymentRows(invoice, failure, outcome, request));
        const known = subscription === null ? undefined : dunning.get(subscription);
        if (subscription !== null && (known === undefined || failure.lastFailedAt >= known.lastFailedAt))
          dunning.set(subscription, dunningOf(failure, outcome));
      }
      if (settings.metered === 'average' && (invoice.status === 'paid' || invoice.status === 'open'))
        for (const line of await linesOf(invoice, kept)) {
          const [item, { paid, tax }] = [itemOf(line), netOf(line)];
          const money = moneyOf(paid - tax, currencyOf(invoice.currency));
          if (item !== null) usage.set(item, (usage.get(item) ?? zero).plus(money));
        }
    }
    yield { rows: { payments }, control: noControl, counts: { failedPayments: payments.length } };
  }

  const remembered = { coupons: new Map(), prices: new Map(), customerDiscounts, usage };
  for await (const told of statesOf(request, changes, kept)) {
    const lookups = await lookupsFor(told, changes, remembered, kept);
    const context = { until, timeZone, settings, lookups };
    for (const { state } of told) {
      const { rows, control, counts } = subscriptionLines(state, context);
      const { subscription } = state;
      const cancellations = cancellationRows(subscription, dunning.get(subscription.id) ?? null, request);
      yield { rows: { ...rows, cancellations }, control, counts: { ...counts, cancellations: cancellations.length } };
    }
  }
}

const sentences: readonly (readonly [CountName, (count: string) => string])[] = [
  ['linesRebuilt', (count) => `${count} changed since the month’s end and were put back from Stripe’s events`],
  [
    'linesUnknown',
    (count) =>
      `${count} may differ from the month’s end: Stripe keeps events for 30 days, so items, quantities and pauses are those of today`,
  ],
  ['discountsUnknown', (count) => `${count} had a discount that Stripe no longer tells; none was taken off`],
  ['taxUnknown', (count) => `${count} include tax that no invoice tells; it was left in`],
  ['meteredZero', (count) => `${count} are metered and count 0`],
  ['meteredAveraged', (count) => `${count} are metered and count a month’s average of what three months invoiced`],
];

const notes = (counts: Readonly<Record<string, number>>): string[] =>
  sentences.flatMap(([name, told]) => {
    const count = counts[name] ?? 0;
    return count === 0 ? [] : [told(`${count} of ${counts.lines ?? 0} lines`)];
  });

/** The source of one account. */
export const stripeSource = (stripe: StripeReader, settings: StripeSettings): BillingSource => ({
  name: 'stripe',
  pages: (request, kept) => pages(request, kept, stripe, settings),
  batches: (request, kept) => batches(request, kept, settings),
  notes,
});
