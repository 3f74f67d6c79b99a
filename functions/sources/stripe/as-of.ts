/** Puts subscriptions back to a month's end: Stripe tells what is now, and for thirty days what changed. */
import type { Event, Subscription } from './objects.ts';
import { readSubscription } from './objects.ts';
import type { SubscriptionState } from './standing.ts';

/** How long Stripe keeps events. Source: docs.stripe.com/api/events. */
export const eventSeconds = 30 * 24 * 60 * 60;

export const subscriptionEvents = [
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'customer.subscription.pending_update_applied',
  'customer.subscription.pending_update_expired',
  'customer.subscription.trial_will_end',
] as const;

/** The first event of a subscription since the month's end. */
export type FirstChange = Pick<Event, 'id' | 'type' | 'created' | 'data'>;

/** Keeps the earlier of two events, offered newest first as Stripe lists them: of one second, the one offered last. */
export const earlier = (known: FirstChange | undefined, event: FirstChange): FirstChange =>
  known === undefined || event.created <= known.created ? event : known;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Previous values over present ones; a list is replaced as a whole, as Stripe tells it. */
const putBack = (present: unknown, previous: unknown): unknown => {
  if (!isRecord(present) || !isRecord(previous)) return previous;
  const back: Record<string, unknown> = { ...present };
  for (const [key, value] of Object.entries(previous)) back[key] = putBack(present[key], value);
  return back;
};

const beforeChange = ({ type, data }: FirstChange): Subscription => {
  const was = putBack(data.object, data.previous_attributes ?? {});
  // A deletion tells no previous values: until then it had not ended.
  const undone = type === 'customer.subscription.deleted' && isRecord(was) ? { ...was, ended_at: null } : was;
  const subscription = readSubscription(undone);
  if (type !== 'customer.subscription.deleted' || subscription.status !== 'canceled') return subscription;
  const failed = subscription.cancellation_details?.reason === 'payment_failed';
  return { ...subscription, status: failed ? 'past_due' : 'active' };
};

/**
 * A subscription as it stood just before `until`. `change` is its first event since, `knownFrom` the time since which
 * every event is known: a month that ended before it cannot be rebuilt, and says so.
 */
export const stateAt = (
  now: Subscription,
  change: FirstChange | undefined,
  until: number,
  knownFrom: number,
): SubscriptionState => {
  // Long over, or not yet there: dates are facts, and nothing since can have changed them.
  const ended = now.ended_at ?? null;
  if (now.created >= until || (ended !== null && ended < until)) return { subscription: now, certainty: 'seen' };
  const certainty = until < knownFrom ? 'unknown' : change === undefined ? 'seen' : 'rebuilt';
  if (change === undefined || change.type === 'customer.subscription.created') return { subscription: now, certainty };
  return { subscription: beforeChange(change), certainty };
};
