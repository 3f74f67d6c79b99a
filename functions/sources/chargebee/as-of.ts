/** Puts subscriptions back to a month's end: Chargebee tells what is now, and its events what was after each change. */
import { z } from 'zod';
import type { PullRequest } from '../billing/port.ts';
import { type Event, readEvent, readSubscription, type Subscription, snapshotIn } from './objects.ts';

/** How far back Chargebee is sure to tell events. Source: chargebee.com/docs, on events and the List events API. */
export const eventSeconds = 90 * 24 * 60 * 60;

/** Whether all that happened since the month's end can be read in the events, and is not too much to be read. */
export const isKnown = ({ until, pulledAt }: PullRequest): boolean => until >= pulledAt - eventSeconds;

const toldSchema = z.object({
  id: z.string(),
  subscription: z.string(),
  type: z.string(),
  at: z.int(),
  /** Of the subscription in it; 0 where it tells none that can be read. */
  version: z.int(),
  snapshot: z.record(z.string(), z.unknown()).nullable(),
});

/** One event of a subscription, with the subscription as it was after it. */
export type Told = z.infer<typeof toldSchema>;

export const readTold = (text: string): Told => toldSchema.parse(JSON.parse(text));

/** What an event of the list tells; null where it is not about a subscription. */
export const toldBy = (value: unknown): Told | null => {
  const { id, event_type: type, occurred_at: at, content }: Event = readEvent(value);
  if (content.subscription === undefined) return null;
  const snapshot = snapshotIn(content.subscription);
  const version = snapshot?.resource_version ?? 0;
  return { id, subscription: content.subscription.id, type, at, version, snapshot };
};

const order = (a: Told, b: Told): number => a.at - b.at || a.version - b.version || (a.id < b.id ? -1 : 1);

/** The first event since `until` and the last before it that tells the subscription; lists may overlap and repeat. */
export const aroundEnd = (
  told: readonly Told[],
  until: number,
): { first: Told | null; before: Subscription | null } => {
  const sorted = [...told].sort(order);
  const before = sorted.findLast(({ at, snapshot }) => at < until && snapshot !== null)?.snapshot ?? null;
  return {
    first: sorted.find(({ at }) => at >= until) ?? null,
    before: before === null ? null : readSubscription(before),
  };
};

/** Events that a subscription begins with at a site. */
const beginnings = new Set(['subscription_created', 'subscription_created_with_backdating', 'subscription_moved_in']);

export const isBeginning = (type: string): boolean => beginnings.has(type);

/** What an event changed other than items, undone on the subscription as it was after it. */
const undoings: Readonly<Record<string, (after: Subscription) => Subscription | null>> = {
  // Until then it had not begun, or had ended before.
  subscription_started: () => null,
  subscription_reactivated: () => null,
  subscription_reactivated_with_backdating: () => null,
  subscription_cancelled: (after) => ({ ...after, status: 'active', cancelled_at: undefined }),
  subscription_canceled_with_backdating: (after) => ({ ...after, status: 'active', cancelled_at: undefined }),
  subscription_activated: (after) => ({ ...after, status: 'in_trial' }),
  subscription_activated_with_backdating: (after) => ({ ...after, status: 'in_trial' }),
  subscription_paused: (after) => ({ ...after, status: 'active' }),
  subscription_resumed: (after) => ({ ...after, status: 'paused' }),
  subscription_deleted: (after) => ({ ...after, deleted: false }),
  subscription_trial_extended: (after) => after,
  subscription_changes_scheduled: (after) => after,
  subscription_scheduled_changes_removed: (after) => after,
  subscription_cancellation_scheduled: (after) => ({ ...after, status: 'active' }),
  subscription_scheduled_cancellation_removed: (after) => after,
  subscription_pause_scheduled: (after) => after,
  subscription_scheduled_pause_removed: (after) => after,
  subscription_resumption_scheduled: (after) => after,
  subscription_scheduled_resumption_removed: (after) => after,
  subscription_business_entity_changed: (after) => after,
};

/** A renewal changes no items, but coupons for one invoice or a limited time are used up by it. */
const isRenewal = (type: string) => type === 'subscription_renewed' || type === 'subscription_items_renewed';

/** A subscription as it stood at the month's end, with how sure that is. */
export type SubscriptionState = {
  /** Null where it was not there. */
  readonly subscription: Subscription | null;
  /**
   * `seen`: nothing happened to it since. `rebuilt`: as events say that it was. `unknown`: it changed since, and nothing
   * says from what; dates are facts, items, quantities and discounts are those after the change.
   */
  readonly certainty: 'seen' | 'rebuilt' | 'unknown';
};

const isOver = ({ status, cancelled_at: at }: Subscription, until: number): boolean =>
  status === 'cancelled' && at !== undefined && at < until;

/** The state just before the end of the request's month, of what is told now and of the events around it. */
export const stateAt = (now: Subscription, told: readonly Told[], request: PullRequest): SubscriptionState => {
  const { until } = request;
  if ((now.created_at ?? 0) >= until) return { subscription: null, certainty: 'seen' };
  // Long over: dates are facts, and nothing since can have changed them.
  if (isOver(now, until)) return { subscription: now, certainty: 'seen' };
  if (now.updated_at !== undefined && now.updated_at < until) return { subscription: now, certainty: 'seen' };
  const { first, before } = aroundEnd(told, until);
  if (!isKnown(request))
    return before === null
      ? // Whenever it was deleted, that was since.
        { subscription: { ...now, deleted: false }, certainty: 'unknown' }
      : { subscription: before, certainty: 'rebuilt' };
  if (first === null) return { subscription: now, certainty: 'seen' };
  if (isBeginning(first.type)) return { subscription: null, certainty: 'rebuilt' };
  if (before !== null) return { subscription: before, certainty: 'rebuilt' };
  if (first.snapshot === null) return { subscription: now, certainty: 'unknown' };
  const after = readSubscription(first.snapshot);
  const undo = undoings[first.type];
  if (undo !== undefined) return { subscription: undo(after), certainty: 'rebuilt' };
  const unchanged = isRenewal(first.type) && after.coupons.length === 0 && after.discounts.length === 0;
  return { subscription: after, certainty: unchanged ? 'rebuilt' : 'unknown' };
};
