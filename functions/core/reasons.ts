/** What a raw cancellation reason says about the cause of churn. Reasons that are not here are shown as unclassified. */
import type { Cause } from './report.ts';

/** A reason can say that the customer decided, or that a payment failed for good. */
export type ReasonCause = Extract<Cause, 'voluntary' | 'involuntary'>;

/** What stands in the place of a reason where a billing system tells none. */
export const reasonNotTold = 'not_told';

/** The key of a raw reason: lower case, everything between letters and digits one underscore. */
export const reasonKey = (reason: string): string =>
  reason
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');

const causes: Readonly<Record<ReasonCause, string>> = {
  // The payment failed for good, the card expired, dunning ended, a dispute was lost.
  // Stripe cancellation_details.reason; Chargebee cancel_reason; Recurly expiration reasons; then what CSVs say.
  involuntary: `
    payment_failed payment_disputed
    not_paid no_card fraud_review_failed tax_calculation_failed currency_incompatible_with_gateway
    non_compliant_eu_customer non_compliant_customer
    nonpayment non_payment
    card_expired expired_card card_declined payment_failure failed_payment dunning_exhausted dunning_failed dunning
    insufficient_funds chargeback dispute_lost dispute involuntary involuntary_churn unpaid`,
  // The customer decided. Stripe reason and cancellation_details.feedback; Recurly; then what CSVs say.
  voluntary: `
    cancellation_requested
    customer_service low_quality missing_features switched_service too_complex too_expensive unused
    canceled cancelled
    customer_request customer_requested customer_decided requested_by_customer voluntary voluntary_churn
    price pricing budget budget_cut competitor switched_to_competitor moved_to_competitor no_longer_needed
    not_needed not_using project_ended business_closed non_renewal not_renewed did_not_renew
    non_renewing fixed_billing_cycles`,
};

/** Reason key → cause, before a configuration adds to it or overrides it. */
export const defaultReasonMap: ReadonlyMap<string, ReasonCause> = new Map(
  (['involuntary', 'voluntary'] as const).flatMap((cause) =>
    causes[cause]
      .split(/\s+/)
      .filter((reason) => reason !== '')
      .map((reason): [string, ReasonCause] => [reason, cause]),
  ),
);
