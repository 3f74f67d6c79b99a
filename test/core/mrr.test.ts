/** What a month of a price is worth, and the usual ways to get it wrong. */
import { afterEach, describe, expect, it } from 'vitest';
import { exact, sum } from '../../functions/core/money.ts';
import { type BillingInterval, monthlyAmount, periodsPerYear } from '../../functions/core/mrr.ts';

type Price = readonly [amount: string, interval: BillingInterval, count: number, mrr: string];

const prices: readonly Price[] = [
  ['100', 'month', 1, '100'],
  ['1200', 'year', 1, '100'],
  ['600', 'year', 1, '50'],
  ['300', 'quarter', 1, '100'],
  ['300', 'month', 3, '100'],
  ['12', 'week', 1, '52'],
  ['24', 'week', 2, '52'],
  ['1', 'day', 1, '30.4167'],
  ['2400', 'year', 2, '100'],
  ['100', 'year', 1, '8.3333'],
  // Exactly half of the last place, on either side of zero.
  ['0.0006', 'year', 1, '0.0001'],
  ['-0.0006', 'year', 1, '-0.0001'],
];

const wrong = () =>
  prices.filter(([amount, interval, count, mrr]) => !monthlyAmount(exact(amount), interval, count).equals(exact(mrr)));

describe('a month of a price', () => {
  it.each(prices)('of %s every %s x %i is %s', (amount, interval, count, mrr) =>
    expect(monthlyAmount(exact(amount), interval, count).toFixed()).toBe(mrr),
  );

  it('adds up over a book of monthly and yearly plans', () => {
    const monthly = Array.from({ length: 100 }, () => monthlyAmount(exact('100'), 'month'));
    const yearly = Array.from({ length: 50 }, () => monthlyAmount(exact('600'), 'year'));
    expect(sum([...monthly, ...yearly]).toFixed()).toBe('12500');
  });

  it.each([0, -1, 1.5, Number.NaN])('is not to be had of a price every %d months', (count) =>
    expect(() => monthlyAmount(exact('1'), 'month', count)).toThrow(RangeError),
  );
});

describe('a mistake in the periods of a year', () => {
  const right = { ...periodsPerYear };
  afterEach(() => Object.assign(periodsPerYear, right));

  it('nobody makes is caught nowhere', () => expect(wrong()).toEqual([]));

  it.each([
    ['weekly x 4', { week: 48 }, 2],
    ['a month of 30 days', { day: 360 }, 1],
    ['a quarter taken for a month', { quarter: 12 }, 1],
    ['a year taken for a month', { year: 12 }, 6],
  ])('%s is caught', (_, planted, prices) => {
    Object.assign(periodsPerYear, planted);
    expect(wrong()).toHaveLength(prices);
  });
});
