/** One subscription of Stripe as lines of the contract: monthly, without tax, net of the discounts of that day. */
import { Exact, zero } from '../../core/money.ts';
import { monthlyAmount } from '../../core/mrr.ts';
import { dependencyError } from '../../errors.ts';
import { type AverageUse, averageUse } from '../billing/average-use.ts';
import { dayOf } from '../billing/calendar.ts';
import { filled, lineBatch } from '../billing/line-batch.ts';
import type { Batch, TableRow } from '../billing/port.ts';
import { shown } from '../billing/shown.ts';
import { withoutLines } from '../billing/without-lines.ts';
import { type ActiveDiscount, afterDiscounts, isActive } from './discounted.ts';
import { currencyOf, moneyOf } from './minor-units.ts';
import type { Coupon, Discount, Item, Price, Subscription } from './objects.ts';
import { periodAmount } from './period-amount.ts';
import { priceIn, priceLookup } from './price-in.ts';
import type { StripeSettings } from './settings.ts';
import { type SubscriptionState, statusAt } from './standing.ts';

/** What a subscription does not tell itself. */
export type Lookups = {
  coupon(id: string): Coupon | null;
  /** A discount that a subscription names by its id alone. */
  discount(id: string): Discount | null;
  /** A price as `priceLookup` asks for it: with its tiers, or with its amounts in other currencies. */
  fullPrice(id: string): Price | null;
  /** The discount of a customer, which holds for subscriptions that have none. */
  customerDiscount(customer: string): Discount | null;
  /** Share of a price that was tax included in it, as the subscription's last invoice says; null where it does not. */
  includedTax(subscription: string, item: string): Exact | null;
  /** What a metered item was invoiced in the last three months, in money, net of tax and discounts. */
  invoicedUsage(item: string): Exact;
};

/** Where lines are made: the snapshot's end and what the account's settings say. */
export type LineContext = {
  readonly until: number;
  readonly timeZone: string;
  readonly settings: StripeSettings;
  readonly lookups: Lookups;
};

export type CountName =
  | 'lines'
  | 'linesRebuilt'
  | 'linesUnknown'
  | 'discountsUnknown'
  | 'taxUnknown'
  | 'meteredZero'
  | 'meteredAveraged'
  | 'meteredBelowZero';

const withCoupon = (discount: Discount, { coupon }: Lookups): ActiveDiscount => {
  const found = (discount.couponId === null ? null : coupon(discount.couponId)) ?? discount.coupon;
  if (found !== null) return { discount, coupon: found };
  throw dependencyError(
    'STRIPE_COUPON',
    `Stripe does not tell the coupon of the discount ${shown(discount.id)}`,
    'Run again; if it stays, look at the discount in the Stripe dashboard.',
  );
};

/** Discounts that stand at the month's end, and how many are named that nobody knows any more. */
const activeDiscounts = (
  named: readonly (Discount | string)[],
  { until, lookups }: LineContext,
): { active: ActiveDiscount[]; unknown: number } => {
  const known = named.map((name) => (typeof name === 'string' ? lookups.discount(name) : name));
  return {
    active: known.flatMap((discount) =>
      discount !== null && isActive(discount, until) ? [withCoupon(discount, lookups)] : [],
    ),
    unknown: known.filter((discount) => discount === null).length,
  };
};

/** What a subscription is discounted by: its own, or else its customer's. */
const subscriptionDiscounts = (subscription: Subscription, { lookups }: LineContext): (Discount | string)[] => {
  if (subscription.discounts.length > 0) return subscription.discounts;
  const single = subscription.discount ?? lookups.customerDiscount(subscription.customer);
  return single === null ? [] : [single];
};

/** Share of an amount that is left when the tax included in it is taken out; null where nobody says. */
const withoutTax = (subscription: Subscription, item: Item, lookups: Lookups): Exact | null => {
  const own = item.tax_rates ?? [];
  const rates = own.length > 0 ? own : (subscription.default_tax_rates ?? []);
  const included = rates.filter(({ inclusive }) => inclusive);
  if (included.length > 0) {
    const percent = included.reduce((total, { percentage }) => total.plus(`${percentage}`), zero);
    return new Exact(100).div(percent.plus(100));
  }
  const automatic = subscription.automatic_tax?.enabled === true && item.price.tax_behavior === 'inclusive';
  if (!automatic) return new Exact(1);
  const tax = lookups.includedTax(subscription.id, item.id);
  return tax === null ? null : new Exact(1).minus(tax);
};

const isMetered = ({ price }: Item): boolean => price.recurring?.usage_type === 'metered';

const modelOf = (item: Item): string => {
  if (isMetered(item)) return 'usage';
  if (item.price.billing_scheme === 'tiered') return 'tiered';
  return (item.quantity ?? 1) > 1 ? 'seat' : 'flat';
};

const planOf = ({ price, ...item }: Item, averaged: boolean): string => {
  const name = price.nickname ?? price.lookup_key ?? price.id;
  return isMetered({ price, ...item }) && averaged ? `${name} (monthly average of three months invoiced)` : name;
};

/** The price of an item in the currency that its subscription is paid in. */
const priceOf = ({ price }: Item, currency: string, lookups: Lookups): Price => {
  const lookup = priceLookup(price, currency);
  const full = lookup === null ? price : (lookups.fullPrice(lookup.id) ?? price);
  const found = priceIn(full, currency);
  if (found !== null) return found;
  throw dependencyError(
    'STRIPE_PRICE',
    `Stripe's price ${shown(price.id)} has no amount in ${currencyOf(currency)}, which a subscription to it is paid in`,
    'Look at the price in the Stripe dashboard: each of its currencies must have an amount.',
  );
};

type Valued = AverageUse & { readonly discount: Exact; readonly taxKnown: boolean };

const valuesOf = (
  subscription: Subscription,
  items: readonly Item[],
  discounts: readonly ActiveDiscount[],
  context: LineContext,
): Valued[] => {
  const { lookups, settings } = context;
  const currency = currencyOf(subscription.currency);
  const amounts = items.map((item): Exact => {
    if (isMetered(item)) return zero;
    return moneyOf(periodAmount(priceOf(item, subscription.currency, lookups), item.quantity ?? 1), currency);
  });
  const left = afterDiscounts(
    items.map((item, at) => ({
      amount: amounts[at] ?? zero,
      product: item.price.product,
      rhythm: `${item.price.recurring?.interval} ${item.price.recurring?.interval_count}`,
      discounts: activeDiscounts(item.discounts, context).active,
    })),
    discounts,
    currency,
  );
  return items.map((item, at) => {
    if (isMetered(item)) {
      const { mrr, belowZero } = averageUse(settings.metered === 'average' ? lookups.invoicedUsage(item.id) : zero);
      return { mrr, discount: zero, taxKnown: true, belowZero };
    }
    const net = withoutTax(subscription, item, lookups);
    const { interval, interval_count: count } = item.price.recurring ?? { interval: 'month', interval_count: 1 };
    const [before, after] = [amounts[at] ?? zero, left[at] ?? zero];
    const monthly = (amount: Exact) => monthlyAmount(amount.times(net ?? 1), interval, count);
    return { mrr: monthly(after), discount: monthly(before.minus(after)), taxKnown: net !== null, belowZero: false };
  });
};

/** The newest invoice, where it is one of the time before the month's end. */
const invoiceOf = ({ subscription, certainty }: SubscriptionState, item: Item, until: number): string => {
  const started = item.current_period_start ?? subscription.current_period_start ?? 0;
  return certainty === 'rebuilt' || started < until ? (subscription.latest_invoice ?? '') : '';
};

const renewalOf = (subscription: Subscription, item: Item, { timeZone }: LineContext): string => {
  const leaving = subscription.cancel_at_period_end || (subscription.cancel_at ?? null) !== null;
  const end = item.current_period_end ?? subscription.current_period_end ?? null;
  return leaving || end === null ? '' : dayOf(end, timeZone);
};

/**
 * The lines of a subscription as it stood at the month's end: one an item that recurs, amounts in money with 4 decimals.
 * A metered item is worth 0, or its invoiced average where the settings say so, and is labelled. Nothing is left out
 * silently: what could not be known is in the counts.
 */
export const subscriptionLines = (state: SubscriptionState, context: LineContext): Batch => {
  const { subscription, certainty } = state;
  const status = statusAt(subscription, context.until);
  if (status === null) return withoutLines({});
  const items = subscription.items.data.filter(
    ({ price, created }) => price.recurring !== null && created < context.until,
  );
  const named = activeDiscounts(subscriptionDiscounts(subscription, context), context);
  const values = valuesOf(subscription, items, named.active, context);
  const currency = currencyOf(subscription.currency);
  const averaged = context.settings.metered === 'average';
  const { opportunity } = context.settings;

  const lines = items.map((item, at): TableRow => {
    const { mrr, discount } = values[at] ?? { mrr: zero, discount: zero };
    return filled({
      customer_id: subscription.customer,
      subscription_id: subscription.id,
      item_id: item.id,
      product: item.price.product,
      plan: planOf(item, averaged),
      pricing_model: modelOf(item),
      quantity: isMetered(item) ? '' : `${item.quantity ?? 1}`,
      currency,
      mrr: mrr.toFixed(4),
      discount_mrr: discount.isZero() ? '' : discount.toFixed(4),
      status,
      renews_on: renewalOf(subscription, item, context),
      invoice_id: invoiceOf(state, item, context.until),
      opportunity_id: opportunity === null ? '' : (subscription.metadata[opportunity] ?? ''),
    });
  });
  const metered = items.filter(isMetered).length;
  const belowZero = values.filter((value) => value.belowZero).length;
  const ofItems = items.reduce((sum, item) => sum + activeDiscounts(item.discounts, context).unknown, 0);
  const counts: Partial<Record<CountName, number>> = {
    lines: lines.length,
    linesRebuilt: certainty === 'rebuilt' ? lines.length : 0,
    linesUnknown: certainty === 'unknown' ? lines.length : 0,
    discountsUnknown: named.unknown + ofItems,
    taxUnknown: values.filter(({ taxKnown }) => !taxKnown).length,
    [averaged ? 'meteredAveraged' : 'meteredZero']: metered - belowZero,
    meteredBelowZero: belowZero,
  };
  return lineBatch(lines, currency, counts);
};
