/** What a subscription of Chargebee is worth a month: prices, tiers, currencies, discounts, tax, metered use. */
import { describe, expect, it } from 'vitest';
import { notes } from '../../../functions/sources/chargebee/notes.ts';
import {
  billsIn,
  context,
  coupon,
  invoice,
  item,
  itemPrice,
  lineItem,
  linesOf,
  mrrOf,
  planItem,
  type Raw,
  subscription,
} from './objects.ts';

const rhythm = (count: number, unit: string) => ({ billing_period: count, billing_period_unit: unit });

describe('an amount', () => {
  it.each<[told: string, item: Raw, subscription: Raw, mrr: string]>([
    ['$100 a month', {}, {}, '100'],
    ['$1,200 a year', { amount: 120_000 }, rhythm(1, 'year'), '100'],
    ['$300 every three months', { amount: 30_000 }, rhythm(3, 'month'), '100'],
    ['$2,400 every two years', { amount: 240_000 }, rhythm(2, 'year'), '100'],
    ['$12 a week', { amount: 1_200 }, rhythm(1, 'week'), '52'],
    ['$1 a day', { amount: 100 }, rhythm(1, 'day'), '30.4167'],
    ['$100 every ten days', { amount: 10_000 }, rhythm(10, 'day'), '304.1667'],
    ['an item with a rhythm of its own', { amount: 120_000, ...rhythm(1, 'year') }, {}, '100'],
    ['nothing', { amount: 0 }, {}, '0'],
    ['decimals of a cent', { amount: 10_000, amount_in_decimal: '99.99995' }, {}, '100'],
    ['decimals over whole numbers', { amount: 12, amount_in_decimal: '0.1234' }, {}, '0.1234'],
    ['1,500 yen, which have no minor unit', { amount: 1_500 }, { currency_code: 'JPY' }, '1500'],
    ['100,000 yen a year', { amount: 100_000 }, { currency_code: 'JPY', ...rhythm(1, 'year') }, '8333.3333'],
    ['Kuwaiti dinars, which Chargebee tells in hundredths', { amount: 512 }, { currency_code: 'KWD' }, '5.12'],
    ['dinars in decimals', { amount: 512, amount_in_decimal: '5.125' }, { currency_code: 'KWD' }, '5.125'],
  ])('of %s', (_, changes, of, mrr) =>
    expect(mrrOf(subscription({ items: [planItem(changes)], ...of }))).toEqual([mrr]),
  );

  it('is no line where it is charged once, and one for each add-on', () => {
    const items = [
      planItem(),
      planItem({ item_price_id: 'seats', item_type: 'addon', quantity: 3, amount: 3_000 }),
      planItem({ item_price_id: 'setup', item_type: 'charge', amount: 99_900 }),
    ];
    expect(mrrOf(subscription({ items }))).toEqual(['100', '30']);
  });

  it('without a rhythm ends the pull', () =>
    expect(() => mrrOf(subscription({ billing_period_unit: undefined }))).toThrow('says no billing period'));
});

describe('an amount that is not told', () => {
  const tier = (from: number, to: number | null, price: number, more: Raw = {}): Raw => ({
    item_price_id: 'core-USD-Monthly',
    starting_unit: from,
    ...(to === null ? {} : { ending_unit: to }),
    price,
    ...more,
  });
  const tiers = [tier(11, null, 500), tier(1, 10, 1_000)];
  const ofModel = (pricing_model: string, changes: Raw, item_tiers: Raw[] = []) =>
    mrrOf(
      subscription({ items: [planItem({ amount: undefined, unit_price: undefined, ...changes })], item_tiers }),
      context(undefined, { prices: [itemPrice({ pricing_model })] }),
    );

  it.each<[told: string, model: string, item: Raw, tiers: Raw[], mrr: string]>([
    ['a flat fee', 'flat_fee', { unit_price: 4_900 }, [], '49'],
    // Chargebee's own page on pricing models has $29 a user a month.
    ['units', 'per_unit', { unit_price: 2_900, quantity: 5 }, [], '145'],
    ['units but for the free ones', 'per_unit', { unit_price: 2_900, quantity: 5, free_quantity: 2 }, [], '87'],
    ['less than the free units', 'per_unit', { unit_price: 2_900, quantity: 1, free_quantity: 2 }, [], '0'],
    ['parts of units', 'per_unit', { unit_price_in_decimal: '1.25', quantity_in_decimal: '2.5' }, [], '3.125'],
    ['units in successive tiers', 'tiered', { quantity: 12 }, tiers, '110'],
    ['units within the first tier', 'tiered', { quantity: 10 }, tiers, '100'],
    ['all units at the price of the tier they reach', 'volume', { quantity: 12 }, tiers, '60'],
    ['a volume within the first tier', 'volume', { quantity: 10 }, tiers, '100'],
    ['one price for the step', 'stairstep', { quantity: 12 }, [tier(1, 10, 9_000), tier(11, null, 15_000)], '150'],
    // "if the package size is 100 units and the cost per block is $20 consuming 400 units" is $80.
    [
      'packages',
      'tiered',
      { quantity: 400 },
      [tier(1, null, 2_000, { pricing_type: 'package', package_size: 100 })],
      '80',
    ],
    [
      'begun packages, whole',
      'volume',
      { quantity: 401 },
      [tier(1, null, 2_000, { pricing_type: 'package', package_size: 100 })],
      '100',
    ],
    [
      'a flat fee of the first tier and units above',
      'tiered',
      { quantity: 12 },
      [tier(1, 10, 5_000, { pricing_type: 'flat_fee' }), tier(11, null, 100)],
      '52',
    ],
  ])('is worked out of %s', (_, model, changes, item_tiers, mrr) =>
    expect(ofModel(model, changes, item_tiers)).toEqual([mrr]),
  );

  it('and cannot be worked out ends the pull', () =>
    expect(() => ofModel('tiered', { quantity: 12 }, [tier(1, 10, 1_000)])).toThrow('says no amount'));
});

describe('a discount', () => {
  const plan = planItem({ amount: 10_000 });
  const addon = planItem({ item_price_id: 'support', item_type: 'addon', amount: 30_000, quantity: 3 });
  const fixed = (amount: number, changes: Raw = {}) =>
    coupon({
      id: `off_${amount}`,
      discount_type: 'fixed_amount',
      discount_amount: amount,
      currency_code: 'USD',
      ...changes,
    });
  const percent = (percentage: number, changes: Raw = {}) =>
    coupon({ id: `percent_${percentage}`, discount_percentage: percentage, ...changes });
  const on = (
    coupons: Raw[],
    { attached = {}, items = [plan, addon], discounts = [] }: { attached?: Raw; items?: Raw[]; discounts?: Raw[] } = {},
  ) =>
    mrrOf(
      subscription({
        items,
        discounts,
        coupons: coupons.map(({ id }) => ({ coupon_id: id, applied_count: 1, ...attached })),
      }),
      context(undefined, { coupons }),
    );
  const specific = (ids: string[], type = 'plan') => ({
    apply_on: 'each_specified_item',
    item_constraints: [{ item_type: type, constraint: 'specific', item_price_ids: ids }],
  });

  it.each<[told: string, coupons: Raw[], mrr: string[]]>([
    // From Chargebee's pages on MRR: plan $100, add-on $100 x 3, coupon of 50 % makes $200, one of 10 % $360.
    ['of 50 % off the invoice', [percent(50)], ['50', '150']],
    ['of 10 % off the invoice', [percent(10)], ['90', '270']],
    ['of more than all', [percent(150)], ['0', '0']],
    ['of an amount off the invoice, shared', [fixed(8_000)], ['80', '240']],
    ['of more than the invoice', [fixed(80_000)], ['0', '0']],
    ['off one item', [percent(50, specific(['core-USD-Monthly']))], ['50', '300']],
    [
      'off every add-on',
      [
        fixed(5_000, {
          apply_on: 'each_specified_item',
          item_constraints: [{ item_type: 'addon', constraint: 'all' }],
        }),
      ],
      ['100', '250'],
    ],
    ['off no item that is there', [percent(50, specific(['other']))], ['100', '300']],
    [
      'off what is of a family',
      [
        percent(50, {
          apply_on: 'each_specified_item',
          item_constraints: [{ item_type: 'plan', constraint: 'criteria' }],
          item_constraint_criteria: [
            { item_type: 'plan', item_family_ids: ['suite'], currencies: ['USD'], item_price_periods: ['month'] },
          ],
        }),
      ],
      ['50', '300'],
    ],
    [
      'off what is of another currency',
      [
        percent(50, {
          apply_on: 'each_specified_item',
          item_constraints: [{ item_type: 'plan', constraint: 'criteria' }],
          item_constraint_criteria: [{ item_type: 'plan', currencies: ['EUR'] }],
        }),
      ],
      ['100', '300'],
    ],
    [
      'of free units',
      [coupon({ discount_type: 'offer_quantity', discount_quantity: 1, ...specific(['support'], 'addon') })],
      ['100', '200'],
    ],
    // Items before the invoice, amounts before percentages, whatever the order they are told in.
    ['after another: amount, then percentage', [percent(50), fixed(8_000)], ['40', '120']],
    [
      'after another: item, then invoice',
      [fixed(8_000), percent(50, specific(['core-USD-Monthly']))],
      ['38.5714', '231.4286'],
    ],
  ])('%s', (_, coupons, mrr) => expect(on(coupons)).toEqual(mrr));

  it.each<[told: string, changes: Raw, attached: Raw, mrr: string]>([
    ['for ever', {}, { applied_count: 40 }, '90'],
    ['for one invoice, still to come', { duration_type: 'one_time' }, { applied_count: 0 }, '90'],
    ['for one invoice that it has been on', { duration_type: 'one_time' }, { applied_count: 1 }, '100'],
    ['for a time that goes on', { duration_type: 'limited_period' }, { apply_till: 1_793_491_200 }, '90'],
    ['for a time that is over', { duration_type: 'limited_period' }, { apply_till: 1_793_491_199 }, '100'],
  ])('%s', (_, changes, attached, mrr) => expect(on([coupon(changes)], { attached, items: [plan] })).toEqual([mrr]));

  const manual = (changes: Raw): Raw => ({
    id: 'dis_1',
    type: 'percentage',
    percentage: 50,
    duration_type: 'forever',
    apply_on: 'invoice_amount',
    included_in_mrr: true,
    created_at: 1,
    coupon_id: 'behind',
    index: 0,
    ...changes,
  });

  it('given by hand comes after a coupon of its kind', () =>
    // From Chargebee's page: $20, a coupon of $10, then 50 % by hand leave $5.
    expect(on([fixed(1_000)], { items: [planItem({ amount: 2_000 })], discounts: [manual({})] })).toEqual(['5']));

  it('given by hand can be off one item', () =>
    expect(
      on([], {
        discounts: [
          manual({
            apply_on: 'specific_item_price',
            item_price_id: 'support',
            type: 'fixed_amount',
            amount: 5_000,
            currency_code: 'USD',
          }),
        ],
      }),
    ).toEqual(['100', '250']));

  it('is not taken off twice where a coupon stands behind it', () =>
    expect(on([coupon({ id: 'behind', discount_percentage: 50 })], { items: [plan], discounts: [manual({})] })).toEqual(
      ['50'],
    ));

  it('that nobody tells, or of another currency, is counted and not taken off', () => {
    const raw = subscription({ coupons: [{ coupon_id: 'gone' }, { coupon_id: 'off_500' }] });
    const where = context(undefined, { coupons: [fixed(500, { currency_code: 'EUR' })] });
    expect(mrrOf(raw, where)).toEqual(['100']);
    expect(linesOf(raw, where).counts).toMatchObject({ discountsUnknown: 2 });
  });

  it('is told beside the line', () => {
    const [line] =
      linesOf(subscription({ coupons: [{ coupon_id: 'coupon_1' }] }), context(undefined, { coupons: [coupon()] })).rows
        .lines ?? [];
    expect([line?.mrr, line?.discount_mrr]).toEqual(['90.0000', '10.0000']);
  });
});

describe('tax in the price', () => {
  const taxed = (changes: Raw = {}, line: Raw = {}) =>
    invoice({
      price_type: 'tax_inclusive',
      line_items: [lineItem({ amount: 11_900, tax_amount: 1_900, is_taxed: true, tax_rate: 19, ...line })],
      ...changes,
    });
  const raw = subscription({ items: [planItem({ amount: 11_900 })] });
  const where = context(undefined, { taxInclusive: true });

  it.each<[told: string, invoices: Raw[], mrr: string]>([
    [
      'comes out by the newest invoice',
      [taxed({}, { tax_amount: 0, is_taxed: false }), taxed({ id: 'in_2', date: 1_793_000_000 })],
      '100',
    ],
    ['comes out by the rate where the item was free', [taxed({}, { discount_amount: 11_900, tax_amount: 0 })], '100'],
    ['stays where nothing is taxed', [taxed({}, { tax_amount: 0, is_taxed: false })], '119'],
    ['is none where it comes on top', [taxed({ price_type: 'tax_exclusive' })], '119'],
    [
      'is not told by a void invoice',
      [
        taxed(),
        taxed({ id: 'in_2', status: 'voided', voided_at: 1_793_000_000, date: 1_793_000_000 }, { tax_amount: 0 }),
      ],
      '100',
    ],
  ])('%s', (_, invoices, mrr) => expect(mrrOf(raw, where, { bills: billsIn(invoices) })).toEqual([mrr]));

  it('of an invoice that is not told whole is counted', () => {
    const bills = billsIn([taxed({ line_items_next_offset: 'more' })]);
    expect(linesOf(raw, where, { bills }).counts).toEqual({ lines: 1, invoicesCut: 1 });
    expect(linesOf(raw, context(), { bills }).counts).toEqual({ lines: 1 });
  });

  it('that no invoice tells is counted, and only where prices have tax in them', () => {
    expect(linesOf(raw, where).counts).toEqual({ lines: 1, taxUnknown: 1 });
    expect(linesOf(raw).counts).toEqual({ lines: 1 });
  });
});

describe('a metered item', () => {
  const prices = [itemPrice(), itemPrice({ id: 'calls', name: 'Calls', item_id: 'api', pricing_model: 'per_unit' })];
  const items = [item(), item({ id: 'api', metered: true })];
  const raw = subscription({
    items: [planItem(), planItem({ item_price_id: 'calls', item_type: 'addon', amount: undefined })],
  });
  const used = (date: number, amount: number) =>
    invoice({ id: `in_${date}`, date, line_items: [lineItem({ entity_id: 'calls', metered: true, amount })] });

  it('is worth nothing, and is counted', () => {
    const { rows, counts } = linesOf(raw, context(undefined, { prices, items }));
    expect(rows.lines).toMatchObject([{}, { mrr: '0.0000', pricing_model: 'usage', plan: 'Calls' }]);
    expect(counts).toEqual({ lines: 2, meteredZero: 1 });
  });

  it('is worth a third of three months invoiced where that is wanted, and says so', () => {
    const where = context('chargebee:?site=acme&metered=average', { prices, items });
    const bills = billsIn([
      used(where.until - 1, 6_000),
      used(where.usedFrom, 4_000),
      used(where.usedFrom - 1, 90_000),
    ]);
    const { rows, counts } = linesOf(raw, where, { bills });
    expect(rows.lines?.[1]).toMatchObject({
      mrr: '33.3333',
      plan: 'Calls (monthly average of three months invoiced)',
      pricing_model: 'usage',
    });
    expect(counts).toEqual({ lines: 2, meteredAveraged: 1 });
  });

  it('is worth nothing where more was taken off than invoiced, and says so', () => {
    const where = context('chargebee:?site=acme&metered=average', { prices, items });
    const bills = billsIn([used(where.until - 1, 6_000), used(where.usedFrom, -9_000)]);
    const { rows, counts } = linesOf(raw, where, { bills });
    expect(rows.lines?.[1]).toMatchObject({ mrr: '0.0000', pricing_model: 'usage' });
    expect(counts).toEqual({ lines: 2, meteredBelowZero: 1 });
    expect(notes(counts)).toEqual([
      '1 of 2 lines are metered, had more paid back than three months invoiced, and count 0',
    ]);
  });
});

describe('a line', () => {
  it('carries what the contract has columns for, and the source counts it', () => {
    const raw = subscription({ cf_deal: 'opp_9', items: [planItem({ quantity: 3, amount: 30_000 })] });
    const where = context('chargebee:?site=acme&opportunity=cf_deal', {
      prices: [itemPrice({ pricing_model: 'per_unit' })],
    });
    const { rows, control } = linesOf(raw, where, { bills: billsIn([invoice()]) });
    expect(rows.lines).toEqual([
      {
        customer_id: 'cus_1',
        subscription_id: 'sub_1',
        item_id: 'core-USD-Monthly',
        product: 'core',
        plan: 'Core monthly',
        pricing_model: 'seat',
        quantity: '3',
        currency: 'USD',
        mrr: '300.0000',
        status: 'active',
        renews_on: '2026-11-15',
        invoice_id: 'in_1',
        opportunity_id: 'opp_9',
      },
    ]);
    expect(control).toEqual({ lines: 1, mrr: { USD: '300.0000' } });
  });

  it.each<[told: string, changes: Raw, renews: string | undefined]>([
    ['that is to end', { status: 'non_renewing', cancelled_at: 1_794_000_000 }, undefined],
    [
      'under a contract that goes on',
      { contract_term: { status: 'active', contract_end: 1_800_000_000, action_at_term_end: 'renew' } },
      '2027-01-15',
    ],
    [
      'under a contract that ends it',
      { contract_term: { status: 'active', contract_end: 1_800_000_000, action_at_term_end: 'cancel' } },
      undefined,
    ],
  ])('%s counts, and renews as it will', (_, changes, renews) => {
    const [line] = linesOf(subscription(changes)).rows.lines ?? [];
    expect([line?.mrr, line?.renews_on]).toEqual(['100.0000', renews]);
  });

  it('of a price that the catalog has no longer is told apart and counted', () => {
    const items = [planItem(), planItem({ item_type: 'addon' })];
    const { rows, counts } = linesOf(subscription({ items }), context(undefined, { prices: [] }));
    expect(rows.lines?.map(({ item_id, product }) => [item_id, product])).toEqual([
      ['core-USD-Monthly', 'core-USD-Monthly'],
      ['core-USD-Monthly (2)', 'core-USD-Monthly'],
    ]);
    expect(counts).toEqual({ lines: 2, pricesUnknown: 2 });
  });

  it('of an add-on on trial counts later than its plan', () => {
    const items = [planItem(), planItem({ item_price_id: 'x', item_type: 'addon', trial_end: 1_793_491_200 })];
    expect(linesOf(subscription({ items })).rows.lines?.map(({ status }) => status)).toEqual(['active', 'trialing']);
  });
});

it.each<[told: string, mrr: number | undefined, changes: Raw, counts: Raw]>([
  ['the same MRR', 10_000, {}, { subscriptionsCompared: 1 }],
  ['one that is rounded', 10_001, {}, { subscriptionsCompared: 1 }],
  ['another', 9_000, {}, { subscriptionsCompared: 1, mrrDiffers: 1 }],
  ['another since it changed', 9_000, { certainty: 'rebuilt' }, { linesRebuilt: 1 }],
  ['none', undefined, {}, {}],
])('Chargebee’s own MRR is compared: %s', (_, mrr, changes, counts) =>
  expect(linesOf(subscription({ mrr }), context(), changes).counts).toEqual({ lines: 1, ...counts }),
);
