/** How a subscription stood at the end of a month, by its dates. */
import type { Subscription } from './objects.ts';

/** Statuses of the contract that a subscription can give its lines. */
export type LineStatus = 'active' | 'past_due' | 'trialing' | 'paused' | 'free';

/** When a subscription was over; null while it is not, whatever is planned. */
export const endedAt = ({ state, expires_at, updated_at }: Subscription): number | null =>
  state === 'expired' ? (expires_at ?? updated_at) : null;

/** A gift pays for it, and nobody has taken it over by `until`. */
const isGift = ({ started_with_gift, converted_at }: Subscription, until: number): boolean =>
  started_with_gift && (converted_at === null || converted_at >= until);

const isTrial = (
  { trial_started_at: begins, trial_ends_at: ends, created_at, expiration_reason: reason }: Subscription,
  until: number,
): boolean =>
  // Between the end of a trial that nobody paid for and its expiry nothing was ever owed.
  ends !== null && (begins ?? created_at) < until && (ends >= until || reason === 'nonpayment_trial');

/**
 * Whether a subscription ended without a day that had to be paid for: its trial or its gift was all there was. It had no
 * recurring revenue that could be lost.
 */
export const endedUnpaid = (subscription: Subscription): boolean => {
  const ended = endedAt(subscription);
  return ended !== null && (isGift(subscription, ended) || isTrial(subscription, ended));
};

/**
 * The status just before `until`; null for a subscription that was not there: not yet begun, never begun, or over. One
 * that is cancelled counts until it expires. `owing`: a payment had failed and was still being tried.
 */
export const statusAt = (subscription: Subscription, owing: boolean, until: number): LineStatus | null => {
  const { state, created_at, activated_at, paused_at, expiration_reason: reason } = subscription;
  const ended = endedAt(subscription);
  if (state === 'failed' || created_at >= until || activated_at === null || activated_at >= until) return null;
  if (ended !== null && ended < until) return null;
  if (isGift(subscription, until) || reason === 'nonpayment_gift') return 'free';
  if (isTrial(subscription, until)) return 'trialing';
  if (state === 'paused' && paused_at !== null && paused_at < until) return 'paused';
  return owing ? 'past_due' : 'active';
};
