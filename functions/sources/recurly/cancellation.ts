/** The end of a Recurly subscription as a row of the cancellations table, with the reason that decides its cause. */
import { dayOf } from '../billing/calendar.ts';
import type { PullRequest, TableRow } from '../billing/port.ts';
import type { Dunning } from './failed-payments.ts';
import type { Subscription } from './objects.ts';
import { endedAt, endedUnpaid } from './standing.ts';

/** Recurly's own reason; a payment that was taken back goes before what was done about it. */
const reasonOf = ({ expiration_reason: reason, auto_renew }: Subscription, dunning: Dunning): string => {
  if (reason !== 'nonpayment' && dunning.chargedBack) return 'chargeback';
  if (reason !== null && reason !== '') return reason;
  // A term that ends by itself has no reason.
  if (!auto_renew) return 'non_renewing';
  return dunning.exhausted ? 'dunning_exhausted' : 'not_told';
};

/**
 * The cancellation of a subscription in the month of the request, if there is one. What ended with its trial or gift
 * and was never paid for has none: there was nothing to lose.
 */
export const cancellationRows = (subscription: Subscription, dunning: Dunning, request: PullRequest): TableRow[] => {
  const ended = endedAt(subscription);
  const { state, activated_at } = subscription;
  if (ended === null || ended < request.from || ended >= request.until) return [];
  if (state !== 'expired' || activated_at === null || activated_at >= ended || endedUnpaid(subscription)) return [];
  return [
    {
      customer_id: subscription.account.id,
      subscription_id: subscription.id,
      ended_on: dayOf(ended, request.timeZone),
      reason: reasonOf(subscription, dunning).slice(0, 10_000),
    },
  ];
};
