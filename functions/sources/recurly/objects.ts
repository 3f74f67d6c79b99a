/** The parts of Recurly's objects that are read, parsed once. Numbers come as the text that Recurly wrote. */
import { z } from 'zod';
import { Exact } from '../../core/money.ts';
import { objectReader } from '../billing/object-reader.ts';

const id = z.string().min(1).max(255);

/** Decimal text; Recurly writes amounts as JSON numbers, small ones with an exponent. */
const decimal = z.string().regex(/^-?\d{1,18}(\.\d{1,30})?([eE][-+]?\d{1,2})?$/);

/** A share of one: a percentage in its place would be no tax rate that anybody has. */
const share = decimal.refine((text) => !text.startsWith('-') && new Exact(text).lessThan(1));

const count = z
  .string()
  .regex(/^\d{1,12}(\.0+)?$/)
  .transform((text) => parseInt(text, 10));

/** An instant as whole seconds since 1970. */
const instant = z.iso.datetime({ offset: true }).transform((text) => Math.floor(Date.parse(text) / 1000));

const maybeInstant = instant.nullish().transform((at) => at ?? null);
const maybeText = z
  .string()
  .nullish()
  .transform((text) => text ?? null);
const maybeDecimal = decimal.nullish().transform((text) => text ?? null);

const listOf = <T extends z.ZodType>(schema: T) =>
  z
    .array(schema)
    .nullish()
    .transform((list) => list ?? []);

const flag = z
  .boolean()
  .nullish()
  .transform((given) => given ?? false);

const priced = { unit_amount: maybeDecimal, unit_amount_decimal: maybeDecimal };

const tierSchema = z.object({
  ending_quantity: count.nullish().transform((end) => end ?? null),
  ...priced,
});

const addOnSchema = z.object({
  id,
  add_on: z.object({ code: id, name: maybeText, add_on_type: maybeText, item_id: maybeText }),
  quantity: count.nullish().transform((quantity) => quantity ?? 1),
  ...priced,
  tier_type: z
    .enum(['flat', 'tiered', 'stairstep', 'volume'])
    .nullish()
    .transform((type) => type ?? 'flat'),
  tiers: listOf(tierSchema),
  created_at: maybeInstant,
  updated_at: maybeInstant,
  expired_at: maybeInstant,
});

const discountSchema = z.object({
  type: z.enum(['fixed', 'free_trial', 'percent']),
  percent: maybeDecimal,
  currencies: listOf(z.object({ currency: z.string(), amount: decimal })),
});

const couponSchema = z.object({
  id,
  discount: discountSchema,
  redemption_resource: maybeText,
  applies_to_all_plans: z.boolean().nullish(),
  plans: listOf(z.object({ id })),
  applies_to_all_items: z.boolean().nullish(),
  items: listOf(z.object({ id })),
});

/** The short form, on a subscription, lacks the last three. */
const redemptionSchema = z.object({
  id,
  coupon: z.object({ id }),
  state: z.enum(['active', 'inactive']),
  remaining_duration: z.object({ expires_at: maybeInstant }).nullish(),
  created_at: instant,
  subscription_id: maybeText,
  updated_at: maybeInstant,
  removed_at: maybeInstant,
});

const customFields = listOf(z.object({ name: z.string(), value: maybeText }));

const planMini = z.object({ id, code: id, name: maybeText });

const subscriptionSchema = z.object({
  id,
  account: z.object({ id }),
  plan: planMini,
  state: z.enum(['active', 'canceled', 'expired', 'failed', 'future', 'paused']),
  currency: z.string().regex(/^[A-Z]{3}$/),
  unit_amount: decimal,
  quantity: count,
  tax_inclusive: flag,
  tax_info: z.object({ rate: share.nullish().transform((rate) => rate ?? null) }).nullish(),
  add_ons: listOf(addOnSchema),
  coupon_redemptions: listOf(redemptionSchema),
  ramp_intervals: listOf(z.object({ starting_on: maybeInstant, ending_on: maybeInstant, unit_amount: maybeDecimal })),
  custom_fields: customFields,
  auto_renew: z
    .boolean()
    .nullish()
    .transform((renews) => renews ?? true),
  remaining_billing_cycles: count.nullish(),
  expiration_reason: maybeText,
  active_invoice_id: maybeText,
  started_with_gift: flag,
  converted_at: maybeInstant,
  trial_started_at: maybeInstant,
  trial_ends_at: maybeInstant,
  paused_at: maybeInstant,
  current_period_started_at: maybeInstant,
  current_period_ends_at: maybeInstant,
  created_at: instant,
  updated_at: instant,
  activated_at: maybeInstant,
  canceled_at: maybeInstant,
  expires_at: maybeInstant,
});

const planSchema = z.object({
  id,
  code: id,
  name: maybeText,
  interval_unit: z.enum(['days', 'months']),
  interval_length: count.refine((length) => length > 0),
});

const accountSchema = z.object({
  id,
  company: maybeText,
  first_name: maybeText,
  last_name: maybeText,
  parent_account_id: maybeText,
  bill_to: maybeText,
  custom_fields: customFields,
});

const lineSchema = z.object({
  id,
  type: maybeText,
  origin: maybeText,
  subscription_id: maybeText,
  plan_id: maybeText,
  plan_code: maybeText,
  add_on_code: maybeText,
  item_id: maybeText,
  invoice_id: maybeText,
  currency: maybeText,
  quantity: maybeDecimal,
  unit_amount: maybeDecimal,
  subtotal: maybeDecimal,
  discount: maybeDecimal,
  tax: maybeDecimal,
  tax_inclusive: flag,
  proration_rate: maybeDecimal,
  refund: flag,
  start_date: maybeInstant,
  end_date: maybeInstant,
  created_at: maybeInstant,
});

const transactionSchema = z.object({
  type: maybeText,
  status: maybeText,
  origin: maybeText,
  status_code: maybeText,
  gateway_response_code: maybeText,
  created_at: maybeInstant,
  collected_at: maybeInstant,
});

const invoiceSchema = z.object({
  id,
  account: z.object({ id }).nullish(),
  state: maybeText,
  currency: z.string().regex(/^[A-Z]{3}$/),
  total: decimal,
  subscription_ids: listOf(id),
  transactions: listOf(transactionSchema),
  created_at: instant,
  closed_at: maybeInstant,
});

/** An invoice as its page has it: what is on it is read apart. */
const invoicePageSchema = z.looseObject({
  id,
  has_more_line_items: flag,
  line_items: listOf(z.unknown()),
});

const listSchema = z.looseObject({
  data: z.array(z.looseObject({ id })),
  has_more: z.boolean(),
  next: maybeText,
});

export type Tier = z.infer<typeof tierSchema>;
export type AddOn = z.infer<typeof addOnSchema>;
export type Coupon = z.infer<typeof couponSchema>;
export type Redemption = z.infer<typeof redemptionSchema>;
export type Subscription = z.infer<typeof subscriptionSchema>;
export type Plan = z.infer<typeof planSchema>;
export type Account = z.infer<typeof accountSchema>;
export type Line = z.infer<typeof lineSchema>;
export type Transaction = z.infer<typeof transactionSchema>;
export type Invoice = z.infer<typeof invoiceSchema>;

const reader = objectReader('Recurly');

export const readList = reader('list', listSchema);
export const readSubscription = reader('subscription', subscriptionSchema);
export const readPlan = reader('plan', planSchema);
export const readCoupon = reader('coupon', couponSchema);
export const readRedemption = reader('coupon redemption', redemptionSchema);
export const readAccount = reader('account', accountSchema);
export const readLine = reader('line item', lineSchema);
export const readInvoice = reader('invoice', invoiceSchema);
export const readInvoicePage = reader('invoice', invoicePageSchema);

/** What a unit costs: the exact form where Recurly gives one. */
export const unitOf = ({ unit_amount: cents, unit_amount_decimal: exact }: Pick<Tier, keyof typeof priced>): string =>
  exact ?? cents ?? '0';
