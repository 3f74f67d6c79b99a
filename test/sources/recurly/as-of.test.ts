/** What a subscription was at a month's end: by its dates, and by what was billed before it. */
import { describe, expect, it } from 'vitest';
import { readSubscription } from '../../../functions/sources/recurly/objects.ts';
import { endedUnpaid, statusAt } from '../../../functions/sources/recurly/standing.ts';
import { addOn, line, linesOf, mrrOf, plan, type Raw, subscription, until, wired } from './objects.ts';

const read = (changes: Raw) => readSubscription(wired(subscription(changes)));
const over = (when: string, reason: string | null = 'canceled', rest: Raw = {}) => ({
  state: 'expired',
  expires_at: when,
  expiration_reason: reason,
  ...rest,
});
const trial = (ends: string) => ({ trial_started_at: '2026-10-20T00:00:00Z', trial_ends_at: ends });

describe('the status', () => {
  it.each<[told: string, changes: Raw, status: string | null]>([
    ['active', {}, 'active'],
    [
      'begun in the last second',
      { created_at: '2026-10-31T23:59:59Z', activated_at: '2026-10-31T23:59:59Z' },
      'active',
    ],
    ['made since', { created_at: '2026-11-01T00:00:00Z', activated_at: '2026-11-01T00:00:00Z' }, null],
    ['planned for later', { state: 'future', activated_at: null }, null],
    ['begun since', { activated_at: '2026-11-01T00:00:00Z' }, null],
    ['never begun', { state: 'failed' }, null],
    ['cancelled, until it expires', { state: 'canceled', expires_at: '2026-10-20T00:00:00Z' }, 'active'],
    ['expired', over('2026-10-31T23:59:59Z'), null],
    ['expired since', over('2026-11-01T00:00:00Z'), 'active'],
    ['paused', { state: 'paused', paused_at: '2026-10-15T00:00:00Z' }, 'paused'],
    ['paused since', { state: 'paused', paused_at: '2026-11-01T00:00:00Z' }, 'active'],
    ['to be paused', { state: 'active', paused_at: '2026-11-15T00:00:00Z' }, 'active'],
    ['in a trial', trial('2026-11-05T00:00:00Z'), 'trialing'],
    ['in a trial until the very end', trial('2026-11-01T00:00:00Z'), 'trialing'],
    ['past its trial', trial('2026-10-31T23:59:59Z'), 'active'],
    [
      'over with its trial, some hours later',
      over('2026-11-01T02:00:00Z', 'nonpayment_trial', trial('2026-10-31T22:00:00Z')),
      'trialing',
    ],
    [
      'cancelled in its trial and over some seconds after it',
      over('2026-11-01T00:00:02Z', 'canceled', {
        ...trial('2026-10-31T23:59:58Z'),
        canceled_at: '2026-10-22T00:00:00Z',
      }),
      'trialing',
    ],
    ['active, of the time before beginnings were told', { activated_at: null }, 'active'],
    ['a gift', { started_with_gift: true }, 'free'],
    ['a gift taken over', { started_with_gift: true, converted_at: '2026-10-31T23:59:59Z' }, 'active'],
    ['a gift taken over since', { started_with_gift: true, converted_at: '2026-11-01T00:00:00Z' }, 'free'],
  ])('%s', (_, changes, status) => expect(statusAt(read(changes), false, until)).toBe(status));

  it('is past due while a payment is tried again', () => {
    expect(statusAt(read({}), true, until)).toBe('past_due');
    expect(statusAt(read({ state: 'paused', paused_at: '2026-10-15T00:00:00Z' }), true, until)).toBe('paused');
  });
});

it.each<[told: string, changes: Raw, unpaid: boolean]>([
  ['a trial', over('2026-10-25T00:00:00Z', 'nonpayment_trial', trial('2026-10-25T00:00:00Z')), true],
  ['a trial that was cancelled', over('2026-10-25T00:00:00Z', 'canceled', trial('2026-10-25T00:00:00Z')), true],
  ['a trial, ended early', over('2026-10-22T00:00:00Z', 'canceled', trial('2026-10-25T00:00:00Z')), true],
  [
    'a trial that was cancelled, some seconds late',
    over('2026-10-25T00:00:09Z', 'canceled', { ...trial('2026-10-25T00:00:00Z'), canceled_at: '2026-10-22T00:00:00Z' }),
    true,
  ],
  [
    'a term that was cancelled in its trial',
    over('2026-10-31T00:00:00Z', 'canceled', { ...trial('2026-10-25T00:00:00Z'), canceled_at: '2026-10-22T00:00:00Z' }),
    false,
  ],
  ['what came after a trial', over('2026-10-28T00:00:00Z', 'nonpayment', trial('2026-10-25T00:00:00Z')), false],
  ['a gift', over('2026-10-25T00:00:00Z', 'nonpayment_gift', { started_with_gift: true }), true],
  [
    'a gift taken over',
    over('2026-10-25T00:00:00Z', 'canceled', { started_with_gift: true, converted_at: '2026-09-01T00:00:00Z' }),
    false,
  ],
  ['what was paid for', over('2026-10-25T00:00:00Z'), false],
  ['nothing', {}, false],
])('the end of %s was unpaid: %#', (_, changes, unpaid) => expect(endedUnpaid(read(changes))).toBe(unpaid));

describe('what changed since the month’s end', () => {
  const since = '2026-11-01T12:00:00Z';
  const now = subscription({ updated_at: since, quantity: 20, unit_amount: 30.0 });
  const was = line({ quantity: 5, unit_amount: 20.0, subtotal: 100.0 });
  const told = (raw: Raw, lines: readonly Raw[], plans: readonly Raw[] = [plan()]) => ({
    mrr: mrrOf(raw, { lines, plans }),
    counts: linesOf(raw, { lines, plans })?.counts,
  });

  it('is as it was billed', () => {
    expect(told(now, [was])).toEqual({ mrr: ['100'], counts: { lines: 1, linesRebuilt: 1 } });
  });

  it('and was billed the same is as it is', () => {
    const same = subscription({ updated_at: since, quantity: 5, unit_amount: 20.0 });
    expect(told(same, [was])).toEqual({ mrr: ['100'], counts: { lines: 1 } });
  });

  it('to the second: at the end of the month nothing had', () => {
    expect(told({ ...now, updated_at: '2026-10-31T23:59:59Z' }, [was])).toEqual({ mrr: ['600'], counts: { lines: 1 } });
  });

  it('may be a renewal, or an add-on alone', () => {
    const before = { updated_at: '2026-10-15T00:00:00Z' };
    const renewed = subscription({ ...before, current_period_started_at: '2026-11-01T00:00:00Z', quantity: 20 });
    expect(told(renewed, []).counts).toEqual({ lines: 1, linesUnknown: 1 });
    const added = subscription({ ...before, add_ons: [addOn({ updated_at: '2026-11-01T00:00:00Z' })] });
    expect(told(added, []).counts).toEqual({ lines: 2, linesUnknown: 2 });
  });

  it('and was not billed may differ, and is counted', () => {
    expect(told(now, [])).toEqual({ mrr: ['600'], counts: { lines: 1, linesUnknown: 1 } });
  });

  it.each<[told: string, changes: Raw]>([
    ['of a period that was over', { end_date: '2026-10-31T23:59:59Z' }],
    ['of a period that began since', { start_date: '2026-11-01T00:00:00Z' }],
    ['made since', { created_at: '2026-11-01T00:00:00Z' }],
    ['for a setup', { origin: 'setup_fee' }],
    ['that took something back', { refund: true }],
  ])('is not told by lines %s', (_, changes) => {
    expect(told(now, [{ ...was, ...changes }]).counts).toEqual({ lines: 1, linesUnknown: 1 });
  });

  it('has the rhythm of the plan that it had', () => {
    const yearly = line({ plan_id: 'plan_year', plan_code: 'year', unit_amount: 1200.0, subtotal: 1200.0 });
    const plans = [plan(), plan({ id: 'plan_year', code: 'year', name: 'Year', interval_length: 12 })];
    expect(told(now, [yearly], plans).mrr).toEqual(['100']);
    expect(linesOf(now, { lines: [yearly], plans })?.rows.lines?.[0]).toMatchObject({ product: 'year', plan: 'Year' });
  });

  it('has the add-ons that it had, and their prices', () => {
    const seats = (changes: Raw) => line({ id: 'line_2', origin: 'add_on', add_on_code: 'seats', ...changes });
    const lines = [was, seats({ quantity: 2, unit_amount: 10.0, subtotal: 20.0 })];
    const present = subscription({
      updated_at: since,
      quantity: 5,
      unit_amount: 20.0,
      add_ons: [addOn({ quantity: 4 }), addOn({ id: 'sao_2', add_on: { code: 'late' }, unit_amount: 7.0 })],
    });
    expect(told(present, lines).mrr).toEqual(['100', '20']);
    const gone = subscription({ updated_at: since, quantity: 5, unit_amount: 20.0 });
    expect(linesOf(gone, { lines })?.rows.lines?.map(({ item_id: item }) => item)).toEqual(['plan', 'add_on:seats']);
  });

  it('keeps its usage, which is billed afterwards', () => {
    const usage = addOn({ add_on: { code: 'calls', add_on_type: 'usage' } });
    expect(told({ ...now, add_ons: [usage] }, [was])).toMatchObject({ mrr: ['100', '0'], counts: { meteredZero: 1 } });
  });

  it('follows its ramp where nothing was billed', () => {
    const ramp = subscription({
      updated_at: since,
      unit_amount: 40.0,
      ramp_intervals: [
        { starting_on: '2026-01-15T00:00:00Z', ending_on: '2026-11-01T00:00:00Z', unit_amount: 20.0 },
        { starting_on: '2026-11-01T00:00:00Z', ending_on: null, unit_amount: 40.0 },
      ],
    });
    expect(told(ramp, []).mrr).toEqual(['20']);
  });

  it('says nothing of what counts 0 whatever it costs', () => {
    expect(told({ ...now, started_with_gift: true }, []).counts).toEqual({ lines: 1 });
  });
});

describe('a change inside the period', () => {
  const now = subscription({ updated_at: '2026-11-01T12:00:00Z', quantity: 20, unit_amount: 20.0 });
  const inside = { start_date: '2026-10-25T00:00:00Z', proration_rate: 0.6774 };
  const was = line({ quantity: 5, unit_amount: 20.0, subtotal: 100.0 });
  const credit = line({ id: 'line_2', type: 'credit', quantity: 5, unit_amount: -13.55, subtotal: -67.75, ...inside });
  const charge = line({ id: 'line_3', quantity: 8, unit_amount: 13.55, subtotal: 108.4, ...inside });

  it('that credits all and charges all is what it charges, at the whole price', () => {
    expect(mrrOf(now, { lines: [was, credit, charge] })).toEqual(['160']);
    expect(mrrOf(now, { lines: [charge, was, credit] })).toEqual(['160']);
    expect(linesOf(now, { lines: [was, credit, charge] })?.counts).toEqual({ lines: 1, linesRebuilt: 1 });
  });

  it('that charges an increase alone does not tell the whole', () => {
    expect(linesOf(now, { lines: [was, charge] })?.counts).toEqual({ lines: 1, linesUnknown: 1 });
  });

  it('at a price that was never charged whole does not tell it either', () => {
    const other = { ...charge, unit_amount: 9.0, subtotal: 72.0 };
    expect(linesOf(now, { lines: [was, credit, other] })?.counts).toEqual({ lines: 1, linesUnknown: 1 });
  });

  it('that agrees with what is there now is what is there now', () => {
    const dearer = { ...charge, unit_amount: 20.32, subtotal: 162.56 };
    const same = subscription({ updated_at: '2026-11-01T12:00:00Z', quantity: 8, unit_amount: 30.0 });
    expect(mrrOf(same, { lines: [was, credit, dearer] })).toEqual(['240']);
    expect(linesOf(same, { lines: [was, credit, dearer] })?.counts).toEqual({ lines: 1 });
  });

  it('that takes an add-on away leaves none of it', () => {
    const seats = { origin: 'add_on', add_on_code: 'seats', quantity: 1, unit_amount: 10.0, subtotal: 10.0 };
    const lines = [was, line({ id: 'line_4', ...seats }), line({ id: 'line_5', ...seats, ...inside, type: 'credit' })];
    expect(mrrOf(now, { lines })).toEqual(['100']);
  });
});
