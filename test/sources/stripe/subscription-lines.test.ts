/** What a subscription of Stripe is worth a month: prices, tiers, currencies, discounts, tax, metered use. */
import { describe, expect, it } from 'vitest';
import { exact, sum } from '../../../functions/core/money.ts';
import { parseStripeAddress } from '../../../functions/sources/stripe/settings.ts';
import { stripeSource } from '../../../functions/sources/stripe/stripe-source.ts';
import {
  at,
  context,
  discount,
  item,
  linesOf,
  mrrOf,
  price,
  type Raw,
  readDiscount,
  readPrice,
  subscription,
} from './objects.ts';

const ofPrice = (changes: Raw, quantity: number | null = 1): string[] =>
  mrrOf(
    subscription({
      currency: changes.currency ?? 'usd',
      items: [item({ price: price(changes), ...(quantity === null ? {} : { quantity }) })],
    }),
  );

const unit = (text: string) => ({ unit_amount_decimal: text, unit_amount: null });

describe('a price', () => {
  it.each<[told: string, price: Raw, quantity: number, mrr: string]>([
    ['$100 a month', unit('10000'), 1, '100'],
    ['$1,200 a year', { ...unit('120000'), recurring: { interval: 'year' } }, 1, '100'],
    ['$600 a year', { ...unit('60000'), recurring: { interval: 'year' } }, 1, '50'],
    ['$300 every three months', { ...unit('30000'), recurring: { interval_count: 3 } }, 1, '100'],
    ['$2,400 every two years', { ...unit('240000'), recurring: { interval: 'year', interval_count: 2 } }, 1, '100'],
    ['$12 a week', { ...unit('1200'), recurring: { interval: 'week' } }, 1, '52'],
    ['$1 a day', { ...unit('100'), recurring: { interval: 'day' } }, 1, '30.4167'],
    ['7 seats at $12.50', unit('1250'), 7, '87.5'],
    ['no seats', unit('1250'), 0, '0'],
    ['a fraction of a cent a unit', unit('0.012345678912'), 1000, '0.1235'],
    ['the whole-number form alone', { unit_amount: 4900, unit_amount_decimal: null }, 2, '98'],
    [
      'packages of 10, begun ones whole',
      { ...unit('500'), transform_quantity: { divide_by: 10, round: 'up' } },
      21,
      '15',
    ],
    [
      'packages of 10, whole ones alone',
      { ...unit('500'), transform_quantity: { divide_by: 10, round: 'down' } },
      29,
      '10',
    ],
    ['1,500 yen, which have no minor unit', { ...unit('1500'), currency: 'jpy' }, 1, '1500'],
    ['100,000 yen a year', { ...unit('100000'), currency: 'jpy', recurring: { interval: 'year' } }, 1, '8333.3333'],
    ['5.125 Kuwaiti dinars, in thousandths', { ...unit('5125'), currency: 'kwd' }, 1, '5.125'],
    ['Icelandic krónur, which Stripe tells in hundredths', { ...unit('150000'), currency: 'isk' }, 1, '1500'],
    ['ariary, which Stripe tells whole', { ...unit('5000'), currency: 'mga' }, 1, '5000'],
  ])('%s', (_, changes, quantity, mrr) => expect(ofPrice(changes, quantity)).toEqual([mrr]));

  it('that is paid once is no line', () => expect(ofPrice({ recurring: null })).toEqual([]));

  it('without an amount is refused, and named', () =>
    expect(() => ofPrice({ unit_amount: null, unit_amount_decimal: null })).toThrow('price_1 says no amount'));

  it('adds up over a book: 100 at $100 a month and 50 at $600 a year are $12,500', () => {
    const monthly = Array.from({ length: 100 }, () => ofPrice(unit('10000')));
    const yearly = Array.from({ length: 50 }, () => ofPrice({ ...unit('60000'), recurring: { interval: 'year' } }));
    expect(sum([...monthly, ...yearly].flat().map(exact)).toFixed()).toBe('12500');
  });
});

describe('tiers', () => {
  const tiers = [
    { up_to: null, flat_amount: null, flat_amount_decimal: null, unit_amount: 300, unit_amount_decimal: '300' },
    { up_to: 5, flat_amount: 1000, flat_amount_decimal: '1000', unit_amount: 500, unit_amount_decimal: '500' },
    { up_to: 10, flat_amount: null, flat_amount_decimal: null, unit_amount: 400, unit_amount_decimal: '400' },
  ];
  const of = (mode: string, quantity: number): string[] => {
    const tiered = { billing_scheme: 'tiered', tiers_mode: mode, unit_amount: null, unit_amount_decimal: null };
    const fullPrice = () => readPrice(price({ ...tiered, tiers }));
    return mrrOf(
      subscription({ items: [item({ quantity, price: price(tiered) })] }),
      context('stripe:', { fullPrice }),
    );
  };

  it.each<[mode: string, quantity: number, mrr: string]>([
    ['graduated', 0, '10'],
    ['graduated', 1, '15'],
    ['graduated', 5, '35'],
    ['graduated', 6, '39'],
    ['graduated', 12, '61'],
    ['volume', 5, '35'],
    ['volume', 6, '24'],
    ['volume', 12, '36'],
  ])('%s, %i units', (mode, quantity, mrr) => expect(of(mode, quantity)).toEqual([mrr]));

  it('without a last one refuse a quantity above them', () => {
    const tiered = { billing_scheme: 'tiered', tiers_mode: 'volume', tiers: [{ up_to: 5, unit_amount: 1 }] };
    expect(() => ofPrice(tiered, 6)).toThrow('says no amount for 6 units');
  });
});

describe('discounts', () => {
  const two = (first: Raw = {}, second: Raw = {}) => [
    item({ id: 'si_a', price: price({ id: 'price_a', ...unit('6000') }), ...first }),
    item({ id: 'si_b', price: price({ id: 'price_b', product: 'prod_more', ...unit('3000') }), ...second }),
  ];

  it.each<[told: string, changes: Raw, mrr: string[]]>([
    ['a percentage', { discounts: [discount({ percent_off: 25 })] }, ['45', '22.5']],
    ['a percentage with decimals', { discounts: [discount({ percent_off: 33.33 })] }, ['40.002', '20.001']],
    ['an amount, shared in proportion', { discounts: [discount({ amount_off: 900, currency: 'usd' })] }, ['54', '27']],
    ['an amount above the price', { discounts: [discount({ amount_off: 90_000, currency: 'usd' })] }, ['0', '0']],
    [
      'an amount of another currency that the coupon has an option for',
      { discounts: [discount({ amount_off: 1, currency: 'eur', currency_options: { usd: { amount_off: 900 } } })] },
      ['54', '27'],
    ],
    [
      'one for a product alone',
      { discounts: [discount({ percent_off: 50, applies_to: { products: ['prod_more'] } })] },
      ['60', '15'],
    ],
    [
      'one that ends after the month, repeating',
      { discounts: [discount({ percent_off: 50, duration: 'repeating' }, { end: at('2026-11-01T00:00:00Z') })] },
      ['30', '15'],
    ],
    [
      'one that ended inside the month',
      { discounts: [discount({ percent_off: 50, duration: 'repeating' }, { end: at('2026-10-31T23:59:59Z') })] },
      ['60', '30'],
    ],
    [
      'one that began after the month',
      { discounts: [discount({ percent_off: 50 }, { start: at('2026-11-01T00:00:00Z') })] },
      ['60', '30'],
    ],
    [
      'one for one invoice while it stands',
      { discounts: [discount({ percent_off: 50, duration: 'once' })] },
      ['30', '15'],
    ],
    [
      'two, one after the other',
      { discounts: [discount({ percent_off: 50 }), discount({ amount_off: 900, currency: 'usd' }, { id: 'di_2' })] },
      ['24', '12'],
    ],
    [
      'the form of older events',
      { discount: { ...discount({}), source: undefined, coupon: { id: 'c', percent_off: 50 } } },
      ['30', '15'],
    ],
  ])('%s', (_, changes, mrr) => expect(mrrOf(subscription({ items: two(), ...changes }))).toEqual(mrr));

  it('of an item come before those of the subscription', () => {
    const items = two({ discounts: [discount({ amount_off: 1000, currency: 'usd' })] });
    expect(mrrOf(subscription({ items, discounts: [discount({ percent_off: 50 })] }))).toEqual(['25', '15']);
  });

  it('of a customer hold where the subscription has none', () => {
    const customerDiscount = () => readDiscount(discount({ percent_off: 10 }));
    const lookups = context('stripe:', { customerDiscount });
    expect(mrrOf(subscription(), lookups)).toEqual(['90']);
    expect(mrrOf(subscription({ discounts: [discount({ percent_off: 50 })] }), lookups)).toEqual(['50']);
  });

  it('in an amount are taken from a period, then brought to a month', () => {
    const yearly = item({ price: price({ ...unit('120000'), recurring: { interval: 'year' } }) });
    const off = discount({ amount_off: 12_000, currency: 'usd' });
    const [line] = linesOf(subscription({ items: [yearly], discounts: [off] })).rows.lines ?? [];
    expect([line?.mrr, line?.discount_mrr]).toEqual(['90.0000', '10.0000']);
  });

  it('that nobody knows any more are counted, not guessed', () =>
    expect(linesOf(subscription({ discounts: ['di_gone'] })).counts).toEqual({ lines: 1, discountsUnknown: 1 }));
});

describe('tax that a price includes', () => {
  const rate = (percentage: number, inclusive = true) => ({ id: 'txr_1', inclusive, percentage });

  it.each<[told: string, changes: Raw, of: Raw, mrr: string]>([
    ['is taken out', { default_tax_rates: [rate(19)] }, {}, '84.0336'],
    ['is that of the item where it has one', { default_tax_rates: [rate(19)] }, { tax_rates: [rate(25)] }, '80'],
    ['is the sum of several', { default_tax_rates: [rate(20), rate(5)] }, {}, '80'],
    ['is not what comes on top', { default_tax_rates: [rate(19, false)] }, {}, '100'],
    [
      'comes out after a discount',
      { default_tax_rates: [rate(25)], discounts: [discount({ percent_off: 50 })] },
      {},
      '40',
    ],
  ])('%s', (_, changes, of, mrr) => expect(mrrOf(subscription({ items: [item(of)], ...changes }))).toEqual([mrr]));

  it('is what the last invoice says where Stripe works it out; without one it is counted', () => {
    const raw = subscription({
      automatic_tax: { enabled: true },
      items: [item({ price: price({ tax_behavior: 'inclusive' }) })],
    });
    expect(mrrOf(raw, context('stripe:', { includedTax: () => exact('0.2') }))).toEqual(['80']);
    expect(linesOf(raw).counts).toEqual({ lines: 1, taxUnknown: 1 });
  });
});

describe('a metered price', () => {
  const calls = price({ nickname: 'Calls', recurring: { usage_type: 'metered' } });
  const metered = subscription({ items: [item({ quantity: undefined, price: calls })] });

  it('is worth nothing, and is counted', () => {
    const { rows, counts } = linesOf(metered);
    expect(rows.lines).toMatchObject([{ mrr: '0.0000', pricing_model: 'usage', plan: 'Calls' }]);
    expect(counts).toEqual({ lines: 1, meteredZero: 1 });
  });

  it('is worth a third of three months invoiced where that is wanted, and says so', () => {
    const { rows, counts } = linesOf(
      metered,
      context('stripe:?metered=average', { invoicedUsage: () => exact('100') }),
    );
    expect(rows.lines).toMatchObject([
      { mrr: '33.3333', plan: 'Calls (monthly average of three months invoiced)', pricing_model: 'usage' },
    ]);
    expect(counts).toEqual({ lines: 1, meteredAveraged: 1 });
  });

  it('is worth nothing where more was paid back than invoiced, and says so', () => {
    const invoicedUsage = (id: string) => exact(id === 'si_1' ? '-100' : '30');
    const both = ['si_1', 'si_2'].map((id) => item({ id, quantity: undefined, price: calls }));
    const { rows, counts, control } = linesOf(
      subscription({ items: both }),
      context('stripe:?metered=average', { invoicedUsage }),
    );
    expect(rows.lines).toMatchObject([{ mrr: '0.0000' }, { mrr: '10.0000' }]);
    expect(control.mrr).toEqual({ USD: '10.0000' });
    expect(counts).toEqual({ lines: 2, meteredAveraged: 1, meteredBelowZero: 1 });
    const unasked = { get: async () => null, answer: async () => null };
    expect(stripeSource(unasked, parseStripeAddress('stripe:')).notes(counts)).toEqual([
      '1 of 2 lines are metered and count a month’s average of what three months invoiced',
      '1 of 2 lines are metered, had more paid back than three months invoiced, and count 0',
    ]);
  });
});

describe('a line', () => {
  it('carries what the contract has columns for, and the source counts it', () => {
    const raw = subscription({ metadata: { deal: 'opp_9' }, items: [item({ quantity: 3 })] });
    const { rows, control } = linesOf(raw, context('stripe:?opportunity=deal'));
    expect(rows.lines).toEqual([
      {
        customer_id: 'cus_1',
        subscription_id: 'sub_1',
        item_id: 'si_1',
        product: 'prod_core',
        plan: 'price_1',
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

  it('that is to be cancelled counts, and renews no more', () => {
    const [line] = linesOf(subscription({ cancel_at_period_end: true })).rows.lines ?? [];
    expect([line?.status, line?.mrr, line?.renews_on]).toEqual(['active', '100.0000', undefined]);
  });

  it('names no invoice of a period that began after the month', () => {
    const [line] =
      linesOf(subscription({ items: [item({ current_period_start: at('2026-11-02T00:00:00Z') })] })).rows.lines ?? [];
    expect(line?.invoice_id).toBeUndefined();
  });

  it('does not come of an item that was added after the month', () =>
    expect(mrrOf(subscription({ items: [item(), item({ id: 'si_2', created: at('2026-11-01T00:00:00Z') })] }))).toEqual(
      ['100'],
    ));
});
