/** The status at a month's end of a subscription whose events do not tell it: worked out from its invoices. */
import { type Failure, failureOf, outcomeOf } from './failed-payments.ts';
import type { Invoice } from './objects.ts';
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

/** What a subscription that was put back by its end was before it, as far as its invoices say. */
export const withStatusThen = (
  state: SubscriptionState,
  billed: () => ReadonlyMap<string, Billed>,
  until: number,
): SubscriptionState => {
  const { subscription } = state;
  const status = statusAt(subscription, until);
  // Trials and pauses of the collection are told by the subscription itself.
  if (status === null || status === 'trialing' || status === 'paused' || subscription.status !== 'canceled')
    return state;
  return beforeItsEnd(state, billed().get(subscription.id), until);
};
