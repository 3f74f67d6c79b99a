/** What one billing period of a price costs before discounts: per unit, in packages, or in tiers. */
import { Exact, zero } from '../../core/money.ts';
import { dependencyError } from '../../errors.ts';
import { shown } from '../billing/shown.ts';
import { byVolume, graduated, type Tier as PricedTier } from '../billing/tiers.ts';
import type { Price, Tier } from './objects.ts';

/** The decimal form where Stripe gives one: the whole-number form is rounded, or null. */
const amountOf = (decimal: string | null | undefined, whole: number | null | undefined): Exact | null => {
  if (decimal !== null && decimal !== undefined) return new Exact(decimal);
  return whole === null || whole === undefined ? null : new Exact(whole);
};

const flatOf = (tier: Tier): Exact => amountOf(tier.flat_amount_decimal, tier.flat_amount) ?? zero;
const unitOf = (tier: Tier): Exact => amountOf(tier.unit_amount_decimal, tier.unit_amount) ?? zero;

/** Each tier costs its flat fee, where any of the units come to it, and a price a unit. */
const pricedTier = (tier: Tier): PricedTier => ({
  end: tier.up_to === null ? null : new Exact(tier.up_to),
  cost: (units) => flatOf(tier).plus(unitOf(tier).times(units)),
});

const packagesOf = (price: Price, quantity: number): number => {
  const { divide_by: size, round } = price.transform_quantity ?? { divide_by: 1, round: 'up' };
  return round === 'up' ? Math.ceil(quantity / size) : Math.floor(quantity / size);
};

const amountFor = (price: Price, quantity: number): Exact | null => {
  if (price.billing_scheme === 'per_unit')
    return amountOf(price.unit_amount_decimal, price.unit_amount)?.times(packagesOf(price, quantity)) ?? null;
  const [tiers, units] = [(price.tiers ?? []).map(pricedTier), new Exact(quantity)];
  return price.tiers_mode === 'volume' ? byVolume(tiers, units) : graduated(tiers, units);
};

/**
 * Minor units of the price's currency for one billing period of `quantity` units. A tiered price must bring its tiers.
 * Throws `STRIPE_PRICE`, kind `dependency`, for a price that says no amount for the quantity.
 */
export const periodAmount = (price: Price, quantity: number): Exact => {
  const amount = amountFor(price, quantity);
  if (amount !== null) return amount;
  throw dependencyError(
    'STRIPE_PRICE',
    `Stripe's price ${shown(price.id)} says no amount for ${quantity} units`,
    'Look at the price in the Stripe dashboard; a price with tiers must have one without an upper bound.',
  );
};
