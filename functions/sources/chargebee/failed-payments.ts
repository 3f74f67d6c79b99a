/** Payments that failed or were taken back: by invoice, what failed, why, and what had come of it by the month's end. */
import { type Outcome, paymentRows } from '../billing/failed-payment.ts';
import type { PullRequest, TableRow } from '../billing/port.ts';
import { moneyOf } from './minor-units.ts';
import type { Invoice, Transaction } from './objects.ts';

/** One payment that failed, or a reversal, as of a dispute or a debit that was sent back. */
export type Attempt = {
  readonly id: string;
  readonly at: number;
  readonly code: string;
  readonly amount: number;
  readonly reversal: boolean;
};

/** Failed attempts by their own id, and by the invoices they say they were for. Small: most payments do not fail. */
export type Attempts = {
  /** Payments before this second are not among them, failed or not. */
  readonly since: number;
  readonly byId: Map<string, Attempt>;
  readonly byInvoice: Map<string, Set<string>>;
};

/** None yet, of transactions that are listed from `since` on. */
export const noAttempts = (since: number): Attempts => ({ since, byId: new Map(), byInvoice: new Map() });

const codeOf = ({ error_code: code, error_detail: detail }: Transaction, reversal: boolean): string => {
  // The code of the card's bank says more than the gateway's.
  const told = detail?.decline_code ?? code ?? '';
  return told === '' && reversal ? 'payment_reversal' : told;
};

/** Adds a transaction, in any order and as often as it comes, where it is one that failed before `until`. */
export const withTransaction = (attempts: Attempts, transaction: Transaction, until: number): void => {
  const { id, type, status, date, amount = 0, deleted } = transaction;
  const reversal = type === 'payment_reversal' && status !== 'failure' && status !== 'voided';
  const failed = type === 'payment' && (status === 'failure' || status === 'late_failure');
  if (deleted || date === undefined || date >= until || (!failed && !reversal)) return;
  attempts.byId.set(id, { id, at: date, code: codeOf(transaction, reversal), amount, reversal });
  for (const { invoice_id: invoice } of transaction.linked_invoices) {
    const known = attempts.byInvoice.get(invoice);
    if (known === undefined) attempts.byInvoice.set(invoice, new Set([id]));
    else known.add(id);
  }
};

/** All that failed of an invoice. Amounts are in Chargebee's units. */
export type Failure = {
  readonly firstFailedAt: number;
  readonly lastFailedAt: number;
  /** Of the last attempt. */
  readonly declineCode: string;
  readonly amount: number;
  readonly attempts: number;
  /** Whether the last of it was money taken back. */
  readonly reversed: boolean;
};

/** The failures of an invoice's payments as one; null where none failed. */
export const failureOf = (invoice: Invoice, attempts: Attempts): Failure | null => {
  const ids = new Set([
    ...[...invoice.linked_payments, ...invoice.reference_transactions].flatMap(({ txn_id: id }) => id ?? []),
    ...invoice.dunning_attempts.flatMap(({ transaction_id: id }) => id ?? []),
    ...(attempts.byInvoice.get(invoice.id) ?? []),
  ]);
  const found = [...ids]
    .flatMap((id) => attempts.byId.get(id) ?? [])
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  const [first, last] = [found[0], found.at(-1)];
  if (first === undefined || last === undefined) return null;
  return {
    firstFailedAt: first.at,
    lastFailedAt: last.at,
    declineCode: last.code,
    amount: last.amount,
    attempts: found.length,
    reversed: last.reversal,
  };
};

/** What of an invoice decides how its failed payment ended. */
export type Settlement = {
  readonly paidAt: number | null;
  /** When it was voided or written off. */
  readonly givenUpAt: number | null;
  /** Whether no further attempt came: all that were made were made before the month's end. */
  readonly triesOver: boolean;
  /** Whether it was voided, or written off with tries left: that ends the debt, and says nothing of the subscription. */
  readonly forgiven: boolean;
};

const isPast =
  (until: number) =>
  (at: number | null | undefined): at is number =>
    at !== null && at !== undefined && at < until;

const isTriedLater = ({ dunning_attempts: tries }: Invoice, until: number): boolean =>
  tries.some(({ created_at: at }) => at !== undefined && at >= until);

/** How an invoice was settled, as it is known on the day of the pull. */
export const settlementOf = (invoice: Invoice, failure: Failure, until: number): Settlement => {
  const { status, dunning_status: dunning, paid_at: paidAt, voided_at: voidedAt } = invoice;
  const past = isPast(until);
  const credits = [...invoice.adjustment_credit_notes, ...invoice.issued_credit_notes];
  const credited = (wanted: string) =>
    credits
      .flatMap(({ cn_reason_code: reason, cn_date: date }) => (reason === wanted ? (date ?? []) : []))
      .filter(past);
  const writtenOff = credited('write_off');
  const givenUp = [voidedAt, ...writtenOff, ...credited('chargeback')].filter(past).sort((a, b) => a - b)[0];
  const over = dunning === 'exhausted' || dunning === 'stopped' || (dunning === undefined && status === 'not_paid');
  const takenBack = failure.reversed && dunning !== 'in_progress';
  return {
    paidAt: paidAt ?? null,
    givenUpAt: givenUp ?? null,
    triesOver: !isTriedLater(invoice, until) && (over || takenBack),
    forgiven: past(voidedAt) || (writtenOff.length > 0 && dunning !== 'exhausted' && !takenBack),
  };
};

/**
 * When the last try was of an invoice that its own dunning status gives up and whose tries are too old to be listed; its
 * own date where it does not tell. Null for every other. Reminders alone are no tries, as they are none while they are new.
 */
export const unlistedEnd = (invoice: Invoice, { since }: Attempts, until: number): number | null => {
  const { status, date, voided_at: voidedAt, dunning_status: dunning, dunning_attempts: tries } = invoice;
  if (date === undefined || date >= since || (dunning !== 'exhausted' && dunning !== 'stopped')) return null;
  if (status === 'paid' && isPast(until)(invoice.paid_at)) return null;
  if (isPast(until)(voidedAt) || isTriedLater(invoice, until)) return null;
  if (tries.length > 0 && tries.every(({ dunning_type: type }) => type === 'offline')) return null;
  return Math.max(date, ...tries.flatMap(({ created_at: at }) => at ?? []));
};

/** What had come of a failed invoice just before `until`. `endedAt`: when its subscription ended, if it did. */
export const outcomeOf = (
  { paidAt, givenUpAt, triesOver }: Settlement,
  { firstFailedAt, lastFailedAt, reversed }: Failure,
  endedAt: number | null,
  until: number,
): Outcome => {
  const past = isPast(until);
  // Money that was taken back was paid before that; what counts is a payment since.
  if (past(paidAt) && paidAt >= (reversed ? lastFailedAt : firstFailedAt))
    return { state: 'recovered', resolvedAt: paidAt };
  const ends = [givenUpAt, endedAt].filter(past).sort((a, b) => a - b)[0];
  if (ends !== undefined) return { state: 'exhausted', resolvedAt: Math.max(ends, firstFailedAt) };
  if (triesOver) return { state: 'exhausted', resolvedAt: lastFailedAt };
  return { state: 'in_grace', resolvedAt: null };
};

export type FailedInvoice = {
  readonly id: string;
  readonly customer: string;
  readonly currency: string;
  readonly failure: Failure;
};

/** The rows of an invoice in the payments table. */
export const failedPaymentRows = (
  { id, customer, currency, failure }: FailedInvoice,
  outcome: Outcome,
  request: PullRequest,
): TableRow[] => {
  const { amount, declineCode, firstFailedAt } = failure;
  const payment = { invoice: id, customer, currency, amount: moneyOf(amount, currency), declineCode, firstFailedAt };
  return paymentRows(payment, outcome, request);
};
