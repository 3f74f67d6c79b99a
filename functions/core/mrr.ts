/** Monthly recurring revenue of a price: what a month of it is worth, whatever the rhythm it is billed in. */
import { Decimal } from 'decimal.js';
import type { Exact } from './money.ts';

export type BillingInterval = 'day' | 'week' | 'month' | 'quarter' | 'year';

/**
 * Billing periods in a year. A month of a weekly price is 52 twelfths of it: the four weeks that spreadsheets take would
 * lose a month of revenue every year.
 */
export const periodsPerYear: Readonly<Record<BillingInterval, number>> = {
  day: 365,
  week: 52,
  month: 12,
  quarter: 4,
  year: 1,
};

/** Decimals that the MRR of a line has, as snapshots carry it. */
const decimals = 4;

/**
 * MRR of an amount billed every `count` intervals, in the amount's currency: rounded half away from zero to 4 decimals.
 * Throws RangeError where `count` is no whole number above zero.
 */
export const monthlyAmount = (amount: Exact, interval: BillingInterval, count = 1): Exact => {
  if (!Number.isSafeInteger(count) || count < 1)
    throw new RangeError(`a price is not billed every ${count} ${interval}s`);
  return amount
    .times(periodsPerYear[interval])
    .div(12 * count)
    .toDecimalPlaces(decimals, Decimal.ROUND_HALF_UP);
};
