/** What was read of Stripe's objects and written down reads the same again: parts are made of it. */
import { describe, expect, it } from 'vitest';
import {
  readCharge,
  readCustomer,
  readDiscount,
  readInvoice,
  readSubscription,
} from '../../../functions/sources/stripe/objects.ts';
import { at, coupon, discount, item, price, type Raw, subscription } from './objects.ts';

const ofOldVersion = { id: 'di_old', start: 1, end: null, coupon: coupon({ id: 'old', percent_off: 10 }) };
const invoice = {
  id: 'in_1',
  created: 1,
  currency: 'usd',
  customer: { id: 'cus_1', name: 'expanded' },
  amount_due: 5,
  status_transitions: { paid_at: null },
  parent: { subscription_details: { subscription: { id: 'sub_1' } } },
  payments: { data: [{ payment: { payment_intent: { id: 'pi_1' }, charge: null } }] },
  lines: { data: [{ id: 'il_1', amount: 5, taxes: [{ amount: 1, tax_behavior: 'inclusive' }] }], has_more: true },
};

describe('again the same', () => {
  it.each<[told: string, read: (value: unknown) => unknown, raw: Raw]>([
    ['a discount by its coupon', readDiscount, discount({ percent_off: 5 })],
    ['a discount by the id of its coupon', readDiscount, discount({}, { source: { type: 'coupon', coupon: 'ten' } })],
    ['a discount of an older version', readDiscount, ofOldVersion],
    ['a discount that has no coupon any more', readDiscount, { ...ofOldVersion, coupon: null }],
    [
      'a subscription',
      readSubscription,
      subscription({
        customer: { id: 'cus_1' },
        discount: ofOldVersion,
        discounts: ['di_2', discount({ percent_off: 5 })],
        items: [item({ price: price({ unit_amount: 7, unit_amount_decimal: 7, product: { id: 'prod' } }) })],
        metadata: { deal: 'opp', constructor: 'x' },
      }),
    ],
    ['a customer', readCustomer, { id: 'cus_1', created: 1, metadata: { plan: 'Team' }, discount: discount({}) }],
    ['a charge', readCharge, { id: 'ch_1', created: at('2026-10-01T00:00:00Z'), status: 'failed', customer: 'cus_1' }],
    ['an invoice', readInvoice, invoice],
  ])('%s', (_, read, raw) => {
    const first = read(raw);
    const written = JSON.stringify(first);
    expect(JSON.stringify(read(JSON.parse(written)))).toBe(written);
    expect(written).not.toContain('expanded');
  });
});
