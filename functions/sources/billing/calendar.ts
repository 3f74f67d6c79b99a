/** Days and months of a time zone, as seconds since 1970: billing systems tell instants, the contract tells days. */
import { addMonths, type Month } from '../../core/month.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(timeZone, format);
  return format;
};

const partsOf = (seconds: number, timeZone: string): Map<string, string> =>
  new Map(
    formatOf(timeZone)
      .formatToParts(seconds * 1000)
      .map(({ type, value }) => [type, value]),
  );

/** The day of an instant, `YYYY-MM-DD`. */
export const dayOf = (seconds: number, timeZone: string): string => {
  const parts = partsOf(seconds, timeZone);
  return `${(parts.get('year') ?? '').padStart(4, '0')}-${parts.get('month')}-${parts.get('day')}`;
};

/** The hour of an instant, `00` to `23`. */
export const hourOf = (seconds: number, timeZone: string): string => partsOf(seconds, timeZone).get('hour') ?? '';

/** How far a zone's clock is ahead of UTC at an instant, in seconds. */
const aheadAt = (seconds: number, timeZone: string): number => {
  const parts = partsOf(seconds, timeZone);
  const part = (name: string) => parseInt(parts.get(name) ?? '0', 10);
  const wall = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return wall / 1000 - seconds;
};

/** The first second of a month in a time zone. */
export const startOf = (month: Month, timeZone: string): number => {
  const midnight = Date.UTC(parseInt(month.slice(0, 4), 10), parseInt(month.slice(5), 10) - 1) / 1000;
  // Twice: the first guess may lie on the other side of a change of the clocks.
  const guess = midnight - aheadAt(midnight, timeZone);
  return midnight - aheadAt(guess, timeZone);
};

/** The first and the first-too-late second of a month. */
export const spanOf = (month: Month, timeZone: string): { from: number; until: number } => ({
  from: startOf(month, timeZone),
  until: startOf(addMonths(month, 1), timeZone),
});
