/** Chargebee's objects as its API tells them, with what a test wants different. */
import { exact } from '../../../functions/core/money.ts';
import { parseMonth } from '../../../functions/core/month.ts';
import type { Batch, PullRequest } from '../../../functions/sources/billing/port.ts';
import { type Bill, billsOf } from '../../../functions/sources/chargebee/billed.ts';
import { noAttempts, withTransaction } from '../../../functions/sources/chargebee/failed-payments.ts';
import {
  readCoupon,
  readInvoice,
  readItem,
  readItemPrice,
  readSubscription,
  readTransaction,
} from '../../../functions/sources/chargebee/objects.ts';
import { parseChargebeeAddress } from '../../../functions/sources/chargebee/settings.ts';
import {
  type LineContext,
  type Standing,
  subscriptionLines,
} from '../../../functions/sources/chargebee/subscription-lines.ts';

export type Raw = Record<string, unknown>;

/** Seconds of an instant written as ISO text; a day alone is its noon. */
export const at = (text: string): number => Date.parse(text.length === 10 ? `${text}T12:00:00Z` : text) / 1000;

export const until = at('2026-11-01T00:00:00Z');

export const request: PullRequest = {
  month: parseMonth('2026-10'),
  timeZone: 'UTC',
  from: at('2026-10-01T00:00:00Z'),
  until,
  pulledAt: at('2026-11-02T06:00:00Z'),
};

export const planItem = (changes: Raw = {}): Raw => ({
  item_price_id: 'core-USD-Monthly',
  item_type: 'plan',
  unit_price: 10_000,
  amount: 10_000,
  free_quantity: 0,
  object: 'subscription_item',
  ...changes,
});

export const subscription = ({ items = [planItem()], ...changes }: Raw = {}): Raw => ({
  id: 'sub_1',
  customer_id: 'cus_1',
  object: 'subscription',
  status: 'active',
  currency_code: 'USD',
  billing_period: 1,
  billing_period_unit: 'month',
  created_at: at('2026-01-15'),
  started_at: at('2026-01-15'),
  activated_at: at('2026-01-15'),
  updated_at: at('2026-10-15'),
  resource_version: at('2026-10-15') * 1000,
  current_term_start: at('2026-10-15'),
  current_term_end: at('2026-11-15'),
  next_billing_at: at('2026-11-15'),
  has_scheduled_changes: false,
  deleted: false,
  subscription_items: items,
  ...changes,
});

export const itemPrice = (changes: Raw = {}): Raw => ({
  id: 'core-USD-Monthly',
  name: 'Core monthly',
  item_id: 'core',
  item_type: 'plan',
  pricing_model: 'flat_fee',
  currency_code: 'USD',
  period: 1,
  period_unit: 'month',
  status: 'active',
  object: 'item_price',
  ...changes,
});

export const item = (changes: Raw = {}): Raw => ({
  id: 'core',
  name: 'Core',
  type: 'plan',
  item_family_id: 'suite',
  metered: false,
  object: 'item',
  ...changes,
});

export const coupon = (changes: Raw = {}): Raw => ({
  id: 'coupon_1',
  name: 'A coupon',
  discount_type: 'percentage',
  discount_percentage: 10,
  duration_type: 'forever',
  apply_on: 'invoice_amount',
  created_at: at('2026-01-01'),
  object: 'coupon',
  ...changes,
});

export const invoice = (changes: Raw = {}): Raw => ({
  id: 'in_1',
  customer_id: 'cus_1',
  subscription_id: 'sub_1',
  recurring: true,
  status: 'paid',
  price_type: 'tax_exclusive',
  date: at('2026-10-15'),
  paid_at: at('2026-10-15'),
  currency_code: 'USD',
  total: 10_000,
  amount_due: 0,
  is_gifted: false,
  deleted: false,
  object: 'invoice',
  line_items: [lineItem()],
  ...changes,
});

export const lineItem = (changes: Raw = {}): Raw => ({
  id: 'li_1',
  subscription_id: 'sub_1',
  entity_type: 'plan_item_price',
  entity_id: 'core-USD-Monthly',
  amount: 10_000,
  discount_amount: 0,
  is_taxed: false,
  tax_amount: 0,
  date_from: at('2026-10-15'),
  date_to: at('2026-11-15'),
  ...changes,
});

export const transaction = (changes: Raw = {}): Raw => ({
  id: 'txn_1',
  customer_id: 'cus_1',
  type: 'payment',
  status: 'failure',
  date: at('2026-10-15'),
  currency_code: 'USD',
  amount: 10_000,
  error_code: 'card_declined',
  deleted: false,
  object: 'transaction',
  linked_invoices: [{ invoice_id: 'in_1', applied_amount: 0, invoice_status: 'payment_due' }],
  ...changes,
});

/** What an invoice and some transactions say of the subscription `sub_1`. */
export const billsIn = (invoices: readonly Raw[], transactions: readonly Raw[] = []): Bill[] => {
  const attempts = noAttempts(at('2026-08-01T00:00:00Z'));
  for (const one of transactions) withTransaction(attempts, readTransaction(one), until);
  return invoices.flatMap((one) => billsOf(readInvoice(one), attempts, until).map(([, bill]) => bill));
};

type Held = { prices?: Raw[]; items?: Raw[]; coupons?: Raw[]; taxInclusive?: boolean };

export const context = (
  address = 'chargebee:?site=acme',
  { prices = [itemPrice()], items = [item()], coupons = [], taxInclusive = false }: Held = {},
): LineContext => {
  const among =
    <T extends { readonly id: string }>(all: readonly T[]) =>
    (id: string) =>
      all.find((one) => one.id === id) ?? null;
  return {
    until,
    usedFrom: at('2026-08-01T00:00:00Z'),
    timeZone: 'UTC',
    settings: parseChargebeeAddress(address),
    catalog: {
      price: among(prices.map(readItemPrice)),
      item: among(items.map(readItem)),
      coupon: among(coupons.map(readCoupon)),
      taxInclusive,
    },
  };
};

/** The lines of a subscription at the end of October 2026. */
export const linesOf = (raw: Raw, where = context(), changes: Partial<Standing> = {}): Batch =>
  subscriptionLines(
    { subscription: readSubscription(raw), status: 'active', certainty: 'seen', bills: [], ...changes },
    where,
  );

/** MRR of each line, as text without trailing zeros. */
export const mrrOf = (raw: Raw, where = context(), changes: Partial<Standing> = {}): string[] =>
  (linesOf(raw, where, changes).rows.lines ?? []).map(({ mrr }) => exact(mrr ?? '').toFixed());
