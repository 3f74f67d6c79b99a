/** What one billing period of a price costs before discounts: per unit, in packages, or in tiers. */
import { Exact, zero } from '../../core/money.ts';
import { dependencyError } from '../../errors.ts';
import type { Price, Tier } from './objects.ts';

/** The decimal form where Stripe gives one: the whole-number form is rounded, or null. */
const amountOf = (decimal: string | null | undefined, whole: number | null | undefined): Exact | null => {
  if (decimal !== null && decimal !== undefined) return new Exact(decimal);
  return whole === null || whole === undefined ? null : new Exact(whole);
};

const flatOf = (tier: Tier): Exact => amountOf(tier.flat_amount_decimal, tier.flat_amount) ?? zero;
const unitOf = (tier: Tier): Exact => amountOf(tier.unit_amount_decimal, tier.unit_amount) ?? zero;

/** Tiers from the first unit up; the last has no bound. */
const inOrder = (tiers: readonly Tier[]): Tier[] =>
  [...tiers].sort((a, b) => (a.up_to ?? Number.MAX_SAFE_INTEGER) - (b.up_to ?? Number.MAX_SAFE_INTEGER));

/** Every unit at the price of the tier that the quantity ends in. */
const volumeAmount = (tiers: readonly Tier[], quantity: number): Exact | null => {
  const tier = inOrder(tiers).find(({ up_to }) => up_to === null || quantity <= up_to);
  return tier === undefined ? null : flatOf(tier).plus(unitOf(tier).times(quantity));
};

/** Each unit at the price of its own tier, and the flat fee of every tier that is reached. */
const graduatedAmount = (tiers: readonly Tier[], quantity: number): Exact | null => {
  let total = zero;
  let below = 0;
  for (const tier of inOrder(tiers)) {
    const upTo = tier.up_to === null ? quantity : Math.min(quantity, tier.up_to);
    total = total.plus(flatOf(tier)).plus(unitOf(tier).times(upTo - below));
    below = upTo;
    if (tier.up_to === null || quantity <= tier.up_to) return total;
  }
  return null;
};

const packagesOf = (price: Price, quantity: number): number => {
  const { divide_by: size, round } = price.transform_quantity ?? { divide_by: 1, round: 'up' };
  return round === 'up' ? Math.ceil(quantity / size) : Math.floor(quantity / size);
};

const amountFor = (price: Price, quantity: number): Exact | null => {
  if (price.billing_scheme === 'per_unit')
    return amountOf(price.unit_amount_decimal, price.unit_amount)?.times(packagesOf(price, quantity)) ?? null;
  const tiers = price.tiers ?? [];
  return price.tiers_mode === 'volume' ? volumeAmount(tiers, quantity) : graduatedAmount(tiers, quantity);
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
    `Stripe's price ${price.id.replaceAll(/[^\w-]/g, '?')} says no amount for ${quantity} units`,
    'Look at the price in the Stripe dashboard; a price with tiers must have one without an upper bound.',
  );
};
