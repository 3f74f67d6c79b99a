/** What Stripe tells of customers, of ends and of failed payments, as rows of the contract. */
import { describe, expect, it } from 'vitest';
import { parseMonth } from '../../../functions/core/month.ts';
import { dayOf, spanOf } from '../../../functions/sources/billing/calendar.ts';
import { invoicesAsked } from '../../../functions/sources/billing/vendor.ts';
import { cancellationRows } from '../../../functions/sources/stripe/cancellation.ts';
import { customerRow } from '../../../functions/sources/stripe/customer.ts';
import {
  type Failure,
  failedPaymentRows,
  failureOf,
  outcomeOf,
  withCharge,
} from '../../../functions/sources/stripe/failed-payments.ts';
import { readCharge, readCustomer, readInvoice, readSubscription } from '../../../functions/sources/stripe/objects.ts';
import { parseStripeAddress } from '../../../functions/sources/stripe/settings.ts';
import { stripe } from '../../../functions/sources/stripe/vendor.ts';
import { at, type Raw, subscription } from './objects.ts';

const month = parseMonth('2026-10');
const request = { month, timeZone: 'UTC', pulledAt: at('2026-11-02T00:00:00Z'), ...spanOf(month, 'UTC') };

describe('a customer', () => {
  const customer = readCustomer({
    id: 'cus_1',
    name: 'Acme "Ltd"',
    created: 1,
    metadata: { group: 'cus_9', plan: 'Team', region: 'EMEA', name: 'not this', empty: '', __proto: 'x' },
  });

  it('has its metadata as dimensions, and keeps the columns that mean something else', () =>
    expect(customerRow(customer, parseStripeAddress('stripe:'))).toEqual({
      customer_id: 'cus_1',
      name: 'Acme "Ltd"',
      __proto: 'x',
      group: 'cus_9',
      plan: 'Team',
      region: 'EMEA',
    }));

  it('has the parent and the dimensions that the settings name', () =>
    expect(customerRow(customer, parseStripeAddress('stripe:?parent=group&dimensions=region'))).toEqual({
      customer_id: 'cus_1',
      name: 'Acme "Ltd"',
      account_id: 'cus_9',
      region: 'EMEA',
    }));
});

describe('the settings', () => {
  it.each([
    'stripe:?',
    'stripe:plan',
    'stripe:?parnet=x',
    'stripe:?parent=',
    'stripe:?metered=yes',
    'stripe:?parent=a&parent=b',
    'stripe:?basis=paid',
    'stripe:?basis=invoiced&metered=average',
  ])('%s is refused', (address) =>
    expect(() => parseStripeAddress(address)).toThrow('does not say how to read Stripe'),
  );

  it('say what months are made of, and nothing takes one for the other', async () => {
    expect(parseStripeAddress('stripe:').basis).toBe('committed');
    expect(parseStripeAddress('stripe:?basis=invoiced').basis).toBe('invoiced');
    expect(invoicesAsked(stripe, 'stripe:?basis=committed')).toBeNull();
    expect(invoicesAsked(stripe, 'stripe:?basis=invoiced')?.name).toBe('stripe-invoiced');
    await expect(stripe.open('stripe:?basis=invoiced', { apiKey: 'rk_test_1' })).rejects.toMatchObject({
      kind: 'usage',
    });
  });
});

describe('an end', () => {
  const [ended, failed] = [at('2026-10-12T10:00:00Z'), at('2026-10-11T00:00:00Z')];
  const dunning = { lastFailedAt: failed, exhausted: true };
  const over = (details: Raw, changes: Raw = {}) =>
    readSubscription(subscription({ status: 'canceled', ended_at: ended, cancellation_details: details, ...changes }));

  it.each<[told: string, details: Raw, dunning: typeof dunning | null, reason: string]>([
    ['a payment that failed', { reason: 'payment_failed', feedback: 'unused' }, null, 'payment_failed'],
    ['a lost dispute', { reason: 'payment_disputed' }, null, 'payment_disputed'],
    ['what the customer said', { reason: 'cancellation_requested', feedback: 'too_expensive' }, null, 'too_expensive'],
    ['a wish, whatever was owed', { reason: 'cancellation_requested' }, dunning, 'cancellation_requested'],
    ['"other" says nothing', { reason: 'cancellation_requested', feedback: 'other' }, null, 'cancellation_requested'],
    ['no reason, attempts used up', {}, dunning, 'dunning_exhausted'],
    ['no reason at all', {}, null, 'not_told'],
  ])('%s', (_, details, tried, reason) =>
    expect(cancellationRows(over(details), tried, request)).toMatchObject([{ ended_on: '2026-10-12', reason }]),
  );

  it('of a subscription that is left unpaid is the day of the last attempt', () => {
    const unpaid = readSubscription(subscription({ status: 'unpaid' }));
    expect(cancellationRows(unpaid, dunning, request)).toMatchObject([
      { ended_on: '2026-10-11', reason: 'dunning_exhausted' },
    ]);
    expect(cancellationRows(unpaid, { ...dunning, lastFailedAt: at('2026-09-30T00:00:00Z') }, request)).toEqual([]);
  });

  it.each([
    ['before the month', { ended_at: request.from - 1 }],
    ['after the month', { ended_at: request.until }],
    ['of what never began', { status: 'incomplete_expired' }],
  ])('%s is none of this month', (_, changes) =>
    expect(cancellationRows(over({ reason: 'payment_failed' }, changes), null, request)).toEqual([]),
  );

  it('keeps the words of the customer as a note', () =>
    expect(cancellationRows(over({ reason: 'cancellation_requested', comment: 'bye' }), null, request)[0]?.note).toBe(
      'bye',
    ));
});

describe('a failed payment', () => {
  const charge = (day: string, changes: Raw = {}) =>
    readCharge({
      id: `ch_${day}`,
      created: at(`${day}T08:00:00Z`),
      status: 'failed',
      failure_code: 'card_declined',
      outcome: { reason: 'insufficient_funds' },
      payment_intent: 'pi_1',
      ...changes,
    });
  const invoice = (changes: Raw = {}) =>
    readInvoice({
      id: 'in_1',
      created: at('2026-10-05T00:00:00Z'),
      currency: 'usd',
      customer: 'cus_1',
      status: 'open',
      amount_due: 12_345,
      status_transitions: {},
      payments: { data: [{ payment: { type: 'payment_intent', payment_intent: 'pi_1' } }] },
      lines: { data: [] },
      ...changes,
    });
  const attempts = [charge('2026-10-06'), charge('2026-10-09', { failure_code: 'expired_card' })];
  const failures = (charges = attempts) => {
    const known = new Map<string, Failure>();
    for (const one of charges) known.set('pi_1', withCharge(known.get('pi_1'), one));
    return known;
  };
  const rowsOf = (
    raw: Raw = {},
    ending: { endedAt: number | null; unpaid: boolean } | null = null,
    charges = attempts,
  ) => {
    const failure = failureOf(invoice(raw), failures(charges));
    if (failure === null) return [];
    return failedPaymentRows(invoice(raw), failure, outcomeOf(invoice(raw), failure, ending, request.until), request);
  };
  const open = {
    customer_id: 'cus_1',
    invoice_id: 'in_1',
    failed_on: '2026-10-06',
    amount: '123.45',
    currency: 'USD',
    decline_code: 'expired_card',
    state: 'in_grace',
  };

  it('is told once, with its first day and its last reason', () => expect(rowsOf()).toEqual([open]));
  it('reads the same in any order of attempts', () =>
    expect(rowsOf({}, null, [...attempts].reverse())).toEqual([open]));
  it('has the reason of the bank where there is one', () =>
    expect(rowsOf({}, null, attempts.slice(0, 1))[0]?.decline_code).toBe('insufficient_funds'));

  it.each<
    [told: string, changes: Raw, ending: { endedAt: number | null; unpaid: boolean } | null, state: string, on?: string]
  >([
    [
      'paid after all',
      { status_transitions: { paid_at: at('2026-10-10T00:00:00Z') } },
      null,
      'recovered',
      '2026-10-10',
    ],
    ['paid after the month', { status_transitions: { paid_at: request.until } }, null, 'in_grace'],
    [
      'written off',
      { status_transitions: { marked_uncollectible_at: at('2026-10-20T00:00:00Z') } },
      null,
      'exhausted',
      '2026-10-20',
    ],
    [
      'ended with its subscription',
      {},
      { endedAt: at('2026-10-21T00:00:00Z'), unpaid: false },
      'exhausted',
      '2026-10-21',
    ],
    ['left unpaid', {}, { endedAt: null, unpaid: true }, 'exhausted', '2026-10-09'],
  ])('%s', (_, changes, ending, state, on) => {
    const [row] = rowsOf(changes, ending);
    expect([row?.state, row?.resolved_on]).toEqual([state, on]);
  });

  it('of an earlier month is told again in the month that it was settled in, and in no other', () => {
    const earlier = [charge('2026-09-20')];
    expect(rowsOf({}, null, earlier)).toEqual([]);
    expect(rowsOf({ status_transitions: { paid_at: at('2026-10-02T00:00:00Z') } }, null, earlier)).toMatchObject([
      { failed_on: '2026-09-20', state: 'recovered' },
    ]);
  });

  it('of another invoice is none of this one', () =>
    expect(rowsOf({ payments: { data: [{ payment: { payment_intent: 'pi_2' } }] } })).toEqual([]));
});

describe('the calendar', () => {
  it.each([
    ['UTC', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'],
    ['Europe/Berlin', '2026-09-30T22:00:00Z', '2026-10-31T23:00:00Z'],
    ['America/New_York', '2026-10-01T04:00:00Z', '2026-11-01T04:00:00Z'],
    ['Pacific/Auckland', '2026-09-30T11:00:00Z', '2026-10-31T11:00:00Z'],
    ['Asia/Kolkata', '2026-09-30T18:30:00Z', '2026-10-31T18:30:00Z'],
  ])('a month of %s is from %s to %s', (zone, from, until) =>
    expect(spanOf(month, zone)).toEqual({ from: at(from), until: at(until) }),
  );

  it('an instant is another day elsewhere', () => {
    const late = at('2026-10-31T23:30:00Z');
    expect([dayOf(late, 'UTC'), dayOf(late, 'Europe/Berlin')]).toEqual(['2026-10-31', '2026-11-01']);
  });
});
