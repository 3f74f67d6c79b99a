/** Money: exact text in, exact text out. */
import { describe, expect, it } from 'vitest';
import { exact, minorUnitDecimals, moneyText, ratioText, sum } from '../../functions/core/money.ts';

describe('exact text', () => {
  it.each(['0', '-0', '12', '-3.50', '007', '99999999999999999999999999999999999999.123456789'])('may be %s', (text) =>
    expect(() => exact(text)).not.toThrow(),
  );

  it.each(['', '1e3', '1,000', '$5', '.5', '5.', '+5', ' 5', '5\n', 'NaN', 'Infinity', '0x10', '١'])(
    'is not %j',
    (text) => expect(() => exact(text)).toThrow(RangeError),
  );

  it('adds up without a float between', () => {
    expect(sum(['0.1', '0.2', '0.3'].map(exact)).toFixed()).toBe('0.6');
    expect(sum([exact('10000000000000000.0001'), exact('0.0001')]).toFixed()).toBe('10000000000000000.0002');
    expect(sum([]).toFixed()).toBe('0');
  });
});

describe('a money text', () => {
  it.each([
    ['1234.5', 2, '1234.50'],
    ['-7', 2, '-7.00'],
    ['7', 0, '7'],
    ['0.125', 3, '0.125'],
    ['-0', 2, '0.00'],
    ['1.10', 1, '1.1'],
  ])('of %s with %i decimals is %s', (amount, decimals, text) => expect(moneyText(exact(amount), decimals)).toBe(text));

  it('never rounds', () => expect(() => moneyText(exact('0.125'), 2)).toThrow(RangeError));
});

describe('a ratio', () => {
  it.each([
    ['105', '100', '1.050000'],
    ['1', '3', '0.333333'],
    ['2', '3', '0.666667'],
    // Exactly half of the last place, on either side of zero.
    ['1', '2000000', '0.000001'],
    ['-1', '2000000', '-0.000001'],
    ['0', '5', '0.000000'],
    ['-1', '9000000', '0.000000'],
    ['3000000000000000000000001', '3', '1000000000000000000000000.333333'],
  ])('of %s to %s is %s', (part, base, text) => expect(ratioText(exact(part), exact(base))).toBe(text));

  it('to nothing is none', () => {
    expect(ratioText(exact('5'), exact('0'))).toBeNull();
    expect(ratioText(exact('0'), exact('0.00'))).toBeNull();
  });
});

it.each([
  ['USD', 2],
  ['EUR', 2],
  ['JPY', 0],
  ['KRW', 0],
  ['KWD', 3],
  ['CLF', 4],
])('%s has %i decimals', (currency, decimals) => expect(minorUnitDecimals(currency)).toBe(decimals));
