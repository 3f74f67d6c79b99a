/** One subscription of Chargebee as lines of the contract: monthly, without tax, net of the discounts of that day. */
import { Exact, zero } from '../../core/money.ts';
import { monthlyAmount } from '../../core/mrr.ts';
import { dependencyError } from '../../errors.ts';
import { type AverageUse, averageUse } from '../billing/average-use.ts';
import { dayOf } from '../billing/calendar.ts';
import { filled, lineBatch } from '../billing/line-batch.ts';
import type { Batch, TableRow } from '../billing/port.ts';
import { shown } from '../billing/shown.ts';
import { type Bill, includedTax, invoicedUse, newestBill } from './billed.ts';
import { fieldOf } from './custom-fields.ts';
import { afterDiscounts, type Charged, discountsOf } from './discounted.ts';
import { smallestOf, toldMoney } from './minor-units.ts';
import type { Coupon, Item, ItemPrice, Subscription, SubscriptionItem } from './objects.ts';
import { periodAmount, quantityOf } from './period-amount.ts';
import type { ChargebeeSettings } from './settings.ts';
import { itemStatusAt, type LineStatus } from './standing.ts';

/** The site's catalog. */
export type Catalog = {
  price(id: string): ItemPrice | null;
  item(id: string): Item | null;
  coupon(id: string): Coupon | null;
  /** Whether any invoice of the site has prices that tax is included in. */
  readonly taxInclusive: boolean;
};

/** Where lines are made: the snapshot's end and what the address says. */
export type LineContext = {
  readonly until: number;
  /** What was used since then makes the average of a metered item. */
  readonly usedFrom: number;
  readonly timeZone: string;
  readonly settings: ChargebeeSettings;
  readonly catalog: Catalog;
};

export type CountName =
  | 'lines'
  | 'linesRebuilt'
  | 'linesUnknown'
  | 'discountsUnknown'
  | 'taxUnknown'
  | 'invoicesCut'
  | 'pricesUnknown'
  | 'giftsFree'
  | 'meteredZero'
  | 'meteredAveraged'
  | 'meteredBelowZero'
  | 'subscriptionsCompared'
  | 'mrrDiffers';

/** A subscription as it stood, with what its lines are made of. */
export type Standing = {
  readonly subscription: Subscription;
  readonly status: LineStatus;
  readonly certainty: 'seen' | 'rebuilt' | 'unknown';
  readonly bills: readonly Bill[];
};

type Priced = {
  readonly item: SubscriptionItem;
  readonly price: ItemPrice | null;
  readonly metered: boolean;
};

const priced = (item: SubscriptionItem, { price, item: itemOf }: Catalog): Priced => {
  const own = price(item.item_price_id);
  const metered = own?.item_id === undefined ? undefined : itemOf(own.item_id)?.metered;
  return { item, price: own, metered: metered ?? item.metered_quantity !== undefined };
};

/** An item's own rhythm where a site bills items at several, otherwise the subscription's. */
const rhythmOf = (subscription: Subscription, item: SubscriptionItem) => {
  const [unit, count] =
    item.billing_period_unit === undefined
      ? [subscription.billing_period_unit, subscription.billing_period]
      : [item.billing_period_unit, item.billing_period];
  if (unit !== undefined) return { unit, count: count ?? 1 };
  throw dependencyError(
    'CHARGEBEE_PRICE',
    `Chargebee's subscription ${shown(subscription.id)} says no billing period`,
    'Look at the subscription in Chargebee.',
  );
};

const modelOf = ({ price, metered, item }: Priced): string => {
  if (metered) return 'usage';
  if (price === null) return quantityOf(item).greaterThan(1) ? 'seat' : 'flat';
  if (price.pricing_model === 'flat_fee') return 'flat';
  return price.pricing_model === 'per_unit' ? 'seat' : 'tiered';
};

type Valued = AverageUse & { readonly discount: Exact; readonly taxKnown: boolean };

const valuesOf = (
  { subscription, bills }: Standing,
  items: readonly Priced[],
  { until, usedFrom, settings, catalog }: LineContext,
): { readonly values: readonly Valued[]; readonly discountsUnknown: number } => {
  const { currency_code: currency } = subscription;
  const charged = items.map(({ item, price, metered }): Charged => {
    const { unit, count } = rhythmOf(subscription, item);
    const model = price?.pricing_model ?? null;
    return {
      itemPrice: item.item_price_id,
      itemType: item.item_type === 'plan' ? 'plan' : 'addon',
      family: catalog.item(price?.item_id ?? '')?.item_family_id ?? '',
      periodUnit: price?.period_unit ?? unit,
      currency,
      quantity: quantityOf(item),
      amount: metered ? zero : periodAmount(item, subscription.item_tiers, model, currency),
      rhythm: `${count} ${unit}`,
    };
  });
  const { standing, unknown } = discountsOf(subscription, catalog.coupon, until);
  const left = afterDiscounts(charged, standing);
  const values = items.map(({ item, metered }, at): Valued => {
    if (metered) {
      const used = settings.metered === 'average' ? invoicedUse(bills, item.item_price_id, usedFrom) : zero;
      return { ...averageUse(used), discount: zero, taxKnown: true };
    }
    const tax = catalog.taxInclusive ? includedTax(bills, item.item_price_id) : zero;
    const net = new Exact(1).minus(tax ?? zero);
    const { unit, count } = rhythmOf(subscription, item);
    const [before, after] = [charged[at]?.amount ?? zero, left[at] ?? zero];
    const monthly = (amount: Exact) => monthlyAmount(amount.times(net), unit, count);
    return {
      mrr: monthly(after),
      discount: monthly(before.minus(after)),
      taxKnown: tax !== null || before.isZero(),
      belowZero: false,
    };
  });
  return { values, discountsUnknown: unknown };
};

/** The day of the next renewal: of the contract where there is one that goes on, else of the term. */
const renewalOf = (subscription: Subscription, item: SubscriptionItem, timeZone: string): string => {
  const { status, contract_term: contract, next_billing_at: next, current_term_end: end } = subscription;
  if (status === 'non_renewing' || status === 'cancelled') return '';
  if (contract?.status === 'active' && contract.contract_end !== undefined)
    return contract.action_at_term_end === 'cancel' ? '' : dayOf(contract.contract_end, timeZone);
  const at = item.current_term_end ?? end ?? next;
  return at === undefined ? '' : dayOf(at, timeZone);
};

/** Whether Chargebee's own MRR of a subscription is another than that of its lines, by more than rounding. */
const mrrDiffers = ({ mrr, currency_code: currency }: Subscription, lines: Exact, count: number): boolean => {
  const told = toldMoney(undefined, mrr, currency);
  if (told === null) return false;
  const rounding = smallestOf(currency).times(Math.max(count, 1));
  return told.minus(lines).abs().greaterThan(rounding);
};

/** Ids of lines: the item price, told apart where a subscription has it more than once. */
const lineIds = (items: readonly Priced[]): string[] => {
  const seen = new Map<string, number>();
  return items.map(({ item: { item_price_id: id } }) => {
    const count = (seen.get(id) ?? 0) + 1;
    seen.set(id, count);
    return count === 1 ? id : `${id} (${count})`;
  });
};

/**
 * The lines of a subscription as it stood at the month's end: one an item that recurs, amounts in money with 4 decimals.
 * A metered item is worth 0, or its invoiced average where the settings say so, and is labelled. Nothing is left out
 * silently: what could not be known is in the counts.
 */
export const subscriptionLines = (state: Standing, context: LineContext): Batch => {
  const { subscription, status, certainty, bills } = state;
  const { until, timeZone, settings, catalog } = context;
  const { currency_code: currency } = subscription;
  const items = subscription.subscription_items
    .filter(({ item_type: type }) => type !== 'charge')
    .map((item) => priced(item, catalog));
  const { values, discountsUnknown } = valuesOf(state, items, context);
  const averaged = settings.metered === 'average';
  const ids = lineIds(items);

  const lines = items.map((one, at): TableRow => {
    const { item, price, metered } = one;
    const { mrr, discount } = values[at] ?? { mrr: zero, discount: zero };
    const plan = price?.name ?? item.item_price_id;
    return filled({
      customer_id: subscription.customer_id,
      subscription_id: subscription.id,
      item_id: ids[at] ?? '',
      product: price?.item_id ?? item.item_price_id,
      plan: metered && averaged ? `${plan} (monthly average of three months invoiced)` : plan,
      pricing_model: modelOf(one),
      quantity: metered ? '' : quantityOf(item).toFixed(),
      currency,
      mrr: mrr.toFixed(4),
      discount_mrr: discount.isZero() ? '' : discount.toFixed(4),
      status: itemStatusAt(item, status, until),
      renews_on: renewalOf(subscription, item, timeZone),
      invoice_id: newestBill(bills, item.item_price_id)?.invoice ?? '',
      opportunity_id: settings.opportunity === null ? '' : fieldOf(subscription, settings.opportunity),
    });
  });
  const fixed = values.reduce((sum, { mrr }, at) => (items[at]?.metered === true ? sum : sum.plus(mrr)), zero);
  const comparable =
    certainty === 'seen' && subscription.mrr !== undefined && (status === 'active' || status === 'past_due');
  const metered = items.filter((one) => one.metered).length;
  const belowZero = values.filter((value) => value.belowZero).length;
  const counts: Partial<Record<CountName, number>> = {
    lines: lines.length,
    linesRebuilt: certainty === 'rebuilt' ? lines.length : 0,
    linesUnknown: certainty === 'unknown' ? lines.length : 0,
    discountsUnknown,
    invoicesCut: (averaged || catalog.taxInclusive) && bills.some(({ cut }) => cut) ? lines.length : 0,
    taxUnknown: values.filter(({ taxKnown }) => !taxKnown).length,
    pricesUnknown: items.filter(({ price }) => price === null).length,
    giftsFree: status === 'free' ? lines.length : 0,
    [averaged ? 'meteredAveraged' : 'meteredZero']: metered - belowZero,
    meteredBelowZero: belowZero,
    subscriptionsCompared: comparable ? 1 : 0,
    mrrDiffers: comparable && mrrDiffers(subscription, fixed, items.length) ? 1 : 0,
  };
  return lineBatch(lines, currency, counts);
};
