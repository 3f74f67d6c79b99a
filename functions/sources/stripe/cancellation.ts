/** The end of a Stripe subscription as a row of the cancellations table, with the reason that decides its cause. */
import { reasonNotTold } from '../../core/reasons.ts';
import { dayOf } from '../billing/calendar.ts';
import type { PullRequest, TableRow } from '../billing/port.ts';
import type { Subscription } from './objects.ts';

/** What dunning left of a subscription: the last attempt that failed, and whether anything is still being tried. */
export type Dunning = { readonly lastFailedAt: number; readonly exhausted: boolean };

const noteLength = 10_000;

/** Failed payments and lost disputes go before what the customer said; after that the more exact answer wins. */
export const reasonOf = ({ cancellation_details: details }: Subscription, dunning: Dunning | null): string => {
  const reason = details?.reason ?? '';
  if (reason === 'payment_failed' || reason === 'payment_disputed') return reason;
  // An older subscription tells no reason: what became of its invoice does.
  if (reason === '' && dunning?.exhausted === true) return 'dunning_exhausted';
  const feedback = details?.feedback ?? '';
  if (feedback !== '' && feedback !== 'other') return feedback;
  return reason === '' ? reasonNotTold : reason;
};

/** The day it ended inside the month, or the day its last payment failed inside it where that left it unpaid. */
const endOf = (
  { ended_at, status }: Subscription,
  dunning: Dunning | null,
  { from, until }: PullRequest,
): number | null => {
  const inside = (at: number | null | undefined): at is number =>
    at !== null && at !== undefined && at >= from && at < until;
  if (inside(ended_at)) return ended_at;
  if (ended_at !== null && ended_at !== undefined && ended_at < until) return null;
  return status === 'unpaid' && inside(dunning?.lastFailedAt) ? dunning.lastFailedAt : null;
};

/** The cancellation of a subscription in the month of the request, if there is one. */
export const cancellationRows = (
  subscription: Subscription,
  dunning: Dunning | null,
  request: PullRequest,
): TableRow[] => {
  // What never began has not ended.
  if (subscription.status === 'incomplete_expired' || subscription.status === 'incomplete') return [];
  const ended = endOf(subscription, dunning, request);
  if (ended === null) return [];
  const note = subscription.cancellation_details?.comment ?? '';
  return [
    {
      customer_id: subscription.customer,
      subscription_id: subscription.id,
      ended_on: dayOf(ended, request.timeZone),
      reason: ended === subscription.ended_at ? reasonOf(subscription, dunning) : 'dunning_exhausted',
      ...(note === '' ? {} : { note: note.slice(0, noteLength) }),
    },
  ];
};
