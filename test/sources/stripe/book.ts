/** A small company on Stripe, told as what happened when; and the same book as contract files, worked out by hand. */
import type { Account, StripeObject } from '../../servers/stripe.ts';
import { at, coupon, discount, item, price, type Raw, subscription } from './objects.ts';

type ListName = Exclude<keyof Account, 'subscription_items'>;
type State = Record<ListName, Map<string, StripeObject>>;
type Happening = readonly [when: string, what: (state: State, now: number) => void];

const put = (state: State, list: ListName, object: Raw, now: number): void => {
  const id = `${object.id}`;
  state[list].set(id, { created: now, ...state[list].get(id), ...object, id });
};

let events = 0;

const tell = (state: State, type: string, now: number, object: Raw, previous?: Raw): void => {
  events += 1;
  const id = `evt_${`${events}`.padStart(5, '0')}`;
  put(state, 'events', { id, type, data: { object, ...(previous && { previous_attributes: previous }) } }, now);
};

const sub = (name: string, when: string, changes: Raw = {}): Happening => [
  when,
  (state, now) => {
    put(
      state,
      'customers',
      { id: `cus_${name}`, name: name.toUpperCase(), metadata: { plan: 'Team', ...((changes.of as Raw) ?? {}) } },
      now,
    );
    const { of: _, items = [item()], ...rest } = changes;
    const own = (items as Raw[]).map((one) => ({ ...one, id: `si_${name}`, created: now, current_period_start: now }));
    const made = subscription({
      ...rest,
      id: `sub_${name}`,
      customer: `cus_${name}`,
      items: own,
      latest_invoice: `in_${name}`,
    });
    put(state, 'subscriptions', { ...made, created: now }, now);
    tell(state, 'customer.subscription.created', now, made);
  },
];

/** A change as Stripe tells it: the object after it, and what the changed fields were before. */
const change = (name: string, when: string, changes: Raw, type = 'updated'): Happening => [
  when,
  (state, now) => {
    const was = state.subscriptions.get(`sub_${name}`);
    if (was === undefined) throw new Error(`no subscription ${name}`);
    const next = { ...was, ...changes };
    const previous = Object.fromEntries(Object.keys(changes).map((key) => [key, was[key]]));
    put(state, 'subscriptions', next, now);
    tell(state, `customer.subscription.${type}`, now, next, type === 'updated' ? previous : undefined);
  },
];

const itemsOf = (name: string, when: string, changes: Raw) => ({
  items: {
    object: 'list',
    has_more: false,
    data: [{ ...item(changes), id: `si_${name}`, created: at(when), current_period_start: at(when) }],
  },
});

const invoice = (name: string, when: string, changes: Raw = {}): Happening => [
  when,
  (state, now) =>
    put(
      state,
      'invoices',
      {
        id: `in_${name}`,
        currency: 'usd',
        customer: `cus_${name}`,
        status: 'open',
        amount_due: 10_000,
        status_transitions: {},
        parent: { subscription_details: { subscription: `sub_${name}` } },
        payments: { data: [{ payment: { type: 'payment_intent', payment_intent: `pi_${name}` } }] },
        lines: { data: [], has_more: false },
        ...changes,
      },
      now,
    ),
];

const charge = (name: string, when: string, status: string): Happening => [
  when,
  (state, now) =>
    put(
      state,
      'charges',
      {
        id: `ch_${name}_${now}`,
        status,
        customer: `cus_${name}`,
        payment_intent: `pi_${name}`,
        failure_code: status === 'failed' ? 'card_declined' : null,
        outcome: status === 'failed' ? { reason: 'insufficient_funds' } : null,
      },
      now,
    ),
];

const unit = (minor: string, rest: Raw = {}) => price({ unit_amount_decimal: minor, unit_amount: null, ...rest });
const over = (when: string, details: Raw) => ({
  status: 'canceled',
  ended_at: at(when),
  cancellation_details: details,
});
const pause = { pause_collection: { behavior: 'void', resumes_at: null } };

const tiers = [
  { up_to: 10, unit_amount_decimal: '1000' },
  { up_to: null, unit_amount_decimal: '500' },
];
const tiered = {
  id: 'price_tiered',
  billing_scheme: 'tiered',
  tiers_mode: 'graduated',
  unit_amount: null,
  unit_amount_decimal: null,
};

const start = '2026-05-10T12:00:00Z';

const happenings: readonly Happening[] = [
  ['2026-05-01T00:00:00Z', (state, now) => put(state, 'coupons', coupon({ id: '10% off!', percent_off: 10 }), now)],
  [
    '2026-05-01T00:00:00Z',
    (state, now) => put(state, 'coupons', coupon({ id: 'half', percent_off: 50, duration: 'repeating' }), now),
  ],
  ['2026-05-01T00:00:00Z', (state, now) => put(state, 'prices', price({ ...tiered, tiers }), now)],
  sub('atlas', start, {
    items: [item({ price: unit('120000', { recurring: { interval: 'year' } }) })],
    discounts: [discount({ id: '10% off!', percent_off: 10 }, { id: 'di_atlas' })],
  }),
  sub('birch', start, { items: [item({ quantity: 5, price: unit('2000') })] }),
  sub('cedar', start, { currency: 'eur', items: [item({ price: unit('20000', { currency: 'eur' }) })] }),
  sub('dune', start, {
    items: [item({ price: unit('5000') })],
    discounts: [discount({ id: 'half', percent_off: 50 }, { id: 'di_dune', end: at('2026-10-10T00:00:00Z') })],
  }),
  sub('elm', start),
  sub('fern', start),
  sub('gale', start),
  sub('haven', start),
  sub('jade', start, { items: [item({ quantity: 12, price: price(tiered) })] }),
  sub('kite', start, {
    of: { group: 'cus_atlas', plan: 'Solo' },
    currency: 'jpy',
    items: [item({ price: unit('12000', { currency: 'jpy' }) })],
  }),
  sub('lark', start, { items: [item({ price: unit('3000') })] }),
  change('birch', '2026-09-10T09:00:00Z', itemsOf('birch', start, { quantity: 8, price: unit('2000') })),
  change('gale', '2026-09-15T09:00:00Z', pause),
  invoice('elm', '2026-09-20T08:00:00Z'),
  charge('elm', '2026-09-20T09:00:00Z', 'failed'),
  charge('elm', '2026-09-24T09:00:00Z', 'succeeded'),
  invoice('elm', '2026-09-24T09:00:01Z', {
    status: 'paid',
    status_transitions: { paid_at: at('2026-09-24T09:00:00Z') },
  }),
  change('haven', '2026-09-25T09:00:00Z', { cancel_at_period_end: true, cancel_at: at('2026-10-20T09:00:00Z') }),
  sub('iris', '2026-09-26T09:00:00Z', {
    status: 'trialing',
    trial_start: at('2026-09-26T09:00:00Z'),
    trial_end: at('2026-10-10T09:00:00Z'),
    items: [item({ price: unit('7000') })],
  }),
  // The pull of September comes the day after.
  change('cedar', '2026-10-01T12:00:00Z', itemsOf('cedar', start, { price: unit('15000', { currency: 'eur' }) })),
  invoice('fern', '2026-10-03T08:00:00Z'),
  charge('fern', '2026-10-03T09:00:00Z', 'failed'),
  charge('fern', '2026-10-06T09:00:00Z', 'failed'),
  change('iris', '2026-10-10T09:00:00Z', { status: 'active' }),
  change('dune', '2026-10-10T00:00:00Z', { discounts: [] }),
  change('fern', '2026-10-12T09:00:00Z', over('2026-10-12T09:00:00Z', { reason: 'payment_failed' }), 'deleted'),
  invoice('fern', '2026-10-12T09:00:01Z', {
    status: 'uncollectible',
    status_transitions: { marked_uncollectible_at: at('2026-10-12T09:00:00Z') },
  }),
  change('gale', '2026-10-15T09:00:00Z', { pause_collection: null }),
  change(
    'haven',
    '2026-10-20T09:00:00Z',
    over('2026-10-20T09:00:00Z', { reason: 'cancellation_requested', feedback: 'too_expensive' }),
    'deleted',
  ),
  // The pull of October comes the day after.
  change('birch', '2026-11-01T12:00:00Z', itemsOf('birch', start, { quantity: 20, price: unit('2000') })),
  change('birch', '2026-11-01T12:00:00Z', itemsOf('birch', start, { quantity: 30, price: unit('2000') })),
  change('atlas', '2026-11-01T13:00:00Z', { discounts: [] }),
  change('lark', '2026-11-01T14:00:00Z', over('2026-11-01T14:00:00Z', { reason: 'cancellation_requested' }), 'deleted'),
  sub('mole', '2026-11-01T15:00:00Z'),
];

/** The account as it is at an instant. */
export const accountAt = (instant: string): Account => {
  const now = at(instant);
  const state: State = {
    subscriptions: new Map(),
    customers: new Map(),
    invoices: new Map(),
    charges: new Map(),
    events: new Map(),
    coupons: new Map(),
    prices: new Map(),
  };
  events = 0;
  for (const [when, what] of happenings) if (at(when) <= now) what(state, at(when));
  const list = (name: ListName) => [...state[name].values()];
  return {
    subscriptions: list('subscriptions'),
    customers: list('customers'),
    invoices: list('invoices'),
    charges: list('charges'),
    events: list('events'),
    coupons: list('coupons'),
    prices: list('prices'),
  };
};

/** When each month is pulled. */
export const pulls = [
  ['2026-08', '2026-09-02T06:00:00Z'],
  ['2026-09', '2026-10-02T06:00:00Z'],
  ['2026-10', '2026-11-02T06:00:00Z'],
] as const;

export const rates = 'currency,rate\nEUR,1.10\nJPY,0.0065\n';

const lines = (rows: readonly (readonly [name: string, currency: string, mrr: string, status?: string])[]): string =>
  `customer_id,subscription_id,item_id,product,currency,mrr,status,invoice_id\n${rows
    .map(([name, currency, mrr, status = 'active']) =>
      [`cus_${name}`, `sub_${name}`, `si_${name}`, 'prod_core', currency, mrr, status, `in_${name}\n`].join(','),
    )
    .join('')}`;

const customers = (names: readonly string[]): string =>
  `customer_id,name,account_id,plan\n${names
    .map((name) => (name === 'kite' ? 'cus_kite,KITE,cus_atlas,Solo\n' : `cus_${name},${name.toUpperCase()},,Team\n`))
    .join('')}`;

const first = ['atlas', 'birch', 'cedar', 'dune', 'elm', 'fern', 'gale', 'haven', 'jade', 'kite', 'lark'];

/** The same book as somebody would export it, month by month. */
export const byHand: Readonly<Record<string, string>> = {
  '2026-08/fx.csv': rates,
  '2026-08/customers.csv': customers(first),
  '2026-09/customers.csv': customers([...first, 'iris']),
  '2026-10/customers.csv': customers([...first, 'iris']),
  '2026-08/lines.csv': lines([
    ['atlas', 'USD', '90'],
    ['birch', 'USD', '100'],
    ['cedar', 'EUR', '200'],
    ['dune', 'USD', '25'],
    ['elm', 'USD', '100'],
    ['fern', 'USD', '100'],
    ['gale', 'USD', '100'],
    ['haven', 'USD', '100'],
    ['jade', 'USD', '110'],
    ['kite', 'JPY', '12000'],
    ['lark', 'USD', '30'],
  ]),
  '2026-09/lines.csv': lines([
    ['atlas', 'USD', '90'],
    ['birch', 'USD', '160'],
    ['cedar', 'EUR', '200'],
    ['dune', 'USD', '25'],
    ['elm', 'USD', '100'],
    ['fern', 'USD', '100'],
    ['gale', 'USD', '100', 'paused'],
    ['haven', 'USD', '100'],
    ['iris', 'USD', '70', 'trialing'],
    ['jade', 'USD', '110'],
    ['kite', 'JPY', '12000'],
    ['lark', 'USD', '30'],
  ]),
  '2026-10/lines.csv': lines([
    ['atlas', 'USD', '90'],
    ['birch', 'USD', '160'],
    ['cedar', 'EUR', '150'],
    ['dune', 'USD', '50'],
    ['elm', 'USD', '100'],
    ['gale', 'USD', '100'],
    ['iris', 'USD', '70'],
    ['jade', 'USD', '110'],
    ['kite', 'JPY', '12000'],
    ['lark', 'USD', '30'],
  ]),
  '2026-09/payments.csv':
    'customer_id,invoice_id,failed_on,amount,currency,decline_code,state,resolved_on\ncus_elm,in_elm,2026-09-20,100,USD,insufficient_funds,recovered,2026-09-24\n',
  '2026-10/payments.csv':
    'customer_id,invoice_id,failed_on,amount,currency,decline_code,state,resolved_on\ncus_fern,in_fern,2026-10-03,100,USD,insufficient_funds,exhausted,2026-10-12\n',
  '2026-10/cancellations.csv':
    'customer_id,subscription_id,ended_on,reason\ncus_fern,sub_fern,2026-10-12,payment_failed\ncus_haven,sub_haven,2026-10-20,too_expensive\n',
};
