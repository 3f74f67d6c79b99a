/** The end of a Recurly subscription as a row of the cancellations table, with the reason that decides its cause. */
import { reasonNotTold } from '../../core/reasons.ts';
import { dayOf } from '../billing/calendar.ts';
import type { PullRequest, TableRow } from '../billing/port.ts';
import type { Dunning } from './failed-payments.ts';
import type { Subscription } from './objects.ts';
import { begunAt, endedAt, endedUnpaid } from './standing.ts';

/** How long after a chargeback the end of a subscription is taken to come of it. */
const chargebackSeconds = 31 * 24 * 60 * 60;

/** Recurly's own reason; a payment that was taken back goes before what was done about it. */
export const reasonOf = (
  { expiration_reason: reason, auto_renew }: Subscription,
  ended: number,
  { chargebacks, exhausted }: Dunning,
): string => {
  const takenBack = chargebacks.some((at) => at <= ended && ended - at <= chargebackSeconds);
  if (reason !== 'nonpayment' && takenBack) return 'chargeback';
  if (reason !== null && reason !== '') return reason;
  // A term that ends by itself has no reason.
  if (!auto_renew) return 'non_renewing';
  return exhausted ? 'dunning_exhausted' : reasonNotTold;
};

/**
 * The cancellation of a subscription in the month of the request, if there is one. What ended with its trial or gift
 * and was never paid for has none: there was nothing to lose.
 */
export const cancellationRows = (subscription: Subscription, dunning: Dunning, request: PullRequest): TableRow[] => {
  const [began, ended] = [begunAt(subscription), endedAt(subscription)];
  if (ended === null || ended < request.from || ended >= request.until) return [];
  if (began === null || began >= ended || endedUnpaid(subscription)) return [];
  return [
    {
      customer_id: subscription.account.id,
      subscription_id: subscription.id,
      ended_on: dayOf(ended, request.timeZone),
      reason: reasonOf(subscription, ended, dunning).slice(0, 10_000),
    },
  ];
};
