/** Prices as a subscription pays them: one price may have amounts in several currencies, and tells those when it is asked. */
import type { Price } from './objects.ts';
import type { Lookup } from './pages.ts';

/** What has to be looked up of a price on a subscription in `currency`; null where the subscription tells all of it. */
export const priceLookup = (price: Price, currency: string): Lookup | null => {
  if (price.currency !== currency) return { kind: 'option', id: `${price.id} ${currency}` };
  return price.billing_scheme === 'tiered' ? { kind: 'price', id: price.id } : null;
};

/** A price with its amounts in `currency`; null where it has none. A price in its own currency is that price. */
export const priceIn = (price: Price, currency: string): Price | null => {
  if (price.currency === currency) return price;
  const option = price.currency_options?.[currency];
  if (option === undefined) return null;
  const { unit_amount, unit_amount_decimal, tiers } = option;
  return { ...price, currency, unit_amount, unit_amount_decimal, tiers };
};
