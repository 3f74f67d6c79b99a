/** A small company on Recurly over 14 months, told as what happened when. */
import type { Raw, RecurlyObject, Site } from '../../servers/recurly.ts';
import { addOn, at, plan } from './objects.ts';
import { Simulation } from './site.ts';

type Happening = readonly [when: string, what: (site: Simulation) => void];

const account = (name: string, changes: Raw = {}): RecurlyObject => ({
  id: `acc_${name}`,
  object: 'account',
  code: name,
  company: name.toUpperCase(),
  first_name: 'Ann',
  last_name: 'Other',
  email: `${name}@example.com`,
  parent_account_id: null,
  bill_to: 'self',
  custom_fields: [{ name: 'plan', value: 'Team' }],
  created_at: '2025-09-01T00:00:00Z',
  ...changes,
});

/** A customer that subscribes. */
const joins = (name: string, when: string, planId: string, changes: Raw = {}, of: Raw = {}): Happening => [
  when,
  (site) => {
    const known = site.accounts.get(`acc_${name}`);
    site.accounts.set(`acc_${name}`, known ?? account(name, { created_at: when, ...of }));
    const { id = `sub_${name}`, ...rest } = changes;
    site.subscribe(`${id}`, `acc_${name}`, planId, { currency: 'USD', ...rest });
  },
];

const touch = (name: string, when: string, changes: Raw): Happening => [
  when,
  (site) => site.touch(`sub_${name}`, changes),
];

const expire = (name: string, when: string, reason: string | null): Happening => [
  when,
  (site) => site.expire(`sub_${name}`, reason),
];

export const start = '2025-09-10T12:00:00Z';

const tiers = [
  { ending_quantity: 10, unit_amount: 10.0, unit_amount_decimal: null },
  { ending_quantity: null, unit_amount: 5.0, unit_amount_decimal: null },
];
const seats = (quantity: number, billed: number, changes: Raw = {}): Raw => ({
  ...addOn({ id: 'sao_jade', quantity, tier_type: 'tiered', unit_amount: null, tiers, created_at: start, ...changes }),
  billed,
});
const usage: Raw = {
  ...addOn({
    id: 'sao_tern',
    add_on: { id: 'ao_calls', code: 'calls', name: 'Calls', add_on_type: 'usage', usage_type: 'price' },
    created_at: start,
  }),
  usage: true,
};

const happenings: readonly Happening[] = [
  [
    '2025-09-01T00:00:00Z',
    (site) => {
      for (const one of [
        plan(),
        plan({ id: 'plan_year', code: 'year', name: 'Year', interval_length: 12 }),
        plan({ id: 'plan_week', code: 'week', name: 'Week', interval_unit: 'days', interval_length: 7 }),
      ])
        site.plans.set(`${one.id}`, one as RecurlyObject);
      site.coupon('ten', { discount: { type: 'percent', percent: 10 } });
      site.coupon('half', { duration: 'temporal', discount: { type: 'percent', percent: 50 } });
      site.coupon('once', { duration: 'single_use', discount: { type: 'percent', percent: 50 } });
      site.coupon('fifteen', {
        redemption_resource: 'account',
        discount: { type: 'fixed', currencies: [{ currency: 'USD', amount: 15.0 }] },
      });
    },
  ],
  [start, (site) => site.redeem('ten', 'acc_atlas', 'sub_atlas')],
  joins('atlas', start, 'plan_year', { unit_amount: 1200.0 }),
  joins('birch', start, 'plan_team', { unit_amount: 20.0, quantity: 5 }),
  joins('cedar', start, 'plan_team', { unit_amount: 200.0, currency: 'EUR' }),
  joins('dune', start, 'plan_team', { unit_amount: 50.0 }),
  [
    start,
    (site) =>
      site.redeem('half', 'acc_dune', 'sub_dune', {
        remaining_duration: { type: 'temporal', expires_at: '2026-02-15T12:00:00Z' },
      }),
  ],
  joins('elm', start, 'plan_team'),
  joins('fern', start, 'plan_team'),
  joins('gale', '2025-09-15T12:00:00Z', 'plan_team'),
  joins('haven', start, 'plan_team'),
  joins('jade', start, 'plan_team', { unit_amount: 30.0, add_ons: [seats(12, 110)], setup_fee: true }),
  joins(
    'kite',
    start,
    'plan_team',
    { unit_amount: 12000, currency: 'JPY' },
    { parent_account_id: 'acc_atlas', bill_to: 'parent' },
  ),
  joins('yarrow', start, 'plan_team', { unit_amount: 25.0 }, { parent_account_id: 'acc_atlas', bill_to: 'self' }),
  joins('nest', start, 'plan_team', { unit_amount: 60.0 }),
  joins('oak', start, 'plan_team', { unit_amount: 90.0 }),
  joins('pine', start, 'plan_week', { unit_amount: 10.0 }),
  joins('quill', start, 'plan_team', {
    unit_amount: 121.0,
    currency: 'EUR',
    tax_inclusive: true,
    tax_info: { type: 'vat', region: 'ES', rate: 0.21 },
  }),
  joins('reed', start, 'plan_team', { unit_amount: 12.345, currency: 'KWD' }),
  joins('sage', start, 'plan_team'),
  [start, (site) => site.redeem('fifteen', 'acc_sage', null)],
  joins('tern', start, 'plan_team', { unit_amount: 40.0, add_ons: [usage] }),
  joins('upland', start, 'plan_team', { unit_amount: 35.0 }),
  joins('vale', start, 'plan_team', {
    unit_amount: 20.0,
    ramp_intervals: [
      { starting_billing_cycle: 1, starting_on: start, ending_on: '2026-03-10T12:00:00Z', unit_amount: 20.0 },
      { starting_billing_cycle: 7, starting_on: '2026-03-10T12:00:00Z', ending_on: null, unit_amount: 40.0 },
    ],
  }),
  // A term that is not renewed.
  joins('xenon', start, 'plan_year', { unit_amount: 240.0, auto_renew: false, remaining_billing_cycles: 0 }),
  [start, (site) => site.redeem('once', 'acc_haven', 'sub_haven')],
  joins('moss', '2025-12-10T12:00:00Z', 'plan_team', {
    started_with_gift: true,
    current_period_ends_at: '2026-03-10T12:00:00Z',
  }),
  joins('iris', '2026-01-26T09:00:00Z', 'plan_team', { unit_amount: 70.0, trial_ends_at: '2026-02-10T09:00:00Z' }),
  joins('lark', '2026-02-20T09:00:00Z', 'plan_team', { cardless: true, trial_ends_at: '2026-03-06T09:00:00Z' }),
  touch('gale', '2026-03-01T09:00:00Z', { paused_at: '2026-03-15T12:00:00Z', remaining_pause_cycles: 2 }),
  ['2026-03-20T12:00:00Z', (site) => site.change('sub_birch', { quantity: 8 })],
  ['2026-04-09T12:00:00Z', (site) => void site.declining.add('acc_elm')],
  [
    '2026-04-14T12:00:00Z',
    (site) => {
      site.declining.delete('acc_elm');
      site.collect('sub_elm', 'success');
    },
  ],
  touch('birch', '2026-05-15T12:00:00Z', { pending_change: { object: 'subscription_change', quantity: 6 } }),
  ['2026-05-20T12:00:00Z', (site) => site.expire('sub_nest', 'canceled')],
  joins('nest', '2026-05-20T12:00:00Z', 'plan_team', { id: 'sub_nest_eur', unit_amount: 55.0, currency: 'EUR' }),
  ['2026-06-09T12:00:00Z', (site) => void site.declining.add('acc_fern')],
  ['2026-06-14T12:00:00Z', (site) => site.collect('sub_fern', 'declined')],
  [
    '2026-07-05T12:00:00Z',
    (site) => {
      site.giveUp('sub_fern');
      site.expire('sub_fern', 'nonpayment');
    },
  ],
  ['2026-07-20T12:00:00Z', (site) => site.change('sub_jade', { add_ons: [seats(20, 150)] })],
  touch('haven', '2026-07-25T09:00:00Z', { state: 'canceled', canceled_at: '2026-07-25T09:00:00Z' }),
  ['2026-08-12T12:00:00Z', (site) => site.chargeBack('sub_oak')],
  expire('oak', '2026-08-13T12:00:00Z', 'canceled'),
  // The pull of September comes the day after.
  ['2026-10-01T12:00:00Z', (site) => site.change('sub_cedar', { unit_amount: 150.0 })],
  // The pull of October comes the day after.
  ['2026-11-01T12:00:00Z', (site) => site.change('sub_birch', { quantity: 20 })],
  ['2026-11-01T12:30:00Z', (site) => site.unredeem('fifteen', 'acc_sage')],
  expire('upland', '2026-11-01T14:00:00Z', 'canceled'),
  ['2026-11-01T14:30:00Z', (site) => site.unredeem('ten', 'acc_atlas')],
  joins('wren', '2026-11-01T15:00:00Z', 'plan_team'),
];

/** The site as it is at an instant. */
export const siteAt = (instant: string): Site => {
  const now = at(instant);
  const site = new Simulation();
  for (const [when, what] of happenings) {
    if (at(when) > now) break;
    site.pass(at(when));
    what(site);
  }
  site.pass(now);
  return site.site();
};

export const months = Array.from({ length: 14 }, (_, index) => {
  const month = 8 + index;
  return `${2025 + Math.floor(month / 12)}-${`${(month % 12) + 1}`.padStart(2, '0')}`;
});

/** When a month is pulled: on the second day after it. */
export const pulledAt = (month: string): string => {
  const next = months[months.indexOf(month) + 1] ?? '2026-11';
  return `${next}-02T06:00:00Z`;
};
