/** Stripe's objects as its API tells them, with what a test wants different. */
import { exact, zero } from '../../../functions/core/money.ts';
import { readDiscount, readPrice, readSubscription } from '../../../functions/sources/stripe/objects.ts';
import { parseStripeAddress } from '../../../functions/sources/stripe/settings.ts';
import type { SubscriptionState } from '../../../functions/sources/stripe/standing.ts';
import {
  type LineContext,
  type Lookups,
  subscriptionLines,
} from '../../../functions/sources/stripe/subscription-lines.ts';

export type Raw = Record<string, unknown>;

/** Seconds of an instant written as ISO text. */
export const at = (text: string): number => Date.parse(text) / 1000;

export const until = at('2026-11-01T00:00:00Z');

export const price = (changes: Raw = {}): Raw => {
  const { recurring = {}, ...rest } = changes;
  return {
    id: 'price_1',
    object: 'price',
    nickname: null,
    lookup_key: null,
    product: 'prod_core',
    currency: 'usd',
    billing_scheme: 'per_unit',
    unit_amount: 10_000,
    unit_amount_decimal: '10000',
    tiers_mode: null,
    transform_quantity: null,
    tax_behavior: 'exclusive',
    type: 'recurring',
    recurring:
      recurring === null
        ? null
        : { interval: 'month', interval_count: 1, usage_type: 'licensed', meter: null, ...(recurring as Raw) },
    ...rest,
  };
};

export const item = (changes: Raw = {}): Raw => ({
  id: 'si_1',
  object: 'subscription_item',
  created: at('2026-01-15T00:00:00Z'),
  quantity: 1,
  price: price(),
  discounts: [],
  tax_rates: [],
  current_period_start: at('2026-10-15T00:00:00Z'),
  current_period_end: at('2026-11-15T00:00:00Z'),
  ...changes,
});

export const subscription = ({ items = [item()], ...changes }: Raw = {}): Raw => ({
  id: 'sub_1',
  object: 'subscription',
  status: 'active',
  customer: 'cus_1',
  currency: 'usd',
  created: at('2026-01-15T00:00:00Z'),
  start_date: at('2026-01-15T00:00:00Z'),
  ended_at: null,
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  trial_start: null,
  trial_end: null,
  pause_collection: null,
  cancellation_details: { comment: null, feedback: null, reason: null },
  automatic_tax: { enabled: false },
  default_tax_rates: [],
  discounts: [],
  latest_invoice: 'in_1',
  schedule: null,
  metadata: {},
  items: { object: 'list', data: items, has_more: false, url: '/v1/subscription_items' },
  ...changes,
});

export const coupon = (changes: Raw = {}): Raw => ({
  id: 'coupon_1',
  object: 'coupon',
  percent_off: null,
  amount_off: null,
  currency: null,
  duration: 'forever',
  ...changes,
});

export const discount = (of: Raw, changes: Raw = {}): Raw => ({
  id: 'di_1',
  object: 'discount',
  start: at('2026-01-15T00:00:00Z'),
  end: null,
  source: { type: 'coupon', coupon: coupon(of) },
  ...changes,
});

const nothing: Lookups = {
  coupon: () => null,
  discount: () => null,
  fullPrice: () => null,
  customerDiscount: () => null,
  includedTax: () => null,
  invoicedUsage: () => zero,
};

export const context = (address = 'stripe:', lookups: Partial<Lookups> = {}): LineContext => ({
  until,
  timeZone: 'UTC',
  settings: parseStripeAddress(address),
  lookups: { ...nothing, ...lookups },
});

export const seen = (raw: Raw): SubscriptionState => ({ subscription: readSubscription(raw), certainty: 'seen' });

/** The lines of a subscription at the end of October 2026. */
export const linesOf = (raw: Raw, at = context()) => subscriptionLines(seen(raw), at);

/** MRR of each line, as text without trailing zeros. */
export const mrrOf = (raw: Raw, at = context()): string[] =>
  (linesOf(raw, at).rows.lines ?? []).map(({ mrr }) => exact(mrr ?? '').toFixed());

export { readDiscount, readPrice };
