/** How figures look: money, percentages, months and changes. Exact decimals in, finished text out, no float between. */
import { Decimal } from 'decimal.js';
import { type Exact, exact } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';

export const notAvailable = 'n/a';
const minus = '\u2212';
/** Keeps a figure and its unit on one line. */
const tie = '\u00a0';

const grouped = (plain: string): string => {
  const [whole = '', fraction] = plain.split('.');
  const thousands = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? thousands : `${thousands}.${fraction}`;
};

/** "1,234,567.50": an amount as the report states it, without its currency. */
export const amountText = (amount: string): string =>
  amount.startsWith('-') ? `${minus}${grouped(amount.slice(1))}` : grouped(amount);

/** "USD 1,234,567.50". */
export const moneyWithCode = (amount: string, currency: string): string => `${currency}${tie}${amountText(amount)}`;

export const countText = (count: number): string => grouped(`${count}`);

/** "1 account", "1,200 accounts". */
export const plural = (count: number, noun: string): string =>
  `${countText(count)}${tie}${noun}${count === 1 ? '' : 's'}`;

const inPercent = (ratio: Exact, decimals: number): Exact =>
  ratio.times(100).toDecimalPlaces(decimals, Decimal.ROUND_HALF_UP);

const percentOf = (rounded: Exact, decimals: number): string =>
  `${rounded.isNegative() && !rounded.isZero() ? minus : ''}${grouped(rounded.abs().toFixed(decimals))}%`;

/** "107.7%": one decimal, rounded half away from zero; "n/a" for an undefined ratio. */
export const percentText = (ratio: Exact | null): string =>
  ratio === null ? notAvailable : percentOf(inPercent(ratio, 1), 1);

/** All the digits of a ratio, for comparing two that one decimal would make look alike: "104.2137%". */
export const exactPercentText = (ratio: string): string => {
  const percent = exact(ratio).times(100);
  return percentOf(percent, Math.max(1, percent.decimalPlaces()));
};

export const ratioOf = (text: string | null): Exact | null => (text === null ? null : exact(text));

/** part / base, or null when there is no base. */
export const shareOf = (part: string, base: string): Exact | null => {
  const whole = exact(base);
  return whole.isZero() ? null : exact(part).div(whole);
};

const monthNames = 'January February March April May June July August September October November December'.split(' ');

const monthName = (month: string): string => monthNames[parseInt(month.slice(5), 10) - 1] ?? month;

/** "October 2026". */
export const longMonth = (month: string): string => `${monthName(month)} ${month.slice(0, 4)}`;

/** "Oct 2026". */
export const shortMonth = (month: string): string => `${monthName(month).slice(0, 3)} ${month.slice(0, 4)}`;

/** How each window is called: in a heading, inside a sentence, over a narrow column. */
export const windowLabels: Readonly<Record<WindowName, { title: string; phrase: string; short: string }>> = {
  month: { title: 'One month', phrase: 'the month', short: 'Month' },
  quarter: { title: 'Three months', phrase: 'the three months', short: '3 months' },
  ttm: { title: 'Trailing 12 months', phrase: 'the 12 months', short: '12 months' },
};
