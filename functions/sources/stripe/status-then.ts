/** The status at a month's end of a subscription whose events do not tell it: worked out from its invoices. */
import { type Failure, failureOf, outcomeOf } from './failed-payments.ts';
import type { Invoice, Subscription } from './objects.ts';
import { type SubscriptionState, statusAt } from './standing.ts';

/** The newest invoice before the month's end that was no draft, and what failed of it until then. */
export type Billed = { readonly invoice: Invoice; readonly failure: Failure | null };

/** What each subscription was billed last. Drafts say nothing: Stripe makes them for what is unpaid too. */
export const billedLast = (
  invoices: readonly Invoice[],
  failures: ReadonlyMap<string, Failure>,
): ReadonlyMap<string, Billed> => {
  const newest = new Map<string, Invoice>();
  for (const invoice of invoices) {
    const id = invoice.parent?.subscription_details?.subscription;
    if (id === undefined || invoice.status === 'draft') continue;
    if (invoice.created >= (newest.get(id)?.created ?? 0)) newest.set(id, invoice);
  }
  return new Map([...newest].map(([id, invoice]) => [id, { invoice, failure: failureOf(invoice, failures) }]));
};

type Standing = 'paid' | 'given up' | 'being tried' | 'not told';

const standingOf = (billed: Billed | undefined, until: number): Standing => {
  if (billed === undefined) return 'not told';
  const { invoice, failure } = billed;
  const paid = invoice.status_transitions.paid_at ?? null;
  if (paid !== null && paid < until) return 'paid';
  if (failure === null) return 'not told';
  return outcomeOf(invoice, failure, null, until).state === 'exhausted' ? 'given up' : 'being tried';
};

/** Ended since. It was active for sure where its last invoice was paid; else that is taken which leaves least out. */
const beforeItsEnd = (state: SubscriptionState, billed: Billed | undefined, until: number): SubscriptionState => {
  const { subscription } = state;
  const standing = standingOf(billed, until);
  // The invoice of a trial is paid at its start, and says nothing of the time after it.
  const afterTrial = (billed?.invoice.created ?? 0) >= (subscription.trial_end ?? 0);
  const retried = subscription.cancellation_details?.reason === 'payment_failed';
  const known = (standing === 'paid' && afterTrial) || (retried && standing !== 'given up');
  const status = standing === 'given up' ? 'unpaid' : retried || standing === 'being tried' ? 'past_due' : 'active';
  return { subscription: { ...subscription, status }, certainty: known ? state.certainty : 'unknown' };
};

/** Voided or written off though nothing failed: that is what Stripe does while nothing is collected. */
const isWaived = (billed: Billed | undefined, until: number): boolean => {
  if (billed === undefined || billed.failure !== null) return false;
  const { voided_at: voided, marked_uncollectible_at: writtenOff } = billed.invoice.status_transitions;
  return [voided, writtenOff].some((at) => at !== null && at !== undefined && at < until);
};

/** A trial that ended without a means of payment pauses a subscription there and then; what is billed later is no pause. */
const isPausedSinceTrial = ({ trial_end: end = null }: Subscription, billed: Billed | undefined, until: number) =>
  end !== null && end < until && (billed?.invoice.created ?? 0) <= end;

/** What became of an invoice by its last attempt, as far as no attempt on it came after the month's end. */
const isTriedLater = ({ invoice, failure }: Billed): boolean =>
  (invoice.attempt_count ?? 0) > (failure?.attempts ?? 0) || (invoice.status_transitions.paid_at ?? null) !== null;

/**
 * Of a month that is older than the events: a status of today that takes a line out or calls it late began at a date,
 * and holds from then on. Where no invoice tells the date it is taken to have begun after the month.
 */
const sinceWhen = (subscription: Subscription, billed: Billed | undefined, until: number): Subscription => {
  const { status, pause_collection: pause } = subscription;
  const collected = pause && !isWaived(billed, until) ? { ...subscription, pause_collection: null } : subscription;
  if (status === 'paused')
    return isPausedSinceTrial(subscription, billed, until) ? subscription : { ...collected, status: 'active' };
  if (status !== 'unpaid' && status !== 'past_due') return collected;
  const standing = standingOf(billed, until);
  if (billed === undefined || standing === 'paid' || standing === 'not told') return { ...collected, status: 'active' };
  const over = standing === 'given up' || !isTriedLater(billed);
  return { ...collected, status: status === 'unpaid' && over ? 'unpaid' : 'past_due' };
};

/** A subscription with the status that it had at the month's end, as far as dates and invoices say where events do not. */
export const withStatusThen = (
  state: SubscriptionState,
  billed: () => ReadonlyMap<string, Billed>,
  until: number,
): SubscriptionState => {
  const { id, status, pause_collection: pause } = state.subscription;
  const told = statusAt(state.subscription, until);
  // Trials are told by their dates, and what was not there has no status.
  if (told === null || told === 'trialing') return state;
  const ended = status === 'canceled';
  if (state.certainty !== 'unknown') {
    // So are pauses of the collection, until the end.
    return ended && told !== 'paused' ? beforeItsEnd(state, billed().get(id), until) : state;
  }
  if (!ended && !pause && told === 'active') return state;
  const subscription = sinceWhen(state.subscription, billed().get(id), until);
  const then = { ...state, subscription };
  return ended && statusAt(subscription, until) !== 'paused' ? beforeItsEnd(then, billed().get(id), until) : then;
};
