/** The parts of Stripe's objects that are read; the rest is left behind. What was read and written down reads the same again. */
import { z } from 'zod';
import { objectReader } from '../billing/object-reader.ts';

export const seconds = z.int().nonnegative();

/** An id, or the object in its place. */
export const idOf = z
  .union([z.string(), z.object({ id: z.string() })])
  .transform((value) => (typeof value === 'string' ? value : value.id));

/** Decimal text in minor units; Stripe gives up to 12 decimals. */
const minorUnits = z.union([z.string().regex(/^-?\d+(\.\d+)?$/), z.int()]).transform((value) => `${value}`);

const couponSchema = z.object({
  id: z.string(),
  percent_off: z.number().nullable().default(null),
  amount_off: z.int().nullable().default(null),
  currency: z.string().nullable().default(null),
  currency_options: z.record(z.string(), z.object({ amount_off: z.int() })).optional(),
  applies_to: z.object({ products: z.array(z.string()) }).nullish(),
});

const couponOrId = z.union([z.string(), couponSchema]);

/** Before the version that is pinned, `coupon` stood on the discount itself; events are told in the version of their day. */
const discountSchema = z
  .object({
    id: z.string(),
    start: seconds,
    end: seconds.nullable(),
    customer: idOf.nullish(),
    subscription: idOf.nullish(),
    coupon: couponOrId.nullish(),
    source: z.object({ coupon: couponOrId.nullable() }).optional(),
  })
  .transform(({ id, start, end, customer, subscription, coupon, source }) => {
    const given = source?.coupon ?? coupon ?? null;
    return {
      id,
      start,
      end,
      customer,
      subscription,
      source: { coupon: given },
      couponId: typeof given === 'string' ? given : (given?.id ?? null),
      coupon: typeof given === 'string' ? null : given,
    };
  });

const discountsSchema = z
  .array(z.union([z.string(), discountSchema]))
  .nullish()
  .transform((discounts) => discounts ?? []);

const tierSchema = z.object({
  up_to: z.int().nullable(),
  flat_amount_decimal: minorUnits.nullish(),
  flat_amount: z.int().nullish(),
  unit_amount_decimal: minorUnits.nullish(),
  unit_amount: z.int().nullish(),
});

/** The price in another currency than its own. */
const currencyOptionSchema = z.object({
  unit_amount: z.int().nullish(),
  unit_amount_decimal: minorUnits.nullish(),
  tiers: z.array(tierSchema).optional(),
});

const priceSchema = z.object({
  id: z.string(),
  nickname: z.string().nullish(),
  lookup_key: z.string().nullish(),
  product: idOf,
  currency: z.string(),
  billing_scheme: z.enum(['per_unit', 'tiered']),
  unit_amount: z.int().nullish(),
  unit_amount_decimal: minorUnits.nullish(),
  tiers: z.array(tierSchema).optional(),
  currency_options: z.record(z.string(), currencyOptionSchema).optional(),
  tiers_mode: z.enum(['graduated', 'volume']).nullish(),
  transform_quantity: z.object({ divide_by: z.int().positive(), round: z.enum(['up', 'down']) }).nullish(),
  tax_behavior: z.string().nullish(),
  recurring: z
    .object({
      interval: z.enum(['day', 'week', 'month', 'year']),
      interval_count: z.int().positive(),
      usage_type: z.string(),
    })
    .nullable(),
});

const taxRateSchema = z.object({ inclusive: z.boolean(), percentage: z.number().nonnegative() });

const itemSchema = z.object({
  id: z.string(),
  created: seconds,
  quantity: z.int().nonnegative().nullish(),
  price: priceSchema,
  discounts: discountsSchema,
  tax_rates: z.array(taxRateSchema).nullish(),
  current_period_start: seconds.nullish(),
  current_period_end: seconds.nullish(),
});

const subscriptionSchema = z.object({
  id: z.string(),
  status: z.enum([
    'active',
    'past_due',
    'trialing',
    'paused',
    'unpaid',
    'canceled',
    'incomplete',
    'incomplete_expired',
  ]),
  customer: idOf,
  currency: z.string(),
  created: seconds,
  ended_at: seconds.nullish(),
  cancel_at: seconds.nullish(),
  cancel_at_period_end: z.boolean().default(false),
  trial_start: seconds.nullish(),
  trial_end: seconds.nullish(),
  pause_collection: z.object({ behavior: z.string(), resumes_at: seconds.nullish() }).nullish(),
  cancellation_details: z
    .object({ reason: z.string().nullish(), feedback: z.string().nullish(), comment: z.string().nullish() })
    .nullish(),
  automatic_tax: z.object({ enabled: z.boolean() }).nullish(),
  default_tax_rates: z.array(taxRateSchema).nullish(),
  discount: discountSchema.nullish(),
  discounts: discountsSchema,
  latest_invoice: idOf.nullish(),
  current_period_start: seconds.nullish(),
  current_period_end: seconds.nullish(),
  metadata: z.record(z.string(), z.string()).default({}),
  items: z.object({ data: z.array(itemSchema), has_more: z.boolean().default(false) }),
});

const customerSchema = z.object({
  id: z.string(),
  name: z.string().nullish(),
  created: seconds,
  metadata: z.record(z.string(), z.string()).default({}),
  discount: discountSchema.nullish(),
});

const chargeSchema = z.object({
  id: z.string(),
  created: seconds,
  status: z.string(),
  failure_code: z.string().nullish(),
  outcome: z.object({ reason: z.string().nullish() }).nullish(),
  customer: idOf.nullish(),
  payment_intent: idOf.nullish(),
});

const invoiceLineSchema = z.object({
  id: z.string(),
  amount: z.int(),
  discount_amounts: z.array(z.object({ amount: z.int() })).nullish(),
  taxes: z.array(z.object({ amount: z.int(), tax_behavior: z.string() })).nullish(),
  parent: z.object({ subscription_item_details: z.object({ subscription_item: z.string() }).nullish() }).nullish(),
});

const invoiceSchema = z.object({
  id: z.string(),
  created: seconds,
  currency: z.string(),
  customer: idOf.nullish(),
  status: z.string().nullish(),
  amount_due: z.int(),
  attempt_count: z.int().nullish(),
  status_transitions: z.object({
    paid_at: seconds.nullish(),
    marked_uncollectible_at: seconds.nullish(),
    voided_at: seconds.nullish(),
  }),
  parent: z.object({ subscription_details: z.object({ subscription: idOf }).nullish() }).nullish(),
  payments: z
    .object({
      data: z.array(z.object({ payment: z.object({ payment_intent: idOf.nullish(), charge: idOf.nullish() }) })),
    })
    .nullish(),
  lines: z.object({ data: z.array(invoiceLineSchema), has_more: z.boolean().default(false) }),
});

const eventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: seconds,
  data: z.looseObject({
    object: z.looseObject({ id: z.string() }),
    previous_attributes: z.record(z.string(), z.unknown()).nullish(),
  }),
});

/** How a subscription stood before an event about it; null where the event made it. */
const changeSchema = z.object({ subscription: z.string(), created: seconds, was: subscriptionSchema.nullable() });

const listSchema = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })), has_more: z.boolean() });

export type Coupon = z.infer<typeof couponSchema>;
export type Discount = z.infer<typeof discountSchema>;
export type Price = z.infer<typeof priceSchema>;
export type Tier = z.infer<typeof tierSchema>;
export type TaxRate = z.infer<typeof taxRateSchema>;
export type Item = z.infer<typeof itemSchema>;
export type Subscription = z.infer<typeof subscriptionSchema>;
export type Customer = z.infer<typeof customerSchema>;
export type Charge = z.infer<typeof chargeSchema>;
export type Invoice = z.infer<typeof invoiceSchema>;
export type InvoiceLine = z.infer<typeof invoiceLineSchema>;
export type Event = z.infer<typeof eventSchema>;
export type Change = z.infer<typeof changeSchema>;

export const reader = objectReader('Stripe');

export const readAsked = reader('time of asking', z.object({ at: seconds }));
export const readList = reader('list', listSchema);
export const readSubscription = reader('subscription', subscriptionSchema);
export const readItem = reader('subscription item', itemSchema);
export const readCustomer = reader('customer', customerSchema);
export const readCoupon = reader('coupon', couponSchema);
export const readDiscount = reader('discount', discountSchema);
export const readPrice = reader('price', priceSchema);
export const readCharge = reader('charge', chargeSchema);
export const readInvoice = reader('invoice', invoiceSchema);
export const readInvoiceLine = reader('invoice line', invoiceLineSchema);
export const readEvent = reader('event', eventSchema);
export const readChange = reader('change', changeSchema);
