/** Months: forms, arithmetic, windows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addMonths,
  isMonth,
  lastDayOf,
  monthRange,
  monthsBetween,
  monthsInside,
  openingMonthOf,
  parseMonth,
} from '../../functions/core/month.ts';

const month = parseMonth;

describe('a month', () => {
  it.each(['2026-10', '1900-01', '9999-12'])('may be %s', (text) => expect(parseMonth(text)).toBe(text));

  it.each([
    '',
    '2026-13',
    '2026-00',
    '2026-1',
    '26-10',
    '1899-12',
    '10000-01',
    '2026-10-01',
    ' 2026-10',
    '2026-10\n',
    '2026/10',
  ])('is not %j', (text) => {
    expect(isMonth(text)).toBe(false);
    expect(() => parseMonth(text)).toThrow(RangeError);
  });

  it.each([
    ['2026-10', 0, '2026-10'],
    ['2026-10', 3, '2027-01'],
    ['2026-01', -1, '2025-12'],
    ['2026-12', 1, '2027-01'],
    ['2026-10', -12, '2025-10'],
    ['2026-10', -130, '2015-12'],
  ])('%s and %i months is %s', (from, count, to) => {
    expect(addMonths(month(from), count)).toBe(to);
    expect(monthsBetween(month(from), month(to))).toBe(count);
  });

  it('comes back by the way it went', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1900, max: 2900 }), fc.integer({ min: -1200, max: 1200 }), (year, count) => {
        fc.pre(year * 12 + count >= 1900 * 12);
        const from = month(`${year}-01`);
        expect(addMonths(addMonths(from, count), -count)).toBe(from);
      }),
      { seed: 1 },
    );
  });

  it('before 1900 is none', () => expect(() => addMonths(month('1900-01'), -1)).toThrow(RangeError));

  it.each([
    ['2026-10', '2026-10-31'],
    ['2026-09', '2026-09-30'],
    ['2026-02', '2026-02-28'],
    ['2024-02', '2024-02-29'],
    ['2100-02', '2100-02-28'],
    ['2000-02', '2000-02-29'],
  ])('%s ends on %s', (text, day) => expect(lastDayOf(month(text))).toBe(day));
});

describe('a range', () => {
  it('holds both ends', () =>
    expect(monthRange(month('2025-11'), month('2026-02'))).toEqual(['2025-11', '2025-12', '2026-01', '2026-02']));
  it('that ends before it begins is empty', () => expect(monthRange(month('2026-02'), month('2026-01'))).toEqual([]));
});

describe('a window', () => {
  it.each([
    ['month', '2026-09', 1],
    ['quarter', '2026-07', 3],
    ['ttm', '2025-10', 12],
  ] as const)('of a %s that closes in 2026-10 opens in %s', (window, opening, length) => {
    const closing = month('2026-10');
    expect(openingMonthOf(closing, window)).toBe(opening);
    const inside = monthsInside(month(opening), closing);
    expect(inside).toHaveLength(length);
    expect(inside).not.toContain(opening);
    expect(inside.at(-1)).toBe(closing);
  });
});
