/** Which coupons stand at a month's end, and what they leave of what a subscription charges. */
import { Exact, sum, zero } from '../../core/money.ts';
import type { Coupon, Redemption } from './objects.ts';

/** What a coupon can take from: a plan and its add-ons, or an item of the catalog. */
export type Charged = { readonly amount: Exact; readonly planId: string; readonly catalogItem: string | null };

/** When a redemption was over; null while it stands, `unknown` where it is over and nothing says since when. */
export const redemptionEnd = ({
  state,
  remaining_duration,
  updated_at,
  removed_at,
}: Redemption): number | 'unknown' | null => {
  const expires = remaining_duration?.expires_at ?? null;
  if (removed_at !== null) return Math.min(removed_at, expires ?? removed_at);
  if (state === 'active') return expires;
  // The last thing that happens to a redemption that is used up is that it is over.
  if (updated_at !== null) return Math.min(updated_at, expires ?? updated_at);
  return 'unknown';
};

/** Whether a redemption stood just before `until`. One whose end nobody knows does not. */
export const stands = (redemption: Redemption, until: number): boolean => {
  const end = redemptionEnd(redemption);
  return redemption.created_at < until && end !== 'unknown' && (end === null || end >= until);
};

const isEligible = (coupon: Coupon, { planId, catalogItem }: Charged): boolean =>
  catalogItem === null
    ? (coupon.applies_to_all_plans ?? true) || coupon.plans.some(({ id }) => id === planId)
    : (coupon.applies_to_all_items ?? true) || coupon.items.some(({ id }) => id === catalogItem);

const percentOff = (coupon: Coupon, amount: Exact): Exact =>
  amount.times(new Exact(100).minus(coupon.discount.percent ?? 0)).div(100);

/** An amount off goes to the plan first and then, as far as it lasts, from add-on to add-on. */
const amountOff = (
  coupon: Coupon,
  charged: readonly Charged[],
  amounts: readonly Exact[],
  currency: string,
): Exact[] => {
  let left: Exact = new Exact(coupon.discount.currencies.find((one) => one.currency === currency)?.amount ?? 0);
  return amounts.map((amount, at) => {
    const own = charged[at];
    if (own === undefined || !isEligible(coupon, own)) return amount;
    const off = Exact.max(Exact.min(left, amount), 0);
    left = left.minus(off);
    return amount.minus(off);
  });
};

/**
 * What is left of each amount of one billing period: percentages first, each of what the one before left, then amounts,
 * never below zero. A coupon for a free trial takes nothing off.
 */
export const afterDiscounts = (charged: readonly Charged[], coupons: readonly Coupon[], currency: string): Exact[] => {
  let left = charged.map(({ amount }) => amount);
  for (const coupon of coupons.filter(({ discount }) => discount.type === 'percent'))
    left = charged.map((own, at) => {
      const amount = left[at] ?? zero;
      return isEligible(coupon, own) ? percentOff(coupon, amount) : amount;
    });
  for (const coupon of coupons.filter(({ discount }) => discount.type === 'fixed'))
    if (sum(left).greaterThan(0)) left = amountOff(coupon, charged, left, currency);
  return left;
};
