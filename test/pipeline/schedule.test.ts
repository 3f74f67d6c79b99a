/** Which month a schedule means, and when a report is late: by the calendar of the reporting time zone. */
import { describe, expect, it } from 'vitest';
import { monthDue, scheduledRun } from '../../functions/schedule.ts';

describe('a scheduled run', () => {
  it.each([
    ['2026-11-03T07:00:00Z', 'UTC', '2026-10'],
    ['2026-01-01T00:30:00Z', 'UTC', '2025-12'],
    // Still October in Los Angeles, already November in Auckland.
    ['2026-11-01T06:00:00Z', 'America/Los_Angeles', '2026-09'],
    ['2026-10-31T12:00:00Z', 'Pacific/Auckland', '2026-10'],
  ])('fired at %s in %s reports %s', (time, timeZone, month) => {
    expect(scheduledRun(new Date(time), timeZone)).toEqual({
      name: `scheduled-${month}`,
      request: { month, check: false, mail: { to: 'recipients', resend: false } },
    });
  });
});

describe('the report that is due', () => {
  it.each([
    ['2026-11-04T23:00:00Z', 'UTC', 5, '2026-09'],
    ['2026-11-05T00:00:00Z', 'UTC', 5, '2026-10'],
    ['2026-11-04T23:30:00Z', 'Europe/Berlin', 5, '2026-10'],
    ['2026-01-02T00:00:00Z', 'UTC', 5, '2025-11'],
  ])('at %s in %s by day %i is that of %s', (time, timeZone, byDay, month) =>
    expect(monthDue(new Date(time), timeZone, byDay)).toBe(month),
  );
});
