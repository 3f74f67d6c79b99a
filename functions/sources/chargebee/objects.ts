/** The parts of Chargebee's objects that are read, parsed once. What else an object holds passes by. */
import { z } from 'zod';
import { dependencyError } from '../../errors.ts';
import { objectReader } from '../billing/object-reader.ts';
import { shown } from '../billing/shown.ts';

// Chargebee leaves out what has no value; an export or a proxy may say null.
const optional = <T>(schema: z.ZodType<T>) => schema.nullish().transform((value): T | undefined => value ?? undefined);

const id = z.string().min(1);
const seconds = optional(z.int().nonnegative());
const units = optional(z.int());
const decimal = optional(z.string().regex(/^-?\d+(\.\d+)?$/));
const quantity = optional(z.int().nonnegative());
const currency = z.string().regex(/^[A-Z]{3}$/);
const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false);
const list = <T>(schema: z.ZodType<T>) =>
  z
    .array(schema)
    .nullish()
    .transform((value): T[] => value ?? []);
const periodUnit = z.enum(['day', 'week', 'month', 'year']);

const subscriptionItemSchema = z.looseObject({
  item_price_id: id,
  item_type: z.enum(['plan', 'addon', 'charge']),
  quantity,
  quantity_in_decimal: decimal,
  unit_price: units,
  unit_price_in_decimal: decimal,
  amount: units,
  amount_in_decimal: decimal,
  free_quantity: quantity,
  free_quantity_in_decimal: decimal,
  metered_quantity: optional(z.union([z.string(), z.number()])),
  billing_period: optional(z.int().positive()),
  billing_period_unit: optional(periodUnit),
  trial_end: seconds,
  current_term_end: seconds,
});

const tierSchema = z.looseObject({
  item_price_id: id,
  starting_unit: quantity,
  ending_unit: quantity,
  price: units,
  starting_unit_in_decimal: decimal,
  ending_unit_in_decimal: decimal,
  price_in_decimal: decimal,
  pricing_type: optional(z.enum(['per_unit', 'flat_fee', 'package'])),
  package_size: optional(z.int().positive()),
});

const attachedCouponSchema = z.looseObject({
  coupon_id: id,
  apply_till: seconds,
  applied_count: quantity,
});

const durationType = z.enum(['one_time', 'forever', 'limited_period']);
const discountType = z.enum(['fixed_amount', 'percentage', 'offer_quantity']);

const manualDiscountSchema = z.looseObject({
  id,
  type: discountType,
  percentage: optional(z.number()),
  amount: units,
  quantity,
  currency_code: optional(currency),
  duration_type: durationType,
  apply_on: z.enum(['invoice_amount', 'specific_item_price']),
  item_price_id: optional(id),
  apply_till: seconds,
  applied_count: quantity,
  coupon_id: optional(z.string()),
});

const subscriptionSchema = z.looseObject({
  id,
  customer_id: id,
  status: z.enum(['future', 'in_trial', 'active', 'non_renewing', 'paused', 'cancelled', 'transferred']),
  currency_code: currency,
  billing_period: optional(z.int().positive()),
  billing_period_unit: optional(periodUnit),
  created_at: seconds,
  started_at: seconds,
  activated_at: seconds,
  updated_at: seconds,
  resource_version: optional(z.int()),
  trial_start: seconds,
  trial_end: seconds,
  current_term_start: seconds,
  current_term_end: seconds,
  next_billing_at: seconds,
  pause_date: seconds,
  resume_date: seconds,
  cancelled_at: seconds,
  cancel_reason: optional(z.string()),
  cancel_reason_code: optional(z.string()),
  gift_id: optional(z.string()),
  mrr: units,
  deleted: flag,
  contract_term: optional(
    z.looseObject({ status: z.string(), contract_end: seconds, action_at_term_end: optional(z.string()) }),
  ),
  /** Sites that still have plans and add-ons in the place of items have none. */
  subscription_items: list(subscriptionItemSchema),
  plan_id: optional(z.string()),
  item_tiers: list(tierSchema),
  coupons: list(attachedCouponSchema),
  discounts: list(manualDiscountSchema),
});

const customerSchema = z.looseObject({
  id,
  company: optional(z.string()),
  first_name: optional(z.string()),
  last_name: optional(z.string()),
  created_at: seconds,
  /** The customer that goes on in its place in another business entity; its own id where it is that one. */
  active_id: optional(z.string()),
  relationship: optional(z.looseObject({ parent_id: optional(z.string()) })),
});

const lineItemSchema = z.looseObject({
  subscription_id: optional(z.string()),
  entity_type: optional(z.string()),
  entity_id: optional(z.string()),
  amount: units,
  discount_amount: units,
  tax_amount: units,
  tax_rate: optional(z.number()),
  is_taxed: flag,
  metered: flag,
});

const paymentLinkSchema = z.looseObject({ txn_id: optional(z.string()) });
const creditSchema = z.looseObject({ cn_reason_code: optional(z.string()), cn_date: seconds });

const invoiceSchema = z.looseObject({
  id,
  customer_id: id,
  subscription_id: optional(z.string()),
  /** False where it is no subscription's. */
  recurring: optional(z.boolean()),
  status: z.enum(['paid', 'posted', 'payment_due', 'not_paid', 'voided', 'pending']),
  date: seconds,
  currency_code: currency,
  price_type: z.enum(['tax_exclusive', 'tax_inclusive']),
  total: units,
  paid_at: seconds,
  voided_at: seconds,
  next_retry_at: seconds,
  dunning_status: optional(z.enum(['in_progress', 'exhausted', 'stopped', 'success'])),
  is_gifted: flag,
  deleted: flag,
  line_items: list(lineItemSchema),
  /** There where an invoice has more lines than a list tells. */
  line_items_next_offset: optional(z.string()),
  linked_payments: list(paymentLinkSchema),
  reference_transactions: list(paymentLinkSchema),
  dunning_attempts: list(
    z.looseObject({
      transaction_id: optional(z.string()),
      /** Of kind `offline` it is a reminder, and no payment was tried. */
      dunning_type: optional(z.string()),
      created_at: seconds,
    }),
  ),
  adjustment_credit_notes: list(creditSchema),
  issued_credit_notes: list(creditSchema),
});

const transactionSchema = z.looseObject({
  id,
  type: z.string(),
  status: optional(z.string()),
  date: seconds,
  currency_code: currency,
  amount: units,
  error_code: optional(z.string()),
  error_detail: optional(z.looseObject({ decline_code: optional(z.string()) })),
  deleted: flag,
  linked_invoices: list(z.looseObject({ invoice_id: id })),
});

const itemSchema = z.looseObject({
  id,
  name: optional(z.string()),
  item_family_id: optional(z.string()),
  metered: flag,
});

const itemPriceSchema = z.looseObject({
  id,
  name: optional(z.string()),
  item_id: optional(z.string()),
  pricing_model: z.enum(['flat_fee', 'per_unit', 'tiered', 'volume', 'stairstep']),
  currency_code: currency,
  period: optional(z.int().positive()),
  period_unit: optional(z.string()),
});

const constraintSchema = z.looseObject({
  item_type: z.enum(['plan', 'addon', 'charge']),
  constraint: z.enum(['none', 'all', 'specific', 'criteria']),
  item_price_ids: list(z.string()),
});

const criteriaSchema = z.looseObject({
  item_type: z.enum(['plan', 'addon', 'charge']),
  currencies: list(z.string()),
  item_family_ids: list(z.string()),
  /** Such as `month` or `1 month`: the form is not documented. */
  item_price_periods: list(z.string()),
});

const couponSchema = z.looseObject({
  id,
  discount_type: discountType,
  discount_percentage: optional(z.number()),
  discount_amount: units,
  discount_quantity: quantity,
  currency_code: optional(currency),
  duration_type: durationType,
  apply_on: z.enum(['invoice_amount', 'each_specified_item']),
  item_constraints: list(constraintSchema),
  item_constraint_criteria: list(criteriaSchema),
});

const eventSchema = z.looseObject({
  id,
  occurred_at: z.int().nonnegative(),
  event_type: z.string(),
  content: z.looseObject({ subscription: optional(z.looseObject({ id })) }),
});

const envelope = z.looseObject({ list: z.array(z.record(z.string(), z.unknown())), next_offset: optional(z.string()) });

export type SubscriptionItem = z.infer<typeof subscriptionItemSchema>;
export type Tier = z.infer<typeof tierSchema>;
export type AttachedCoupon = z.infer<typeof attachedCouponSchema>;
export type ManualDiscount = z.infer<typeof manualDiscountSchema>;
export type Subscription = z.infer<typeof subscriptionSchema>;
export type Customer = z.infer<typeof customerSchema>;
export type LineItem = z.infer<typeof lineItemSchema>;
export type Invoice = z.infer<typeof invoiceSchema>;
export type Transaction = z.infer<typeof transactionSchema>;
export type Item = z.infer<typeof itemSchema>;
export type ItemPrice = z.infer<typeof itemPriceSchema>;
export type Coupon = z.infer<typeof couponSchema>;
export type Event = z.infer<typeof eventSchema>;

/** Where an object came from, for messages. Sites choose ids of customers, which can be names: they are not shown. */
const idIn = (what: string, value: unknown): string => {
  if (what === 'customer') return 'whose id is not shown';
  const found = z.looseObject({ id: z.string() }).safeParse(value);
  return found.success ? shown(found.data.id) : 'one without an id';
};

const reader = objectReader('Chargebee', idIn);

const subscriptionOf = reader('subscription', subscriptionSchema);

/**
 * A subscription with its items. Throws `CHARGEBEE_CATALOG`, kind `dependency`, for one of a site that tells plans and
 * add-ons (Product Catalog 1.0).
 */
export const readSubscription = (value: unknown): Subscription => {
  const subscription = subscriptionOf(value);
  if (subscription.subscription_items.length === 0 && subscription.plan_id !== undefined)
    throw dependencyError(
      'CHARGEBEE_CATALOG',
      'This Chargebee site tells plans and add-ons (Product Catalog 1.0), and items are what can be read',
      'Have Chargebee upgrade the site to Product Catalog 2.0 with answers of the form "items" or "compat", or export the month as files.',
    );
  return subscription;
};

/** A subscription as an event told it; null where it has a form that is not today's, as events of older versions have. */
export const snapshotIn = (value: unknown): Subscription | null => {
  const parsed = subscriptionSchema.safeParse(value);
  return parsed.success && parsed.data.subscription_items.length > 0 ? parsed.data : null;
};

export const readCustomer = reader('customer', customerSchema);
export const readInvoice = reader('invoice', invoiceSchema);
/** Whether an invoice has prices that tax is included in, read without the rest of it. */
export const hasTaxIncluded = (value: unknown): boolean =>
  z.looseObject({ price_type: z.literal('tax_inclusive') }).safeParse(value).success;

export const readTransaction = reader('transaction', transactionSchema);
export const readItem = reader('item', itemSchema);
export const readItemPrice = reader('item price', itemPriceSchema);
export const readCoupon = reader('coupon', couponSchema);
export const readEvent = reader('event', eventSchema);
export const readEnvelope = reader('list', envelope);
