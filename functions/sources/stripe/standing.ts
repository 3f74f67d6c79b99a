/** How a subscription stood at the end of a month. */
import type { Subscription } from './objects.ts';

/** Statuses of the contract that a subscription can give its lines. */
export type LineStatus = 'active' | 'past_due' | 'trialing' | 'paused' | 'unpaid';

/** A subscription with how sure its state at the month's end is. */
export type SubscriptionState = {
  readonly subscription: Subscription;
  /**
   * `seen`: nothing happened to it since. `rebuilt`: put back as it was before the first event since.
   * `unknown`: the month is older than Stripe's events, or none tells the status; dates are facts, the rest is that of
   * today or worked out from invoices.
   */
  readonly certainty: 'seen' | 'rebuilt' | 'unknown';
};

const before = (at: number | null | undefined, until: number): boolean => at !== null && at !== undefined && at < until;

/** Invoices kept as drafts are collected later; those that are void or written off are not. */
const isPaused = ({ status, pause_collection: pause }: Subscription, until: number): boolean => {
  if (status === 'paused') return true;
  if (pause === null || pause === undefined || pause.behavior === 'keep_as_draft') return false;
  return !before(pause.resumes_at, until);
};

/**
 * The status just before `until`; null for a subscription that was not there: not yet begun, never begun, or ended.
 * A subscription that is to be cancelled at the end of its period counts until it ends.
 */
export const statusAt = (subscription: Subscription, until: number): LineStatus | null => {
  const { status, created, ended_at, trial_start, trial_end, cancellation_details: details } = subscription;
  if (created >= until || before(ended_at, until)) return null;
  if (status === 'incomplete' || status === 'incomplete_expired') return null;
  if (status === 'canceled' && (ended_at === null || ended_at === undefined)) return null;
  const inTrial = trial_end !== null && trial_end !== undefined && trial_end >= until;
  if (inTrial && (trial_start ?? created) < until) return 'trialing';
  if (isPaused(subscription, until)) return 'paused';
  // It ended since: at the month's end it was still there, and what failed was still being tried.
  if (status === 'canceled') return details?.reason === 'payment_failed' ? 'past_due' : 'active';
  if (status === 'trialing') return 'active';
  return status === 'past_due' || status === 'unpaid' ? status : 'active';
};
