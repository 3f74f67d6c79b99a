/** Until when a subscription was worth something, by what was charged and taken back. */
import { zero } from '../../../core/money.ts';
import { type Charge, isServed, worthOf } from './charges.ts';

/**
 * The last second, and one, of the newest time for which more was charged than taken back; null where there is none. A
 * minor unit for each charge is a matter of rounding.
 */
export const servedUntil = (charges: readonly Charge[]): number | null => {
  const served = charges.filter(isServed);
  const moments = [...new Set(served.flatMap(({ period }) => [period.start, period.end]))].sort((a, b) => b - a);
  for (const [index, end] of moments.entries()) {
    const start = moments[index + 1];
    if (start === undefined) return null;
    const covering = served.filter(({ period }) => period.start <= start && period.end >= end);
    const total = covering.reduce((sum, charge) => sum.plus(worthOf(charge, start, end)), zero);
    // A single line that is as small as that was charged all the same.
    if (covering.length === 1 ? total.greaterThan(0) : total.greaterThan(covering.length)) return end;
  }
  return null;
};
