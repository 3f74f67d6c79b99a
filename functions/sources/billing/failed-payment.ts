/** An invoice whose payment failed, as a row of the payments table. */
import type { Exact } from '../../core/money.ts';
import { dayOf } from './calendar.ts';
import type { PullRequest, TableRow } from './port.ts';

/** What had come of it just before the month's end. */
export type Outcome = {
  readonly state: 'in_grace' | 'recovered' | 'exhausted';
  readonly resolvedAt: number | null;
};

export type FailedPayment = {
  readonly customer: string;
  readonly invoice: string;
  readonly amount: Exact;
  readonly currency: string;
  /** Of the last attempt; empty where nobody tells. */
  readonly declineCode: string;
  readonly firstFailedAt: number;
};

/** Its row, in the month that it first failed in and in the one that it was settled in. */
export const paymentRows = (
  { customer, invoice, amount, currency, declineCode, firstFailedAt }: FailedPayment,
  { state, resolvedAt }: Outcome,
  { from, until, timeZone }: PullRequest,
): TableRow[] => {
  const inside = (at: number | null) => at !== null && at >= from && at < until;
  if (amount.lessThan(0) || (!inside(firstFailedAt) && !inside(resolvedAt))) return [];
  return [
    {
      customer_id: customer,
      invoice_id: invoice,
      failed_on: dayOf(firstFailedAt, timeZone),
      amount: amount.toFixed(),
      currency,
      ...(declineCode === '' ? {} : { decline_code: declineCode }),
      state,
      ...(resolvedAt === null ? {} : { resolved_on: dayOf(resolvedAt, timeZone) }),
    },
  ];
};
