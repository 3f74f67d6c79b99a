/** Labels of charts: amounts, changes, ratios and months in few letters. */
import { describe, expect, test } from 'vitest';
import { exact } from '../../functions/core/money.ts';
import { compactAmount, compactChange, monthMarks, wholePercent } from '../../functions/render/chart-labels.ts';

describe('labels', () => {
  test.each([
    ['0.00', '0'],
    ['0.40', '0.40'],
    ['945.47', '945'],
    ['999.60', '1.00k'],
    ['8343.59', '8.34k'],
    ['174999.50', '175k'],
    ['999950.00', '1.00m'],
    ['-103967.00', '−104k'],
    ['5305309.05', '5.31m'],
    ['123456789012.00', '123bn'],
    ['1234567890123456', '1,230tn'],
  ])('%s is %s in short', (amount, text) => expect(compactAmount(amount)).toBe(text));

  test('a change carries its sign', () => {
    expect(['12.00', '-12.00', '0.00'].map(compactChange)).toEqual(['+12', '−12', '0']);
  });

  test('a cell has room for three digits', () => {
    expect(['0.9949', '0.995', '9.99', '10', '0'].map((ratio) => wholePercent(exact(ratio)))).toEqual([
      '99',
      '100',
      '999',
      '>999',
      '0',
    ]);
  });

  test('a year stands where it begins, and never over its neighbour', () => {
    expect(monthMarks(['2025-11', '2025-12', '2026-01']).map(({ year }) => year)).toEqual(['2025', '', '2026']);
    expect(monthMarks(['2025-12', '2026-01']).map(({ year }) => year)).toEqual(['', '2026']);
  });
});
