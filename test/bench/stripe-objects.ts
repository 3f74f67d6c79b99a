/** Objects of a Stripe account that is made up: each by its number alone, as Stripe tells it. */

const at = (day: string) => Date.parse(`${day}T00:00:00Z`) / 1000;
const [started, until] = [at('2026-01-15'), at('2026-11-01')];

const seats = (number: number) => 1 + (number % 40);

const idOf = (prefix: string, number: number) => `${prefix}_${`${number}`.padStart(14, '0')}`;

export const couponOf = (number: number) => ({
  id: `coupon-${number % 5}`,
  object: 'coupon',
  amount_off: null,
  created: started,
  currency: null,
  duration: 'forever',
  duration_in_months: null,
  livemode: false,
  max_redemptions: null,
  metadata: {},
  name: `Coupon ${number % 5}`,
  percent_off: 5 + (number % 5),
  redeem_by: null,
  times_redeemed: 1,
  valid: true,
});

const discountsOf = (number: number) =>
  number % 20 === 0
    ? [
        {
          id: idOf('di', number),
          object: 'discount',
          checkout_session: null,
          customer: idOf('cus', number),
          end: null,
          invoice: null,
          invoice_item: null,
          promotion_code: null,
          source: { type: 'coupon', coupon: couponOf(number) },
          start: started,
          subscription: idOf('sub', number),
          subscription_item: null,
        },
      ]
    : [];

const itemOf = (number: number, quantity: number) => {
  const yearly = number % 3 === 0;
  const unit = yearly ? 120_000 : 10_000;
  const terms = {
    billing_scheme: 'per_unit',
    created: started,
    currency: 'usd',
    livemode: false,
    metadata: {},
    nickname: `Plan ${number % 7}`,
    product: idOf('prod', number % 7),
    tiers_mode: null,
  };
  return {
    id: idOf('si', number),
    object: 'subscription_item',
    billing_thresholds: null,
    created: started,
    current_period_end: until + 1_000_000,
    current_period_start: until - 1_000_000,
    discounts: [],
    metadata: {},
    plan: {
      ...terms,
      id: idOf('price', number % 21),
      object: 'plan',
      active: true,
      amount: unit,
      amount_decimal: `${unit}`,
      interval: yearly ? 'year' : 'month',
      interval_count: 1,
      meter: null,
      transform_usage: null,
      trial_period_days: null,
      usage_type: 'licensed',
    },
    price: {
      ...terms,
      id: idOf('price', number % 21),
      object: 'price',
      active: true,
      custom_unit_amount: null,
      lookup_key: null,
      recurring: {
        interval: yearly ? 'year' : 'month',
        interval_count: 1,
        meter: null,
        trial_period_days: null,
        usage_type: 'licensed',
      },
      tax_behavior: 'exclusive',
      transform_quantity: null,
      type: 'recurring',
      unit_amount: unit,
      unit_amount_decimal: `${unit}`,
    },
    quantity,
    subscription: idOf('sub', number),
    tax_rates: [],
  };
};

const itemsOf = (number: number, quantity: number) => ({
  object: 'list',
  data: [itemOf(number, quantity)],
  has_more: false,
  total_count: 1,
  url: `/v1/subscription_items?subscription=${idOf('sub', number)}`,
});

export const subscriptionOf = (number: number) => {
  const ended = number % 40 === 7 ? until - 86_400 : null;
  return {
    id: idOf('sub', number),
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: started,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: null, type: 'classic' },
    billing_thresholds: null,
    cancel_at: null,
    cancel_at_period_end: false,
    canceled_at: ended,
    cancellation_details: {
      comment: null,
      feedback: null,
      reason: ended === null ? null : number % 80 === 7 ? 'payment_failed' : 'cancellation_requested',
    },
    collection_method: 'charge_automatically',
    created: started,
    currency: 'usd',
    customer: idOf('cus', number),
    customer_account: null,
    days_until_due: null,
    default_payment_method: idOf('pm', number),
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: discountsOf(number),
    ended_at: ended,
    invoice_settings: { account_tax_ids: null, issuer: { type: 'self' } },
    items: itemsOf(number, seats(number)),
    latest_invoice: idOf('in', number),
    livemode: false,
    metadata: { deal: idOf('opp', number) },
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: {
      payment_method_options: null,
      payment_method_types: null,
      save_default_payment_method: 'off',
    },
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: started,
    status: ended === null ? 'active' : 'canceled',
    test_clock: null,
    transfer_data: null,
    trial_end: null,
    trial_settings: { end_behavior: { missing_payment_method: 'create_invoice' } },
    trial_start: null,
  };
};

export const customerOf = (number: number) => ({
  id: idOf('cus', number),
  object: 'customer',
  address: { city: 'Springfield', country: 'US', line1: `${number} Main Street`, line2: null, postal_code: '62701' },
  balance: 0,
  created: started,
  currency: 'usd',
  default_source: null,
  delinquent: false,
  description: null,
  discount: null,
  email: `billing@customer-${number}.example`,
  invoice_prefix: `P${number}`,
  invoice_settings: { custom_fields: null, default_payment_method: null, footer: null, rendering_options: null },
  livemode: false,
  metadata: { plan: `Plan ${number % 7}`, region: ['EMEA', 'AMER', 'APAC'][number % 3] },
  name: `Customer ${number}`,
  phone: null,
  preferred_locales: [],
  shipping: null,
  tax_exempt: 'none',
  test_clock: null,
});

const hasFailed = (number: number) => number % 25 === 3;

export const invoiceOf = (number: number) => {
  const due = 10_000 * seats(number);
  return {
    id: idOf('in', number),
    object: 'invoice',
    account_country: 'US',
    account_name: 'A company',
    amount_due: due,
    amount_overpaid: 0,
    amount_paid: hasFailed(number) ? 0 : due,
    amount_remaining: hasFailed(number) ? due : 0,
    attempt_count: 1,
    attempted: true,
    auto_advance: false,
    billing_reason: 'subscription_cycle',
    collection_method: 'charge_automatically',
    created: until - 1_000_000,
    currency: 'usd',
    custom_fields: null,
    customer: idOf('cus', number),
    customer_address: null,
    customer_email: `billing@customer-${number}.example`,
    customer_name: `Customer ${number}`,
    default_tax_rates: [],
    discounts: [],
    due_date: null,
    effective_at: until - 1_000_000,
    hosted_invoice_url: `https://invoice.example/i/acct_1/test_${idOf('in', number)}`,
    invoice_pdf: `https://pay.example/invoice/acct_1/test_${idOf('in', number)}/pdf`,
    lines: {
      object: 'list',
      data: [
        {
          id: idOf('il', number),
          object: 'line_item',
          amount: due,
          currency: 'usd',
          description: `${seats(number)} × Plan ${number % 7}`,
          discount_amounts: [],
          discountable: true,
          discounts: [],
          invoice: idOf('in', number),
          metadata: {},
          parent: {
            subscription_item_details: {
              proration: false,
              subscription: idOf('sub', number),
              subscription_item: idOf('si', number),
            },
            type: 'subscription_item_details',
          },
          period: { end: until + 1_000_000, start: until - 1_000_000 },
          pricing: {
            price_details: { price: idOf('price', number % 21), product: idOf('prod', number % 7) },
            type: 'price_details',
            unit_amount_decimal: '10000',
          },
          quantity: seats(number),
          taxes: [],
        },
      ],
      has_more: false,
      total_count: 1,
      url: `/v1/invoices/${idOf('in', number)}/lines`,
    },
    livemode: false,
    metadata: {},
    number: `P${number}-0001`,
    parent: {
      quote_details: null,
      subscription_details: { metadata: {}, subscription: idOf('sub', number) },
      type: 'subscription_details',
    },
    payments: {
      object: 'list',
      data: [
        {
          id: idOf('inpay', number),
          object: 'invoice_payment',
          amount_paid: null,
          amount_requested: due,
          created: until - 1_000_000,
          currency: 'usd',
          invoice: idOf('in', number),
          is_default: true,
          payment: { payment_intent: idOf('pi', number), type: 'payment_intent' },
          status: 'open',
          status_transitions: { canceled_at: null, paid_at: null },
        },
      ],
      has_more: false,
      url: `/v1/invoice_payments?invoice=${idOf('in', number)}`,
    },
    period_end: until - 1_000_000,
    period_start: until - 3_600_000,
    status: hasFailed(number) ? 'open' : 'paid',
    status_transitions: {
      finalized_at: until - 1_000_000,
      marked_uncollectible_at: null,
      paid_at: hasFailed(number) ? null : until - 999_000,
      voided_at: null,
    },
    subtotal: due,
    total: due,
  };
};

export const chargeOf = (number: number) => ({
  id: idOf('ch', number),
  object: 'charge',
  amount: 10_000 * seats(number),
  amount_captured: 10_000 * seats(number),
  amount_refunded: 0,
  balance_transaction: null,
  billing_details: { address: null, email: null, name: `Customer ${number}`, phone: null },
  calculated_statement_descriptor: 'A COMPANY',
  captured: true,
  created: until - 900_000,
  currency: 'usd',
  customer: idOf('cus', number),
  description: 'Subscription update',
  disputed: false,
  failure_code: hasFailed(number) ? 'card_declined' : null,
  failure_message: hasFailed(number) ? 'Your card has insufficient funds.' : null,
  livemode: false,
  metadata: {},
  outcome: {
    network_status: hasFailed(number) ? 'declined_by_network' : 'approved_by_network',
    reason: hasFailed(number) ? 'insufficient_funds' : null,
    risk_level: 'normal',
    seller_message: 'The bank returned the decline code.',
    type: hasFailed(number) ? 'issuer_declined' : 'authorized',
  },
  paid: !hasFailed(number),
  payment_intent: idOf('pi', number),
  payment_method: idOf('pm', number),
  payment_method_details: {
    card: { brand: 'visa', country: 'US', exp_month: 1, exp_year: 2030, last4: '4242', network: 'visa' },
    type: 'card',
  },
  refunded: false,
  status: hasFailed(number) ? 'failed' : 'succeeded',
});

/** Every subscription was renewed since; every tenth bought a seat. */
export const eventOf = (number: number) => ({
  id: idOf('evt', number),
  object: 'event',
  api_version: '2026-10-28.endive',
  created: until + 1_000_000,
  data: {
    object: subscriptionOf(number),
    previous_attributes: {
      latest_invoice: idOf('in', number),
      ...(number % 10 === 0 && { items: itemsOf(number, seats(number) - 1) }),
    },
  },
  livemode: false,
  pending_webhooks: 0,
  request: { id: null, idempotency_key: null },
  type: 'customer.subscription.updated',
});
