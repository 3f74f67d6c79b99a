/** The end of a Chargebee subscription as a row of the cancellations table, with the reason that decides its cause. */
import { reasonNotTold } from '../../core/reasons.ts';
import { dayOf } from '../billing/calendar.ts';
import type { PullRequest, TableRow } from '../billing/port.ts';
import type { PaymentStanding } from './billed.ts';
import type { Subscription } from './objects.ts';
import type { LineStatus } from './standing.ts';

/**
 * What Chargebee set by itself goes before what somebody chose from the site's list. Where neither is told, what became
 * of the last invoice is; a subscription that somebody ended without saying why stays untold.
 */
export const reasonOf = (
  { cancel_reason: reason = '', cancel_reason_code: code = '' }: Subscription,
  { state, reversed }: PaymentStanding,
): string => {
  const told = [reason, code].find((text) => text.trim() !== '');
  if (told !== undefined) return told;
  if (state !== 'given_up') return reasonNotTold;
  return reversed ? 'chargeback' : 'dunning_exhausted';
};

/** What was a trial until it ended never counted: its end is no cancellation. Neither is that of what never began. */
export const neverCounted = ({
  activated_at: activated,
  started_at: started,
  trial_end: trial,
}: Subscription): boolean => activated === undefined && (started === undefined || trial !== undefined);

/**
 * The cancellation of a subscription in the month of the request, if there is one: the day that it ended, or was
 * deleted, or, where it goes on without being paid, the day that its last payment was given up.
 */
export const cancellationRows = (
  subscription: Subscription,
  status: LineStatus | null,
  payments: PaymentStanding,
  gifted: boolean,
  { from, until, timeZone }: PullRequest,
): TableRow[] => {
  const { id, customer_id: customer, cancelled_at: cancelled, updated_at: updated, deleted } = subscription;
  const inside = (at: number | null | undefined): at is number =>
    at !== null && at !== undefined && at >= from && at < until;
  const row = (at: number, reason: string): TableRow[] => [
    { customer_id: customer, subscription_id: id, ended_on: dayOf(at, timeZone), reason },
  ];
  if (gifted || neverCounted(subscription)) return [];
  if (subscription.status === 'cancelled')
    return inside(cancelled) ? row(cancelled, reasonOf(subscription, payments)) : [];
  if (deleted) return inside(updated) ? row(updated, 'subscription_deleted') : [];
  if (status !== 'unpaid' || !inside(payments.givenUpAt)) return [];
  return row(payments.givenUpAt, payments.reversed ? 'chargeback' : 'dunning_exhausted');
};
