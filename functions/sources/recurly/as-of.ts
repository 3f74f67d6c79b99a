/** Puts a subscription back to a month's end. Recurly keeps no history of it, but what was billed is on its invoices. */
import { Exact, minorUnitDecimals, zero } from '../../core/money.ts';
import type { Billed, BilledItem } from './billed.ts';
import type { AddOn, Plan, Subscription } from './objects.ts';
import { periodAmount } from './period-amount.ts';

/** One thing that a subscription is charged for, each period. */
export type Component = {
  /** Unique within its subscription. */
  readonly itemId: string;
  readonly product: string;
  readonly name: string;
  readonly kind: 'plan' | 'add_on' | 'usage';
  readonly tiered: boolean;
  readonly quantity: string;
  /** For one billing period, before discounts; nothing for usage. */
  readonly amount: Exact;
  /** The catalog item behind an add-on; null where there is none. */
  readonly catalogItem: string | null;
};

export type SubscriptionState = {
  readonly subscription: Subscription;
  readonly planId: string;
  readonly components: readonly Component[];
  readonly taxInclusive: boolean;
  /** The billing period that the month's end falls into, where an invoice tells it. */
  readonly billed: Billed | null;
  /**
   * `seen`: nothing happened to it since, or what was billed says the same. `rebuilt`: as it was billed.
   * `unknown`: it changed since, and no invoice says what it was; what it charges is what it charges today.
   */
  readonly certainty: 'seen' | 'rebuilt' | 'unknown';
};

/** Whether anything was done to a subscription since: to itself, to an add-on, or by a renewal. */
export const isChanged = (
  { updated_at: updated, current_period_started_at: began, add_ons: addOns }: Subscription,
  until: number,
): boolean => [updated, began, ...addOns.map(({ updated_at: at }) => at)].some((at) => at !== null && at >= until);

/** The price of a ramp in the interval that `until` ends; null where there is no ramp, or none of that time. */
const rampAt = ({ ramp_intervals: ramp }: Subscription, until: number): string | null =>
  ramp.find(
    ({ starting_on: begins, ending_on: ends }) => begins !== null && begins < until && (ends === null || ends >= until),
  )?.unit_amount ?? null;

const planComponent = (subscription: Subscription, unit: string): Component => ({
  itemId: 'plan',
  product: subscription.plan.code,
  name: subscription.plan.name ?? subscription.plan.code,
  kind: 'plan',
  tiered: false,
  quantity: `${subscription.quantity}`,
  amount: new Exact(unit).times(subscription.quantity),
  catalogItem: null,
});

const addOnComponent = (own: AddOn): Component => {
  const { add_on: addOn, id, quantity, tier_type } = own;
  const usage = addOn.add_on_type === 'usage';
  return {
    itemId: id,
    product: addOn.code,
    name: addOn.name ?? addOn.code,
    kind: usage ? 'usage' : 'add_on',
    tiered: tier_type !== 'flat',
    quantity: usage ? '' : `${quantity}`,
    amount: usage ? zero : periodAmount(own),
    catalogItem: addOn.item_id,
  };
};

const wasThere = ({ created_at: begins, expired_at: ends }: AddOn, until: number): boolean =>
  (begins === null || begins < until) && (ends === null || ends >= until);

/** Whether what was billed for an item is what it costs, but for the rounding of each unit. */
const isPriceOf = (billed: BilledItem, { amount, quantity }: Component, currency: string): boolean => {
  const cent = new Exact(10).pow(-minorUnitDecimals(currency)).times(Exact.max(1, quantity));
  return [amount, amount.times(billed.proration)].some((told) =>
    told.minus(billed.amount).abs().lessThanOrEqualTo(cent),
  );
};

/** Whether the lines of a period and today's subscription are the same things at the same prices. */
const agrees = (billed: Billed, components: readonly Component[], currency: string): boolean => {
  const fixed = components.filter(({ kind }) => kind !== 'usage');
  const lines = [billed.plan, ...billed.addOns];
  // What costs nothing is on no invoice.
  if (lines.length > fixed.length) return false;
  return fixed.every((component) => {
    const own = component.kind === 'plan' ? billed.plan : billed.addOns.find(({ code }) => code === component.product);
    if (own === undefined) return component.amount.isZero();
    const same = own.code === component.product && new Exact(own.quantity).equals(component.quantity);
    return same && isPriceOf(own, component, currency);
  });
};

const billedComponents = (
  { billed, subscription, present }: { billed: Billed; subscription: Subscription; present: readonly Component[] },
  planOf: (id: string) => Plan | null,
): Component[] => {
  const planName = planOf(billed.planId ?? subscription.plan.id)?.name ?? billed.plan.code;
  const fromLine = (item: BilledItem, kind: 'plan' | 'add_on'): Component => {
    const same = present.find(({ product, kind: own }) => own === kind && product === item.code);
    return {
      itemId: kind === 'plan' ? 'plan' : (same?.itemId ?? `add_on:${item.code}`),
      product: item.code,
      name: kind === 'plan' ? planName : (same?.name ?? item.code),
      kind,
      tiered: same?.tiered ?? false,
      quantity: item.quantity,
      amount: item.amount,
      catalogItem: same?.catalogItem ?? item.catalogItem,
    };
  };
  return [
    fromLine(billed.plan, 'plan'),
    ...billed.addOns.map((item) => fromLine(item, 'add_on')),
    ...present.filter(({ kind }) => kind === 'usage'),
  ];
};

/**
 * A subscription as it stood just before `until`, as far as it can be told. `planOf` knows the plans by id; `billed` is
 * what the invoices of the time before say of the period that `until` falls into.
 */
export const stateAt = (
  subscription: Subscription,
  billed: Billed | null,
  until: number,
  planOf: (id: string) => Plan | null,
): SubscriptionState => {
  const { unit_amount: unit, currency, plan, tax_inclusive: taxInclusive } = subscription;
  const changed = isChanged(subscription, until);
  const components = [
    planComponent(subscription, (changed ? rampAt(subscription, until) : null) ?? unit),
    ...subscription.add_ons.filter((addOn) => wasThere(addOn, until)).map(addOnComponent),
  ];
  const present = { subscription, planId: plan.id, components, taxInclusive, billed };
  if (!changed || (billed !== null && agrees(billed, components, currency))) return { ...present, certainty: 'seen' };
  if (billed === null || !billed.whole) return { ...present, certainty: 'unknown' };
  return {
    ...present,
    planId: billed.planId ?? plan.id,
    components: billedComponents({ billed, subscription, present: components }, planOf),
    taxInclusive: billed.taxInclusive,
    certainty: 'rebuilt',
  };
};
