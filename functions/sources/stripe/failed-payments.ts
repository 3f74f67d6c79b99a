/** Invoices whose payment failed, as rows of the payments table: what failed, why, and what came of it. */
import { type Outcome, paymentRows } from '../billing/failed-payment.ts';
import type { PullRequest, TableRow } from '../billing/port.ts';
import type { Dunning } from './cancellation.ts';
import { currencyOf, moneyOf } from './minor-units.ts';
import type { Charge, Invoice } from './objects.ts';

/** Attempts on one payment that failed before the month's end. */
export type Failure = {
  readonly firstFailedAt: number;
  readonly lastFailedAt: number;
  /** Of the last attempt. */
  readonly declineCode: string;
  readonly attempts: number;
};

/** The bank's own reason where Stripe passes it on, otherwise Stripe's code. */
const declineOf = ({ failure_code: code, outcome }: Charge): string =>
  (code === 'card_declined' ? outcome?.reason : null) ?? code ?? outcome?.reason ?? '';

/** Adds a charge to what is known of its payment; charges may come in any order. */
export const withCharge = (known: Failure | undefined, charge: Charge): Failure => {
  const newest = known === undefined || charge.created >= known.lastFailedAt;
  return {
    firstFailedAt: Math.min(charge.created, known?.firstFailedAt ?? charge.created),
    lastFailedAt: Math.max(charge.created, known?.lastFailedAt ?? charge.created),
    declineCode: newest ? declineOf(charge) : known.declineCode,
    attempts: (known?.attempts ?? 0) + 1,
  };
};

/** What an invoice's payments are known by. */
export const paymentsOf = ({ payments }: Invoice): string[] =>
  (payments?.data ?? []).flatMap(({ payment }) =>
    [payment.payment_intent, payment.charge].filter((id): id is string => id !== null && id !== undefined),
  );

/** The failures of all payments of an invoice as one; null when none failed. */
export const failureOf = (invoice: Invoice, failures: ReadonlyMap<string, Failure>): Failure | null => {
  const found = [...new Set(paymentsOf(invoice))].flatMap((id) => failures.get(id) ?? []);
  const [first] = found;
  if (first === undefined) return null;
  return found.reduce((sum, failure) => ({
    firstFailedAt: Math.min(sum.firstFailedAt, failure.firstFailedAt),
    lastFailedAt: Math.max(sum.lastFailedAt, failure.lastFailedAt),
    declineCode: failure.lastFailedAt >= sum.lastFailedAt ? failure.declineCode : sum.declineCode,
    attempts: sum.attempts + failure.attempts,
  }));
};

/** What became of the subscription behind an invoice, as far as its payments depend on it. */
export type Ending = { readonly endedAt: number | null; readonly unpaid: boolean };

/** What had come of a failed invoice just before `until`. */
export const outcomeOf = (
  { status_transitions: at }: Invoice,
  { firstFailedAt, lastFailedAt }: Failure,
  ending: Ending | null,
  until: number,
): Outcome => {
  const past = (moment: number | null | undefined): moment is number =>
    moment !== null && moment !== undefined && moment < until;
  if (past(at.paid_at) && at.paid_at >= firstFailedAt) return { state: 'recovered', resolvedAt: at.paid_at };
  const givenUp = [at.marked_uncollectible_at, at.voided_at, ending?.endedAt].filter(past).sort((a, b) => a - b)[0];
  if (givenUp !== undefined) return { state: 'exhausted', resolvedAt: Math.max(givenUp, firstFailedAt) };
  if (ending?.unpaid === true) return { state: 'exhausted', resolvedAt: lastFailedAt };
  return { state: 'in_grace', resolvedAt: null };
};

/** The rows of an invoice in the payments table; one that is nobody's has none. */
export const failedPaymentRows = (
  { id, customer, currency: code, amount_due: due }: Invoice,
  { declineCode, firstFailedAt }: Failure,
  outcome: Outcome,
  request: PullRequest,
): TableRow[] => {
  if (customer === null || customer === undefined) return [];
  const currency = currencyOf(code);
  const payment = { invoice: id, customer, amount: moneyOf(due, currency), currency, declineCode, firstFailedAt };
  return paymentRows(payment, outcome, request);
};

/** What dunning had come to, for the subscription's cancellation. */
export const dunningOf = ({ lastFailedAt }: Failure, { state }: Outcome): Dunning => ({
  lastFailedAt,
  exhausted: state === 'exhausted',
});
