/** What one billing period of an add-on costs before discounts: per unit, in tiers, by volume, or in steps. */
import { Exact, zero } from '../../core/money.ts';
import { dependencyError } from '../../errors.ts';
import { type AddOn, type Tier, unitOf } from './objects.ts';

/** Tiers from the first unit up; the last has no end. */
const inOrder = (tiers: readonly Tier[]): Tier[] =>
  [...tiers].sort(
    (a, b) => (a.ending_quantity ?? Number.MAX_SAFE_INTEGER) - (b.ending_quantity ?? Number.MAX_SAFE_INTEGER),
  );

const reached = (tiers: readonly Tier[], quantity: number): Tier | undefined =>
  inOrder(tiers).find(({ ending_quantity: end }) => end === null || quantity <= end);

/** Each unit at the price of its own tier. */
const tieredAmount = (tiers: readonly Tier[], quantity: number): Exact | null => {
  let total = zero;
  let below = 0;
  for (const tier of inOrder(tiers)) {
    const end = Math.min(quantity, tier.ending_quantity ?? quantity);
    total = total.plus(new Exact(unitOf(tier)).times(end - below));
    below = end;
    if (end === quantity) return total;
  }
  return null;
};

const amountFor = (addOn: AddOn): Exact | null => {
  const { tier_type: type, tiers, quantity } = addOn;
  if (type === 'flat') return new Exact(unitOf(addOn)).times(quantity);
  if (quantity === 0) return zero;
  if (type === 'tiered') return tieredAmount(tiers, quantity);
  const tier = reached(tiers, quantity);
  if (tier === undefined) return null;
  // A step has one price, whatever the number of units inside it.
  return new Exact(unitOf(tier)).times(type === 'stairstep' ? 1 : quantity);
};

/**
 * Money for one billing period of a fixed add-on, in the subscription's currency, unrounded.
 * Throws `RECURLY_PRICE`, kind `dependency`, where no tier tells a price for the quantity.
 */
export const periodAmount = (addOn: AddOn): Exact => {
  const amount = amountFor(addOn);
  if (amount !== null) return amount;
  throw dependencyError(
    'RECURLY_PRICE',
    `Recurly's subscription add-on ${addOn.id.replaceAll(/[^\w-]/g, '?')} tells no price for ${addOn.quantity} units`,
    'Look at its tiers in Recurly: the last one must have no ending quantity.',
  );
};
