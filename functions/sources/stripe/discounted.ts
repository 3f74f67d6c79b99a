/** What discounts leave of the items of a subscription, in the order that Stripe takes them off. */
import { Exact, sum, zero } from '../../core/money.ts';
import { dependencyError } from '../../errors.ts';
import { shown } from '../billing/shown.ts';
import { currencyOf, moneyOf } from './minor-units.ts';
import type { Coupon, Discount } from './objects.ts';

/** A discount with its coupon looked up. */
export type ActiveDiscount = { readonly discount: Discount; readonly coupon: Coupon };

/** One item of a subscription before discounts: the amount of one billing period, and which periods are billed together. */
export type Charged = {
  readonly amount: Exact;
  readonly product: string;
  /** Items of one rhythm are on one invoice, and share what is taken off it. */
  readonly rhythm: string;
  readonly discounts: readonly ActiveDiscount[];
};

/** Whether a discount stands just before `until`. */
export const isActive = ({ start, end }: Discount, until: number): boolean =>
  start < until && (end === null || end >= until);

const amountOff = (coupon: Coupon, currency: string): Exact => {
  if (coupon.amount_off === null) return zero;
  if (coupon.currency !== null && currencyOf(coupon.currency) === currency) return moneyOf(coupon.amount_off, currency);
  const option = coupon.currency_options?.[currency.toLowerCase()];
  if (option !== undefined) return moneyOf(option.amount_off, currency);
  throw dependencyError(
    'STRIPE_COUPON',
    `Stripe's coupon ${shown(coupon.id)} takes off an amount in another currency than ${currency}`,
    'Look at the coupon in the Stripe dashboard.',
  );
};

const kept = (coupon: Coupon): Exact => new Exact(1).minus(new Exact(`${coupon.percent_off ?? 0}`).div(100));

/** Takes one discount off amounts that are billed together, each its share of an amount. */
const takeOff = (amounts: readonly Exact[], { coupon }: ActiveDiscount, currency: string): Exact[] => {
  if (coupon.percent_off !== null) return amounts.map((amount) => amount.times(kept(coupon)));
  const total = sum(amounts);
  if (!total.greaterThan(0)) return [...amounts];
  const off = Exact.min(amountOff(coupon, currency), total);
  return amounts.map((amount) => amount.minus(off.times(amount).div(total)));
};

/**
 * The amounts after discounts, item by item: first each item's own, then those of the subscription, in their order.
 * An amount off is taken once from every invoice, shared by its items in proportion, and never below zero.
 */
export const afterDiscounts = (
  items: readonly Charged[],
  discounts: readonly ActiveDiscount[],
  currency: string,
): Exact[] => {
  const left = items.map(({ amount, discounts: own }) =>
    own.reduce((rest, discount) => takeOff([rest], discount, currency)[0] ?? rest, amount),
  );
  for (const discount of discounts) {
    const products = discount.coupon.applies_to?.products;
    for (const rhythm of new Set(items.map((item) => item.rhythm))) {
      const at = items.flatMap((item, index) =>
        item.rhythm === rhythm && (products === undefined || products.includes(item.product)) ? [index] : [],
      );
      const taken = takeOff(
        at.map((index) => left[index] ?? zero),
        discount,
        currency,
      );
      for (const [place, index] of at.entries()) left[index] = taken[place] ?? zero;
    }
  }
  return left;
};
