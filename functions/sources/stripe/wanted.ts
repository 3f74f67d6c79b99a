/** What the lists of a month do not tell in full, and has to be looked up one by one. */
import type { KeptPages, PullRequest } from '../billing/port.ts';
import { gathered, type Part } from './gathered.ts';
import type { Lookup } from './pages.ts';
import { priceLookup } from './price-in.ts';
import type { StripeSettings } from './settings.ts';
import { statusAt } from './standing.ts';
import { discountsOf, statesOf, taxInvoiceOf } from './states.ts';

/** Lookups that are remembered so as not to be named twice; a pull that names one again finds it kept. */
const remembered = 100_000;

const wantedOf = async (
  part: Part,
  request: PullRequest,
  settings: StripeSettings,
  kept: KeptPages,
): Promise<readonly Lookup[]> => {
  const wanted: Lookup[] = [];
  const want = (kind: Lookup['kind'], id: string | null | undefined) => {
    if (id !== null && id !== undefined) wanted.push({ kind, id });
  };
  for (const { couponId } of part.discounts().values()) want('coupon', couponId);
  for (const { discount } of part.customers()) want('coupon', discount?.couponId);
  for (const told of await statesOf(part, request, kept)) {
    const { subscription } = told.state;
    if (statusAt(subscription, request.until) === null) continue;
    if (subscription.items.has_more) want('items', subscription.id);
    for (const { couponId } of discountsOf(told)) want('coupon', couponId);
    for (const { price } of subscription.items.data) {
      const lookup = priceLookup(price, subscription.currency);
      if (lookup !== null) wanted.push(lookup);
    }
    want('invoice', taxInvoiceOf(subscription));
  }
  if (settings.metered === 'average')
    for (const { id, lines } of part.invoices()) if (lines.has_more) want('lines', id);
  return wanted;
};

/** What is to be looked up, as far as the kept pages say, nearly always each once. */
export async function* wantedLookups(
  request: PullRequest,
  settings: StripeSettings,
  kept: KeptPages,
): AsyncGenerator<Lookup> {
  const named = new Set<string>();
  for await (const part of gathered(request, settings, kept))
    for (const lookup of await wantedOf(part, request, settings, kept)) {
      const name = `${lookup.kind} ${lookup.id}`;
      if (named.has(name)) continue;
      if (named.size >= remembered) named.clear();
      named.add(name);
      yield lookup;
    }
}
