/** Recurly's objects as its API tells them, with what a test wants different. */
import { exact, zero } from '../../../functions/core/money.ts';
import { parseExactly } from '../../../functions/sources/billing/exact-json.ts';
import { stateAt } from '../../../functions/sources/recurly/as-of.ts';
import { billedAt } from '../../../functions/sources/recurly/billed.ts';
import { readCoupon, readLine, readPlan, readSubscription } from '../../../functions/sources/recurly/objects.ts';
import { parseRecurlyAddress } from '../../../functions/sources/recurly/settings.ts';
import { type LineStatus, statusAt } from '../../../functions/sources/recurly/standing.ts';
import { subscriptionLines } from '../../../functions/sources/recurly/subscription-lines.ts';
import type { Raw } from '../../servers/recurly.ts';

export type { Raw };

/** Seconds of an instant written as ISO text. */
export const at = (text: string): number => Date.parse(text) / 1000;

export const until = at('2026-11-01T00:00:00Z');

/** As it comes off the wire: numbers are text. */
export const wired = (raw: unknown): unknown => parseExactly(JSON.stringify(raw));

export const plan = (changes: Raw = {}): Raw => ({
  id: 'plan_team',
  object: 'plan',
  code: 'team',
  name: 'Team',
  state: 'active',
  pricing_model: 'fixed',
  interval_unit: 'months',
  interval_length: 1,
  currencies: [{ currency: 'USD', setup_fee: 0.0, unit_amount: 100.0 }],
  created_at: '2025-01-01T00:00:00Z',
  ...changes,
});

export const addOn = ({ add_on, ...changes }: Raw = {}): Raw => ({
  id: 'sao_1',
  object: 'subscription_add_on',
  add_on: {
    id: 'ao_seats',
    object: 'add_on',
    code: 'seats',
    name: 'Seats',
    add_on_type: 'fixed',
    usage_type: null,
    item_id: null,
    ...((add_on as Raw | undefined) ?? {}),
  },
  add_on_source: 'plan_add_on',
  quantity: 1,
  unit_amount: 10.0,
  unit_amount_decimal: null,
  tier_type: 'flat',
  tiers: [],
  created_at: '2026-01-15T00:00:00Z',
  expired_at: null,
  ...changes,
});

export const coupon = (changes: Raw = {}): Raw => ({
  id: 'coupon_1',
  object: 'coupon',
  code: 'ten',
  name: 'Ten off',
  state: 'redeemable',
  duration: 'forever',
  redemption_resource: 'subscription',
  applies_to_all_plans: true,
  plans: null,
  applies_to_all_items: true,
  items: null,
  discount: { type: 'percent', percent: 10 },
  created_at: '2025-01-01T00:00:00Z',
  ...changes,
});

export const subscription = (changes: Raw = {}): Raw => ({
  id: 'sub_1',
  object: 'subscription',
  uuid: 'uuid_1',
  account: { id: 'acc_1', object: 'account', code: 'one', company: 'One Ltd', email: 'one@example.com' },
  plan: { id: 'plan_team', object: 'plan', code: 'team', name: 'Team' },
  state: 'active',
  currency: 'USD',
  unit_amount: 100.0,
  quantity: 1,
  subtotal: 100.0,
  tax_inclusive: false,
  tax_info: null,
  add_ons: [],
  coupon_redemptions: [],
  pending_change: null,
  ramp_intervals: null,
  custom_fields: [],
  auto_renew: true,
  remaining_billing_cycles: 1,
  expiration_reason: null,
  active_invoice_id: 'inv_1',
  started_with_gift: false,
  converted_at: null,
  trial_started_at: null,
  trial_ends_at: null,
  paused_at: null,
  current_period_started_at: '2026-10-15T00:00:00Z',
  current_period_ends_at: '2026-11-15T00:00:00Z',
  created_at: '2026-01-15T00:00:00Z',
  updated_at: '2026-10-15T00:00:00Z',
  activated_at: '2026-01-15T00:00:00Z',
  canceled_at: null,
  expires_at: null,
  ...changes,
});

export const line = (changes: Raw = {}): Raw => ({
  id: 'line_1',
  object: 'line_item',
  type: 'charge',
  state: 'invoiced',
  origin: 'plan',
  subscription_id: 'sub_1',
  plan_id: 'plan_team',
  plan_code: 'team',
  add_on_code: null,
  invoice_id: 'inv_1',
  currency: 'USD',
  quantity: 1,
  unit_amount: 100.0,
  subtotal: 100.0,
  discount: 0.0,
  tax: 0.0,
  tax_inclusive: false,
  proration_rate: null,
  refund: false,
  start_date: '2026-10-15T00:00:00Z',
  end_date: '2026-11-15T00:00:00Z',
  created_at: '2026-10-15T00:00:05Z',
  ...changes,
});

export type Settings = {
  readonly address?: string;
  readonly coupons?: readonly Raw[];
  readonly lines?: readonly Raw[];
  readonly plans?: readonly Raw[];
  readonly usage?: string;
  readonly status?: LineStatus;
};

/** The lines of a subscription at the end of October 2026. */
export const linesOf = (
  raw: Raw,
  { address = 'recurly:', coupons = [], lines = [], plans = [plan()], usage = '0', status }: Settings = {},
) => {
  const now = readSubscription(wired(raw));
  const known = new Map(plans.map((one) => readPlan(wired(one))).map((one) => [one.id, one]));
  const planOf = (id: string) => known.get(id) ?? null;
  const billed = billedAt(
    lines.map((one) => readLine(wired(one))),
    until,
  );
  const standing = status ?? statusAt(now, false, until);
  if (standing === null) return null;
  return subscriptionLines(
    stateAt(now, billed, until, planOf),
    {
      status: standing,
      coupons: coupons.map((one) => readCoupon(wired(one))),
      unknownCoupons: 0,
      planOf,
      invoicedUsage: () => (usage === '0' ? zero : exact(usage)),
    },
    { until, timeZone: 'UTC', settings: parseRecurlyAddress(address) },
  );
};

/** MRR of each line, as text without trailing zeros. */
export const mrrOf = (raw: Raw, settings: Settings = {}): string[] =>
  (linesOf(raw, settings)?.rows.lines ?? []).map(({ mrr }) => exact(mrr ?? '').toFixed());
