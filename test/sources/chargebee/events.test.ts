/** What Chargebee tells of ends and of failed payments, as rows of the contract. */
import { describe, expect, it } from 'vitest';
import { defaultReasonMap, reasonKey } from '../../../functions/core/reasons.ts';
import { type Bill, dunnedOf, paymentStanding, readBill } from '../../../functions/sources/chargebee/billed.ts';
import { cancellationRows } from '../../../functions/sources/chargebee/cancellation.ts';
import { failedPaymentRows } from '../../../functions/sources/chargebee/failed-payments.ts';
import { gathered } from '../../../functions/sources/chargebee/gathered.ts';
import { readSubscription } from '../../../functions/sources/chargebee/objects.ts';
import { statusAt } from '../../../functions/sources/chargebee/standing.ts';
import { olderWanted } from '../../../functions/sources/chargebee/wanted.ts';
import { at, billsIn, invoice, lineItem, type Raw, request, subscription, transaction, until } from './objects.ts';

const dunning = (bills: readonly Bill[], endedAt: number | null = null) => {
  const kept = bills.map((bill) => readBill(JSON.stringify(bill)));
  const dunned = dunnedOf(kept, endedAt, until);
  const rows = dunned.flatMap(({ bill, failure, outcome }) =>
    failedPaymentRows(
      { id: bill.invoice, customer: bill.customer, currency: bill.currency, failure },
      outcome,
      request,
    ),
  );
  return { rows, standing: paymentStanding(kept, dunned, until) };
};

const failedOn = (day: string, changes: Raw = {}) => transaction({ id: `txn_${day}`, date: at(day), ...changes });
const unpaid = (changes: Raw = {}) =>
  invoice({
    status: 'payment_due',
    paid_at: undefined,
    date: at('2026-10-05'),
    dunning_status: 'in_progress',
    ...changes,
  });

describe('a failed payment', () => {
  const attempts = [failedOn('2026-10-06'), failedOn('2026-10-09', { error_detail: { decline_code: 'expired_card' } })];
  const open = {
    customer_id: 'cus_1',
    invoice_id: 'in_1',
    failed_on: '2026-10-06',
    amount: '100',
    currency: 'USD',
    decline_code: 'expired_card',
    state: 'in_grace',
  };
  const rowsOf = (changes: Raw = {}, transactions = attempts, endedAt: number | null = null) =>
    dunning(billsIn([unpaid(changes)], transactions), endedAt).rows;

  it('is told once, with its first day and its last reason', () => expect(rowsOf()).toEqual([open]));
  it('reads the same in any order of attempts, and told twice', () =>
    expect(rowsOf({}, [...attempts, ...attempts].reverse())).toEqual([open]));
  it('is found by what the invoice says of its payments, too', () => {
    const links = [{ txn_id: 'txn_2026-10-06' }];
    expect(rowsOf({ linked_payments: links }, [failedOn('2026-10-06', { linked_invoices: [] })])).toMatchObject([
      { failed_on: '2026-10-06', decline_code: 'card_declined' },
    ]);
  });
  it('is none where the payment worked, or was not made yet', () =>
    expect(rowsOf({}, [failedOn('2026-10-06', { status: 'success' }), failedOn('2026-11-01T00:00:00Z')])).toEqual([]));
  it('is as it was at the month’s end, whatever failed since', () =>
    expect(rowsOf({}, [...attempts, failedOn('2026-11-01T00:00:00Z', { error_code: 'late' })])).toEqual([open]));
  it('of yen is told in yen', () =>
    expect(rowsOf({ currency_code: 'JPY' }, [failedOn('2026-10-06', { amount: 12_000 })])[0]?.amount).toBe('12000'));

  it.each<[told: string, changes: Raw, endedAt: number | null, state: string, on?: string]>([
    [
      'paid after all',
      { status: 'paid', paid_at: at('2026-10-10'), dunning_status: 'success' },
      null,
      'recovered',
      '2026-10-10',
    ],
    ['paid after the month', { status: 'paid', paid_at: until, dunning_status: 'success' }, null, 'in_grace'],
    ['void', { status: 'voided', voided_at: at('2026-10-20') }, null, 'exhausted', '2026-10-20'],
    ['void since', { status: 'voided', voided_at: until }, null, 'in_grace'],
    [
      'written off',
      { issued_credit_notes: [{ cn_reason_code: 'write_off', cn_date: at('2026-10-20') }] },
      null,
      'exhausted',
      '2026-10-20',
    ],
    [
      'credited for another reason',
      { issued_credit_notes: [{ cn_reason_code: 'waiver', cn_date: at('2026-10-20') }] },
      null,
      'in_grace',
    ],
    ['ended with its subscription', {}, at('2026-10-21'), 'exhausted', '2026-10-21'],
    ['ended with its subscription since', {}, until, 'in_grace'],
    [
      'tried as often as it would be',
      { status: 'not_paid', dunning_status: 'exhausted' },
      null,
      'exhausted',
      '2026-10-09',
    ],
    ['stopped by somebody', { dunning_status: 'stopped' }, null, 'exhausted', '2026-10-09'],
    [
      'not paid, and nothing tries again',
      { status: 'not_paid', dunning_status: undefined },
      null,
      'exhausted',
      '2026-10-09',
    ],
    [
      'tried again since',
      { status: 'not_paid', dunning_status: 'exhausted', dunning_attempts: [{ created_at: until }] },
      null,
      'in_grace',
    ],
  ])('%s', (_, changes, endedAt, state, on) => {
    const [row] = rowsOf(changes, attempts, endedAt);
    expect([row?.state, row?.resolved_on]).toEqual([state, on]);
  });

  it('of an earlier month is told again in the month that it was settled in, and in no other', () => {
    const earlier = [failedOn('2026-09-20')];
    expect(rowsOf({}, earlier)).toEqual([]);
    expect(rowsOf({ paid_at: at('2026-10-02') }, earlier)).toMatchObject([
      { failed_on: '2026-09-20', state: 'recovered' },
    ]);
  });

  it.each<[told: string, changes: Raw, state: string]>([
    ['lost', { status: 'not_paid', dunning_status: undefined }, 'exhausted'],
    ['that is asked for again', { status: 'payment_due' }, 'in_grace'],
    ['that came back', { status: 'paid', paid_at: at('2026-10-25') }, 'recovered'],
  ])('is money that was taken back, %s', (_, changes, state) => {
    const reversal = failedOn('2026-10-20', { type: 'payment_reversal', status: 'success', error_code: undefined });
    const [row] = rowsOf({ paid_at: at('2026-10-06'), ...changes }, [reversal]);
    expect(row).toMatchObject({ failed_on: '2026-10-20', decline_code: 'payment_reversal', state });
  });

  it('that was recovered and then taken back is not recovered', () => {
    const reversal = failedOn('2026-10-20', { type: 'payment_reversal', status: 'success' });
    const [row] = rowsOf({ status: 'not_paid', dunning_status: undefined, paid_at: at('2026-10-08') }, [
      failedOn('2026-10-06'),
      reversal,
    ]);
    expect(row).toMatchObject({ failed_on: '2026-10-06', state: 'exhausted', resolved_on: '2026-10-20' });
  });

  it('of an invoice of several subscriptions is told once', () => {
    const lines = ['sub_1', 'sub_2'].map((id) => ({ subscription_id: id, entity_id: 'core-USD-Monthly', amount: 1 }));
    const bills = billsIn([unpaid({ subscription_id: undefined, line_items: lines })], attempts);
    expect(bills.map(({ tellsPayment }) => tellsPayment)).toEqual([true, false]);
  });
});

describe('an end', () => {
  const rows = (changes: Raw, invoices: Raw[] = [], transactions: Raw[] = [], gifted = false) => {
    const one = readSubscription(subscription(changes));
    const ended = one.status === 'cancelled' ? (one.cancelled_at ?? null) : null;
    const { standing } = dunning(billsIn(invoices, transactions), ended);
    return cancellationRows(one, statusAt(one, standing, gifted, until), standing, gifted, request);
  };
  const over = (changes: Raw = {}) => ({ status: 'cancelled', cancelled_at: at('2026-10-12'), ...changes });
  const failed = [failedOn('2026-10-06')];
  const reversed = [failedOn('2026-10-06', { type: 'payment_reversal', status: 'success' })];

  it.each<[told: string, changes: Raw, transactions: Raw[], reason: string]>([
    ['by Chargebee itself', { cancel_reason: 'not_paid', cancel_reason_code: 'Too Expensive' }, [], 'not_paid'],
    ['by a reason of the site', { cancel_reason_code: 'Too Expensive' }, [], 'Too Expensive'],
    ['by somebody who chose a reason, whatever was owed', { cancel_reason_code: 'Switched' }, failed, 'Switched'],
    ['without a reason, attempts used up', {}, failed, 'dunning_exhausted'],
    ['without a reason, money taken back', {}, reversed, 'chargeback'],
    ['without a reason', {}, [], 'not_told'],
  ])('%s', (_, changes, transactions, reason) =>
    expect(rows(over(changes), transactions.length === 0 ? [] : [unpaid()], transactions)).toEqual([
      { customer_id: 'cus_1', subscription_id: 'sub_1', ended_on: '2026-10-12', reason },
    ]),
  );

  it.each<[told: string, changes: Raw]>([
    ['before the month', { cancelled_at: request.from - 1 }],
    ['after the month', { cancelled_at: until }],
    [
      'of a trial that was never paid for',
      { trial_start: 1, trial_end: at('2026-10-12'), activated_at: undefined, cancel_reason: 'no_card' },
    ],
    ['of what never began', { started_at: undefined, activated_at: undefined }],
  ])('%s is none of this month', (_, changes) => expect(rows(over(changes))).toEqual([]));

  it('of a gift is none', () => expect(rows(over({ gift_id: 'gift_1' }), [], [], true)).toEqual([]));
  it('of what began as a trial and was paid for is one', () =>
    expect(rows(over({ trial_end: at('2026-02-01'), cancel_reason: 'not_paid' }))).toHaveLength(1));
  it('that is still to come is none', () =>
    expect(rows({ status: 'non_renewing', cancelled_at: at('2026-10-12') })).toEqual([]));
  it('by deletion is one that says so', () =>
    expect(rows({ deleted: true })).toMatchObject([{ ended_on: '2026-10-15', reason: 'subscription_deleted' }]));

  const given = unpaid({ status: 'not_paid', dunning_status: 'exhausted' });
  it('of one that goes on unpaid is the day of the last attempt', () =>
    expect(rows({}, [given], failed)).toMatchObject([{ ended_on: '2026-10-06', reason: 'dunning_exhausted' }]));
  it('of one that goes on unpaid is none once it is paid again', () => {
    const later = invoice({ id: 'in_2', date: at('2026-10-20'), paid_at: at('2026-10-20') });
    expect(rows({}, [given, later], failed)).toEqual([]);
  });
});

/** What of a subscription's payments decides that it goes on unpaid, and the rows of its end. */
describe('a subscription that goes on', () => {
  const stands = (invoices: Raw[], transactions: Raw[] = []) => {
    const one = readSubscription(subscription());
    const { standing } = dunning(billsIn(invoices, transactions));
    const status = statusAt(one, standing, false, until);
    return [status, cancellationRows(one, status, standing, false, request).map(({ reason }) => reason)];
  };
  const active = ['active', []];
  const over = ['unpaid', []];
  const long = (changes: Raw = {}) =>
    unpaid({ id: 'in_0', date: at('2026-04-10'), status: 'not_paid', dunning_status: 'exhausted', ...changes });

  it.each<[told: string, changes: Raw, expected: unknown[]]>([
    ['out of retries', {}, over],
    ['stopped by somebody', { status: 'payment_due', dunning_status: 'stopped' }, over],
    ['last tried long ago', { dunning_attempts: [{ created_at: at('2026-05-02'), transaction_id: 'gone' }] }, over],
    ['that was paid, taken back and given up', { paid_at: at('2026-04-11') }, over],
    ['paid since', { status: 'paid', paid_at: at('2026-10-03') }, active],
    ['paid with the month over', { status: 'paid', paid_at: until }, over],
    ['tried again since the month', { dunning_attempts: [{ created_at: until }] }, active],
    ['that is still tried', { dunning_status: 'in_progress' }, active],
    ['that somebody was only reminded of', { dunning_attempts: [{ dunning_type: 'offline' }] }, active],
    ['void', { status: 'voided', voided_at: at('2026-06-01') }, active],
    ['void since the month', { status: 'voided', voided_at: until }, over],
    ['of a charge', { line_items: [lineItem({ entity_type: 'charge_item_price' })] }, active],
  ])('with an invoice of long ago, %s', (_, changes, expected) => expect(stands([long(changes)])).toEqual(expected));

  it('counts again with the first payment since, and not by one from before', () => {
    const paidOn = (day: string) => invoice({ id: 'in_2', date: at(day), paid_at: at(day) });
    expect(stands([long(), paidOn('2026-10-20')])).toEqual(active);
    expect(stands([long(), paidOn('2026-01-20')])).toEqual(over);
  });
  it('stays unpaid while the invoice of its next term is tried', () =>
    expect(stands([long(), unpaid()], [failedOn('2026-10-06')])).toEqual(over));
  it('has no failed payment of an invoice whose tries are not listed', () =>
    expect(dunning(billsIn([long()])).rows).toEqual([]));

  const spent = { status: 'not_paid', dunning_status: 'exhausted' };
  const ended = ['unpaid', ['dunning_exhausted']];
  const credit = (reason: string) => ({ issued_credit_notes: [{ cn_reason_code: reason, cn_date: at('2026-10-20') }] });
  const lines = (...types: string[]) => ({
    ...spent,
    line_items: types.map((type) => lineItem({ entity_type: type })),
  });
  it.each<[told: string, changes: Raw, expected: unknown[]]>([
    ['void', { status: 'voided', voided_at: at('2026-10-07') }, active],
    [
      'void, which stopped the tries',
      { status: 'voided', voided_at: at('2026-10-07'), dunning_status: 'stopped' },
      active,
    ],
    ['void since the month', { ...spent, voided_at: until }, ended],
    ['written off', { ...credit('write_off'), dunning_status: 'stopped' }, active],
    ['written off after its last try', { ...spent, ...credit('write_off') }, ended],
    ['of a charge', lines('charge_item_price'), active],
    ['of a charge by hand and a setup fee', lines('adhoc', 'plan_setup'), active],
    ['of no subscription’s term', { ...spent, recurring: false }, active],
    ['of a charge beside the plan', lines('charge_item_price', 'plan_item_price'), ended],
    ['of an add-on', lines('addon_item_price'), ended],
    ['that is not told whole', { ...lines('charge_item_price'), line_items_next_offset: 'more' }, ended],
  ])('with a failed invoice, %s', (_, changes, expected) =>
    expect(stands([unpaid(changes)], [failedOn('2026-10-06')])).toEqual(expected),
  );

  it('is unpaid by its plan where another’s charge is on the same invoice', () => {
    const both = [
      lineItem({ entity_type: 'charge_item_price' }),
      lineItem({ subscription_id: 'sub_2', entity_type: 'plan_item_price' }),
    ];
    const bills = billsIn([unpaid({ ...spent, line_items: both })], [failedOn('2026-10-06')]);
    expect(bills.map((bill) => dunning([bill]).standing.state)).toEqual(['fine', 'given_up']);
  });
  it('has its money taken back even where that was written off', () => {
    const reversal = failedOn('2026-10-06', { type: 'payment_reversal', status: 'success' });
    const lost = unpaid({ status: 'not_paid', dunning_status: undefined, ...credit('write_off') });
    expect(stands([lost], [reversal])).toEqual(['unpaid', ['chargeback']]);
  });
});

describe('the cause of an end that nobody told', () => {
  const causeOf = (changes: Raw) => {
    const end = at('2026-10-12');
    const { standing } = dunning(billsIn([unpaid(changes)], [failedOn('2026-10-06')]), end);
    const one = readSubscription(subscription({ status: 'cancelled', cancelled_at: end }));
    return cancellationRows(one, null, standing, false, request).map(({ reason }) => reason);
  };
  const voided = (day: string) => ({ status: 'voided', dunning_status: 'stopped', voided_at: at(day) });

  it('is the payment that was owed then, void or not since', () =>
    expect([causeOf({}), causeOf(voided('2026-10-12')), causeOf(voided('2026-10-20'))]).toEqual(
      Array(3).fill(['dunning_exhausted']),
    ));
  it('is none that was void before, nor a charge', () => {
    expect(causeOf(voided('2026-10-11'))).toEqual(['not_told']);
    expect(causeOf({ line_items: [lineItem({ entity_type: 'charge_item_price' })] })).toEqual(['not_told']);
  });
});

describe('older invoices', () => {
  const day = 24 * 60 * 60;
  const wanted = async (changes: Raw): Promise<number | null> => {
    const body = { list: [{ subscription: subscription(changes) }] };
    const kept = { get: async (name: string) => (name === 'subscriptions/000001' ? body : null) };
    const found: number[] = [];
    for await (const { from } of olderWanted(request, kept)) found.push(from);
    return found[0] ?? null;
  };
  const quarterly = (start: string, changes: Raw = {}) => ({
    billing_period: 3,
    current_term_start: at(start),
    created_at: at('2024-01-15'),
    started_at: at('2024-01-15'),
    ...changes,
  });

  it('are those of the term where it began before the list', async () =>
    expect(await wanted(quarterly('2026-07-20'))).toBe(at('2026-07-20') - day));
  it('are those of the term before where one has just begun', async () => {
    expect(await wanted(quarterly('2026-10-15'))).toBe(at('2026-10-15') - 94 * day);
    const year = quarterly('2026-10-15', { billing_period: 1, billing_period_unit: 'year' });
    expect(await wanted(year)).toBe(at('2026-10-15') - 367 * day);
  });
  it('say by themselves that they were given up, where the list of transactions does not reach them', async () => {
    const old = { status: 'not_paid', paid_at: undefined, dunning_status: 'exhausted', date: at('2026-07-31') };
    const pages = new Map<string, unknown>([
      ['subscriptions/000001', { list: [{ subscription: subscription(quarterly('2026-10-15')) }] }],
      ['invoices/000001', { list: [{ invoice: invoice(old) }] }],
    ]);
    const kept = { get: async (name: string) => pages.get(name) ?? null };
    const ends: unknown[] = [];
    for await (const { dossiers } of gathered(request, kept))
      ends.push(...dossiers.flatMap(({ bills }) => bills.map(({ unlistedEnd }) => unlistedEnd)));
    expect(ends).toEqual([at('2026-07-31')]);
  });
  it('are none in the first term, nor where the list has both terms', async () => {
    expect(await wanted(quarterly('2026-10-15', { started_at: at('2026-10-15') }))).toBeNull();
    expect(await wanted({})).toBeNull();
  });
});

describe('a reason', () => {
  // Source of the first seven: the enum of cancel_reason, all of which Chargebee's own reports call involuntary churn.
  it.each([
    ['not_paid', 'involuntary'],
    ['no_card', 'involuntary'],
    ['fraud_review_failed', 'involuntary'],
    ['non_compliant_eu_customer', 'involuntary'],
    ['tax_calculation_failed', 'involuntary'],
    ['currency_incompatible_with_gateway', 'involuntary'],
    ['non_compliant_customer', 'involuntary'],
    ['Not Paid', 'involuntary'],
    ['chargeback', 'involuntary'],
    ['dunning_exhausted', 'involuntary'],
    ['Too Expensive', 'voluntary'],
    ['not_told', undefined],
    ['subscription_deleted', undefined],
  ])('%s is %s', (reason, cause) => expect(defaultReasonMap.get(reasonKey(reason))).toBe(cause));
});
