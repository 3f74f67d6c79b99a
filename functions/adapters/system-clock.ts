/** The time of day; `SOURCE_DATE_EPOCH` fixes it, as it does for reproducible builds (https://reproducible-builds.org/specs/source-date-epoch/). */
import { usageError } from '../errors.ts';
import type { Clock } from '../ports.ts';

export const systemClock = (fixedSeconds: string | undefined): Clock => {
  if (fixedSeconds === undefined) return { now: () => new Date() };
  if (!/^\d{1,11}$/.test(fixedSeconds))
    throw usageError('SOURCE_DATE_EPOCH is not a number of seconds', 'Unset it, or give whole seconds since 1970.');
  return { now: () => new Date(parseInt(fixedSeconds, 10) * 1000) };
};
