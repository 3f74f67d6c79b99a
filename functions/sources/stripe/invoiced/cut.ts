/** Takes back what was charged for the time after an end: what is charged counts until then, paid back or not. */
import { Decimal } from 'decimal.js';
import { type Exact, zero } from '../../../core/money.ts';
import { type Charge, isServed, type Served, worthOf } from './charges.ts';

/** What a charge has for the time from `at` on, in minor units. */
const after = (charge: Served, at: number): Exact =>
  worthOf(charge, Math.max(charge.period.start, at), charge.period.end);

const restOf = (group: readonly Served[], at: number): Exact =>
  group.reduce((total, charge) => total.plus(after(charge, at)), zero);

type Group = { readonly id: string; readonly charges: readonly Served[]; readonly product: string; rest: Exact };

/**
 * Credits without an item of their own take back what the items have that end with them: those of the same product
 * first, then the largest.
 */
const reduced = (groups: readonly Group[], credits: readonly Served[], at: number): readonly Group[] => {
  const left = groups.map((group) => ({ ...group }));
  for (const credit of credits) {
    let open = after(credit, at).negated();
    const likely = left.toSorted(
      (a, b) =>
        Number(b.product === credit.product) - Number(a.product === credit.product) ||
        b.rest.comparedTo(a.rest) ||
        (a.id < b.id ? -1 : 1),
    );
    for (const group of likely) {
      if (group.rest.lessThanOrEqualTo(0) || open.lessThanOrEqualTo(0)) continue;
      const part = Decimal.min(group.rest, open);
      group.rest = group.rest.minus(part);
      open = open.minus(part);
    }
  }
  return left;
};

/** Credits for what the charges of a subscription have beyond its end: one for each item and end of a period. */
export const cutAt = (charges: readonly Charge[], endedAt: number): Charge[] => {
  const beyond = charges.filter(isServed).filter(({ period }) => period.end > endedAt);
  const together = Map.groupBy(beyond, ({ currency, period }) => JSON.stringify([currency, period.end]));
  return [...together.values()].flatMap((ending): Charge[] => {
    const [credits, others] = [
      ending.filter(({ item, net }) => item === null && net < 0),
      ending.filter(({ item, net }) => item !== null || net > 0),
    ];
    const byItem = Map.groupBy(others, ({ item, product }) => item ?? product);
    const groups = [...byItem].map(([id, group]): Group => {
      const product = group.find(({ net }) => net > 0)?.product ?? '';
      return { id, charges: group, product, rest: restOf(group, endedAt) };
    });
    return reduced(groups, credits, endedAt).flatMap(({ charges: group, rest: exactly }): Charge[] => {
      const rest = exactly.toDecimalPlaces(0, Decimal.ROUND_HALF_UP);
      // What is left of what Stripe took back itself is a matter of its rounding.
      const [first] = group.toSorted((a, b) => b.net - a.net || (a.id < b.id ? -1 : 1));
      if (first === undefined || rest.lessThanOrEqualTo(group.length + credits.length)) return [];
      const start = Math.max(endedAt, Math.min(...group.map(({ period }) => period.start)));
      const period = { start, end: first.period.end };
      return [{ ...first, id: `${first.id} ended`, net: -rest.toNumber(), period, metadata: {} }];
    });
  });
};

/**
 * Credits for what an item was charged before its billing date was set anew without proration: from then on it is
 * charged again, for another time. Lines that begin together, as those of tiers do, stand beside each other.
 */
export const cutAtResets = (charges: readonly Charge[]): Charge[] => {
  const whole = charges.filter(isServed).filter(({ item, net, prorated }) => item !== null && net > 0 && !prorated);
  const byItem = Map.groupBy(whole, ({ item, currency }) => JSON.stringify([item, currency]));
  return [...byItem.values()].flatMap((lines): Charge[] => {
    const inOrder = lines.toSorted((a, b) => a.period.start - b.period.start);
    const cuts = new Map<number, { readonly at: number; readonly line: Served }>();
    for (const [index, line] of inOrder.entries()) {
      const { start, end } = line.period;
      if (cuts.has(end)) continue;
      for (const { period } of inOrder.slice(index + 1)) {
        if (period.start >= end) break;
        if (period.start === start || period.end === end) continue;
        cuts.set(end, { at: period.start, line });
        break;
      }
    }
    return [...cuts].flatMap(([end, { at, line }]) => {
      const own = charges.filter(({ currency, period }) => currency === line.currency && period?.end === end);
      return cutAt(own, at)
        .filter(({ item }) => item === line.item)
        .map((cut) => ({ ...cut, id: `${cut.id.replace(/ ended$/, '')} replaced` }));
    });
  });
};
