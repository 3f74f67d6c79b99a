/** A small company on Chargebee over fourteen months, told as what happened when. */
import type { ChargebeeObject, Site } from '../../servers/chargebee.ts';
import { at, coupon, invoice, item, itemPrice, lineItem, type Raw, subscription, transaction } from './objects.ts';

type State = Record<keyof Site, Map<string, ChargebeeObject>>;
type Happening = readonly [when: string, what: (state: State, now: number) => void];

const put = (state: State, list: keyof Site, object: Raw, now: number): ChargebeeObject => {
  const id = `${object.id}`;
  const next = {
    created_at: now,
    ...state[list].get(id),
    ...object,
    updated_at: now,
    resource_version: now * 1000,
    id,
  };
  state[list].set(id, next);
  return next;
};

/** What Chargebee says after each change: the subscription as it is then. */
const tell = (state: State, type: string, now: number, object: ChargebeeObject): void => {
  const id = `ev_${`${state.events.size + 1}`.padStart(5, '0')}`;
  const event = { id, event_type: `subscription_${type}`, occurred_at: now, content: { subscription: object } };
  state.events.set(id, event);
};

const found = (state: State, list: keyof Site, id: string): ChargebeeObject => {
  const one = state[list].get(id);
  if (one === undefined) throw new Error(`no ${id} among ${list}`);
  return one;
};

const monthOf = (now: number) => new Date(now * 1000).toISOString().slice(0, 7);
const months = (now: number, count: number): number => {
  const date = new Date(now * 1000);
  date.setUTCMonth(date.getUTCMonth() + count);
  return date.getTime() / 1000;
};

type Line = { readonly price: string; readonly amount: number; readonly quantity?: number; readonly tax?: number };
type Plan = { readonly lines: readonly Line[]; readonly period?: number; readonly rest?: Raw };

const itemsOf = (lines: readonly Line[]) =>
  lines.map(({ price, amount, quantity }, place) => ({
    item_price_id: price,
    item_type: place === 0 ? 'plan' : 'addon',
    amount,
    ...(quantity === undefined ? {} : { quantity }),
  }));

const linesOf = (name: string, lines: readonly Line[]) =>
  lines.map(({ price, amount, tax = 0 }) =>
    lineItem({
      subscription_id: `sub_${name}`,
      entity_id: price,
      amount,
      tax_amount: tax,
      is_taxed: tax > 0,
      tax_rate: tax > 0 ? 19 : 0,
    }),
  );

/** An invoice of the term that begins now, paid at once. */
const bill = (state: State, name: string, now: number, plan: Plan): void => {
  const one = found(state, 'subscriptions', `sub_${name}`);
  const total = plan.lines.reduce((sum, { amount }) => sum + amount, 0);
  const taxed = plan.lines.some(({ tax }) => tax !== undefined);
  const made = invoice({
    id: `in_${name}_${monthOf(now)}`,
    customer_id: `cus_${name}`,
    subscription_id: one.id,
    currency_code: one.currency_code,
    price_type: taxed ? 'tax_inclusive' : 'tax_exclusive',
    date: now,
    paid_at: now,
    total,
    is_gifted: one.gift_id !== undefined,
    line_items: linesOf(name, plan.lines),
  });
  put(state, 'invoices', made, now);
};

const plans = new Map<string, Plan>();

const customer = (name: string, changes: Raw) => ({
  id: `cus_${name}`,
  company: name.toUpperCase(),
  email: `${name}@example.com`,
  cf_plan: 'Team',
  ...changes,
});

/** A subscription that begins, and renews every period from then on as long as it is active. */
const sub = (name: string, when: string, plan: Plan, of: Raw = {}): Happening[] => {
  const begin: Happening = [
    when,
    (state, now) => {
      plans.set(name, plan);
      put(state, 'customers', customer(name, of), now);
      const raw = subscription({
        id: `sub_${name}`,
        customer_id: `cus_${name}`,
        billing_period: plan.period ?? 1,
        items: itemsOf(plan.lines),
        started_at: now,
        activated_at: now,
        current_term_start: now,
        current_term_end: months(now, plan.period ?? 1),
        next_billing_at: months(now, plan.period ?? 1),
        ...plan.rest,
      });
      const { created_at: _, ...rest } = raw;
      tell(state, 'created', now, put(state, 'subscriptions', rest, now));
      if (raw.status === 'active') bill(state, name, now, plan);
    },
  ];
  const renewals = Array.from({ length: 14 }, (_, turn): Happening => {
    const then = months(at(when), (turn + 1) * (plan.period ?? 1));
    return [
      new Date(then * 1000).toISOString(),
      (state, now) => {
        const one = found(state, 'subscriptions', `sub_${name}`);
        const own = plans.get(name);
        if (one.status !== 'active' || own === undefined) return;
        const end = months(now, own.period ?? 1);
        const term = { current_term_start: now, current_term_end: end, next_billing_at: end };
        tell(state, 'renewed', now, put(state, 'subscriptions', { id: one.id, ...term }, now));
        bill(state, name, now, own);
      },
    ];
  });
  return [begin, ...renewals];
};

const change = (name: string, when: string, type: string, changes: Raw = {}, plan?: Plan): Happening => [
  when,
  (state, now) => {
    if (plan !== undefined) plans.set(name, plan);
    const items = plan === undefined ? {} : { subscription_items: itemsOf(plan.lines), ...plan.rest };
    tell(state, type, now, put(state, 'subscriptions', { id: `sub_${name}`, ...changes, ...items }, now));
  },
];

const pay = (name: string, month: string, when: string, status: string, changes: Raw, more: Raw = {}): Happening => [
  when,
  (state, now) => {
    const id = `in_${name}_${month}`;
    const attempt = transaction({
      id: `txn_${name}_${now}`,
      customer_id: `cus_${name}`,
      status,
      date: now,
      linked_invoices: [{ invoice_id: id }],
      ...more,
    });
    put(state, 'transactions', attempt, now);
    put(state, 'invoices', { id, ...changes }, now);
  },
];

const failed = { status: 'payment_due', paid_at: undefined, dunning_status: 'in_progress' };
const over = (when: string, changes: Raw = {}) => ({ status: 'cancelled', cancelled_at: at(when), ...changes });
const line = (price: string, amount: number, more: Partial<Line> = {}): Line => ({ price, amount, ...more });
const core = (amount: number, rest: Raw = {}): Plan => ({ lines: [line('core-month', amount)], rest });

const start = '2025-09-10T12:00:00Z';

const tiers = [
  { item_price_id: 'tiered-month', starting_unit: 1, ending_unit: 10, price: 1_000, index: 0 },
  { item_price_id: 'tiered-month', starting_unit: 11, price: 500, index: 0 },
];

const catalog: readonly Happening[] = [
  ['core-month', 'flat_fee', 'month'],
  ['core-year', 'flat_fee', 'year'],
  ['seat-month', 'per_unit', 'month'],
  ['tiered-month', 'tiered', 'month'],
  ['support-month', 'flat_fee', 'month'],
].map(
  ([id, model, unit]): Happening => [
    '2025-08-01T00:00:00Z',
    (state, now) => {
      put(state, 'items', item({ id: 'core' }), now);
      const made = itemPrice({ id, name: id, item_id: 'core', pricing_model: model, period_unit: unit });
      put(state, 'item_prices', made, now);
    },
  ],
);

const coupons: readonly Happening[] = [
  coupon({ id: '10% off!', discount_percentage: 10 }),
  coupon({ id: 'half', discount_percentage: 50, duration_type: 'limited_period' }),
  coupon({ id: 'once', discount_percentage: 50, duration_type: 'one_time' }),
].map((one): Happening => ['2025-08-01T00:00:00Z', (state, now) => put(state, 'coupons', one, now)]);

const happenings: readonly Happening[] = [
  ...catalog,
  ...coupons,
  ...sub('atlas', start, {
    lines: [line('core-year', 120_000)],
    period: 12,
    rest: { coupons: [{ coupon_id: '10% off!', applied_count: 1 }], billing_period: 1, billing_period_unit: 'year' },
  }),
  ...sub('birch', start, { lines: [line('seat-month', 10_000, { quantity: 5 })] }),
  ...sub('cedar', start, core(20_000, { currency_code: 'EUR' })),
  ...sub('dune', start, core(5_000)),
  ...sub('elm', start, core(10_000)),
  ...sub('fern', start, core(10_000)),
  ...sub('gale', start, core(10_000)),
  ...sub('haven', start, core(10_000)),
  ...sub('jade', start, { lines: [line('tiered-month', 11_000, { quantity: 12 })], rest: { item_tiers: tiers } }),
  ...sub('kite', start, core(12_000, { currency_code: 'JPY' }), {
    relationship: { parent_id: 'cus_atlas' },
    cf_plan: 'Solo',
  }),
  ...sub('lark', start, core(3_000)),
  ...sub('nova', start, core(4_000)),
  ...sub('opal', start, { lines: [line('core-month', 11_900, { tax: 1_900 })], rest: { currency_code: 'EUR' } }),
  ...sub('quartz', start, core(512, { currency_code: 'KWD' })),
  ...sub('rush', '2025-10-01T10:00:00Z', core(6_000)),

  // A gift that ends as it began, and a trial that nobody paid for.
  ...sub(
    'moth',
    '2025-11-10T12:00:00Z',
    core(9_000, { gift_id: 'gift_1', status: 'non_renewing', cancelled_at: at('2026-01-10T12:00:00Z') }),
  ),
  ['2025-11-10T12:00:01Z', (state, now) => bill(state, 'moth', now, core(9_000))],
  change('moth', '2026-01-10T12:00:00Z', 'cancelled', { status: 'cancelled' }),
  ...sub(
    'juno',
    '2025-12-20T12:00:00Z',
    core(8_000, {
      status: 'in_trial',
      trial_start: at('2025-12-20T12:00:00Z'),
      trial_end: at('2026-01-20T12:00:00Z'),
      activated_at: undefined,
    }),
  ),
  change('juno', '2026-01-20T12:00:00Z', 'cancelled', over('2026-01-20T12:00:00Z', { cancel_reason: 'no_card' })),

  // The pull of November comes on the second of December.
  change('dune', '2025-12-01T09:00:00Z', 'changed', {
    coupons: [{ coupon_id: 'half', apply_till: at('2026-04-15T00:00:00Z'), applied_count: 0 }],
  }),
  change('birch', '2026-01-10T09:00:00Z', 'changed', {}, { lines: [line('seat-month', 16_000, { quantity: 8 })] }),
  change('gale', '2026-02-15T09:00:00Z', 'paused', { status: 'paused', pause_date: at('2026-02-15T09:00:00Z') }),
  pay('elm', '2026-03', '2026-03-10T13:00:00Z', 'failure', failed, {
    error_detail: { decline_code: 'insufficient_funds' },
  }),
  pay('elm', '2026-03', '2026-03-14T13:00:00Z', 'success', {
    status: 'paid',
    paid_at: at('2026-03-14T13:00:00Z'),
    dunning_status: 'success',
  }),
  change('gale', '2026-04-15T09:00:00Z', 'resumed', {
    status: 'active',
    pause_date: undefined,
    current_term_start: at('2026-04-15T09:00:00Z'),
  }),
  // The customer goes on in another currency: Chargebee has a new subscription for it.
  change(
    'cedar',
    '2026-05-05T09:00:00Z',
    'cancelled',
    over('2026-05-05T09:00:00Z', { cancel_reason_code: 'Currency change' }),
  ),
  ...sub('cedar2', '2026-05-05T09:00:00Z', core(22_000, { customer_id: 'cus_cedar' })),
  change('birch', '2026-06-10T09:00:00Z', 'changed', {}, { lines: [line('seat-month', 6_000, { quantity: 3 })] }),
  // A second item, on the first of July: the pull of June comes the day after.
  change(
    'lark',
    '2026-07-01T09:00:00Z',
    'changed',
    {},
    { lines: [line('core-month', 3_000), line('support-month', 2_000)] },
  ),
  pay(
    'nova',
    '2026-07',
    '2026-07-20T09:00:00Z',
    'success',
    { status: 'not_paid', paid_at: at('2026-07-10T12:00:00Z') },
    { type: 'payment_reversal', amount: 4_000 },
  ),
  change('nova', '2026-07-22T09:00:00Z', 'cancelled', over('2026-07-22T09:00:00Z')),
  change('haven', '2026-08-25T09:00:00Z', 'cancellation_scheduled', {
    status: 'non_renewing',
    cancelled_at: at('2026-09-20T09:00:00Z'),
    cancel_reason_code: 'Too Expensive',
  }),
  change('haven', '2026-09-20T09:00:00Z', 'cancelled', { status: 'cancelled' }),
  ...sub(
    'iris',
    '2026-08-26T09:00:00Z',
    core(7_000, {
      status: 'in_trial',
      trial_start: at('2026-08-26T09:00:00Z'),
      trial_end: at('2026-09-10T09:00:00Z'),
      activated_at: undefined,
    }),
  ),
  change('iris', '2026-09-10T09:00:00Z', 'activated', { status: 'active', activated_at: at('2026-09-10T09:00:00Z') }),
  pay('fern', '2026-09', '2026-09-10T13:00:00Z', 'failure', failed),
  pay('fern', '2026-09', '2026-09-20T13:00:00Z', 'failure', {}),
  pay('fern', '2026-09', '2026-10-04T13:00:00Z', 'failure', { status: 'not_paid', dunning_status: 'exhausted' }),
  change('fern', '2026-10-04T13:00:01Z', 'cancelled', over('2026-10-04T13:00:01Z', { cancel_reason: 'not_paid' })),
  // A change that comes with the next renewal, and a coupon that the renewal uses up on the first of November.
  change('jade', '2026-10-20T09:00:00Z', 'changes_scheduled', { has_scheduled_changes: true }),
  change('rush', '2026-10-15T09:00:00Z', 'changed', { coupons: [{ coupon_id: 'once', applied_count: 0 }] }),
  change('rush', '2026-11-01T10:00:01Z', 'changed', { coupons: [] }),
  // The pull of October comes the day after.
  change('birch', '2026-11-01T12:00:00Z', 'changed', {}, { lines: [line('seat-month', 40_000, { quantity: 20 })] }),
  change('birch', '2026-11-01T12:00:00Z', 'changed', {}, { lines: [line('seat-month', 60_000, { quantity: 30 })] }),
  change('atlas', '2026-11-01T13:00:00Z', 'changed', { coupons: [] }),
  change('lark', '2026-11-01T14:00:00Z', 'cancelled', over('2026-11-01T14:00:00Z')),
  change('opal', '2026-11-01T14:00:00Z', 'paused', { status: 'paused', pause_date: at('2026-11-01T14:00:00Z') }),
  ...sub('zebra', '2026-11-01T15:00:00Z', core(99_900)),
];

const inTime = [...happenings]
  .map(([when, what], place) => ({ when: at(when), what, place }))
  .sort((a, b) => a.when - b.when || a.place - b.place);

/** The site as it is at an instant. */
export const siteAt = (instant: string): Site => {
  const empty = () => new Map<string, ChargebeeObject>();
  const state: State = {
    subscriptions: empty(),
    customers: empty(),
    invoices: empty(),
    transactions: empty(),
    items: empty(),
    item_prices: empty(),
    coupons: empty(),
    events: empty(),
  };
  plans.clear();
  for (const { when, what } of inTime) if (when <= at(instant)) what(state, when);
  const list = (name: keyof Site) => [...state[name].values()];
  return {
    subscriptions: list('subscriptions'),
    customers: list('customers'),
    invoices: list('invoices'),
    transactions: list('transactions'),
    items: list('items'),
    item_prices: list('item_prices'),
    coupons: list('coupons'),
    events: list('events'),
  };
};

/** The fourteen months, and when each is pulled: on the second of the next. */
export const pulls: readonly (readonly [month: string, now: string])[] = Array.from({ length: 14 }, (_, turn) => {
  const [first, next] = [turn, turn + 1].map((more) => monthOf(months(at('2025-09-01T00:00:00Z'), more)));
  return [`${first}`, `${next}-02T06:00:00Z`];
});
