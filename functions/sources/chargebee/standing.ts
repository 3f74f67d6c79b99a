/** How a subscription and its items stood at the end of a month. */
import type { PaymentStanding } from './billed.ts';
import type { Subscription, SubscriptionItem } from './objects.ts';

/** Statuses of the contract that a subscription can give its lines. */
export type LineStatus = 'active' | 'past_due' | 'trialing' | 'paused' | 'free' | 'unpaid';

const isBefore = (at: number | undefined, until: number): boolean => at !== undefined && at < until;

/** A trial that has begun and goes on. */
const inTrial = ({ status, trial_start: start, trial_end: end }: Subscription, until: number): boolean => {
  if (end === undefined) return status === 'in_trial';
  return end >= until && isBefore(start ?? 0, until);
};

/** Paused since before `until`; a pause that is to come is none, and one that is to end goes on until then. */
const isPaused = ({ status, pause_date: from }: Subscription, until: number): boolean =>
  status === 'paused' && (from === undefined || from < until);

/**
 * The status just before `until`; null for a subscription that was not there: not yet begun, ended, deleted, or moved to
 * another business entity, where it goes on under another id. One that is to end with its term counts until it ends.
 * `gifted`: somebody else paid for it once and for all.
 */
export const statusAt = (
  subscription: Subscription,
  payments: PaymentStanding,
  gifted: boolean,
  until: number,
): LineStatus | null => {
  const { status, created_at: created, started_at: started, cancelled_at: cancelled, deleted } = subscription;
  if (deleted || status === 'transferred') return null;
  if ((created ?? 0) >= until || (started ?? 0) >= until || (status === 'future' && started === undefined)) return null;
  if (status === 'cancelled' && (cancelled === undefined || cancelled < until)) return null;
  if (inTrial(subscription, until)) return 'trialing';
  if (isPaused(subscription, until)) return 'paused';
  if (gifted) return 'free';
  if (payments.state === 'given_up') return 'unpaid';
  return payments.state === 'in_grace' ? 'past_due' : 'active';
};

/** Add-ons can have a trial of their own. */
export const itemStatusAt = (item: SubscriptionItem, status: LineStatus, until: number): LineStatus =>
  item.item_type === 'addon' && status !== 'paused' && (item.trial_end ?? 0) >= until ? 'trialing' : status;
