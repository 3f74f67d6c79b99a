/** What a subscription's invoices say of it: how far its payments came, how much of a price was tax, what was used. */
import { z } from 'zod';
import { Exact, zero } from '../../core/money.ts';
import type { Outcome } from '../billing/failed-payment.ts';
import {
  type Attempts,
  type Failure,
  failureOf,
  outcomeOf,
  type Settlement,
  settlementOf,
  unlistedEnd,
} from './failed-payments.ts';
import { moneyOf } from './minor-units.ts';
import type { Invoice, LineItem } from './objects.ts';

const failureSchema: z.ZodType<Failure> = z.object({
  firstFailedAt: z.int(),
  lastFailedAt: z.int(),
  declineCode: z.string(),
  amount: z.int(),
  attempts: z.int(),
  reversed: z.boolean(),
});

const settlementSchema: z.ZodType<Settlement> = z.object({
  paidAt: z.int().nullable(),
  givenUpAt: z.int().nullable(),
  triesOver: z.boolean(),
  forgiven: z.boolean(),
});

const billSchema = z.object({
  invoice: z.string(),
  customer: z.string(),
  currency: z.string(),
  date: z.int(),
  /** One that is void or not yet closed says nothing of prices. */
  stands: z.boolean(),
  gifted: z.boolean(),
  /** Whether all of it is charged once: what comes of it says nothing of the subscription. */
  oneOff: z.boolean(),
  /** Whether it has more lines than were told. */
  cut: z.boolean(),
  taxInclusive: z.boolean(),
  settlement: settlementSchema,
  failure: failureSchema.nullable(),
  /** The last try of one that was given up so long ago that no failure is told. */
  unlistedEnd: z.int().nullable(),
  /** Whether the failed payment is told with this subscription; an invoice of several is told once. */
  tellsPayment: z.boolean(),
  /** One for each item price, in Chargebee's units: what was left after discounts, its tax, and what was for use. */
  items: z.array(
    z.object({
      itemPrice: z.string(),
      paid: z.int(),
      tax: z.int(),
      /** Percent, as text. */
      taxRate: z.string(),
      used: z.int(),
    }),
  ),
});

/** An invoice as far as it is one subscription's; without one, as far as its payment failed. */
export type Bill = z.infer<typeof billSchema>;

export const readBill = (text: string): Bill => billSchema.parse(JSON.parse(text));

const itemsOf = (invoice: Invoice, lines: readonly LineItem[]): Bill['items'] => {
  const items = new Map<string, Bill['items'][number]>();
  for (const line of lines) {
    if (line.entity_id === undefined) continue;
    const left = (line.amount ?? 0) - (line.discount_amount ?? 0);
    const tax = line.tax_amount ?? 0;
    const included = invoice.price_type === 'tax_inclusive' ? tax : 0;
    const known = items.get(line.entity_id) ?? { paid: 0, tax: 0, used: 0 };
    items.set(line.entity_id, {
      itemPrice: line.entity_id,
      paid: known.paid + left,
      tax: known.tax + tax,
      taxRate: line.is_taxed ? `${line.tax_rate ?? 0}` : '0',
      used: known.used + (line.metered ? left - included : 0),
    });
  }
  return [...items.values()];
};

/** What is charged once: charges, setup fees and what was entered by hand. */
const onceTypes = new Set(['charge_item_price', 'plan_setup', 'adhoc']);

const isOneOff = (invoice: Invoice, lines: readonly LineItem[]): boolean => {
  if (invoice.recurring === false) return true;
  // Lines that are not told can be a plan's.
  if (lines.length === 0 || invoice.line_items_next_offset !== undefined) return false;
  return lines.every(({ entity_type: type }) => type !== undefined && onceTypes.has(type));
};

/** An invoice as the bills of its subscriptions; the key is the subscription, or the invoice's own where it has none. */
export const billsOf = (
  invoice: Invoice,
  attempts: Attempts,
  until: number,
): readonly (readonly [key: string, bill: Bill])[] => {
  if (invoice.deleted || invoice.date === undefined || invoice.date >= until) return [];
  const failure = failureOf(invoice, attempts);
  const named = invoice.line_items.flatMap(({ subscription_id: id }) => id ?? []);
  const subscriptions = [
    ...new Set([...(invoice.subscription_id === undefined ? [] : [invoice.subscription_id]), ...named]),
  ];
  const end = failure === null ? unlistedEnd(invoice, attempts, until) : null;
  // One that was paid, taken back and given up since still says when it was paid.
  const paidAt = end === null || invoice.status === 'paid' ? (invoice.paid_at ?? null) : null;
  const bill: Omit<Bill, 'tellsPayment' | 'items' | 'oneOff'> = {
    invoice: invoice.id,
    customer: invoice.customer_id,
    currency: invoice.currency_code,
    date: invoice.date,
    stands: invoice.status !== 'pending' && (invoice.voided_at === undefined || invoice.voided_at >= until),
    gifted: invoice.is_gifted,
    cut: invoice.line_items_next_offset !== undefined,
    taxInclusive: invoice.price_type === 'tax_inclusive',
    settlement:
      failure === null
        ? { paidAt, givenUpAt: null, triesOver: false, forgiven: false }
        : settlementOf(invoice, failure, until),
    failure,
    unlistedEnd: end,
  };
  if (subscriptions.length === 0)
    return failure === null
      ? []
      : [[`invoice ${invoice.id}`, { ...bill, oneOff: true, tellsPayment: true, items: [] }]];
  return subscriptions.map((subscription, place) => {
    const own = invoice.line_items.filter(({ subscription_id: id }) => (id ?? subscriptions[0]) === subscription);
    return [
      subscription,
      { ...bill, oneOff: isOneOff(invoice, own), tellsPayment: place === 0, items: itemsOf(invoice, own) },
    ];
  });
};

/** An invoice whose payment failed, with what had come of it. */
export type Dunned = {
  readonly bill: Bill;
  readonly failure: Failure;
  readonly outcome: Outcome;
  /** Whether its subscription had ended while it was still owed. */
  readonly endedOwing: boolean;
};

/** The failed invoices of one subscription that ended at `endedAt`, or goes on. */
export const dunnedOf = (bills: readonly Bill[], endedAt: number | null, until: number): Dunned[] =>
  bills.flatMap((bill) =>
    bill.failure === null
      ? []
      : [
          {
            bill,
            failure: bill.failure,
            outcome: outcomeOf(bill.settlement, bill.failure, endedAt, until),
            endedOwing: endedAt !== null && endedAt < until && endedAt <= (bill.settlement.givenUpAt ?? endedAt),
          },
        ],
  );

/** A payment that was given up: the last try, when that was sure, and whether the money had been taken back. */
type GivenUp = { readonly triedAt: number; readonly at: number; readonly reversed: boolean };

/** Only what recurs and was not forgiven: a correction, or a charge beside the plan, ends no subscription. */
const givenUpOf = (bills: readonly Bill[], dunned: readonly Dunned[]): GivenUp[] => [
  ...dunned
    .filter(({ bill, outcome }) => !bill.oneOff && outcome.state === 'exhausted')
    .filter(({ bill: { settlement }, endedOwing }) => endedOwing || (settlement.triesOver && !settlement.forgiven))
    .map(({ failure: { lastFailedAt, reversed }, outcome, endedOwing }) => ({
      triedAt: lastFailedAt,
      // A credit note that comes later does not move it into another month.
      at: endedOwing ? (outcome.resolvedAt ?? lastFailedAt) : lastFailedAt,
      reversed,
    })),
  ...bills.flatMap(({ oneOff, unlistedEnd: at }) =>
    oneOff || at === null ? [] : [{ triedAt: at, at, reversed: false }],
  ),
];

/** How payments of a subscription stand: being retried, given up with nothing paid since, or neither. */
export type PaymentStanding = {
  readonly state: 'in_grace' | 'given_up' | 'fine';
  /** Of the last that was given up: when, and whether the money had been taken back. */
  readonly givenUpAt: number | null;
  readonly reversed: boolean;
};

export const paymentStanding = (bills: readonly Bill[], dunned: readonly Dunned[], until: number): PaymentStanding => {
  const paid = bills.flatMap(({ settlement: { paidAt } }) => (paidAt !== null && paidAt < until ? [paidAt] : []));
  const givenUp = givenUpOf(bills, dunned)
    .filter(({ triedAt }) => !paid.some((at) => at > triedAt))
    .sort((a, b) => a.at - b.at)
    .at(-1);
  if (givenUp !== undefined) return { state: 'given_up', givenUpAt: givenUp.at, reversed: givenUp.reversed };
  const tried = dunned.some(({ outcome }) => outcome.state === 'in_grace');
  return { state: tried ? 'in_grace' : 'fine', givenUpAt: null, reversed: false };
};

/** The newest invoice that has an item, else the newest at all. */
export const newestBill = (bills: readonly Bill[], itemPrice: string): Bill | null => {
  const standing = bills
    .filter(({ stands }) => stands)
    .sort((a, b) => a.date - b.date || (a.invoice < b.invoice ? -1 : 1));
  return standing.findLast(({ items }) => items.some((one) => one.itemPrice === itemPrice)) ?? standing.at(-1) ?? null;
};

/** Share of an item's price that is tax in it, by its newest invoice; null where no invoice tells. */
export const includedTax = (bills: readonly Bill[], itemPrice: string): Exact | null => {
  const bill = newestBill(bills, itemPrice);
  if (bill === null) return null;
  if (!bill.taxInclusive) return zero;
  const item = bill.items.find((one) => one.itemPrice === itemPrice);
  if (item === undefined) return null;
  if (item.paid > 0) return new Exact(item.tax).div(item.paid);
  // It was free: the tax that its price would have borne.
  const rate = new Exact(item.taxRate);
  return rate.div(rate.plus(100));
};

/** What was invoiced for the use of a metered item since `from`, in money, without tax. */
export const invoicedUse = (bills: readonly Bill[], itemPrice: string, from: number): Exact =>
  bills
    .filter(({ stands, date }) => stands && date >= from)
    .flatMap(({ currency, items }) =>
      items.filter((one) => one.itemPrice === itemPrice).map((one) => ({ one, currency })),
    )
    .reduce((sum, { one, currency }) => sum.plus(moneyOf(one.used, currency)), zero);
