/** What a subscription of Recurly is worth a month, case by case. */
import { describe, expect, it } from 'vitest';
import { addOn, coupon, line, linesOf, mrrOf, plan, type Raw, subscription } from './objects.ts';

const withPlan = (changes: Raw) => ({ plans: [plan(changes)] });
const days = (length: number) => withPlan({ interval_unit: 'days', interval_length: length });
const months = (length: number) => withPlan({ interval_length: length });

describe('a plan', () => {
  it.each<[told: string, changes: Raw, settings: Parameters<typeof mrrOf>[1], mrr: string]>([
    ['a month', { unit_amount: 19.99 }, {}, '19.99'],
    ['a month, five of them', { unit_amount: 19.99, quantity: 5 }, {}, '99.95'],
    ['a quarter', { unit_amount: 100.0 }, months(3), '33.3333'],
    ['a year', { unit_amount: 1200.0 }, months(12), '100'],
    ['two years', { unit_amount: 1200.0 }, months(24), '50'],
    ['a week', { unit_amount: 10.0 }, days(7), '43.3333'],
    ['four weeks', { unit_amount: 10.0 }, days(28), '10.8333'],
    ['a day', { unit_amount: 1.0 }, days(1), '30.4167'],
    ['thirty days', { unit_amount: 30.0 }, days(30), '30.4167'],
    ['in yen', { unit_amount: 1980, currency: 'JPY' }, {}, '1980'],
    ['in dinars of a thousand fils', { unit_amount: 12.345, currency: 'KWD' }, {}, '12.345'],
    ['for nothing', { unit_amount: 0.0 }, {}, '0'],
    ['none of it', { quantity: 0 }, {}, '0'],
    ['that a float cannot hold', { unit_amount: 0.1, quantity: 3 }, {}, '0.3'],
    ['with tax on top', { tax_inclusive: false, tax_info: { rate: 0.2 } }, {}, '100'],
    ['with tax inside', { unit_amount: 120.0, tax_inclusive: true, tax_info: { rate: 0.2 } }, {}, '100'],
  ])('%s', (_, changes, settings, mrr) => {
    expect(mrrOf(subscription(changes), settings)).toEqual([mrr]);
  });

  it('with tax inside and no rate takes the share of its last invoice, or leaves it in and says so', () => {
    const inclusive = subscription({ unit_amount: 121.0, tax_inclusive: true });
    const billed = line({ subtotal: 121.0, unit_amount: 121.0, tax: 21.0, tax_inclusive: true });
    expect(mrrOf(inclusive, { lines: [billed] })).toEqual(['100']);
    expect(mrrOf(inclusive)).toEqual(['121']);
    expect(linesOf(inclusive)?.counts).toMatchObject({ taxUnknown: 1 });
  });

  it('that nobody tells is a failure with a next step', () => {
    expect(() => mrrOf(subscription(), { plans: [] })).toThrow('does not tell the plan plan_team');
  });
});

// Source: docs.recurly.com, quantity-based pricing: 150 documents, $1 each for the first 100 and $0.50 beyond.
const documents = [
  { ending_quantity: 100, unit_amount: 1.0 },
  { ending_quantity: null, unit_amount: 0.5 },
];
const steps = [
  { ending_quantity: 500, unit_amount: 30.0 },
  { ending_quantity: 10, unit_amount: 5.0 },
  { ending_quantity: null, unit_amount: 200.0 },
];

describe('an add-on', () => {
  const mrr = (changes: Raw) => mrrOf(subscription({ unit_amount: 0, add_ons: [addOn(changes)] }))[1];

  it.each<[told: string, changes: Raw, mrr: string]>([
    ['per unit', { quantity: 3, unit_amount: 2.5 }, '7.5'],
    ['per unit, to nine decimals', { quantity: 7000, unit_amount: 0.0, unit_amount_decimal: '0.001234567' }, '8.642'],
    ['tiered: each unit at its tier', { quantity: 150, tier_type: 'tiered', tiers: documents }, '125'],
    ['tiered: the last unit of the first tier', { quantity: 100, tier_type: 'tiered', tiers: documents }, '100'],
    ['by volume: all at the tier reached', { quantity: 150, tier_type: 'volume', tiers: documents }, '75'],
    ['by volume: the last unit of the first tier', { quantity: 100, tier_type: 'volume', tiers: documents }, '100'],
    ['in steps: one price for the step', { quantity: 10, tier_type: 'stairstep', tiers: steps }, '5'],
    ['in steps: the first unit of the next', { quantity: 11, tier_type: 'stairstep', tiers: steps }, '30'],
    ['in steps: beyond the last', { quantity: 501, tier_type: 'stairstep', tiers: steps }, '200'],
    ['none of it', { quantity: 0, tier_type: 'stairstep', tiers: steps }, '0'],
  ])('%s', (_, changes, expected) => expect(mrr(changes)).toBe(expected));

  it('of which no tier tells a price is a failure with a next step', () => {
    const tiers = [{ ending_quantity: 5, unit_amount: 1.0 }];
    expect(() => mrr({ quantity: 6, tier_type: 'volume', tiers })).toThrow('tells no price for 6 units');
    expect(() => mrr({ quantity: 6, tier_type: 'tiered', tiers })).toThrow('tells no price for 6 units');
  });

  it('follows the rhythm of its plan', () => {
    const yearly = subscription({ unit_amount: 1200.0, add_ons: [addOn({ unit_amount: 120.0 })] });
    expect(mrrOf(yearly, months(12))).toEqual(['100', '10']);
  });

  it('of usage is 0 and labelled, or the average of what was invoiced', () => {
    const metered = subscription({
      add_ons: [addOn({ add_on: { code: 'calls', name: 'Calls', add_on_type: 'usage' }, unit_amount: 0.02 })],
    });
    expect(linesOf(metered)).toMatchObject({ counts: { meteredZero: 1 } });
    expect(linesOf(metered)?.rows.lines?.[1]).toMatchObject({ mrr: '0.0000', pricing_model: 'usage', plan: 'Calls' });
    const averaged = linesOf(metered, { address: 'recurly:?metered=average', usage: '100' });
    expect(averaged?.rows.lines?.[1]).toMatchObject({ mrr: '33.3333', pricing_model: 'usage' });
    expect(averaged?.counts).toMatchObject({ meteredAveraged: 1 });
    const paidBack = linesOf(metered, { address: 'recurly:?metered=average', usage: '-100' });
    expect(paidBack?.rows.lines?.[1]).toMatchObject({ mrr: '0.0000', pricing_model: 'usage' });
    expect(paidBack?.counts).toMatchObject({ meteredBelowZero: 1 });
    expect(paidBack?.counts).not.toHaveProperty('meteredAveraged');
  });

  it('that came after the month’s end, or went before it, is not there', () => {
    const late = addOn({ created_at: '2026-11-01T00:00:00Z' });
    const gone = addOn({ expired_at: '2026-10-31T23:59:59Z' });
    const there = addOn({ created_at: '2026-10-31T23:59:59Z', expired_at: '2026-11-01T00:00:00Z' });
    expect(mrrOf(subscription({ add_ons: [late, gone, there] }))).toEqual(['100', '10']);
  });
});

describe('a coupon', () => {
  const fixed = (amount: number, changes: Raw = {}) =>
    coupon({ discount: { type: 'fixed', currencies: [{ currency: 'USD', amount }] }, ...changes });
  const percent = (off: number, changes: Raw = {}) =>
    coupon({ discount: { type: 'percent', percent: off }, ...changes });
  const both = subscription({ add_ons: [addOn({ unit_amount: 50.0 })] });

  it.each<[told: string, coupons: Raw[], mrr: string[]]>([
    ['of ten percent', [percent(10)], ['90', '45']],
    ['of all', [percent(100)], ['0', '0']],
    ['of percents, one after the other', [percent(10), percent(50)], ['45', '22.5']],
    ['of an amount, from the plan first', [fixed(30)], ['70', '50']],
    ['of an amount that goes beyond the plan', [fixed(120)], ['0', '30']],
    ['of more than there is', [fixed(1000)], ['0', '0']],
    ['of an amount after one of percents', [fixed(30), percent(10)], ['60', '45']],
    [
      'of another currency',
      [coupon({ discount: { type: 'fixed', currencies: [{ currency: 'EUR', amount: 5 }] } })],
      ['100', '50'],
    ],
    [
      'for a free trial',
      [coupon({ discount: { type: 'free_trial', trial: { unit: 'day', length: 7 } } })],
      ['100', '50'],
    ],
    ['for this plan', [percent(10, { applies_to_all_plans: false, plans: [{ id: 'plan_team' }] })], ['90', '45']],
    ['for another plan', [percent(10, { applies_to_all_plans: false, plans: [{ id: 'plan_other' }] })], ['100', '50']],
  ])('%s', (_, coupons, mrr) => expect(mrrOf(both, { coupons })).toEqual(mrr));

  it('for items takes off items of the catalog alone', () => {
    const items = subscription({ add_ons: [addOn({ unit_amount: 50.0, add_on: { item_id: 'item_1' } })] });
    const forItem = percent(10, {
      applies_to_all_plans: false,
      applies_to_all_items: false,
      items: [{ id: 'item_1' }],
    });
    expect(mrrOf(items, { coupons: [forItem] })).toEqual(['100', '45']);
    const forPlans = percent(10, { applies_to_all_items: false });
    expect(mrrOf(items, { coupons: [forPlans] })).toEqual(['90', '50']);
  });

  it('is told on the line, without tax', () => {
    const inclusive = subscription({ unit_amount: 120.0, tax_inclusive: true, tax_info: { rate: 0.2 } });
    expect(linesOf(inclusive, { coupons: [percent(25)] })?.rows.lines?.[0]).toMatchObject({
      mrr: '75.0000',
      discount_mrr: '25.0000',
    });
  });

  it('of a yearly plan is spread over its months', () => {
    expect(mrrOf(subscription({ unit_amount: 1200.0 }), { ...months(12), coupons: [fixed(600)] })).toEqual(['50']);
  });
});

describe('a line', () => {
  it('has what the contract asks for', () => {
    const told = subscription({ quantity: 3, custom_fields: [{ name: 'deal', value: 'opp_1' }] });
    expect(linesOf(told, { address: 'recurly:?opportunity=deal' })?.rows.lines).toEqual([
      {
        customer_id: 'acc_1',
        subscription_id: 'sub_1',
        item_id: 'plan',
        product: 'team',
        plan: 'Team',
        pricing_model: 'seat',
        quantity: '3',
        currency: 'USD',
        mrr: '300.0000',
        status: 'active',
        renews_on: '2026-11-15',
        invoice_id: 'inv_1',
        opportunity_id: 'opp_1',
      },
    ]);
  });

  it('that is not to be renewed has no day of renewal', () => {
    const renewal = (changes: Raw) => linesOf(subscription(changes))?.rows.lines?.[0]?.renews_on;
    expect(renewal({ state: 'canceled', expires_at: '2026-11-15T00:00:00Z' })).toBeUndefined();
    expect(renewal({ auto_renew: false, remaining_billing_cycles: 0 })).toBeUndefined();
    expect(renewal({ auto_renew: false, remaining_billing_cycles: 2 })).toBe('2026-11-15');
  });

  it('of a period that began since tells neither its invoice nor its end', () => {
    const renewed = subscription({
      current_period_started_at: '2026-11-01T00:00:00Z',
      current_period_ends_at: '2026-12-01T00:00:00Z',
      updated_at: '2026-11-01T00:00:00Z',
      active_invoice_id: 'inv_2',
    });
    const row = linesOf(renewed)?.rows.lines?.[0];
    expect([row?.invoice_id, row?.renews_on]).toEqual([undefined, undefined]);
    const before = line({ start_date: '2026-10-01T00:00:00Z', end_date: '2026-11-01T00:00:00Z' });
    const known = linesOf(renewed, { lines: [before] })?.rows.lines?.[0];
    expect([known?.invoice_id, known?.renews_on]).toEqual(['inv_1', '2026-11-01']);
  });
});
