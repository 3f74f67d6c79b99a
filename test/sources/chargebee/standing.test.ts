/** How a subscription of Chargebee stood at the end of October 2026, and how it is put back there. */
import { describe, expect, it } from 'vitest';
import { readTold, stateAt, type Told, toldBy } from '../../../functions/sources/chargebee/as-of.ts';
import type { PaymentStanding } from '../../../functions/sources/chargebee/billed.ts';
import { readSubscription } from '../../../functions/sources/chargebee/objects.ts';
import { statusAt } from '../../../functions/sources/chargebee/standing.ts';
import { at, planItem, type Raw, request, subscription, until } from './objects.ts';

const [october, november] = [at('2026-10-20'), at('2026-11-01T15:00:00Z')];
const fine: PaymentStanding = { state: 'fine', givenUpAt: null, reversed: false };

describe('the status', () => {
  it.each<[told: string, changes: Raw, status: string | null]>([
    ['active', {}, 'active'],
    ['begun after the month', { created_at: until }, null],
    ['begun in its last second', { created_at: until - 1, started_at: until - 1 }, 'active'],
    ['entered by then, to begin later', { status: 'future', started_at: undefined, start_date: november }, null],
    ['entered by then, begun since', { started_at: november }, null],
    ['ended inside the month', { status: 'cancelled', cancelled_at: october }, null],
    ['ended in its last second', { status: 'cancelled', cancelled_at: until - 1 }, null],
    ['ended with the month over', { status: 'cancelled', cancelled_at: until }, 'active'],
    ['ended, nobody says when', { status: 'cancelled' }, null],
    ['to end with its term', { status: 'non_renewing', cancelled_at: november }, 'active'],
    ['on trial', { status: 'in_trial', trial_start: october, trial_end: november }, 'trialing'],
    ['on trial then, paying now', { trial_start: october, trial_end: november }, 'trialing'],
    [
      'on trial, ended since',
      { status: 'cancelled', cancelled_at: november, trial_start: october, trial_end: november },
      'trialing',
    ],
    ['paying after a trial', { trial_start: at('2026-09-01'), trial_end: october }, 'active'],
    ['paused', { status: 'paused', pause_date: october }, 'paused'],
    ['paused since', { status: 'paused', pause_date: november }, 'active'],
    ['to be paused', { status: 'active', pause_date: november }, 'active'],
    ['moved to another business entity', { status: 'transferred', active_id: 'sub_2' }, null],
    ['deleted', { deleted: true }, null],
    ['with changes to come', { has_scheduled_changes: true, changes_scheduled_at: november }, 'active'],
  ])('%s', (_, changes, status) =>
    expect(statusAt(readSubscription(subscription(changes)), fine, false, until)).toBe(status),
  );

  it.each<[told: string, payments: PaymentStanding['state'], gifted: boolean, status: string]>([
    ['a failed payment that is tried again', 'in_grace', false, 'past_due'],
    ['one that was given up', 'given_up', false, 'unpaid'],
    ['a gift', 'fine', true, 'free'],
  ])('%s', (_, state, gifted, status) =>
    expect(statusAt(readSubscription(subscription()), { ...fine, state }, gifted, until)).toBe(status),
  );
});

const event = (type: string, when: number, after: Raw, id = `ev_${type}_${when}`): Told => {
  const told = toldBy({ id, event_type: `subscription_${type}`, occurred_at: when, content: { subscription: after } });
  if (told === null) throw new Error('an event without a subscription');
  return readTold(JSON.stringify(told));
};

/** An instant's subscription: changed then, and told in a later version. */
const stateOf = (when: number, changes: Raw) =>
  subscription({ updated_at: when, resource_version: when * 1000, ...changes });
const seats = (quantity: number) => ({ items: [planItem({ quantity, amount: quantity * 1_000 })] });

const put = (now: Raw, told: Told[], asked = request) => {
  const { subscription: was, certainty } = stateAt(readSubscription(now), told, asked);
  return [was?.subscription_items[0]?.quantity ?? was?.status ?? null, certainty];
};

describe('a change since the end of the month', () => {
  const now = stateOf(november, seats(5));

  it('is undone by the last event before it', () => {
    const told = [
      event('created', at('2026-09-01'), stateOf(at('2026-09-01'), seats(1))),
      event('changed', october, stateOf(october, seats(3))),
      event('changed', november, now),
    ];
    expect(put(now, told)).toEqual([3, 'rebuilt']);
    expect(put(now, [...told].reverse())).toEqual([3, 'rebuilt']);
    expect(put(now, [...told, ...told])).toEqual([3, 'rebuilt']);
  });

  it('of one second is told apart by its version', () => {
    const [first, second] = [3, 4].map((count) => ({ ...stateOf(october, seats(count)), resource_version: count }));
    const told = [event('changed', october, second ?? {}, 'a'), event('changed', october, first ?? {}, 'b')];
    expect(put(now, [...told, event('changed', november, now)])).toEqual([4, 'rebuilt']);
  });

  it('in the last second of the month is of the month', () => {
    const last = event('changed', until - 1, stateOf(until - 1, seats(4)));
    expect(put(now, [event('changed', until, now), last])).toEqual([4, 'rebuilt']);
  });

  it.each<[type: string, now: Raw, was: unknown]>([
    ['cancelled', { status: 'cancelled', cancelled_at: november }, 'active'],
    ['cancellation_scheduled', { status: 'non_renewing', cancelled_at: november }, 'active'],
    ['paused', { status: 'paused', pause_date: november }, 'active'],
    ['resumed', {}, 'paused'],
    ['activated', { trial_end: november }, 'in_trial'],
    ['reactivated', {}, null],
    ['started', { started_at: november }, null],
    ['deleted', { deleted: true }, 'active'],
    ['renewed', { current_term_start: november }, 'active'],
  ])('that %s it is undone by itself where no earlier event is told', (type, changes, was) => {
    const after = stateOf(november, changes);
    expect(put(after, [event(type, november, after)])).toEqual([was, 'rebuilt']);
  });

  it('of items cannot be undone by itself, and is counted', () =>
    expect(put(now, [event('changed', november, now)])).toEqual([5, 'unknown']));

  it('that used up a coupon cannot be undone by itself', () => {
    const renewed = stateOf(november, { ...seats(5), coupons: [{ coupon_id: 'c' }] });
    expect(put(renewed, [event('renewed', november, renewed)])).toEqual([5, 'unknown']);
  });

  it('that tells the plans of an older version is none that can be read', () => {
    const old = { ...stateOf(october, {}), subscription_items: undefined, plan_id: 'basic' };
    expect(put(now, [event('changed', october, old), event('changed', november, now)])).toEqual([5, 'unknown']);
  });

  it('is what it began with', () =>
    expect(put(now, [event('created', november, now), event('renewed', november + 1, now)])).toEqual([
      null,
      'rebuilt',
    ]));

  it('that no event tells is none of items', () => expect(put(now, [])).toEqual([5, 'seen']));

  it('long ago is undone by the last event before it, if that is still told', () => {
    const late = { ...request, pulledAt: until + 91 * 24 * 60 * 60 };
    expect(put(now, [event('changed', october, stateOf(october, seats(3)))], late)).toEqual([3, 'rebuilt']);
    expect(put({ ...now, deleted: true }, [event('renewed', october, stateOf(october, seats(4)))], late)).toEqual([
      4,
      'rebuilt',
    ]);
  });

  it('cannot be known where the month is older than the events, and is counted', () => {
    const late = { ...request, pulledAt: until + 91 * 24 * 60 * 60 };
    expect(put(now, [event('cancelled', november, now)], late)).toEqual([5, 'unknown']);
    expect(put(now, [], late)).toEqual([5, 'unknown']);
    expect(put({ ...now, deleted: true }, [], late)).toEqual([5, 'unknown']);
  });

  it('is known for certain where nothing was touched since, however old the month', () => {
    const late = { ...request, pulledAt: until + 900 * 24 * 60 * 60 };
    expect(put(stateOf(october, seats(5)), [], late)).toEqual([5, 'seen']);
    const over = subscription({ status: 'cancelled', cancelled_at: october, updated_at: november });
    expect(put(over, [], late)).toEqual(['cancelled', 'seen']);
  });

  it('does not bring back one that began since', () =>
    expect(put(stateOf(november, { created_at: november }), [])).toEqual([null, 'seen']));
});
