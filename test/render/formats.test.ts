/** How figures look, down to the last digit. */
import { describe, expect, test } from 'vitest';
import { exact } from '../../functions/core/money.ts';
import { dimensionLabel, displayText } from '../../functions/render/display-text.ts';
import { amountText, exactPercentText, moneyWithCode, percentText, shareOf } from '../../functions/render/formats.ts';
import { signedAmount, signedPoints } from '../../functions/render/signed.ts';
import { hostileNames } from './fixture.ts';

test.each([
  ['0', '0'],
  ['0.00', '0.00'],
  ['999.99', '999.99'],
  ['1000', '1,000'],
  ['1234567.50', '1,234,567.50'],
  ['-1234.50', '−1,234.50'],
  // More digits than a float holds.
  ['90071992547409931234.01', '90,071,992,547,409,931,234.01'],
])('amount %s reads %s', (amount, text) => {
  expect(amountText(amount)).toBe(text);
});

test('money carries its currency and stays on one line', () => {
  expect(moneyWithCode('1200.00', 'EUR')).toBe('EUR\u00a01,200.00');
});

test.each([
  ['1.052300', '105.2%'],
  ['1.000500', '100.1%'],
  ['1.000499', '100.0%'],
  ['0.999500', '100.0%'],
  ['0.999499', '99.9%'],
  ['4.000000', '400.0%'],
  ['12.345600', '1,234.6%'],
  ['0.000000', '0.0%'],
  ['-0.000500', '−0.1%'],
  ['-0.000499', '0.0%'],
])('ratio %s reads %s', (ratio, text) => {
  expect(percentText(exact(ratio))).toBe(text);
});

test('an undefined ratio is n/a, and a share of nothing is undefined', () => {
  expect(percentText(null)).toBe('n/a');
  expect(shareOf('5.00', '0.00')).toBeNull();
});

test('in a restatement every digit counts', () => {
  expect(exactPercentText('1.042137')).toBe('104.2137%');
  expect(exactPercentText('1.042000')).toBe('104.2%');
  expect(exactPercentText('1.000000')).toBe('100.0%');
});

describe('changes', () => {
  test.each([
    ['1.077', '1.065', 'up', '▲ +1.2\u00a0pp', 'better', 'good'],
    ['1.065', '1.077', 'up', '▼ −1.2\u00a0pp', 'worse', 'bad'],
    ['0.020', '0.015', 'down', '▲ +0.5\u00a0pp', 'worse', 'bad'],
    ['0.015', '0.020', 'down', '▼ −0.5\u00a0pp', 'better', 'good'],
    ['1.0005', '1', 'up', '▲ +0.1\u00a0pp', 'better', 'good'],
    ['1', '1.0005', 'up', '▼ −0.1\u00a0pp', 'worse', 'bad'],
    ['1.0004', '1', 'up', '0.0\u00a0pp', 'no change', 'flat'],
    ['1', '1.0004', 'up', '0.0\u00a0pp', 'no change', 'flat'],
    ['12', '1', 'up', '▲ +1,100.0\u00a0pp', 'better', 'good'],
  ] as const)('%s after %s where %s is better', (now, before, better, text, verdict, tone) => {
    expect(signedPoints(exact(now), exact(before), better)).toMatchObject({ text, verdict, tone });
  });

  test('a change from or to an undefined ratio is n/a, without an arrow', () => {
    expect(signedPoints(null, exact('1'), 'up').text).toBe('n/a');
    expect(signedPoints(exact('1'), null, 'up').text).toBe('n/a');
  });

  test('amounts keep their decimals and never carry two signs', () => {
    expect(signedAmount('1200.00', 'up').text).toBe('▲ +1,200.00');
    expect(signedAmount('-80.50', 'up').text).toBe('▼ −80.50');
    expect(signedAmount('-80.50', 'neither')).toMatchObject({ plain: '−80.50', tone: 'flat', verdict: '' });
    expect(signedAmount('-0.00', 'up').text).toBe('0.00');
    expect(signedAmount('1200', 'up').plain).toBe('+1,200');
  });
});

describe('foreign text', () => {
  test.each([
    ['two\r\nlines', 'two lines'],
    ['a\u0000b\u001bc\u0085d', 'a b c d'],
    ['\u202Eevil\u202C \u2066x\u2069 \u200Fy\u061C', 'evil x y'],
    ['tag\u{E0041}ged\uFEFF', 'tagged'],
    ['para\u2029graph\u2028', 'para graph'],
    ['👩‍👩‍👧‍👦', '👩‍👩‍👧‍👦'],
    ['می‌خواهم', 'می‌خواهم'],
    ['  \t ', '(blank)'],
    ['', '(blank)'],
    ['\uD800x', '\uFFFDx'],
  ])('%j reads %j', (raw, shown) => {
    expect(displayText(raw)).toBe(shown);
  });

  test('a long name ends in an ellipsis within the limit, in whole characters', () => {
    expect(displayText('x'.repeat(60))).toBe('x'.repeat(60));
    expect(displayText('x'.repeat(61))).toBe(`${'x'.repeat(59)}…`);
    expect(displayText('😀'.repeat(61))).toBe(`${'😀'.repeat(59)}…`);
    expect(displayText(`${' '.repeat(5000)}name`)).toBe('(blank)');
  });

  test('no name of the rogues’ gallery keeps anything that steers a line', () => {
    for (const name of hostileNames) {
      const shown = displayText(name);
      expect(Array.from(shown).length).toBeLessThanOrEqual(60);
      expect(shown).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202A-\u202E\u2066-\u2069\u200E\u200F]/u);
      expect(shown.isWellFormed()).toBe(true);
    }
  });

  test('a dimension reads as a heading', () => {
    expect(dimensionLabel('acv_band')).toBe('ACV band');
    expect(dimensionLabel('billing_country')).toBe('Billing country');
  });
});
