/** What coupons and manual discounts leave of the items of a subscription, in the order that Chargebee takes them off. */
import { Exact, sum, zero } from '../../core/money.ts';
import { moneyOf } from './minor-units.ts';
import type { Coupon, ManualDiscount, Subscription } from './objects.ts';

/** One item of a subscription before discounts: the money of one billing period, and which periods are billed together. */
export type Charged = {
  readonly itemPrice: string;
  readonly itemType: 'plan' | 'addon';
  readonly family: string;
  readonly periodUnit: string;
  readonly currency: string;
  readonly quantity: Exact;
  readonly amount: Exact;
  /** Items of one rhythm are on one invoice, and share what is taken off it. */
  readonly rhythm: string;
};

/** One coupon or manual discount that stands. */
export type Discount = {
  readonly kind: 'fixed_amount' | 'percentage' | 'offer_quantity';
  /** Money, percent or units, as the kind says. */
  readonly value: Exact;
  /** Which items it is taken off, one by one; null: off the whole invoice. */
  readonly applies: ((item: Charged) => boolean) | null;
};

type Standing = Pick<ManualDiscount, 'duration_type' | 'apply_till' | 'applied_count'>;

/** Whether a discount stands just before `until`: one for a single invoice until it has been on one. */
export const stands = (
  { duration_type: duration, apply_till: till, applied_count: applied }: Standing,
  until: number,
) => (till === undefined || till >= until) && (duration !== 'one_time' || (applied ?? 0) === 0);

/** Constraints and criteria of a coupon hold for one kind of item each. A criterion that names nothing lets all pass. */
const appliesTo =
  ({ item_constraints: constraints, item_constraint_criteria: criteria }: Coupon) =>
  (item: Charged): boolean => {
    const own = constraints.find(({ item_type: type }) => type === item.itemType);
    if (own === undefined || own.constraint === 'none') return false;
    if (own.constraint === 'all') return true;
    if (own.constraint === 'specific') return own.item_price_ids.includes(item.itemPrice);
    const among = (values: readonly string[], value: string) => values.length === 0 || values.includes(value);
    return criteria.some(
      ({ item_type: type, currencies, item_family_ids: families, item_price_periods: periods }) =>
        type === item.itemType &&
        among(currencies, item.currency) &&
        among(families, item.family) &&
        among(periods, item.periodUnit),
    );
  };

type Worth = {
  readonly percentage: number | undefined;
  readonly amount: number | undefined;
  readonly quantity: number | undefined;
  readonly currency: string | undefined;
};

/** What a discount is worth; null where it says nothing, or an amount of another currency. */
const worthOf = (kind: Discount['kind'], worth: Worth, currency: string): Exact | null => {
  if (kind === 'percentage') return worth.percentage === undefined ? null : new Exact(`${worth.percentage}`);
  if (kind === 'offer_quantity') return worth.quantity === undefined ? null : new Exact(worth.quantity);
  if (worth.amount === undefined || (worth.currency ?? currency) !== currency) return null;
  return moneyOf(worth.amount, currency);
};

const ofCoupon = (coupon: Coupon, currency: string): Discount | null => {
  const value = worthOf(
    coupon.discount_type,
    {
      percentage: coupon.discount_percentage,
      amount: coupon.discount_amount,
      quantity: coupon.discount_quantity,
      currency: coupon.currency_code,
    },
    currency,
  );
  if (value === null) return null;
  const applies = coupon.apply_on === 'invoice_amount' ? null : appliesTo(coupon);
  return { kind: coupon.discount_type, value, applies };
};

const ofManual = (discount: ManualDiscount, currency: string): Discount | null => {
  const { type, percentage, amount, quantity, currency_code: own, item_price_id: item } = discount;
  const value = worthOf(type, { percentage, amount, quantity, currency: own }, currency);
  if (value === null) return null;
  const applies = discount.apply_on === 'invoice_amount' ? null : ({ itemPrice }: Charged) => itemPrice === item;
  return { kind: type, value, applies };
};

/** The discounts of a subscription that stand just before `until`, and how many of them nobody tells any more. */
export const discountsOf = (
  { coupons, discounts, currency_code: currency }: Subscription,
  couponOf: (id: string) => Coupon | null,
  until: number,
): { readonly standing: readonly Discount[]; readonly unknown: number } => {
  // A manual discount has a coupon of its own behind it: it is not taken off twice.
  const behind = new Set(discounts.map(({ coupon_id: id }) => id));
  const attached = coupons
    .filter(({ coupon_id: id }) => !behind.has(id))
    .flatMap((one): (Discount | null)[] => {
      const coupon = couponOf(one.coupon_id);
      if (coupon === null) return [null];
      return stands({ ...one, duration_type: coupon.duration_type }, until) ? [ofCoupon(coupon, currency)] : [];
    });
  const manual = discounts.filter((one) => stands(one, until)).map((one) => ofManual(one, currency));
  const all = [...attached, ...manual];
  const standing = all.filter((one) => one !== null);
  return { standing, unknown: all.length - standing.length };
};

/**
 * Off single items before off the invoice, amounts before percentages. Coupons go before manual discounts of their kind,
 * which changes no amount. Source: support.chargebee.com, "Applying multiple coupons and manual discounts to a
 * subscription".
 */
const rankOf = ({ applies, kind }: Discount): number => (applies === null ? 2 : 0) + (kind === 'percentage' ? 1 : 0);

/** Takes a discount off one item. */
const offItem = (left: Exact, item: Charged, { kind, value }: Discount): Exact => {
  if (kind === 'percentage') return left.times(new Exact(1).minus(Exact.min(value.div(100), 1)));
  if (kind === 'fixed_amount') return Exact.max(left.minus(value), zero);
  if (!item.quantity.greaterThan(0)) return left;
  return left.minus(left.times(Exact.min(value, item.quantity)).div(item.quantity));
};

/** Takes a discount off amounts that are billed together, from each its share. */
const offInvoice = (left: readonly Exact[], { kind, value }: Discount): Exact[] => {
  const total = sum(left);
  if (!total.greaterThan(0) || kind === 'offer_quantity') return [...left];
  const off = kind === 'percentage' ? total.times(Exact.min(value.div(100), 1)) : Exact.min(value, total);
  return left.map((amount) => amount.minus(off.times(amount).div(total)));
};

/** The amounts after discounts, item by item. What an invoice is discounted by is taken off every rhythm's once. */
export const afterDiscounts = (items: readonly Charged[], discounts: readonly Discount[]): Exact[] => {
  const left = items.map(({ amount }) => amount);
  for (const discount of [...discounts].sort((a, b) => rankOf(a) - rankOf(b)))
    if (discount.applies !== null) {
      for (const [at, item] of items.entries())
        if (discount.applies(item)) left[at] = offItem(left[at] ?? zero, item, discount);
    } else
      for (const rhythm of new Set(items.map((item) => item.rhythm))) {
        const places = items.flatMap((item, at) => (item.rhythm === rhythm ? [at] : []));
        const taken = offInvoice(
          places.map((at) => left[at] ?? zero),
          discount,
        );
        for (const [order, at] of places.entries()) left[at] = taken[order] ?? zero;
      }
  return left;
};
