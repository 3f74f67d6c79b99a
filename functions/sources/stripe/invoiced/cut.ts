/** Takes back what was charged for the time after a subscription's end: it counts until it ended, paid back or not. */
import { Decimal } from 'decimal.js';
import { Exact, zero } from '../../../core/money.ts';
import { type Charge, counts } from './charges.ts';

type Served = Charge & { readonly period: NonNullable<Charge['period']> };

const isServed = (charge: Charge): charge is Served => charge.period !== null && counts(charge);

/** What a charge has for the time from `at` on, in minor units. */
const after = ({ net, period: { start, end } }: Served, at: number): Exact =>
  new Exact(net).times(end - Math.max(start, at)).div(end - start);

/** Credits for what the charges of a subscription have beyond its end: one for each item and end of a period. */
export const cutAt = (charges: readonly Charge[], endedAt: number): Charge[] => {
  const beyond = charges.filter(isServed).filter(({ period }) => period.end > endedAt);
  const groups = Map.groupBy(beyond, ({ item, product, currency, period }) =>
    JSON.stringify([item ?? product, currency, period.end]),
  );
  return [...groups.values()].flatMap((group): Charge[] => {
    const rest = group
      .reduce((total, charge) => total.plus(after(charge, endedAt)), zero)
      .toDecimalPlaces(0, Decimal.ROUND_HALF_UP);
    // What is left of what Stripe took back itself is a matter of its rounding.
    const [first] = group.toSorted((a, b) => b.net - a.net || (a.id < b.id ? -1 : 1));
    if (first === undefined || rest.lessThanOrEqualTo(group.length)) return [];
    const start = Math.max(endedAt, Math.min(...group.map(({ period }) => period.start)));
    const period = { start, end: first.period.end };
    return [{ ...first, id: `${first.id} ended`, net: -rest.toNumber(), period, metadata: {} }];
  });
};
