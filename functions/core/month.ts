/** Calendar months and windows. A month is `YYYY-MM` text that has been checked once; arithmetic is on a month index. */

declare const monthBrand: unique symbol;

/** A calendar month, `YYYY-MM`, years 1900 to 9999. */
export type Month = string & { readonly [monthBrand]: true };

export const windowNames = ['month', 'quarter', 'ttm'] as const;
export type WindowName = (typeof windowNames)[number];

/** Months between the opening and the closing snapshot of each window. */
export const windowLength: Readonly<Record<WindowName, number>> = { month: 1, quarter: 3, ttm: 12 };

const form = /^(19|[2-9]\d)\d{2}-(0[1-9]|1[0-2])$/;

export const isMonth = (text: string): text is Month => form.test(text);

/** Checks the form of a month. Throws RangeError with what was wrong. */
export const parseMonth = (text: string): Month => {
  if (!isMonth(text)) throw new RangeError(`"${text}" is not a month: write YYYY-MM, such as 2026-10`);
  return text;
};

const indexOf = (month: Month): number => parseInt(month.slice(0, 4), 10) * 12 + parseInt(month.slice(5), 10) - 1;

const atIndex = (index: number): Month =>
  parseMonth(`${`${Math.floor(index / 12)}`.padStart(4, '0')}-${`${(index % 12) + 1}`.padStart(2, '0')}`);

/** The month `count` months later (earlier when negative). */
export const addMonths = (month: Month, count: number): Month => atIndex(indexOf(month) + count);

/** Months from `from` to `to`, negative when `to` is earlier. */
export const monthsBetween = (from: Month, to: Month): number => indexOf(to) - indexOf(from);

/** Every month from `from` to `to`, both included, oldest first; empty when `to` is earlier. */
export const monthRange = (from: Month, to: Month): Month[] =>
  Array.from({ length: Math.max(0, monthsBetween(from, to) + 1) }, (_, step) => addMonths(from, step));

export const openingMonthOf = (closing: Month, window: WindowName): Month => addMonths(closing, -windowLength[window]);

/** The months whose events fall inside a window: after the opening snapshot, up to the closing one. */
export const monthsInside = (opening: Month, closing: Month): Month[] => monthRange(addMonths(opening, 1), closing);

/** The last day of a month, `YYYY-MM-DD`: the day its snapshot is taken. */
export const lastDayOf = (month: Month): string => {
  const year = parseInt(month.slice(0, 4), 10);
  const ordinal = parseInt(month.slice(5), 10);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const days = ordinal === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(ordinal) ? 30 : 31;
  return `${month}-${days}`;
};

/** Days from 1970-01-01 to the last day of a month: for distances between days, which SQL dialects count differently. */
export const lastDayNumberOf = (month: Month): number =>
  Date.UTC(parseInt(month.slice(0, 4), 10), parseInt(month.slice(5), 10), 0) / 86_400_000;
