/** A Recurly site as a billing source: asks for a month's pages, and makes the contract's tables of the kept ones. */
import { Exact, sum } from '../../core/money.ts';
import { meteredBelowZero } from '../billing/average-use.ts';
import { type LineNote, lineNotes } from '../billing/line-notes.ts';
import type { Batch, BillingSource, KeptPages, Page, PullRequest, TableRow } from '../billing/port.ts';
import { shared, sideBySide } from '../billing/side-by-side.ts';
import { withoutLines } from '../billing/without-lines.ts';
import { accountRow, parentOf } from './account.ts';
import { cancellationRows } from './cancellation.ts';
import { readCatalog } from './catalog.ts';
import type { RecurlyReader } from './client.ts';
import { failedPaymentRows, failureOf, outcomeOf } from './failed-payments.ts';
import { gather, type Part } from './gathered.ts';
import { type Line, readAccount, readInvoicePage } from './objects.ts';
import { keptPages, type Lookup, listPages, lookupPages } from './pages.ts';
import type { RecurlySettings } from './settings.ts';
import { endedAt, endedUnpaid } from './standing.ts';
import { statesOf } from './states.ts';
import { subscriptionLines } from './subscription-lines.ts';

/** Requests under way at a time. Recurly takes 1,000 a minute. */
const atOnce = 4;

/** What a lookup finds can name something else to look up: a plan that was billed, a coupon that was redeemed. */
const rounds = 4;

/** Lookups, each once. */
const distinct = (lookups: readonly Lookup[]): Lookup[] => [
  ...new Map(lookups.map((lookup) => [`${lookup.kind} ${lookup.id}`, lookup])).values(),
];

const unlistedLines = async (kept: KeptPages): Promise<Lookup[]> => {
  const wanted: Lookup[] = [];
  for await (const page of keptPages('invoices', kept))
    for (const { id, has_more_line_items: more } of page.map(readInvoicePage))
      if (more) wanted.push({ kind: 'invoiced', id });
  return wanted;
};

async function* pages(
  request: PullRequest,
  kept: KeptPages,
  recurly: RecurlyReader,
  settings: RecurlySettings,
): AsyncGenerator<Page> {
  const lookUp = (lookups: readonly Lookup[]) =>
    shared(distinct(lookups), atOnce, (lookup) => lookupPages(lookup, request, recurly, kept));
  const lists = ['subscriptions', 'accounts', 'invoices', 'plans', 'coupons'] as const;
  yield* sideBySide(lists.map((list) => listPages(list, request, recurly, kept)));
  yield* lookUp(await unlistedLines(kept));
  await using gathered = await gather(request, settings, kept);
  for (let round = 1; round <= rounds; round++) {
    let found = 0;
    const catalog = await readCatalog(kept);
    for await (const part of gathered.parts()) {
      const told = await Array.fromAsync(statesOf(part, { request, catalog, kept }));
      for await (const page of lookUp(told.flatMap(({ standing }) => standing?.wanted ?? []))) {
        found += 1;
        yield page;
      }
    }
    if (found === 0) return;
  }
}

/** Who belongs to whom, of the accounts that belong to somebody. */
const parentsIn = async (kept: KeptPages, { hierarchy }: RecurlySettings): Promise<ReadonlyMap<string, string>> => {
  const parents = new Map<string, string>();
  for await (const page of keptPages('accounts', kept))
    for (const account of page.map(readAccount)) {
      const parent = parentOf(account, hierarchy);
      if (parent !== null) parents.set(account.id, parent);
    }
  return parents;
};

/** The failed payments of a part. */
const paymentsOf = (part: Part, request: PullRequest): TableRow[] => {
  const ends = new Map(part.subscriptions().map((subscription) => [subscription.id, endedAt(subscription)]));
  return part.invoices().flatMap((invoice) => {
    const failure = failureOf(invoice, request.until);
    if (failure === null) return [];
    const ended = ends.get(invoice.subscription_ids[0] ?? '') ?? null;
    return failedPaymentRows(invoice, failure, outcomeOf(invoice, failure, ended, request.until), request);
  });
};

/** What lines of an add-on came to, net of tax and discounts; what was taken back is negative. */
const usageOf = (lines: readonly Line[], code: string): Exact =>
  sum(
    lines
      .filter(({ origin, add_on_code: own }) => origin === 'add_on' && own === code)
      .map(({ subtotal, discount, tax, tax_inclusive: inclusive }) =>
        new Exact(subtotal ?? 0).minus(discount ?? 0).minus(inclusive ? (tax ?? 0) : 0),
      ),
  );

async function* batches(request: PullRequest, kept: KeptPages, settings: RecurlySettings): AsyncGenerator<Batch> {
  const { until, timeZone } = request;
  const [catalog, parents] = [await readCatalog(kept), await parentsIn(kept, settings)];
  await using gathered = await gather(request, settings, kept);
  for await (const part of gathered.parts()) {
    const customers = part.accounts().map((account) => accountRow(account, parents, settings));
    const payments = paymentsOf(part, request);
    yield withoutLines({ customers, payments }, { customers: customers.length, failedPayments: payments.length });

    const lines = part.lines();
    for await (const { subscription, dunning, standing } of statesOf(part, { request, catalog, kept })) {
      const cancellations = cancellationRows(subscription, dunning, request);
      const ended = endedAt(subscription);
      const unpaid = ended !== null && ended >= request.from && ended < until && endedUnpaid(subscription);
      const ends = { cancellations: cancellations.length, ...(unpaid ? { endedUnpaid: 1 } : {}) };
      if (standing === null) {
        yield withoutLines({ cancellations }, ends);
        continue;
      }
      const beside = {
        ...standing,
        planOf: (id: string) => standing.plans.get(id) ?? null,
        invoicedUsage: (code: string) => usageOf(lines.get(subscription.id) ?? [], code),
      };
      const {
        rows,
        control,
        counts: ofLines,
      } = subscriptionLines(standing.state, beside, { until, timeZone, settings });
      yield { rows: { ...rows, cancellations }, control, counts: { ...ofLines, ...ends } };
    }
  }
}

const sentences: readonly LineNote[] = [
  ['linesRebuilt', (count) => `${count} changed since the month’s end and are as the invoices of that time say`],
  [
    'linesUnknown',
    (count) =>
      `${count} may differ from the month’s end: the subscription changed since, and no invoice says what it was`,
  ],
  ['discountsUnknown', (count) => `${count} had a coupon that Recurly no longer tells; nothing was taken off`],
  ['taxUnknown', (count) => `${count} include tax that neither subscription nor invoice tells; it was left in`],
  ['meteredZero', (count) => `${count} are for usage and count 0`],
  ['meteredAveraged', (count) => `${count} are for usage and count a month’s average of what three months invoiced`],
  ['meteredBelowZero', (count) => `${count} ${meteredBelowZero}`],
];

const notes = (counts: Readonly<Record<string, number>>): string[] => {
  const ofLines = lineNotes(sentences, counts);
  const unpaid = counts.endedUnpaid ?? 0;
  const sentence = `${unpaid} subscriptions ended with their trial or gift, unpaid: they are no churn`;
  return unpaid === 0 ? ofLines : [...ofLines, sentence];
};

/** The source of one site. */
export const recurlySource = (recurly: RecurlyReader, settings: RecurlySettings): BillingSource => ({
  name: 'recurly',
  pages: (request, kept) => pages(request, kept, recurly, settings),
  batches: (request, kept) => batches(request, kept, settings),
  notes,
});
