/** What one billing period of an add-on costs before discounts: per unit, in tiers, by volume, or in steps. */
import { Exact, zero } from '../../core/money.ts';
import { dependencyError } from '../../errors.ts';
import { shown } from '../billing/shown.ts';
import { byVolume, graduated } from '../billing/tiers.ts';
import { type AddOn, unitOf } from './objects.ts';

const amountFor = (addOn: AddOn): Exact | null => {
  const { tier_type: type, tiers, quantity } = addOn;
  if (type === 'flat') return new Exact(unitOf(addOn)).times(quantity);
  if (quantity === 0) return zero;
  const priced = tiers.map((tier) => ({
    end: tier.ending_quantity === null ? null : new Exact(tier.ending_quantity),
    // A step has one price, whatever the number of units inside it.
    cost: (units: Exact) => new Exact(unitOf(tier)).times(type === 'stairstep' ? 1 : units),
  }));
  return type === 'tiered' ? graduated(priced, new Exact(quantity)) : byVolume(priced, new Exact(quantity));
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
    `Recurly's subscription add-on ${shown(addOn.id)} tells no price for ${addOn.quantity} units`,
    'Look at its tiers in Recurly: the last one must have no ending quantity.',
  );
};
