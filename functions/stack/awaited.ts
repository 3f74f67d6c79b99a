/** When a stack's schedule starts the run of a month: before that nothing of the month is missing. */
import { addMonths, type Month } from '../core/month.ts';
import { monthDue } from '../schedule.ts';
import { dayOf, hourOf } from '../sources/billing/calendar.ts';
import type { Examined } from './examined.ts';
import { reportByDayOf } from './outputs.ts';

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const twoDigits = (text: string): string => text.padStart(2, '0');

/** The day and the hour of a month's run, `YYYY-MM-DD` and `HH`; null for an expression that is none of ours. */
export const startOfRun = (
  month: Month,
  expression: string,
): { readonly day: string; readonly hour: string } | null => {
  const [, hour, day] = /^cron\(\d+ (\d+) (\d+) /.exec(expression) ?? [];
  if (hour === undefined || day === undefined) return null;
  return { day: `${addMonths(month, 1)}-${twoDigits(day)}`, hour: twoDigits(hour) };
};

/** Whether the run of the month is still to come. A stack that does not tell its schedule is held to `reportByDay`. */
export const isAhead = ({ month, now, outputs }: Pick<Examined, 'month' | 'now' | 'outputs'>): boolean => {
  const { ReportSchedule: expression = '', TimeZone: timeZone = 'UTC' } = outputs;
  const start = startOfRun(month, expression);
  if (start === null) return month > monthDue(now, timeZone, reportByDayOf(outputs));
  return `${dayOf(seconds(now), timeZone)} ${hourOf(seconds(now), timeZone)}` < `${start.day} ${start.hour}`;
};

/** Whether the month has ended. */
export const isOver = ({ month, now, outputs }: Pick<Examined, 'month' | 'now' | 'outputs'>): boolean =>
  dayOf(seconds(now), outputs.TimeZone ?? 'UTC').slice(0, 7) > month;
