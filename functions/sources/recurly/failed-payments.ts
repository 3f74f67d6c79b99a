/** Invoices whose payment failed, as rows of the payments table: what failed, why, and what came of it. */
import { Exact } from '../../core/money.ts';
import { type Outcome, paymentRows } from '../billing/failed-payment.ts';
import type { PullRequest, TableRow } from '../billing/port.ts';
import type { Invoice, Transaction } from './objects.ts';

/** Attempts to collect an invoice that failed before the month's end. */
export type Failure = {
  readonly firstFailedAt: number;
  readonly lastFailedAt: number;
  /** Of the last attempt. */
  readonly declineCode: string;
};

/** What the invoices of a subscription had come to. */
export type Dunning = {
  /** A payment had failed and was still being tried. */
  readonly owing: boolean;
  readonly exhausted: boolean;
  /** When payments were taken back. */
  readonly chargebacks: readonly number[];
};

const collects = ({ type }: Transaction): boolean => type === 'purchase' || type === 'capture';
const declined = ({ status }: Transaction): boolean => status === 'declined' || status === 'error';

/** A payment that was taken back: told as such on the payment, or as a refund that came of it. */
export const isChargeback = ({ status, origin }: Transaction): boolean =>
  status === 'chargeback' || origin === 'chargeback';

/** Whether an invoice says anything that payments and cancellations want to know. */
export const isTroubled = ({ transactions }: Invoice): boolean =>
  transactions.some((one) => isChargeback(one) || (collects(one) && declined(one)));

/** The failures of an invoice as one; null when none failed before `until`. */
export const failureOf = ({ transactions, created_at }: Invoice, until: number): Failure | null => {
  const failed = transactions
    .filter((one) => collects(one) && declined(one))
    .map((one) => ({ at: one.created_at ?? created_at, code: one.status_code ?? one.gateway_response_code ?? '' }))
    .filter(({ at }) => at < until)
    .sort((a, b) => a.at - b.at || (a.code < b.code ? -1 : 1));
  const [first, last] = [failed[0], failed.at(-1)];
  if (first === undefined || last === undefined) return null;
  return { firstFailedAt: first.at, lastFailedAt: last.at, declineCode: last.code };
};

const paidAt = ({ state, closed_at, transactions, created_at }: Invoice): number | null => {
  if (state !== 'paid') return null;
  if (closed_at !== null) return closed_at;
  const paid = transactions.filter((one) => collects(one) && one.status === 'success');
  return paid.reduce((latest, one) => Math.max(latest, one.collected_at ?? one.created_at ?? created_at), created_at);
};

/** What had come of a failed invoice just before `until`. `endedAt` is the end of its subscription. */
export const outcomeOf = (invoice: Invoice, failure: Failure, endedAt: number | null, until: number): Outcome => {
  const { state, closed_at: closed } = invoice;
  const { firstFailedAt, lastFailedAt } = failure;
  const past = (at: number | null): at is number => at !== null && at < until;
  const paid = paidAt(invoice);
  if (past(paid) && paid >= firstFailedAt) return { state: 'recovered', resolvedAt: paid };
  const lost = state === 'failed' || state === 'voided' || state === 'closed' ? (closed ?? lastFailedAt) : null;
  const givenUp = [lost, endedAt].filter(past).sort((a, b) => a - b)[0];
  if (givenUp !== undefined) return { state: 'exhausted', resolvedAt: Math.max(givenUp, firstFailedAt) };
  return { state: 'in_grace', resolvedAt: null };
};

/** The rows of an invoice in the payments table; one that is nobody's has none. */
export const failedPaymentRows = (
  { id, account, total, currency }: Invoice,
  { declineCode, firstFailedAt }: Failure,
  outcome: Outcome,
  request: PullRequest,
): TableRow[] => {
  if (account === null || account === undefined) return [];
  const payment = { invoice: id, customer: account.id, amount: new Exact(total), currency, declineCode, firstFailedAt };
  return paymentRows(payment, outcome, request);
};

const chargebacksOf = ({ transactions, created_at }: Invoice): number[] =>
  transactions.filter(isChargeback).map((one) => one.created_at ?? created_at);

/** What the invoices of one subscription had come to just before `until`. */
export const dunningOf = (invoices: readonly Invoice[], endedAt: number | null, until: number): Dunning => {
  const outcomes = invoices.flatMap((invoice) => {
    const failure = failureOf(invoice, until);
    return failure === null ? [] : [outcomeOf(invoice, failure, endedAt, until).state];
  });
  return {
    owing: outcomes.includes('in_grace'),
    exhausted: outcomes.includes('exhausted'),
    chargebacks: invoices.flatMap(chargebacksOf).filter((at) => at < until),
  };
};
