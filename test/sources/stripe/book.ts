/** Fourteen months of a small company on Stripe, told as what happened when; and the same book as contract files, by hand. */
import { addMonths, monthRange, parseMonth } from '../../../functions/core/month.ts';
import type { Account, StripeObject } from '../../servers/stripe.ts';
import { at, coupon, discount, item, price, type Raw, subscription } from './objects.ts';

type ListName = Exclude<keyof Account, 'subscription_items' | 'credit_notes'>;
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

type Made = Raw & { readonly of?: Raw; readonly by?: string };

const sub = (name: string, when: string, { of = {}, by = name, items = [item()], ...rest }: Made = {}): Happening => [
  when,
  (state, now) => {
    put(state, 'customers', { id: `cus_${by}`, name: by.toUpperCase(), metadata: { plan: 'Team', ...of } }, now);
    const own = (items as Raw[]).map((one) => ({ ...one, id: `si_${name}`, created: now, current_period_start: now }));
    const made = subscription({
      ...rest,
      id: `sub_${name}`,
      customer: `cus_${by}`,
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

/** A discount of the customer, for subscriptions that have none of their own; null takes it away again. */
const discountOf = (name: string, when: string, of: Raw | null): Happening => [
  when,
  (state, now) => {
    const was = (state.customers.get(`cus_${name}`)?.discount ?? null) as Raw | null;
    const ids = { id: `di_${name}_${now}`, start: now };
    const given = of && { ...discount(of, ids), customer: `cus_${name}`, subscription: null };
    put(state, 'customers', { id: `cus_${name}`, discount: given }, now);
    if (given === null) tell(state, 'customer.discount.deleted', now, was ?? {});
    else if (was === null) tell(state, 'customer.discount.created', now, given);
    else tell(state, 'customer.discount.updated', now, given, { id: was.id, start: was.start, source: was.source });
  },
];

const itemsOf = (name: string, when: string, changes: Raw) => ({
  items: {
    object: 'list',
    has_more: false,
    data: [{ ...item(changes), id: `si_${name}`, created: at(when), current_period_start: at(when) }],
  },
});

const invoice = (name: string, when: string, changes: Raw = {}, bill = name): Happening => [
  when,
  (state, now) =>
    put(
      state,
      'invoices',
      {
        id: `in_${bill}`,
        currency: 'usd',
        customer: `cus_${name}`,
        status: 'open',
        amount_due: 10_000,
        status_transitions: {},
        parent: { subscription_details: { subscription: `sub_${name}` } },
        payments: { data: [{ payment: { type: 'payment_intent', payment_intent: `pi_${bill}` } }] },
        lines: { data: [], has_more: false },
        ...changes,
      },
      now,
    ),
];

const charge = (name: string, when: string, status: string, bill = name): Happening => [
  when,
  (state, now) =>
    put(
      state,
      'charges',
      {
        id: `ch_${bill}_${now}`,
        status,
        customer: `cus_${name}`,
        payment_intent: `pi_${bill}`,
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

const start = '2025-08-10T12:00:00Z';

const coupons = [
  coupon({ id: '10% off!', percent_off: 10 }),
  coupon({ id: 'half', percent_off: 50, duration: 'repeating' }),
  coupon({ id: 'quarter', percent_off: 25 }),
];

const happenings: readonly Happening[] = [
  ...coupons.map((one): Happening => ['2025-08-01T00:00:00Z', (state, now) => put(state, 'coupons', one, now)]),
  ['2025-08-01T00:00:00Z', (state, now) => put(state, 'prices', price({ ...tiered, tiers }), now)],
  sub('atlas', start, {
    items: [item({ price: unit('120000', { recurring: { interval: 'year' } }) })],
    discounts: [discount({ id: '10% off!', percent_off: 10 }, { id: 'di_atlas', start: at(start) })],
  }),
  sub('birch', start, { items: [item({ quantity: 5, price: unit('2000') })] }),
  sub('cedar', start, { currency: 'eur', items: [item({ price: unit('20000', { currency: 'eur' }) })] }),
  sub('dune', start, {
    items: [item({ price: unit('5000') })],
    discounts: [
      discount({ id: 'half', percent_off: 50 }, { id: 'di_dune', start: at(start), end: at('2026-10-10T00:00:00Z') }),
    ],
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
  sub('nest', start, { items: [item({ price: unit('8000') })] }),
  sub('onyx', start),
  sub('pine', start),
  sub('quill', start, { items: [item({ price: unit('5000') })] }),
  sub('reed', start),
  // An upgrade, one more on the day between the month's end and its pull, and a downgrade.
  change('quill', '2025-11-20T09:00:00Z', itemsOf('quill', start, { price: unit('12000') })),
  change('quill', '2025-12-01T08:00:00Z', itemsOf('quill', start, { price: unit('15000') })),
  change('quill', '2026-01-15T09:00:00Z', itemsOf('quill', start, { price: unit('4000') })),
  // A coupon of the customer, another one since the day before the pull, and none from the day before the next.
  discountOf('nest', '2025-12-05T09:00:00Z', { id: 'quarter', percent_off: 25 }),
  discountOf('nest', '2026-02-01T12:00:00Z', { id: 'half', percent_off: 50 }),
  discountOf('nest', '2026-03-01T12:00:00Z', null),
  change(
    'nest',
    '2026-04-11T09:00:00Z',
    over('2026-04-11T09:00:00Z', { reason: 'cancellation_requested', feedback: 'too_complex' }),
    'deleted',
  ),
  // A subscription keeps its currency: who pays in another one has another subscription.
  change('pine', '2026-02-10T09:00:00Z', over('2026-02-10T09:00:00Z', { reason: 'cancellation_requested' }), 'deleted'),
  sub('pine-eur', '2026-02-10T09:00:00Z', {
    by: 'pine',
    currency: 'eur',
    items: [item({ price: unit('9000', { currency: 'eur' }) })],
  }),
  // A dispute that was lost.
  change('onyx', '2026-03-14T09:00:00Z', over('2026-03-14T09:00:00Z', { reason: 'payment_disputed' }), 'deleted'),
  // A payment that fails in one month and comes in the next; and one that never comes.
  invoice('reed', '2026-04-28T08:00:00Z'),
  charge('reed', '2026-04-28T09:00:00Z', 'failed'),
  change('reed', '2026-04-28T09:00:00Z', { status: 'past_due' }),
  charge('reed', '2026-05-04T09:00:00Z', 'succeeded'),
  change('reed', '2026-05-04T09:00:00Z', { status: 'active' }),
  invoice('reed', '2026-05-04T09:00:01Z', {
    status: 'paid',
    status_transitions: { paid_at: at('2026-05-04T09:00:00Z') },
  }),
  invoice('reed', '2026-06-05T08:00:00Z', {}, 'reed_2'),
  charge('reed', '2026-06-05T09:00:00Z', 'failed', 'reed_2'),
  charge('reed', '2026-06-12T09:00:00Z', 'failed', 'reed_2'),
  change('reed', '2026-06-15T09:00:00Z', { status: 'unpaid' }),
  invoice('quill', '2026-06-29T08:00:00Z', { amount_due: 4_000 }),
  charge('quill', '2026-06-29T09:00:00Z', 'failed'),
  change('quill', '2026-06-29T09:00:00Z', { status: 'past_due' }),
  charge('quill', '2026-07-03T09:00:00Z', 'succeeded'),
  change('quill', '2026-07-03T09:00:00Z', { status: 'active' }),
  invoice('quill', '2026-07-03T09:00:01Z', {
    status: 'paid',
    amount_due: 4_000,
    status_transitions: { paid_at: at('2026-07-03T09:00:00Z') },
  }),
  change(
    'pine-eur',
    '2026-07-05T09:00:00Z',
    over('2026-07-05T09:00:00Z', { reason: 'cancellation_requested', feedback: 'switched_service' }),
    'deleted',
  ),
  change('reed', '2026-07-10T09:00:00Z', over('2026-07-10T09:00:00Z', { reason: 'payment_failed' }), 'deleted'),
  change(
    'quill',
    '2026-07-20T09:00:00Z',
    over('2026-07-20T09:00:00Z', { reason: 'cancellation_requested', feedback: 'unused' }),
    'deleted',
  ),
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
  invoice('lark', '2026-10-25T09:00:00Z', {
    status: 'paid',
    status_transitions: { paid_at: at('2026-10-25T09:00:00Z') },
  }),
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

/** The months of the book. */
export const months = monthRange(parseMonth('2025-09'), parseMonth('2026-10'));

/** When a month is pulled: on the second day of the next. */
export const pulledOn = (month: string): string => `${addMonths(parseMonth(month), 1)}-02T06:00:00Z`;

export const rates = 'currency,rate\nEUR,1.10\nJPY,0.0065\n';

/** What a line is from a month on: its MRR, and its status where that is not active; null is gone. */
type Since = readonly [month: string, mrr: string | null, status?: string];

const ledger: readonly (readonly [subscription: string, customer: string, currency: string, ...Since[]])[] = [
  ['atlas', 'atlas', 'USD', ['2025-09', '90']],
  ['birch', 'birch', 'USD', ['2025-09', '100'], ['2026-09', '160']],
  ['cedar', 'cedar', 'EUR', ['2025-09', '200'], ['2026-10', '150']],
  ['dune', 'dune', 'USD', ['2025-09', '25'], ['2026-10', '50']],
  ['elm', 'elm', 'USD', ['2025-09', '100']],
  ['fern', 'fern', 'USD', ['2025-09', '100'], ['2026-10', null]],
  ['gale', 'gale', 'USD', ['2025-09', '100'], ['2026-09', '100', 'paused'], ['2026-10', '100']],
  ['haven', 'haven', 'USD', ['2025-09', '100'], ['2026-10', null]],
  ['iris', 'iris', 'USD', ['2026-09', '70', 'trialing'], ['2026-10', '70']],
  ['jade', 'jade', 'USD', ['2025-09', '110']],
  ['kite', 'kite', 'JPY', ['2025-09', '12000']],
  ['lark', 'lark', 'USD', ['2025-09', '30']],
  [
    'nest',
    'nest',
    'USD',
    ['2025-09', '80'],
    ['2025-12', '60'],
    ['2026-02', '40'],
    ['2026-03', '80'],
    ['2026-04', null],
  ],
  ['onyx', 'onyx', 'USD', ['2025-09', '100'], ['2026-03', null]],
  ['pine', 'pine', 'USD', ['2025-09', '100'], ['2026-02', null]],
  ['pine-eur', 'pine', 'EUR', ['2026-02', '90'], ['2026-07', null]],
  [
    ...([
      'quill',
      'quill',
      'USD',
      ['2025-09', '50'],
      ['2025-11', '120'],
      ['2025-12', '150'],
      ['2026-01', '40'],
    ] as const),
    ...([
      ['2026-06', '40', 'past_due'],
      ['2026-07', null],
    ] as const),
  ],
  [
    ...(['reed', 'reed', 'USD', ['2025-09', '100'], ['2026-04', '100', 'past_due'], ['2026-05', '100']] as const),
    ...([
      ['2026-06', '100', 'unpaid'],
      ['2026-07', null],
    ] as const),
  ],
];

const lines = (month: string): string =>
  `customer_id,subscription_id,item_id,product,currency,mrr,status,invoice_id\n${ledger
    .map(([name, customer, currency, ...since]) => {
      const [, mrr = null, status = 'active'] = since.findLast(([from]) => from <= month) ?? [];
      if (mrr === null) return '';
      const ids = [`cus_${customer}`, `sub_${name}`, `si_${name}`, 'prod_core'];
      return `${[...ids, currency, mrr, status, `in_${name}`].join(',')}\n`;
    })
    .join('')}`;

const customers = (month: string): string =>
  `customer_id,name,account_id,plan\n${ledger
    .filter(([name, customer, , ...since]) => name === customer && since.some(([from]) => from <= month))
    .map(([name]) => (name === 'kite' ? 'cus_kite,KITE,cus_atlas,Solo\n' : `cus_${name},${name.toUpperCase()},,Team\n`))
    .join('')}`;

const cancellations: Readonly<Record<string, string>> = {
  '2026-02': 'cus_pine,sub_pine,2026-02-10,cancellation_requested\n',
  '2026-03': 'cus_onyx,sub_onyx,2026-03-14,payment_disputed\n',
  '2026-04': 'cus_nest,sub_nest,2026-04-11,too_complex\n',
  '2026-06': 'cus_reed,sub_reed,2026-06-12,dunning_exhausted\n',
  '2026-07':
    'cus_pine,sub_pine-eur,2026-07-05,switched_service\ncus_quill,sub_quill,2026-07-20,unused\ncus_reed,sub_reed,2026-07-10,payment_failed\n',
  '2026-10': 'cus_fern,sub_fern,2026-10-12,payment_failed\ncus_haven,sub_haven,2026-10-20,too_expensive\n',
};

const payments: Readonly<Record<string, string>> = {
  '2026-04': 'cus_reed,in_reed,2026-04-28,100,USD,insufficient_funds,in_grace,\n',
  '2026-05': 'cus_reed,in_reed,2026-04-28,100,USD,insufficient_funds,recovered,2026-05-04\n',
  '2026-06':
    'cus_quill,in_quill,2026-06-29,40,USD,insufficient_funds,in_grace,\ncus_reed,in_reed_2,2026-06-05,100,USD,insufficient_funds,exhausted,2026-06-12\n',
  '2026-07':
    'cus_quill,in_quill,2026-06-29,40,USD,insufficient_funds,recovered,2026-07-03\ncus_reed,in_reed_2,2026-06-05,100,USD,insufficient_funds,exhausted,2026-07-10\n',
  '2026-09': 'cus_elm,in_elm,2026-09-20,100,USD,insufficient_funds,recovered,2026-09-24\n',
  '2026-10': 'cus_fern,in_fern,2026-10-03,100,USD,insufficient_funds,exhausted,2026-10-12\n',
};

const withHead = (month: string, table: string, head: string, rows: Readonly<Record<string, string>>) =>
  rows[month] === undefined ? {} : { [`${month}/${table}.csv`]: `${head}\n${rows[month]}` };

const failed = 'customer_id,invoice_id,failed_on,amount,currency,decline_code,state,resolved_on';

/** The same book as somebody would export it, month by month. */
export const byHand: Readonly<Record<string, string>> = Object.assign(
  { '2025-09/fx.csv': rates },
  ...months.map((month) => ({
    [`${month}/lines.csv`]: lines(month),
    [`${month}/customers.csv`]: customers(month),
    ...withHead(month, 'cancellations', 'customer_id,subscription_id,ended_on,reason', cancellations),
    ...withHead(month, 'payments', failed, payments),
  })),
);
