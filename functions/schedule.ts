/** Which month a scheduled run reports, and whether a report is late: by the calendar of the reporting time zone. */
import { addMonths, type Month, parseMonth } from './core/month.ts';
import type { RunRequest } from './run-record.ts';

/** The day that it is somewhere: year and month as one, and the day of the month. */
const dayIn = (at: Date, timeZone: string): { month: Month; day: number } => {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  const part = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]));
  return { month: parseMonth(`${part.year}-${part.month}`), day: parseInt(part.day ?? '', 10) };
};

/** How the schedule's run of a month is called. */
export const scheduledName = (month: Month): string => `scheduled-${month}`;

/** The run that a schedule's firing means: last month's report, to the board. Firing twice means the same run. */
export const scheduledRun = (at: Date, timeZone: string): { name: string; request: RunRequest } => {
  const month = addMonths(dayIn(at, timeZone).month, -1);
  return {
    name: scheduledName(month),
    request: { month, check: false, mail: { to: 'recipients', resend: false } },
  };
};

/** The month whose report must be there by now: last month's from `byDay` on, before that the one before. */
export const monthDue = (at: Date, timeZone: string, byDay: number): Month => {
  const { month, day } = dayIn(at, timeZone);
  return addMonths(month, day >= byDay ? -1 : -2);
};
