/** The lists of a month, put aside by customer: everything about a customer is then in one part that fits in memory. */
import type { Aside } from '../billing/aside.ts';
import { monthAside } from '../billing/month-aside.ts';
import { lookBack } from '../billing/page-names.ts';
import type { KeptPages, PullRequest } from '../billing/port.ts';
import { changeOf, earlier, objectBefore } from './as-of.ts';
import { type Failure, withCharge } from './failed-payments.ts';
import {
  type Change,
  type Charge,
  type Customer,
  type Discount,
  type Invoice,
  readChange,
  readCharge,
  readCustomer,
  readDiscount,
  readEvent,
  readInvoice,
  readSubscription,
  type Subscription,
} from './objects.ts';
import { keptPages, type ListName } from './pages.ts';
import type { StripeSettings } from './settings.ts';

type Kind = 'subscription' | 'change' | 'discount' | 'customer' | 'invoice' | 'charge';

const record = (kind: Kind, customer: string, value: object): Aside => ({
  key: customer,
  text: `${kind} ${JSON.stringify(value)}`,
});

/** What ended before the time that payments are read from has no line, no cancellation and no payment in the month. */
const isLongOver = ({ ended_at: ended }: Subscription, request: PullRequest): boolean =>
  ended !== null && ended !== undefined && ended < lookBack(request);

type Putting = (object: unknown, request: PullRequest, settings: StripeSettings) => Aside | null;

const puttings: Readonly<Record<ListName, Putting>> = {
  subscriptions(object, request) {
    const subscription = readSubscription(object);
    return isLongOver(subscription, request) ? null : record('subscription', subscription.customer, subscription);
  },
  events(object) {
    const event = readEvent(object);
    if (event.type.startsWith('customer.discount.')) {
      const discount = readDiscount(objectBefore(event));
      return record('discount', discount.customer ?? '', discount);
    }
    const change = changeOf(event);
    const { customer } = change.was ?? readSubscription(event.data.object);
    return record('change', customer, change);
  },
  customers(object) {
    const customer = readCustomer(object);
    return record('customer', customer.id, customer);
  },
  invoices(object, _, { metered }) {
    const { lines, ...invoice } = readInvoice(object);
    const needed = metered === 'average' ? lines : { data: [], has_more: false };
    return record('invoice', invoice.customer ?? '', { ...invoice, lines: needed });
  },
  // A payment without a customer is none of a subscription's.
  charges(object) {
    const charge = readCharge(object);
    const { customer } = charge;
    return charge.status === 'failed' && typeof customer === 'string' ? record('charge', customer, charge) : null;
  },
};

const lists = ['customers', 'subscriptions', 'events', 'charges', 'invoices'] as const;

async function* recordsOf(
  request: PullRequest,
  settings: StripeSettings,
  kept: KeptPages,
): AsyncGenerator<readonly Aside[]> {
  for (const list of lists)
    for await (const page of keptPages(list, kept))
      yield page.flatMap((object) => puttings[list](object, request, settings) ?? []);
}

/** Some customers with all that is about them, each list in the order that Stripe told it in. Read when asked for. */
export type Part = {
  customers(): Customer[];
  subscriptions(): Subscription[];
  /** The first change of each subscription since the month's end. */
  changes(): ReadonlyMap<string, Change>;
  /** Discounts that events since the month's end told, by id. */
  discounts(): ReadonlyMap<string, Discount>;
  /** Failed payments, by payment. */
  failures(): ReadonlyMap<string, Failure>;
  invoices(): Invoice[];
};

const paymentOf = ({ payment_intent: intent, id }: Charge): string => intent ?? id;

const partOf = (texts: readonly string[]): Part => {
  const byKind = Map.groupBy(texts, (text) => text.slice(0, text.indexOf(' ')));
  const all = <T>(kind: Kind, read: (value: unknown) => T): T[] =>
    (byKind.get(kind) ?? []).map((text) => read(JSON.parse(text.slice(kind.length + 1))));
  return {
    customers: () => all('customer', readCustomer),
    subscriptions: () => all('subscription', readSubscription),
    changes() {
      const first = new Map<string, Change>();
      for (const change of all('change', readChange))
        first.set(change.subscription, earlier(first.get(change.subscription), change));
      return first;
    },
    discounts: () => new Map(all('discount', readDiscount).map((discount) => [discount.id, discount])),
    failures() {
      const failures = new Map<string, Failure>();
      for (const charge of all('charge', readCharge))
        failures.set(paymentOf(charge), withCharge(failures.get(paymentOf(charge)), charge));
      return failures;
    },
    invoices: () => all('invoice', readInvoice),
  };
};

/** The kept lists of a month, part by part. Reads the kept pages once for all who ask with the same scratch folder. */
export async function* gathered(request: PullRequest, settings: StripeSettings, kept: KeptPages): AsyncGenerator<Part> {
  await using aside = await monthAside(request, 'by-customer', recordsOf(request, settings, kept));
  for await (const texts of aside.parts()) yield partOf(texts);
}
