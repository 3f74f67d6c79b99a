/** A Stripe account as a billing source: asks for a month's pages, and makes the contract's tables of the kept ones. */

import { meteredBelowZero } from '../billing/average-use.ts';
import { type LineNote, lineNotes } from '../billing/line-notes.ts';
import { lookBack } from '../billing/page-names.ts';
import type { Batch, BillingSource, KeptPages, Page, PullRequest, TableRow } from '../billing/port.ts';
import { shared, sideBySide } from '../billing/side-by-side.ts';
import { withoutLines } from '../billing/without-lines.ts';
import { cancellationRows, type Dunning } from './cancellation.ts';
import type { StripeReader } from './client.ts';
import { customerRow } from './customer.ts';
import { dunningOf, type Ending, failedPaymentRows, failureOf, outcomeOf } from './failed-payments.ts';
import { gathered, type Part } from './gathered.ts';
import { lookupsFor, type Memory } from './looked-up.ts';
import { eventPages, type Lookup, listPages, lookupPages } from './pages.ts';
import type { StripeSettings } from './settings.ts';
import { statesOf, type Told } from './states.ts';
import { type CountName, subscriptionLines } from './subscription-lines.ts';
import { wantedLookups } from './wanted.ts';

/** Requests under way at a time. Stripe takes 25 a second in a sandbox and 100 in production. */
const atOnce = 4;

async function* pages(
  request: PullRequest,
  kept: KeptPages,
  stripe: StripeReader,
  settings: StripeSettings,
): AsyncGenerator<Page> {
  const list = (name: Parameters<typeof listPages>[0]) => listPages(name, request, stripe, kept);
  yield* sideBySide([list('subscriptions'), list('customers'), list('invoices'), list('charges')]);
  // After the subscriptions: what changes while they are listed is an event then.
  yield* eventPages(request, stripe, kept);
  // Items of long subscriptions can have discounts and tiers of their own: a second round finds them.
  for (const _round of [1, 2]) {
    let items = 0;
    const lookUp = (lookup: Lookup) => {
      if (lookup.kind === 'items') items += 1;
      return lookupPages(lookup, stripe, kept);
    };
    yield* shared(wantedLookups(request, settings, kept), atOnce, lookUp);
    if (items === 0) return;
  }
}

/** The failed payments of a part, and how far dunning came with each subscription. */
const paymentsOf = (
  part: Part,
  told: readonly Told[],
  request: PullRequest,
): { readonly rows: readonly TableRow[]; readonly dunning: ReadonlyMap<string, Dunning> } => {
  const { until } = request;
  const failures = part.failures();
  const endings = new Map<string, Ending>();
  for (const { state } of told) {
    const { id, ended_at: ended = null, status } = state.subscription;
    const recently = ended !== null && ended < until && ended >= lookBack(request);
    if (recently || status === 'unpaid') endings.set(id, { endedAt: ended, unpaid: status === 'unpaid' });
  }
  const rows: TableRow[] = [];
  const dunning = new Map<string, Dunning>();
  for (const invoice of failures.size === 0 ? [] : part.invoices()) {
    const failure = failureOf(invoice, failures);
    if (failure === null) continue;
    const subscription = invoice.parent?.subscription_details?.subscription ?? null;
    const ending = subscription === null ? undefined : endings.get(subscription);
    const outcome = outcomeOf(invoice, failure, ending ?? null, until);
    rows.push(...failedPaymentRows(invoice, failure, outcome, request));
    const known = subscription === null ? undefined : dunning.get(subscription);
    if (subscription !== null && (known === undefined || failure.lastFailedAt >= known.lastFailedAt))
      dunning.set(subscription, dunningOf(failure, outcome));
  }
  return { rows, dunning };
};

async function* batches(request: PullRequest, kept: KeptPages, settings: StripeSettings): AsyncGenerator<Batch> {
  const { until, timeZone } = request;
  const memory: Memory = { coupons: new Map(), prices: new Map() };
  for await (const part of gathered(request, settings, kept)) {
    const told = await statesOf(part, request, kept);
    const customers = part.customers().map((customer) => customerRow(customer, settings));
    const { rows: payments, dunning } = paymentsOf(part, told, request);
    yield withoutLines({ customers, payments }, { customers: customers.length, failedPayments: payments.length });

    const lookups = await lookupsFor(part, told, memory, request, settings, kept);
    for (const { state } of told) {
      const { rows, control, counts } = subscriptionLines(state, { until, timeZone, settings, lookups });
      const { subscription } = state;
      const cancellations = cancellationRows(subscription, dunning.get(subscription.id) ?? null, request);
      yield { rows: { ...rows, cancellations }, control, counts: { ...counts, cancellations: cancellations.length } };
    }
  }
}

const sentences: readonly LineNote<CountName>[] = [
  ['linesRebuilt', (count) => `${count} changed since the month’s end and were put back from Stripe’s events`],
  [
    'linesUnknown',
    (count) =>
      `${count} may differ from the month’s end: Stripe keeps events for 30 days, and none tells the status before an end; items and quantities are those of today, status and pauses are worked out from invoices`,
  ],
  ['discountsUnknown', (count) => `${count} had a discount that Stripe no longer tells; none was taken off`],
  ['taxUnknown', (count) => `${count} include tax that no invoice tells; it was left in`],
  ['meteredZero', (count) => `${count} are metered and count 0`],
  ['meteredAveraged', (count) => `${count} are metered and count a month’s average of what three months invoiced`],
  ['meteredBelowZero', (count) => `${count} ${meteredBelowZero}`],
];

/** The source of one account. */
export const stripeSource = (stripe: StripeReader, settings: StripeSettings): BillingSource => ({
  name: 'stripe',
  pages: (request, kept) => pages(request, kept, stripe, settings),
  batches: (request, kept) => batches(request, kept, settings),
  notes: (counts) => lineNotes(sentences, counts),
});
