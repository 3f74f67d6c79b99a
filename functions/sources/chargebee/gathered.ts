/** The lists of a month, put aside by subscription: everything about one is then in one part that fits in memory. */
import type { Aside } from '../billing/aside.ts';
import { monthAside } from '../billing/month-aside.ts';
import { lookBack } from '../billing/page-names.ts';
import type { KeptPages, PullRequest } from '../billing/port.ts';
import { readTold, type Told, toldBy } from './as-of.ts';
import { type Bill, billsOf, readBill } from './billed.ts';
import { type Attempts, noAttempts, withTransaction } from './failed-payments.ts';
import { readInvoice, readSubscription, readTransaction, type Subscription } from './objects.ts';
import { keptOlder, keptPages } from './pages.ts';
import { olderWanted } from './wanted.ts';

/** A subscription with all that is about it. */
export type Dossier = {
  readonly now: Subscription;
  readonly told: readonly Told[];
  readonly bills: readonly Bill[];
};

type Kind = 'subscription' | 'told' | 'bill';

const record = (kind: Kind, key: string, value: object): Aside => ({
  key,
  text: `${kind} ${JSON.stringify([key, value])}`,
});

/** What ended before the time that payments are read from has no line, no cancellation and no payment in the month. */
const isLongOver = ({ status, cancelled_at: at }: Subscription, request: PullRequest): boolean =>
  status === 'cancelled' && at !== undefined && at < lookBack(request);

async function* recordsOf(request: PullRequest, kept: KeptPages, attempts: Attempts): AsyncGenerator<readonly Aside[]> {
  for await (const page of keptPages('subscriptions', kept))
    yield page
      .map(readSubscription)
      .flatMap((one) => (isLongOver(one, request) ? [] : record('subscription', one.id, one)));
  for (const list of ['events', 'earlier'] as const)
    for await (const page of keptPages(list, kept))
      yield page.flatMap((event) => {
        const told = toldBy(event);
        return told === null ? [] : record('told', told.subscription, told);
      });
  const billed = (page: readonly unknown[]) =>
    page
      .map(readInvoice)
      .flatMap((invoice) => billsOf(invoice, attempts, request.until))
      .map(([key, bill]) => record('bill', key, bill));
  for await (const page of keptPages('invoices', kept)) yield billed(page);
  for await (const older of olderWanted(request, kept))
    for await (const page of keptOlder(older, kept)) yield billed(page);
}

/** Where a record's value begins and whose it is. */
const parsed = (text: string): { kind: string; key: string; value: string } => {
  const space = text.indexOf(' ');
  const [key, value]: unknown[] = JSON.parse(text.slice(space + 1));
  return { kind: text.slice(0, space), key: `${key}`, value: JSON.stringify(value) };
};

/** Some subscriptions, and bills that are none's: of one-off invoices whose payment failed. */
export type Part = { readonly dossiers: readonly Dossier[]; readonly loose: readonly Bill[] };

const partOf = (texts: readonly string[]): Part => {
  const records = texts.map(parsed);
  const byKey = Map.groupBy(records, ({ key }) => key);
  const dossiers: Dossier[] = [];
  const loose: Bill[] = [];
  for (const own of byKey.values()) {
    const all = (kind: Kind) => own.filter((one) => one.kind === kind).map(({ value }) => value);
    // An invoice of several subscriptions can have been asked for with each of them.
    const bills = [
      ...new Map(
        all('bill')
          .map(readBill)
          .map((bill) => [bill.invoice, bill]),
      ).values(),
    ];
    const now = all('subscription').at(-1);
    if (now === undefined) loose.push(...bills);
    else dossiers.push({ now: readSubscription(JSON.parse(now)), told: all('told').map(readTold), bills });
  }
  return { dossiers, loose };
};

/** Failed payments of the kept transactions. */
const attemptsOf = async (request: PullRequest, kept: KeptPages): Promise<Attempts> => {
  const attempts = noAttempts(lookBack(request));
  for await (const page of keptPages('transactions', kept))
    for (const transaction of page.map(readTransaction)) withTransaction(attempts, transaction, request.until);
  return attempts;
};

/** The kept lists of a month, part by part: subscriptions with what is about them, and bills that are none's. */
export async function* gathered(request: PullRequest, kept: KeptPages): AsyncGenerator<Part> {
  const records = recordsOf(request, kept, await attemptsOf(request, kept));
  await using aside = await monthAside(request, 'by-subscription', records);
  for await (const texts of aside.parts()) yield partOf(texts);
}
