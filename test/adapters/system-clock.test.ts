/** The clock, and the way to hold it still. */
import { expect, test } from 'vitest';
import { systemClock } from '../../functions/adapters/system-clock.ts';
import { ReportError } from '../../functions/errors.ts';

test('it tells the time', () => {
  const before = Date.now();
  const now = systemClock(undefined).now().getTime();
  expect(now).toBeGreaterThanOrEqual(before);
  expect(now).toBeLessThanOrEqual(Date.now());
});

test('it can be held still, to the second', () => {
  const clock = systemClock('1793000000');
  expect(clock.now().toISOString()).toBe('2026-10-26T07:33:20.000Z');
  expect(clock.now()).toEqual(clock.now());
  expect(systemClock('0').now().toISOString()).toBe('1970-01-01T00:00:00.000Z');
});

test.each(['', 'now', '-1', '1.5', '2026-10-31', '1793000000000000'])('%j is no time', (text) => {
  expect(() => systemClock(text)).toThrow(ReportError);
  try {
    systemClock(text);
  } catch (error) {
    expect(error).toMatchObject({ kind: 'usage', hint: expect.stringContaining('1970') });
  }
});
