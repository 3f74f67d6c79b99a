/** Numbers of JSON as they were written, and everything else as JSON.parse has it. */
import { expect, it } from 'vitest';
import { parseExactly } from '../../../functions/sources/billing/exact-json.ts';

it('keeps every digit that a float would lose', () => {
  expect(parseExactly('{"a": 19.990000000000000001, "b": [1e2, -0.10, 12345678901234567890], "c": 3}')).toEqual({
    a: '19.990000000000000001',
    b: ['1e2', '-0.10', '12345678901234567890'],
    c: '3',
  });
});

it('leaves alone what is no number', () => {
  const text = '{"a": "19.99", "b": null, "c": true, "d": {"e": []}, "f": ""}';
  expect(parseExactly(text)).toEqual(JSON.parse(text));
});

it('is the same text when it is written and read again', () => {
  const once = parseExactly('{"amount": 0.1, "quantity": 7}');
  expect(parseExactly(JSON.stringify(once))).toEqual(once);
});

it('refuses what is no JSON', () => {
  expect(() => parseExactly('{"a": 1,}')).toThrow(SyntaxError);
});
