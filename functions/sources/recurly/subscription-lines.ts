/** One subscription of Recurly as lines of the contract: monthly, without tax, net of the coupons of that day. */
import { Decimal } from 'decimal.js';
import { Exact, zero } from '../../core/money.ts';
import { type BillingInterval, monthlyAmount } from '../../core/mrr.ts';
import { dependencyError } from '../../errors.ts';
import { averageUse } from '../billing/average-use.ts';
import { dayOf } from '../billing/calendar.ts';
import { filled, lineBatch } from '../billing/line-batch.ts';
import type { Batch, TableRow } from '../billing/port.ts';
import { shown } from '../billing/shown.ts';
import type { Component, SubscriptionState } from './as-of.ts';
import { afterDiscounts } from './discounted.ts';
import type { Coupon, Plan } from './objects.ts';
import type { RecurlySettings } from './settings.ts';
import type { LineStatus } from './standing.ts';

/** What a subscription does not tell itself. */
export type Beside = {
  readonly status: LineStatus;
  /** Coupons that stand, those of the subscription and those of its account. */
  readonly coupons: readonly Coupon[];
  /** How many coupons nobody knows any more. */
  readonly unknownCoupons: number;
  planOf(id: string): Plan | null;
  /** What an add-on was invoiced for its use in the last three months, net of tax and discounts. */
  invoicedUsage(code: string): Exact;
};

/** Where lines are made: the snapshot's end and what the site's settings say. */
export type LineContext = {
  readonly until: number;
  readonly timeZone: string;
  readonly settings: RecurlySettings;
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

const planFor = ({ planId, subscription }: SubscriptionState, { planOf }: Beside): Plan => {
  const plan = planOf(planId);
  if (plan !== null) return plan;
  throw dependencyError(
    'RECURLY_PLAN',
    `Recurly does not tell the plan ${shown(planId)} of the subscription ${shown(subscription.id)}`,
    'Look at the subscription in Recurly; its plan is needed for the length of its billing period.',
  );
};

/** Recurly knows days and months. Seven days are a week: weekly prices count alike in every source. */
const intervalOf = ({ interval_unit: unit, interval_length: length }: Plan): [BillingInterval, number] => {
  if (unit === 'months') return ['month', length];
  return length % 7 === 0 ? ['week', length / 7] : ['day', length];
};

/** Share of an amount that is left when the tax included in it is taken out; null where nobody says. */
const withoutTax = ({ subscription, taxInclusive, billed }: SubscriptionState): Exact | null => {
  if (!taxInclusive) return new Exact(1);
  const rate = subscription.tax_info?.rate ?? null;
  if (rate !== null) return new Exact(1).div(new Exact(rate).plus(1));
  return billed === null ? null : new Exact(1).minus(billed.includedTax);
};

const modelOf = ({ kind, tiered, quantity }: Component): string => {
  if (kind === 'usage') return 'usage';
  if (tiered) return 'tiered';
  return new Exact(quantity).greaterThan(1) ? 'seat' : 'flat';
};

const renewalOf = ({ subscription, billed }: SubscriptionState, { until, timeZone }: LineContext): string => {
  const { state, auto_renew, remaining_billing_cycles: cycles, current_period_started_at: began } = subscription;
  if (state === 'canceled' || state === 'expired' || (!auto_renew && cycles === 0)) return '';
  // A period that began since was not the one that ran at the month's end.
  const end = began !== null && began < until ? subscription.current_period_ends_at : (billed?.endsAt ?? null);
  return end === null ? '' : dayOf(end, timeZone);
};

const invoiceOf = ({ subscription, billed }: SubscriptionState, until: number): string => {
  if (billed?.invoiceId !== null && billed?.invoiceId !== undefined) return billed.invoiceId;
  const { current_period_started_at: began, active_invoice_id: invoice } = subscription;
  return began !== null && began < until ? (invoice ?? '') : '';
};

/** Rounded once, to the 4 decimals of a line. */
const toLine = (amount: Exact): Exact => amount.toDecimalPlaces(4, Decimal.ROUND_HALF_UP);

const textLength = 10_000;

/**
 * The lines of a subscription as it stood at the month's end: one for its plan and one for each add-on, amounts in money
 * with 4 decimals. Usage is worth 0, or its invoiced average where the settings say so, and is labelled. Setup fees and
 * shipping are none of it. What could not be known is in the counts.
 */
export const subscriptionLines = (state: SubscriptionState, beside: Beside, context: LineContext): Batch => {
  const { subscription, components, certainty } = state;
  const { status, coupons } = beside;
  const { opportunity } = context.settings;
  const { currency } = subscription;
  const [interval, length] = intervalOf(planFor(state, beside));
  const charged = components.map(({ amount, catalogItem }) => ({ amount, planId: state.planId, catalogItem }));
  const left = afterDiscounts(charged, coupons, currency);
  const net = withoutTax(state);
  const monthly = (amount: Exact): Exact => monthlyAmount(amount.times(net ?? 1), interval, length);
  const averaged = context.settings.metered === 'average';
  const metered = components.filter(({ kind }) => kind === 'usage').length;

  let belowZero = 0;
  const lines = components.map((component, at): TableRow => {
    const { kind, amount, itemId, product, name, quantity } = component;
    const after = left[at] ?? zero;
    const usage = kind === 'usage' && averaged ? averageUse(beside.invoicedUsage(product)) : null;
    if (usage?.belowZero === true) belowZero += 1;
    const label = usage === null ? '' : ' (monthly average of three months invoiced)';
    const discount = monthly(amount.minus(after));
    return filled({
      customer_id: subscription.account.id,
      subscription_id: subscription.id,
      item_id: itemId,
      product,
      plan: `${name.slice(0, textLength - label.length)}${label}`,
      pricing_model: modelOf(component),
      quantity,
      currency,
      mrr: (usage?.mrr ?? toLine(monthly(after))).toFixed(4),
      discount_mrr: discount.isZero() ? '' : discount.toFixed(4),
      status,
      renews_on: renewalOf(state, context),
      invoice_id: invoiceOf(state, context.until),
      opportunity_id: subscription.custom_fields.find(({ name: field }) => field === opportunity)?.value ?? '',
    });
  });
  // Of what counts 0 whatever it costs, nothing is in doubt.
  const counting = status === 'active' || status === 'past_due';
  const counts: Partial<Record<CountName, number>> = {
    lines: lines.length,
    linesRebuilt: counting && certainty === 'rebuilt' ? lines.length : 0,
    linesUnknown: counting && certainty === 'unknown' ? lines.length : 0,
    discountsUnknown: counting ? beside.unknownCoupons : 0,
    taxUnknown: counting && net === null ? lines.length : 0,
    [averaged ? 'meteredAveraged' : 'meteredZero']: metered - belowZero,
    meteredBelowZero: belowZero,
  };
  return lineBatch(lines, currency, counts);
};
