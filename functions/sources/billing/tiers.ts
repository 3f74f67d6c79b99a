/** Prices in tiers: each unit at that of its own, or all of them at that of the one that they end in. */
import { Exact, zero } from '../../core/money.ts';

export type Tier = {
  /** The last unit in it; null for one without an end. */
  readonly end: Exact | null;
  /** What so many of its units cost; null where it says no price. */
  readonly cost: (units: Exact) => Exact | null;
};

/** From the first unit up. */
const inOrder = (tiers: readonly Tier[]): Tier[] =>
  [...tiers].sort((a, b) => (a.end === null ? 1 : b.end === null ? -1 : a.end.comparedTo(b.end)));

/** Each unit at the price of its own tier; null where the last one ends before, or one says no price. */
export const graduated = (tiers: readonly Tier[], units: Exact): Exact | null => {
  let total = zero;
  let below: Exact = zero;
  for (const { end, cost } of inOrder(tiers)) {
    const upTo = end === null ? units : Exact.min(units, end);
    const own = cost(upTo.minus(below));
    if (own === null) return null;
    total = total.plus(own);
    if (end === null || units.lessThanOrEqualTo(end)) return total;
    below = upTo;
  }
  return null;
};

/** All units at the price of the tier that they end in; null where the last one ends before, or that one says no price. */
export const byVolume = (tiers: readonly Tier[], units: Exact): Exact | null =>
  inOrder(tiers)
    .find(({ end }) => end?.greaterThanOrEqualTo(units) ?? true)
    ?.cost(units) ?? null;
