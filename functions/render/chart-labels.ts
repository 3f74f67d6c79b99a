/** Figures short enough for a drawing. The exact ones stand in the tables and in the words beside it. */
import { Decimal } from 'decimal.js';
import { type Exact, exact } from '../core/money.ts';
import { amountText, countText, notAvailable, shortMonth } from './formats.ts';

const units = ['', 'k', 'm', 'bn', 'tn'] as const;

/** "5.31m", "839k", "8.34k", "945": three digits, rounded half away from zero, amounts below a thousand in whole. */
export const compactAmount = (amount: string): string => {
  const rounded = exact(amount).toSignificantDigits(3, Decimal.ROUND_HALF_UP);
  const whole = rounded.abs().lessThan(1000) ? exact(amount).toDecimalPlaces(0, Decimal.ROUND_HALF_UP) : rounded;
  if (whole.isZero()) return exact(amount).isZero() ? '0' : amountText(amount);
  const step = Math.min(units.length - 1, Math.floor(whole.e / 3));
  const figure = whole.div(exact('1000').pow(step));
  const decimals = step === 0 ? 0 : Math.max(0, 2 - figure.e);
  return `${amountText(figure.toFixed(decimals))}${units[step] ?? ''}`;
};

/** "+839k", "−175k", "0". */
export const compactChange = (amount: string): string =>
  exact(amount).greaterThan(0) ? `+${compactAmount(amount)}` : compactAmount(amount);

/** "104": a ratio in whole percent without the sign, for a cell that has room for three digits. */
export const wholePercent = (ratio: Exact | null): string => {
  if (ratio === null) return notAvailable;
  const percent = ratio.times(100).toDecimalPlaces(0, Decimal.ROUND_HALF_UP);
  return percent.greaterThan(999) ? '>999' : percent.toFixed(0);
};

export type MonthMark = { readonly name: string; readonly year: string };

/** "Oct", with the year where one begins: over the first month and every January, the first giving way to a January beside it. */
export const monthMarks = (months: readonly string[]): MonthMark[] =>
  months.map((month, index) => {
    const startsYear = month.endsWith('-01') || (index === 0 && months[1]?.endsWith('-01') !== true);
    return { name: shortMonth(month).slice(0, 3), year: startsYear ? month.slice(0, 4) : '' };
  });

/** "90%" on an axis: ticks are whole or half percents. */
export const tickPercent = (percent: number): string =>
  Number.isInteger(percent) ? `${countText(percent)}%` : `${percent}%`;
