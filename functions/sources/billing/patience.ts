/** Asks a billing system until it answers: waits as long as it says, longer every time where it says nothing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { dependencyError, usageError } from '../../errors.ts';

const usualAttempts = 8;
const firstPauseMs = 500;
const longestPauseMs = 120_000;

/** Why a request had no answer. */
export type Failure = {
  /** Of HTTP; null where there was no whole answer. */
  readonly status: number | null;
  /** What `Retry-After` asks for; 0 where it does not. */
  readonly waitMs: number;
  /** What the vendor finds the request by, in brackets; '' where there is nothing. */
  readonly reference: string;
  /** What a refusal says is missing, in the vendor's own word for it: letters, digits and underscores. */
  readonly permission?: string;
};

/** Whom a reader asks, as its errors name it. */
export type Asked = {
  readonly title: string;
  readonly keyVariable: string;
  /** What to do when the key is unknown, and when it may not read something. */
  readonly keyHint: string;
  readonly permissionHint: string;
  /** How often a request is made before it is given up; left out: for as long as a pull is worth waiting for. */
  readonly attempts?: number;
};

export type Pause = (milliseconds: number) => Promise<unknown>;

/** Milliseconds that a `Retry-After` in seconds asks for; anything else is 0. */
export const retryAfterMs = (header: string | null | undefined): number =>
  /^\d{1,5}$/.test(header ?? '') ? parseInt(header ?? '', 10) * 1000 : 0;

/** An id that a vendor gave a request, fit to be shown. */
export const referenceOf = (id: string | null | undefined): string =>
  /^[\w-]{1,60}$/.test(id ?? '') ? ` (${id})` : '';

const passes = (status: number | null): boolean =>
  status === null || status === 200 || status === 409 || status === 429 || status >= 500;

const refusal = (asked: Asked, { status, reference, permission }: Failure, resource: string) => {
  const { title, keyHint, permissionHint, attempts = usualAttempts } = asked;
  const code = title.toUpperCase();
  if (status === 401) return dependencyError(`${code}_KEY`, `${title} does not know the key${reference}`, keyHint);
  if (status === 403)
    return dependencyError(
      `${code}_PERMISSION`,
      `The key may not read ${resource}${reference}${permission === undefined ? '' : `: ${title} asks for ${permission}`}`,
      permissionHint,
    );
  if (passes(status))
    return dependencyError(
      `${code}_UNAVAILABLE`,
      `${title} did not answer for ${resource} after ${attempts} attempts${status === null ? '' : `: ${status}`}${reference}`,
      'Run again: the pull goes on where it stopped.',
    );
  return dependencyError(
    `${code}_REFUSED`,
    `${title} refused to list ${resource}: ${status}${reference}`,
    `Look at the request in the log of ${title}’s dashboard.`,
  );
};

/**
 * What `ask` answers; null where there is no such thing (404). `failureOf` says what became of a request that threw.
 * Throws a ReportError of kind `dependency`; none quotes what the vendor says, which can hold a part of the key.
 */
export const askPatiently = async <T>(
  asked: Asked,
  resource: string,
  ask: () => Promise<T>,
  failureOf: (error: unknown) => Failure,
  pause: Pause = sleep,
): Promise<T | null> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const failure = failureOf(error);
      if (failure.status === 404) return null;
      if (!passes(failure.status) || attempt === (asked.attempts ?? usualAttempts))
        throw refusal(asked, failure, resource);
      const backOff = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
      await pause(Math.min(Math.max(failure.waitMs, backOff), longestPauseMs));
    }
  }
};

/** A key as it can stand in a header. Throws a ReportError of kind `usage` for what no key looks like. */
export const checkedKey = (apiKey: string, { title, keyVariable }: Asked): string => {
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw usageError(`${keyVariable} is not a key`, `Copy it from the dashboard of ${title}, without spaces.`);
  return apiKey;
};

/** The address of a server on this machine. Throws a ReportError of kind `usage` for any other: keys go to vendors only. */
export const loopback = (url: string, variable: string): URL => {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'http:' || !/^(127\.0\.0\.1|localhost|\[::1\])$/.test(parsed.hostname))
    throw usageError(
      `${variable} is not an http address of this machine`,
      'It is for tests, such as http://127.0.0.1:12111. Leave it out to ask the vendor.',
    );
  return parsed;
};
