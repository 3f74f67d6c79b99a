/** The parts of Stripe's objects that are read, parsed once. What else an object holds passes by. */
import { z } from 'zod';
import { dependencyError } from '../../errors.ts';

const seconds = z.int().nonnegative();

/** An id, or the object in its place. */
const idOf = z
  .union([z.string(), z.looseObject({ id: z.string() })])
  .transform((value) => (typeof value === 'string' ? value : value.id));

/** Decimal text in minor units; Stripe gives up to 12 decimals. */
const minorUnits = z.union([z.string().regex(/^-?\d+(\.\d+)?$/), z.int()]).transform((value) => `${value}`);

const couponSchema = z.looseObject({
  id: z.string(),
  percent_off: z.number().nullable().default(null),
  amount_off: z.int().nullable().default(null),
  currency: z.string().nullable().default(null),
  currency_options: z.record(z.string(), z.looseObject({ amount_off: z.int() })).optional(),
  applies_to: z.looseObject({ products: z.array(z.string()) }).nullish(),
});

const couponOrId = z.union([z.string(), couponSchema]);

/** Before the version that is pinned, `coupon` stood on the discount itself; events are told in the version of their day. */
const discountSchema = z
  .looseObject({
    id: z.string(),
    start: seconds,
    end: seconds.nullable(),
    coupon: couponOrId.optional(),
    source: z.looseObject({ coupon: couponOrId.nullable() }).optional(),
  })
  .transform(({ id, start, end, coupon, source }) => {
    const given = source?.coupon ?? coupon ?? null;
    return {
      id,
      start,
      end,
      couponId: typeof given === 'string' ? given : (given?.id ?? null),
      coupon: typeof given === 'string' ? null : given,
    };
  });

const discountsSchema = z
  .array(z.union([z.string(), discountSchema]))
  .nullish()
  .transform((discounts) => discounts ?? []);

const tierSchema = z.looseObject({
  up_to: z.int().nullable(),
  flat_amount_decimal: minorUnits.nullish(),
  flat_amount: z.int().nullish(),
  unit_amount_decimal: minorUnits.nullish(),
  unit_amount: z.int().nullish(),
});

const priceSchema = z.looseObject({
  id: z.string(),
  nickname: z.string().nullish(),
  lookup_key: z.string().nullish(),
  product: idOf,
  currency: z.string(),
  billing_scheme: z.enum(['per_unit', 'tiered']),
  unit_amount: z.int().nullish(),
  unit_amount_decimal: minorUnits.nullish(),
  tiers: z.array(tierSchema).optional(),
  tiers_mode: z.enum(['graduated', 'volume']).nullish(),
  transform_quantity: z.looseObject({ divide_by: z.int().positive(), round: z.enum(['up', 'down']) }).nullish(),
  tax_behavior: z.string().nullish(),
  recurring: z
    .looseObject({
      interval: z.enum(['day', 'week', 'month', 'year']),
      interval_count: z.int().positive(),
      usage_type: z.string(),
    })
    .nullable(),
});

const taxRateSchema = z.looseObject({ inclusive: z.boolean(), percentage: z.number().nonnegative() });

const itemSchema = z.looseObject({
  id: z.string(),
  created: seconds,
  quantity: z.int().nonnegative().nullish(),
  price: priceSchema,
  discounts: discountsSchema,
  tax_rates: z.array(taxRateSchema).nullish(),
  current_period_start: seconds.nullish(),
  current_period_end: seconds.nullish(),
});

const subscriptionSchema = z.looseObject({
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
  pause_collection: z.looseObject({ behavior: z.string(), resumes_at: seconds.nullish() }).nullish(),
  cancellation_details: z
    .looseObject({ reason: z.string().nullish(), feedback: z.string().nullish(), comment: z.string().nullish() })
    .nullish(),
  automatic_tax: z.looseObject({ enabled: z.boolean() }).nullish(),
  default_tax_rates: z.array(taxRateSchema).nullish(),
  discount: discountSchema.nullish(),
  discounts: discountsSchema,
  latest_invoice: idOf.nullish(),
  current_period_start: seconds.nullish(),
  current_period_end: seconds.nullish(),
  metadata: z.record(z.string(), z.string()).default({}),
  items: z.looseObject({ data: z.array(itemSchema), has_more: z.boolean().default(false) }),
});

const customerSchema = z.looseObject({
  id: z.string(),
  name: z.string().nullish(),
  created: seconds,
  metadata: z.record(z.string(), z.string()).default({}),
  discount: discountSchema.nullish(),
});

const chargeSchema = z.looseObject({
  id: z.string(),
  created: seconds,
  status: z.string(),
  failure_code: z.string().nullish(),
  outcome: z.looseObject({ reason: z.string().nullish() }).nullish(),
  payment_intent: idOf.nullish(),
});

const invoiceLineSchema = z.looseObject({
  id: z.string(),
  amount: z.int(),
  discount_amounts: z.array(z.looseObject({ amount: z.int() })).nullish(),
  taxes: z.array(z.looseObject({ amount: z.int(), tax_behavior: z.string() })).nullish(),
  parent: z
    .looseObject({ subscription_item_details: z.looseObject({ subscription_item: z.string() }).nullish() })
    .nullish(),
});

const invoiceSchema = z.looseObject({
  id: z.string(),
  created: seconds,
  currency: z.string(),
  customer: idOf.nullish(),
  status: z.string().nullish(),
  amount_due: z.int(),
  status_transitions: z.looseObject({
    paid_at: seconds.nullish(),
    marked_uncollectible_at: seconds.nullish(),
    voided_at: seconds.nullish(),
  }),
  parent: z.looseObject({ subscription_details: z.looseObject({ subscription: idOf }).nullish() }).nullish(),
  payments: z
    .looseObject({
      data: z.array(
        z.looseObject({ payment: z.looseObject({ payment_intent: idOf.nullish(), charge: idOf.nullish() }) }),
      ),
    })
    .nullish(),
  lines: z.looseObject({ data: z.array(invoiceLineSchema), has_more: z.boolean().default(false) }),
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

/** Where an object came from, for messages: ids are fit to be seen, names and amounts are not. */
const idIn = (value: unknown): string => {
  const found = z.looseObject({ id: z.string().max(100) }).safeParse(value);
  return found.success ? found.data.id.replaceAll(/[^\w-]/g, '?') : 'one without an id';
};

const reader =
  <T>(what: string, schema: z.ZodType<T>) =>
  (value: unknown): T => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.slice(0, 5).map(({ path, code }) => `${path.join('.')} (${code})`);
    throw dependencyError(
      'STRIPE_SHAPE',
      `Stripe told a ${what} that cannot be read, ${idIn(value)}: ${faults.join(', ')}`,
      'The raw page is kept in the inbox. Report it: a field has a form that this version does not know.',
    );
  };

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
