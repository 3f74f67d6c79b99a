/** The lists of a month, put aside by subscription: all that is told of one is then in a part that fits in memory. */
import type { Aside } from '../billing/aside.ts';
import { monthAside } from '../billing/month-aside.ts';
import { lookBack } from '../billing/page-names.ts';
import type { KeptPages, PullRequest } from '../billing/port.ts';
import { covers } from './billed.ts';
import { isTroubled } from './failed-payments.ts';
import {
  type Account,
  type Invoice,
  type Line,
  readAccount,
  readInvoice,
  readInvoicePage,
  readLine,
  readSubscription,
  type Subscription,
} from './objects.ts';
import { keptPages, listed } from './pages.ts';
import type { RecurlySettings } from './settings.ts';
import { endedAt } from './standing.ts';

/** `troubled` is an invoice under each of its subscriptions, `invoice` the same one once. */
type Kind = 'account' | 'subscription' | 'line' | 'invoice' | 'troubled';

const record = (kind: Kind, key: string, value: unknown): Aside => ({ key, text: `${kind} ${JSON.stringify(value)}` });

/** What ended before the time that invoices are read from has no line, no cancellation and no payment in the month. */
const isLongOver = (subscription: Subscription, request: PullRequest): boolean =>
  (endedAt(subscription) ?? request.until) < lookBack(request);

const linesOf = async (object: unknown, kept: KeptPages): Promise<readonly unknown[]> => {
  const { id, has_more_line_items: more, line_items: lines } = readInvoicePage(object);
  return (more ? await listed({ kind: 'invoiced', id }, kept) : null) ?? lines;
};

async function* invoiceRecords(
  { until }: PullRequest,
  { metered }: RecurlySettings,
  kept: KeptPages,
): AsyncGenerator<Aside[]> {
  for await (const page of keptPages('invoices', kept))
    for (const object of page) {
      const invoice = readInvoice(object);
      const records: Aside[] = [];
      if (isTroubled(invoice)) {
        // Its lines are read apart, and are most of it.
        const { line_items: _, ...bare } = readInvoicePage(object);
        records.push(record('invoice', invoice.subscription_ids[0] ?? invoice.id, bare));
        for (const subscription of invoice.subscription_ids) records.push(record('troubled', subscription, bare));
      }
      for (const told of await linesOf(object, kept)) {
        const line = readLine(told);
        const { subscription_id: subscription } = line;
        const wanted = covers(line, until) || (metered === 'average' && line.origin === 'add_on');
        if (subscription !== null && wanted) records.push(record('line', subscription, told));
      }
      yield records;
    }
}

async function* recordsOf(
  request: PullRequest,
  settings: RecurlySettings,
  kept: KeptPages,
): AsyncGenerator<readonly Aside[]> {
  for await (const page of keptPages('accounts', kept))
    yield page.map((object) => record('account', readAccount(object).id, object));
  for await (const page of keptPages('subscriptions', kept))
    yield page.flatMap((object) => {
      const subscription = readSubscription(object);
      return isLongOver(subscription, request) ? [] : [record('subscription', subscription.id, object)];
    });
  yield* invoiceRecords(request, settings, kept);
}

/** Some accounts, and some subscriptions with all that is told of them. Each comes once. */
export type Part = {
  accounts(): Account[];
  subscriptions(): Subscription[];
  /** Lines of subscriptions, by subscription: of the period that the month's end falls into, and of usage. */
  lines(): ReadonlyMap<string, readonly Line[]>;
  /** Invoices with failed payments, each in one part: that of its first subscription. */
  invoices(): Invoice[];
  /** The same by each of their subscriptions. */
  troubled(): ReadonlyMap<string, readonly Invoice[]>;
};

/** A list can tell an object twice when it moves while the list is read: the last telling holds. */
const once = <T extends { readonly id: string }>(objects: readonly T[]): T[] => [
  ...new Map(objects.map((object) => [object.id, object])).values(),
];

const partOf = (texts: readonly string[]): Part => {
  const byKind = Map.groupBy(texts, (text) => text.slice(0, text.indexOf(' ')));
  const all = <T extends { readonly id: string }>(kind: Kind, read: (value: unknown) => T): T[] =>
    once((byKind.get(kind) ?? []).map((text) => read(JSON.parse(text.slice(kind.length + 1)))));
  return {
    accounts: () => all('account', readAccount),
    subscriptions: () => all('subscription', readSubscription),
    lines: () => Map.groupBy(all('line', readLine), ({ subscription_id: subscription }) => subscription ?? ''),
    invoices: () => all('invoice', readInvoice),
    troubled() {
      const found = new Map<string, Invoice[]>();
      for (const invoice of all('troubled', readInvoice))
        for (const id of invoice.subscription_ids) {
          const known = found.get(id);
          if (known === undefined) found.set(id, [invoice]);
          else known.push(invoice);
        }
      return found;
    },
  };
};

/** The kept lists of a month. Parts can be read again and again, until it is disposed of. */
export type Gathered = AsyncDisposable & { parts(): AsyncGenerator<Part> };

/** Puts the kept lists aside. */
export const gather = async (request: PullRequest, settings: RecurlySettings, kept: KeptPages): Promise<Gathered> => {
  const aside = await monthAside(request, 'by-subscription', recordsOf(request, settings, kept));
  return {
    async *parts() {
      for await (const texts of aside.parts()) yield partOf(texts);
    },
    [Symbol.asyncDispose]: () => aside[Symbol.asyncDispose](),
  };
};
