/** How a subscription stood at the end of October 2026, and how it is put back there. */
import { describe, expect, it } from 'vitest';
import { changeOf, earlier, stateAt } from '../../../functions/sources/stripe/as-of.ts';
import { type Change, readEvent, readInvoice, readSubscription } from '../../../functions/sources/stripe/objects.ts';
import { statusAt } from '../../../functions/sources/stripe/standing.ts';
import { type Billed, billedLast, withStatusThen } from '../../../functions/sources/stripe/status-then.ts';
import { subscriptionLines } from '../../../functions/sources/stripe/subscription-lines.ts';
import { at, context, item, mrrOf, price, type Raw, subscription, until } from './objects.ts';

const [october, november] = [at('2026-10-20T00:00:00Z'), at('2026-11-03T00:00:00Z')];

describe('the status', () => {
  it.each<[told: string, changes: Raw, status: string | null]>([
    ['active', {}, 'active'],
    ['past due, still being tried', { status: 'past_due' }, 'past_due'],
    ['unpaid', { status: 'unpaid' }, 'unpaid'],
    ['begun after the month', { created: until }, null],
    ['begun in its last second', { created: until - 1 }, 'active'],
    ['ended inside the month', { status: 'canceled', ended_at: october }, null],
    ['ended in its last second', { status: 'canceled', ended_at: until - 1 }, null],
    ['ended with the month over', { status: 'canceled', ended_at: until }, 'active'],
    [
      'ended since, unpaid',
      { status: 'canceled', ended_at: november, cancellation_details: { reason: 'payment_failed' } },
      'past_due',
    ],
    ['to end with its period', { cancel_at_period_end: true, cancel_at: november }, 'active'],
    ['never begun', { status: 'incomplete' }, null],
    ['expired before it began', { status: 'incomplete_expired' }, null],
    ['on trial', { status: 'trialing', trial_start: october, trial_end: november }, 'trialing'],
    ['on trial then, paying now', { trial_start: october, trial_end: november }, 'trialing'],
    ['paying after a trial', { trial_start: at('2026-09-01T00:00:00Z'), trial_end: october }, 'active'],
    ['paused for want of a payment method', { status: 'paused' }, 'paused'],
    ['not collected, invoices void', { pause_collection: { behavior: 'void', resumes_at: null } }, 'paused'],
    [
      'not collected, written off',
      { pause_collection: { behavior: 'mark_uncollectible', resumes_at: november } },
      'paused',
    ],
    ['collected again before the end', { pause_collection: { behavior: 'void', resumes_at: october } }, 'active'],
    ['collected later', { pause_collection: { behavior: 'keep_as_draft', resumes_at: null } }, 'active'],
    ['with a schedule that has more to come', { schedule: 'sub_sched_1' }, 'active'],
  ])('%s', (_, changes, status) => expect(statusAt(readSubscription(subscription(changes)), until)).toBe(status));
});

const event = (changes: Raw, object: Raw, previous?: Raw): Change =>
  changeOf(
    readEvent({
      id: 'evt_1',
      type: 'customer.subscription.updated',
      created: november,
      data: { object, ...(previous === undefined ? {} : { previous_attributes: previous }) },
      ...changes,
    }),
  );

/** An invoice of October, and whether a payment of it failed. */
const billed = (transitions: Raw, failed = false, created = october): Billed => ({
  invoice: readInvoice({
    id: 'in_1',
    created,
    currency: 'usd',
    customer: 'cus_1',
    status: 'open',
    amount_due: 10_000,
    status_transitions: transitions,
    parent: { subscription_details: { subscription: 'sub_1' } },
    lines: { data: [] },
  }),
  failure: failed ? { firstFailedAt: october, lastFailedAt: october, declineCode: '', attempts: 1 } : null,
});

const thenAt = (now: Raw, change: Change | undefined, last: Billed | null, knownFrom: number) =>
  withStatusThen(
    stateAt(readSubscription(now), change, until, knownFrom),
    () => new Map(last === null ? [] : [['sub_1', last]]),
    until,
  );

const linesAt = (now: Raw, change: Change | undefined, knownFrom = until - 1) => {
  const state = stateAt(readSubscription(now), change, until, knownFrom);
  return { certainty: state.certainty, ...subscriptionLines(state, context()) };
};

describe('a change since the end of the month', () => {
  const upgraded = subscription({ items: [item({ quantity: 5 })] });
  const listOf = (items: Raw[]) => ({ object: 'list', data: items, has_more: false });

  it('is undone: quantity and price are those of then', () => {
    const was = {
      items: listOf([item({ quantity: 2, price: price({ id: 'price_0', unit_amount_decimal: '4000' }) })]),
    };
    const { certainty, rows, counts } = linesAt(upgraded, event({}, upgraded, was));
    expect([certainty, rows.lines?.[0]?.mrr, counts]).toEqual(['rebuilt', '80.0000', { lines: 1, linesRebuilt: 1 }]);
  });

  it('is undone back to the first of several', () => {
    const changes = [3, 4].map((quantity, place) =>
      event({ id: `evt_${place}`, created: november + place }, upgraded, { items: listOf([item({ quantity })]) }),
    );
    const first = changes.reverse().reduce<Change | undefined>(earlier, undefined);
    expect(linesAt(upgraded, first).rows.lines?.[0]?.quantity).toBe('3');
  });

  it('of the pause is undone inside its object', () => {
    const paused = subscription({ pause_collection: { behavior: 'void', resumes_at: null } });
    expect(linesAt(paused, event({}, paused, { pause_collection: null })).rows.lines?.[0]?.status).toBe('active');
  });

  it.each<[told: string, was: Raw | null, opportunity: string | undefined]>([
    ['added a key', { deal: null }, undefined],
    ['changed a key', { deal: 'opp_0' }, 'opp_0'],
    ['made the metadata', null, undefined],
  ])('that %s of the metadata is undone', (_, was, opportunity) => {
    const dealt = subscription({ metadata: { deal: 'opp_1' } });
    const state = stateAt(readSubscription(dealt), event({}, dealt, { metadata: was }), until, until - 1);
    const { rows } = subscriptionLines(state, context('stripe:?opportunity=deal'));
    expect(rows.lines?.[0]?.opportunity_id).toBe(opportunity);
  });

  const [paid, givenUp] = [{ paid_at: october }, { marked_uncollectible_at: october + 1 }];
  const collected = { pause_collection: { behavior: 'void', resumes_at: null } };
  const tried = { trial_start: at('2026-09-26T00:00:00Z'), trial_end: october + 60 };
  it.each<[told: string, now: Raw, reason: string, billed: Billed | null, status: string, certainty: string]>([
    ['with its last invoice paid', {}, 'cancellation_requested', billed(paid), 'active', 'rebuilt'],
    ['by a payment that failed', {}, 'payment_failed', billed({}, true), 'past_due', 'rebuilt'],
    ['by a payment that failed later', {}, 'payment_failed', billed(paid), 'past_due', 'rebuilt'],
    ['with its invoice given up', {}, 'cancellation_requested', billed(givenUp, true), 'unpaid', 'unknown'],
    ['long after its retries', {}, 'payment_failed', billed(givenUp, true), 'unpaid', 'unknown'],
    ['given up later', {}, 'payment_disputed', billed({ voided_at: november }, true), 'past_due', 'unknown'],
    ['with an invoice that never failed', {}, 'cancellation_requested', billed({}), 'active', 'unknown'],
    ['with no invoice', {}, 'cancellation_requested', null, 'active', 'unknown'],
    ['with none since its trial', tried, 'cancellation_requested', billed(paid), 'active', 'unknown'],
    ['while not collected', collected, 'cancellation_requested', null, 'paused', 'rebuilt'],
  ])('that ended it %s is undone as far as is known', (_, changes, reason, last, status, certainty) => {
    const ending = { status: 'canceled', ended_at: november, cancellation_details: { reason } };
    const over = subscription({ ...ending, ...changes });
    const change = event({ type: 'customer.subscription.deleted' }, over);
    const then = thenAt(over, change, last, until - 1);
    expect(then.certainty).toBe(certainty);
    expect(subscriptionLines(then, context()).rows.lines).toMatchObject([{ status, mrr: '100.0000' }]);
  });

  const trial = { trial_start: at('2026-09-26T00:00:00Z'), trial_end: october - 60 };
  const twice = billed({}, true);
  it.each<[told: string, now: Raw, billed: Billed | null, status: string]>([
    ['unpaid', { status: 'unpaid' }, null, 'active'],
    ['unpaid, and paid then', { status: 'unpaid' }, billed(paid), 'active'],
    ['unpaid since an attempt before', { status: 'unpaid' }, billed({}, true), 'unpaid'],
    ['unpaid, given up before', { status: 'unpaid' }, billed(givenUp, true), 'unpaid'],
    [
      'unpaid, tried again after',
      { status: 'unpaid' },
      { ...twice, invoice: { ...twice.invoice, attempt_count: 2 } },
      'past_due',
    ],
    ['unpaid, of another invoice', { status: 'unpaid' }, billed({ paid_at: november }, true), 'past_due'],
    ['past due', { status: 'past_due' }, null, 'active'],
    ['past due, failed before', { status: 'past_due' }, billed({}, true), 'past_due'],
    ['paused', { status: 'paused' }, null, 'active'],
    ['paused since a trial', { status: 'paused', ...trial }, null, 'paused'],
    ['paused, billed after its trial', { status: 'paused', ...trial }, billed(paid), 'active'],
    ['not collected', collected, billed(paid), 'active'],
    ['not collected, waived before', collected, billed({ voided_at: october }), 'paused'],
    ['over, given up before', { status: 'canceled', ended_at: november }, billed(givenUp, true), 'unpaid'],
    ['over', { status: 'canceled', ended_at: november }, null, 'active'],
  ])('that made it what it is today (%s) is not put before its date', (_, now, last, status) => {
    const then = thenAt(subscription(now), undefined, last, until + 1);
    const { rows, counts } = subscriptionLines(then, context());
    expect([rows.lines?.[0]?.status, counts]).toEqual([status, { lines: 1, linesUnknown: 1 }]);
  });

  it('is judged by the newest invoice that is no draft', () => {
    const [old, newer, draft] = [billed({}, true, 1), billed(paid, false, 2), billed({}, false, 3)].map(
      ({ invoice }) => invoice,
    );
    const all = [newer, old, draft && { ...draft, status: 'draft' }].filter((one) => one !== undefined);
    expect(billedLast(all, new Map()).get('sub_1')?.invoice).toBe(newer);
  });

  it('cannot be known where the month is older than the events, and is counted', () => {
    const { certainty, counts } = linesAt(upgraded, undefined, until + 1);
    expect([certainty, counts]).toEqual(['unknown', { lines: 1, linesUnknown: 1 }]);
  });

  it('is nothing where the subscription had ended by then', () => {
    const over = subscription({ status: 'canceled', ended_at: october });
    expect(linesAt(over, undefined, until + 1)).toMatchObject({ certainty: 'seen', counts: {} });
  });
});

it('a subscription that began since has no line', () => expect(mrrOf(subscription({ created: november }))).toEqual([]));
