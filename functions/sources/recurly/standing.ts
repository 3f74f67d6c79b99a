/** How a subscription stood at the end of a month, by its dates. */
import type { Subscription } from './objects.ts';

/** Statuses of the contract that a subscription can give its lines. */
export type LineStatus = 'active' | 'past_due' | 'trialing' | 'paused' | 'free';

/** When a subscription began; null for one that has not, and for one that never will. */
export const begunAt = ({ state, activated_at, created_at }: Subscription): number | null =>
  state === 'future' || state === 'failed' ? null : (activated_at ?? created_at);

/** When a subscription was over; null while it is not, whatever is planned. */
export const endedAt = ({ state, expires_at, updated_at }: Subscription): number | null =>
  state === 'expired' ? (expires_at ?? updated_at) : null;

/** A gift pays for it, and nobody has taken it over by `until`. */
const isGift = ({ started_with_gift, converted_at }: Subscription, until: number): boolean =>
  started_with_gift && (converted_at === null || converted_at >= until);

const daySeconds = 24 * 60 * 60;

/** Whether a subscription was over when its trial was: some hours can lie between the two. */
const endedInTrial = (subscription: Subscription): boolean => {
  const { trial_ends_at: trialEnds, canceled_at: canceled, expiration_reason: reason } = subscription;
  const ended = endedAt(subscription);
  if (ended === null || trialEnds === null) return false;
  if (ended <= trialEnds || reason === 'nonpayment_trial') return true;
  return canceled !== null && canceled <= trialEnds && ended < trialEnds + daySeconds;
};

const isTrial = (subscription: Subscription, until: number): boolean => {
  const { trial_started_at: begins, trial_ends_at: ends, created_at } = subscription;
  if (ends === null || (begins ?? created_at) >= until) return false;
  // What is over with its trial was never owed anything, up to its last hour.
  return ends >= until || endedInTrial(subscription);
};

/**
 * Whether a subscription ended without a day that had to be paid for: its trial or its gift was all there was. It had no
 * recurring revenue that could be lost.
 */
export const endedUnpaid = (subscription: Subscription): boolean => {
  const ended = endedAt(subscription);
  return ended !== null && (isGift(subscription, ended) || endedInTrial(subscription));
};

/**
 * The status just before `until`; null for a subscription that was not there: not yet begun, never begun, or over. One
 * that is cancelled counts until it expires. `owing`: a payment had failed and was still being tried.
 */
export const statusAt = (subscription: Subscription, owing: boolean, until: number): LineStatus | null => {
  const { state, created_at, paused_at, expiration_reason: reason } = subscription;
  const [began, ended] = [begunAt(subscription), endedAt(subscription)];
  if (began === null || began >= until || created_at >= until) return null;
  if (ended !== null && ended < until) return null;
  if (isGift(subscription, until) || reason === 'nonpayment_gift') return 'free';
  if (isTrial(subscription, until)) return 'trialing';
  if (state === 'paused' && paused_at !== null && paused_at < until) return 'paused';
  return owing ? 'past_due' : 'active';
};
