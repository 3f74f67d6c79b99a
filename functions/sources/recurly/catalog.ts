/** The plans and coupons of a site: few, so they are held. One that is on no list is looked up. */
import type { KeptPages } from '../billing/port.ts';
import { type Coupon, type Plan, readCoupon, readPlan } from './objects.ts';
import { keptPages, lookedUp } from './pages.ts';

export type Catalog = {
  plan(id: string): Promise<Plan | null>;
  coupon(id: string): Promise<Coupon | null>;
  /** Whether any coupon is given to accounts: redemptions of those are listed account by account. */
  readonly hasAccountCoupons: boolean;
  /** Whether any is given to subscriptions. */
  readonly hasSubscriptionCoupons: boolean;
};

const readAll = async <T extends { readonly id: string }>(
  list: 'plans' | 'coupons',
  read: (value: unknown) => T,
  kept: KeptPages,
): Promise<Map<string, T>> => {
  const found = new Map<string, T>();
  for await (const page of keptPages(list, kept)) for (const object of page.map(read)) found.set(object.id, object);
  return found;
};

export const readCatalog = async (kept: KeptPages): Promise<Catalog> => {
  const plans = await readAll('plans', readPlan, kept);
  const coupons = await readAll('coupons', readCoupon, kept);
  const orLookedUp = async <T>(
    known: Map<string, T>,
    kind: 'plan' | 'coupon',
    id: string,
    read: (value: unknown) => T,
  ): Promise<T | null> => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const body = await lookedUp({ kind, id }, kept);
    if (body === null) return null;
    const object = read(body);
    known.set(id, object);
    return object;
  };
  const takeOff = [...coupons.values()].filter(({ discount }) => discount.type !== 'free_trial');
  return {
    plan: (id) => orLookedUp(plans, 'plan', id, readPlan),
    coupon: (id) => orLookedUp(coupons, 'coupon', id, readCoupon),
    hasAccountCoupons: takeOff.some(({ redemption_resource: of }) => of !== 'subscription'),
    hasSubscriptionCoupons: takeOff.some(({ redemption_resource: of }) => of === 'subscription'),
  };
};
