/** What metered use is worth a month, of what three months invoiced for it. */
import { Decimal } from 'decimal.js';
import { type Exact, zero } from '../../core/money.ts';

const months = 3;

export type AverageUse = {
  /** Rounded once, to the 4 decimals of a line. */
  readonly mrr: Exact;
  /** Whether more was paid back than was invoiced. What comes to less than nothing does not recur: it counts 0. */
  readonly belowZero: boolean;
};

/** `invoiced` is money of three months, without tax and discounts. */
export const averageUse = (invoiced: Exact): AverageUse => {
  const belowZero = invoiced.isNegative() && !invoiced.isZero();
  const average = invoiced.div(months).toDecimalPlaces(4, Decimal.ROUND_HALF_UP);
  return { mrr: belowZero ? zero : average, belowZero };
};

/** What a pull says of such lines; of how many, and of how many of all, stands before it. */
export const meteredBelowZero = 'are metered, had more paid back than three months invoiced, and count 0';
