/** What one billing period of a subscription's item costs before discounts. */
import { Exact, exact, zero } from '../../core/money.ts';
import { dependencyError } from '../../errors.ts';
import { shown } from '../billing/shown.ts';
import { byVolume, graduated } from '../billing/tiers.ts';
import { toldMoney } from './minor-units.ts';
import type { ItemPrice, SubscriptionItem, Tier } from './objects.ts';

type PricingModel = ItemPrice['pricing_model'];

const numberOf = (decimal: string | undefined, whole: number | undefined): Exact | null => {
  if (decimal !== undefined) return exact(decimal);
  return whole === undefined ? null : new Exact(whole);
};

/** Units of an item; one where it has no quantity. */
export const quantityOf = ({ quantity, quantity_in_decimal }: SubscriptionItem): Exact =>
  numberOf(quantity_in_decimal, quantity) ?? new Exact(1);

const endOf = (tier: Tier): Exact | null => numberOf(tier.ending_unit_in_decimal, tier.ending_unit);

/** What some units cost in one tier; begun packages are whole ones. */
const inTier = (tier: Tier, units: Exact, currency: string): Exact => {
  const price = toldMoney(tier.price_in_decimal, tier.price, currency) ?? zero;
  if (!units.greaterThan(0)) return zero;
  if (tier.pricing_type === 'flat_fee') return price;
  return tier.pricing_type === 'package' ? price.times(units.div(tier.package_size ?? 1).ceil()) : price.times(units);
};

/** What any number of units inside a step costs. */
const stepOf = (tier: Tier, units: Exact, currency: string): Exact | null =>
  units.isZero() ? zero : toldMoney(tier.price_in_decimal, tier.price, currency);

const computed = (
  item: SubscriptionItem,
  tiers: readonly Tier[],
  model: PricingModel,
  currency: string,
): Exact | null => {
  const free = numberOf(item.free_quantity_in_decimal, item.free_quantity) ?? zero;
  const units = Exact.max(quantityOf(item).minus(free), zero);
  const unitPrice = toldMoney(item.unit_price_in_decimal, item.unit_price, currency);
  if (model === 'flat_fee') return unitPrice;
  if (model === 'per_unit') return unitPrice?.times(units) ?? null;
  const cost = model === 'stairstep' ? stepOf : inTier;
  const priced = tiers.map((tier) => ({ end: endOf(tier), cost: (some: Exact) => cost(tier, some, currency) }));
  return model === 'tiered' ? graduated(priced, units) : byVolume(priced, units);
};

/**
 * Money of one billing period of an item: what Chargebee says it comes to, or, where it says nothing, worked out by its
 * pricing model. `tiers` are those of the subscription, whichever item they belong to.
 *
 * Throws `CHARGEBEE_PRICE`, kind `dependency`, for an item that says no amount.
 */
export const periodAmount = (
  item: SubscriptionItem,
  tiers: readonly Tier[],
  model: PricingModel | null,
  currency: string,
): Exact => {
  const own = tiers.filter(({ item_price_id: id }) => id === item.item_price_id);
  // Which of three models a set of tiers belongs to is never guessed.
  const known = model ?? (own.length === 0 ? 'per_unit' : null);
  const amount =
    toldMoney(item.amount_in_decimal, item.amount, currency) ??
    (known === null ? null : computed(item, own, known, currency));
  if (amount !== null) return amount;
  throw dependencyError(
    'CHARGEBEE_PRICE',
    `Chargebee's item price ${shown(item.item_price_id)} says no amount`,
    'Look at the item price in Chargebee; one with tiers must have a tier without an upper bound.',
  );
};
