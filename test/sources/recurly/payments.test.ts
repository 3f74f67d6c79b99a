/** Failed payments of Recurly and what came of them, and the ends of subscriptions with their reasons. */
import { describe, expect, it } from 'vitest';
import { parseMonth } from '../../../functions/core/month.ts';
import type { PullRequest } from '../../../functions/sources/billing/port.ts';
import { cancellationRows } from '../../../functions/sources/recurly/cancellation.ts';
import {
  dunningOf,
  failedPaymentRows,
  failureOf,
  outcomeOf,
} from '../../../functions/sources/recurly/failed-payments.ts';
import { readInvoice, readSubscription } from '../../../functions/sources/recurly/objects.ts';
import { at, type Raw, subscription, until, wired } from './objects.ts';

const request: PullRequest = {
  month: parseMonth('2026-10'),
  timeZone: 'UTC',
  from: at('2026-10-01T00:00:00Z'),
  until,
  pulledAt: until,
};

const attempt = (when: string, status = 'declined', changes: Raw = {}): Raw => ({
  id: `trx_${when}`,
  object: 'transaction',
  type: 'purchase',
  origin: 'recurring',
  status,
  status_code: status === 'declined' ? 'insufficient_funds' : null,
  created_at: when,
  collected_at: when,
  ...changes,
});

const invoice = (changes: Raw = {}) =>
  readInvoice(
    wired({
      id: 'inv_1',
      object: 'invoice',
      type: 'charge',
      state: 'past_due',
      account: { id: 'acc_1' },
      subscription_ids: ['sub_1'],
      currency: 'USD',
      total: 120.5,
      transactions: [attempt('2026-10-05T08:00:00Z')],
      created_at: '2026-10-05T08:00:00Z',
      closed_at: null,
      ...changes,
    }),
  );

const rowOf = (changes: Raw = {}, endedAt: number | null = null) => {
  const own = invoice(changes);
  const failure = failureOf(own, until);
  return failure === null ? [] : failedPaymentRows(own, failure, outcomeOf(own, failure, endedAt, until), request);
};

describe('a failed payment', () => {
  it('is in grace while it is tried', () => {
    expect(rowOf()).toEqual([
      {
        customer_id: 'acc_1',
        invoice_id: 'inv_1',
        failed_on: '2026-10-05',
        amount: '120.5',
        currency: 'USD',
        decline_code: 'insufficient_funds',
        state: 'in_grace',
      },
    ]);
  });

  it.each<[told: string, changes: Raw, ended: number | null, state: string, on?: string]>([
    ['paid after all', { state: 'paid', closed_at: '2026-10-09T00:00:00Z' }, null, 'recovered', '2026-10-09'],
    ['paid since', { state: 'paid', closed_at: '2026-11-01T00:00:00Z' }, null, 'in_grace'],
    ['given up', { state: 'failed', closed_at: '2026-10-25T00:00:00Z' }, null, 'exhausted', '2026-10-25'],
    ['given up since', { state: 'failed', closed_at: '2026-11-01T00:00:00Z' }, null, 'in_grace'],
    ['void', { state: 'voided', closed_at: '2026-10-26T00:00:00Z' }, null, 'exhausted', '2026-10-26'],
    ['over with its subscription', {}, at('2026-10-20T00:00:00Z'), 'exhausted', '2026-10-20'],
    ['whose subscription ended since', {}, at('2026-11-02T00:00:00Z'), 'in_grace'],
  ])('%s', (_, changes, ended, state, on) => {
    const [row] = rowOf(changes, ended);
    expect([row?.state, row?.resolved_on]).toEqual([state, on]);
  });

  it('has the day of its first attempt and the code of its last, in whatever order they come', () => {
    const transactions = [
      attempt('2026-10-12T08:00:00Z', 'declined', { status_code: 'expired_card' }),
      attempt('2026-11-03T08:00:00Z', 'declined', { status_code: 'of_later' }),
      attempt('2026-10-05T08:00:00Z'),
    ];
    for (const told of [transactions, transactions.toReversed()])
      expect(rowOf({ transactions: told })[0]).toMatchObject({ failed_on: '2026-10-05', decline_code: 'expired_card' });
  });

  it.each<[told: string, changes: Raw]>([
    ['it was paid at once', { state: 'paid', transactions: [attempt('2026-10-05T08:00:00Z', 'success')] }],
    ['a card was only looked at', { transactions: [attempt('2026-10-05T08:00:00Z', 'declined', { type: 'verify' })] }],
    ['it failed since', { transactions: [attempt('2026-11-01T00:00:00Z')] }],
    ['it was an older month’s, and is still tried', { transactions: [attempt('2026-09-28T08:00:00Z')] }],
    ['it belongs to nobody', { account: null }],
  ])('is none of this month’s where %s', (_, changes) => expect(rowOf(changes)).toEqual([]));

  it('of an older month is there again when it is settled', () => {
    const older = {
      transactions: [attempt('2026-09-28T08:00:00Z')],
      state: 'failed',
      closed_at: '2026-10-02T00:00:00Z',
    };
    expect(rowOf(older)).toMatchObject([{ failed_on: '2026-09-28', state: 'exhausted', resolved_on: '2026-10-02' }]);
  });
});

describe('the end of a subscription', () => {
  const ended = (changes: Raw = {}) =>
    readSubscription(
      wired(
        subscription({
          state: 'expired',
          expires_at: '2026-10-20T09:00:00Z',
          expiration_reason: 'canceled',
          ...changes,
        }),
      ),
    );
  const rows = (changes: Raw = {}, invoices: readonly Raw[] = []) => {
    const over = ended(changes);
    const own = invoices.map((one) => invoice(one));
    return cancellationRows(over, dunningOf(own, at('2026-10-20T09:00:00Z'), until), request);
  };
  const reason = (...given: Parameters<typeof rows>) => rows(...given)[0]?.reason;

  it('has its day and Recurly’s own reason', () => {
    expect(rows()).toEqual([
      { customer_id: 'acc_1', subscription_id: 'sub_1', ended_on: '2026-10-20', reason: 'canceled' },
    ]);
    for (const own of ['nonpayment', 'tax_location_invalid', 'account_closed'])
      expect(reason({ expiration_reason: own })).toBe(own);
  });

  it('without a reason is that of its term, or of its dunning', () => {
    expect(reason({ expiration_reason: null, auto_renew: false })).toBe('non_renewing');
    expect(reason({ expiration_reason: null }, [{}])).toBe('dunning_exhausted');
    expect(reason({ expiration_reason: null })).toBe('not_told');
  });

  const takenBack = (when: string): Raw => ({
    state: 'paid',
    transactions: [attempt(when, 'success', { type: 'refund', origin: 'chargeback' })],
  });

  it('that came of a chargeback says so', () => {
    expect(reason({}, [takenBack('2026-10-19T00:00:00Z')])).toBe('chargeback');
    expect(reason({}, [{ transactions: [attempt('2026-10-19T00:00:00Z', 'chargeback')] }])).toBe('chargeback');
    expect(reason({}, [takenBack('2026-10-21T00:00:00Z')])).toBe('canceled');
    expect(reason({}, [takenBack('2026-08-19T00:00:00Z')])).toBe('canceled');
    expect(reason({ expiration_reason: 'nonpayment' }, [takenBack('2026-10-19T00:00:00Z')])).toBe('nonpayment');
  });

  it.each<[told: string, changes: Raw]>([
    ['of another month', { expires_at: '2026-09-30T23:59:59Z' }],
    ['of a later month', { expires_at: '2026-11-01T00:00:00Z' }],
    ['that is planned', { state: 'canceled' }],
    ['of a trial', { trial_ends_at: '2026-10-20T09:00:00Z', expiration_reason: 'nonpayment_trial' }],
    ['of a trial that was cancelled', { trial_ends_at: '2026-10-25T09:00:00Z' }],
    ['of a gift', { started_with_gift: true, expiration_reason: 'nonpayment_gift' }],
    ['of what never began', { state: 'failed' }],
  ])('%s is none of it', (_, changes) => expect(rows(changes)).toEqual([]));

  it('counts as owing while a payment is tried, and no longer', () => {
    const of = (changes: Raw) => dunningOf([invoice(changes)], null, until);
    expect(of({})).toMatchObject({ owing: true, exhausted: false });
    expect(of({ transactions: [attempt('2026-11-01T00:00:00Z')] })).toMatchObject({ owing: false });
    expect(of({ transactions: [attempt('2026-10-31T23:59:59Z')] })).toMatchObject({ owing: true });
    expect(of({ state: 'failed', closed_at: '2026-10-25T00:00:00Z' })).toMatchObject({ owing: false, exhausted: true });
    expect(of({ state: 'paid', closed_at: '2026-10-25T00:00:00Z' })).toMatchObject({ owing: false, exhausted: false });
  });
});
