/** Subscriptions of a part as they are and as they were at the month's end, and what has to be looked up for them. */
import type { KeptPages, PullRequest } from '../billing/port.ts';
import { eventSeconds, stateAt } from './as-of.ts';
import type { Part } from './gathered.ts';
import { type Discount, readItem, type Subscription } from './objects.ts';
import { eventsAskedAt, keptPages, lookupName } from './pages.ts';
import type { SubscriptionState } from './standing.ts';
import { type Billed, billedLast, withStatusThen } from './status-then.ts';

export type Told = { readonly now: Subscription; readonly state: SubscriptionState };

const allItems = async (subscription: Subscription, kept: KeptPages): Promise<Subscription> => {
  const data = [];
  for await (const page of keptPages(lookupName({ kind: 'items', id: subscription.id }), kept))
    data.push(...page.map(readItem));
  return data.length === 0 ? subscription : { ...subscription, items: { data, has_more: false } };
};

/** The subscriptions of a part. One whose items are not kept yet still says that it has more. */
export const statesOf = async (part: Part, request: PullRequest, kept: KeptPages): Promise<readonly Told[]> => {
  const { until } = request;
  const knownFrom = (await eventsAskedAt(request, kept)) - eventSeconds;
  const changes = part.changes();
  // Few parts need it.
  let last: ReadonlyMap<string, Billed> | null = null;
  const billed = () => (last ??= billedLast(part.invoices(), part.failures()));
  const told: Told[] = [];
  for (const now of part.subscriptions()) {
    const put = stateAt(now, changes.get(now.id), until, knownFrom);
    const state = withStatusThen(put, billed, until);
    if (!state.subscription.items.has_more) told.push({ now, state });
    else {
      // A page of a subscription has room for a few items; the others are told as they are today.
      const subscription = await allItems(state.subscription, kept);
      told.push({ now, state: { subscription, certainty: state.certainty === 'seen' ? 'seen' : 'unknown' } });
    }
  }
  return told;
};

/** Every discount that a subscription or one of its items has or had. */
export const discountsOf = ({ now, state: { subscription: then } }: Told): Discount[] =>
  [now, then]
    .flatMap(({ discount, discounts, items }) => [
      discount ?? [],
      discounts,
      items.data.flatMap((item) => item.discounts),
    ])
    .flat()
    .filter((one): one is Discount => typeof one !== 'string');

/** The invoice that tells how much of a price was tax, where no rate does. */
export const taxInvoiceOf = ({ automatic_tax: tax, items, latest_invoice: invoice }: Subscription): string | null =>
  tax?.enabled === true && items.data.some(({ price }) => price.tax_behavior === 'inclusive')
    ? (invoice ?? null)
    : null;
