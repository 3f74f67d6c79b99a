/** Puts subscriptions back to a month's end: Stripe tells what is now, and for thirty days what changed. */
import { type Change, type Event, readSubscription, type Subscription } from './objects.ts';
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

/** Keeps the earlier of two changes, offered newest first as Stripe lists them: of one second, the one offered last. */
export const earlier = (known: Change | undefined, change: Change): Change =>
  known === undefined || change.created <= known.created ? change : known;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Metadata are texts under keys of anybody's choice: a key that was null before was not there. */
const metadataBefore = (present: unknown, previous: unknown): unknown => {
  if (!isRecord(previous)) return {};
  const back = { ...(isRecord(present) ? present : {}), ...previous };
  return Object.fromEntries(Object.entries(back).filter(([, value]) => value !== null));
};

/** Previous values over present ones; a list is replaced as a whole, as Stripe tells it. */
const putBack = (present: unknown, previous: unknown): unknown => {
  if (!isRecord(present) || !isRecord(previous)) return previous;
  const back: Record<string, unknown> = { ...present };
  for (const [key, value] of Object.entries(previous))
    back[key] = key === 'metadata' ? metadataBefore(present[key], value) : putBack(present[key], value);
  return back;
};

/** What an event is about, as it was before the event where that changed it. */
export const objectBefore = ({ data }: Event): unknown => putBack(data.object, data.previous_attributes ?? {});

const subscriptionBefore = (event: Event): Subscription => {
  const { type } = event;
  const was = objectBefore(event);
  const subscription = readSubscription(was);
  // A deletion tells no previous values: that it had not ended is all that is known. Its invoices may say more.
  return type === 'customer.subscription.deleted'
    ? { ...subscription, ended_at: subscription.ended_at ?? event.created }
    : subscription;
};

/** What an event about a subscription says of the time before it. */
export const changeOf = (event: Event): Change => {
  // Before it was created there was nothing to put back.
  const was = event.type === 'customer.subscription.created' ? null : subscriptionBefore(event);
  return { subscription: event.data.object.id, created: event.created, was };
};

/**
 * A subscription as it stood just before `until`. `change` is its first one since, `knownFrom` the time since which
 * every event is known: a month that ended before it cannot be rebuilt, and says so.
 */
export const stateAt = (
  now: Subscription,
  change: Change | undefined,
  until: number,
  knownFrom: number,
): SubscriptionState => {
  // Long over, or not yet there: dates are facts, and nothing since can have changed them.
  const ended = now.ended_at ?? null;
  if (now.created >= until || (ended !== null && ended < until)) return { subscription: now, certainty: 'seen' };
  const certainty = until < knownFrom ? 'unknown' : change === undefined ? 'seen' : 'rebuilt';
  return { subscription: change?.was ?? now, certainty };
};
