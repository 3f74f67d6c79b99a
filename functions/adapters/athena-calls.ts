/** Calls of AWS by somebody patient, who has only so much time: full jitter when told "too much", an end before the caller's. */
import { dependencyError } from '../errors.ts';

export type Patience = {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Milliseconds that the caller has left. */
  readonly remaining: () => number;
  /** What of it is kept back, for the caller to end in order. */
  readonly reserveMs: number;
  /** Times that one call is made before it counts as failed. */
  readonly tries: number;
};

const longestPauseMs = 20_000;
const firstPauseMs = 250;

export type Calls = {
  /** A call that may be made twice. What AWS refuses for good is thrown as it is. */
  call<T>(work: () => Promise<T>): Promise<T>;
  /** Waits up to `ms`, at random; throws QUERY_UNFINISHED instead of running out of time. */
  pause(ms: number): Promise<void>;
  /** Throws QUERY_UNFINISHED when there is no time to begin anything. */
  checkTime(): void;
  now(): number;
};

export const patientCalls = ({ now, sleep, random, remaining, reserveMs, tries }: Patience): Calls => {
  const unfinished = () =>
    dependencyError(
      'QUERY_UNFINISHED',
      'Athena is still at work and the time of this call is over',
      'Call again: queries go on, and the next call takes up the same ones.',
    );

  const pause = async (ms: number) => {
    if (remaining() - ms < reserveMs) throw unfinished();
    await sleep(ms);
  };

  return {
    now,
    pause: (ms) => pause(ms / 2 + (random() * ms) / 2),

    checkTime() {
      if (remaining() < reserveMs) throw unfinished();
    },

    async call(work) {
      for (let failures = 1; ; failures += 1) {
        try {
          return await work();
        } catch (error) {
          if (!mayPass(error) || failures >= tries) throw error;
          await pause(random() * Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)));
        }
      }
    },
  };
};

const throttled = new Set([
  'TooManyRequestsException',
  'ThrottlingException',
  'ThrottledException',
  'Throttling',
  'RequestLimitExceeded',
  'RequestThrottledException',
  'SlowDown',
  'ConcurrentModificationException',
]);
const broken = /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|EPIPE|ETIMEDOUT|EAI_AGAIN|TimeoutError)$/;

type AwsFailure = {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $retryable?: unknown;
};

const asFailure = (error: unknown): AwsFailure => (typeof error === 'object' && error !== null ? error : {});

/** Whether the same call may well succeed a moment later: throttling, a fault of the server's, a broken connection. */
export const mayPass = (error: unknown): boolean => {
  const { name, code, $metadata, $retryable } = asFailure(error);
  const status = $metadata?.httpStatusCode ?? 0;
  return (
    throttled.has(`${name}`) ||
    $retryable !== undefined ||
    status === 429 ||
    status >= 500 ||
    broken.test(`${code}`) ||
    broken.test(`${name}`)
  );
};

/** Whether AWS answered with this error. S3's HEAD has no body, so its "absent" is a status. */
export const isNamed = (error: unknown, ...names: readonly string[]): boolean => {
  const { name } = asFailure(error);
  return typeof name === 'string' && names.includes(name);
};
