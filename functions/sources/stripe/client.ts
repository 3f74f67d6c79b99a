/** Asks Stripe: only ever reads, waits when it is told to, and tries again when a connection or a server fails. */
import { setTimeout as sleep } from 'node:timers/promises';
import Stripe from 'stripe';
import { dependencyError, usageError } from '../../errors.ts';

/** The API version whose forms `objects.ts` reads. Stripe answers in it whatever the account's own version is. */
const apiVersion = '2026-10-28.endive';

const attempts = 8;
const firstPauseMs = 500;
const longestPauseMs = 120_000;

export type StripeReader = {
  /** The answer to a GET of a path of the API, query included; null where there is no such object. */
  get(path: string): Promise<unknown>;
};

export type StripeOptions = {
  readonly apiKey: string;
  /** Another server that speaks Stripe's API, on this machine: for tests. */
  readonly url?: string;
  readonly pause?: (milliseconds: number) => Promise<unknown>;
};

const serverOf = (url: string): { protocol: 'http'; host: string; port: string } => {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'http:' || !/^(127\.0\.0\.1|localhost|\[::1\])$/.test(parsed.hostname))
    throw usageError(
      'RETENTION_STRIPE_URL is not an http address of this machine',
      'It is for tests, such as http://127.0.0.1:12111. Leave it out to ask Stripe.',
    );
  return { protocol: 'http', host: parsed.hostname, port: parsed.port === '' ? '80' : parsed.port };
};

/** What kind of thing a path asks for, without ids and queries. */
const resourceOf = (path: string): string => /^\/v1\/([a-z_]+)/.exec(path)?.[1] ?? 'this';

type Failure = { readonly status: number | null; readonly waitMs: number; readonly reference: string };

/** What is said of a failure: never Stripe's own message, which can quote a part of the key. */
const failureOf = (error: unknown): Failure => {
  if (!(error instanceof Stripe.errors.StripeError)) return { status: null, waitMs: 0, reference: '' };
  const wait = error.headers?.['retry-after'] ?? '';
  return {
    status: error.statusCode ?? null,
    waitMs: /^\d{1,5}$/.test(wait) ? parseInt(wait, 10) * 1000 : 0,
    reference: /^[\w-]{1,60}$/.test(error.requestId ?? '') ? ` (${error.requestId})` : '',
  };
};

const passes = (status: number | null): boolean =>
  status === null || status === 200 || status === 409 || status === 429 || status >= 500;

const refusal = ({ status, reference }: Failure, path: string) => {
  const resource = resourceOf(path);
  if (status === 401)
    return dependencyError(
      'STRIPE_KEY',
      `Stripe does not know the key${reference}`,
      'Set STRIPE_API_KEY to a restricted key of this account that has not expired.',
    );
  if (status === 403)
    return dependencyError(
      'STRIPE_PERMISSION',
      `The key may not read ${resource}${reference}`,
      'Give the restricted key the read permissions that the README lists; it needs no other.',
    );
  if (passes(status))
    return dependencyError(
      'STRIPE_UNAVAILABLE',
      `Stripe did not answer for ${resource} after ${attempts} attempts${status === null ? '' : `: ${status}`}${reference}`,
      'Run again: the pull goes on where it stopped.',
    );
  return dependencyError(
    'STRIPE_REFUSED',
    `Stripe refused to list ${resource}: ${status}${reference}`,
    'Look at the request in the developers’ log of the Stripe dashboard.',
  );
};

/** A reader of one account. Throws ReportErrors: `usage` for settings, `dependency` for what Stripe refuses or fails at. */
export const stripeReader = ({ apiKey, url, pause = (ms) => sleep(ms) }: StripeOptions): StripeReader => {
  if (!/^[\x21-\x7e]+$/.test(apiKey))
    throw usageError('STRIPE_API_KEY is not a key', 'Copy it from the Stripe dashboard: it begins with rk_.');
  const stripe = new Stripe(apiKey, {
    apiVersion,
    // Tried again here, where waiting is as long as Stripe says.
    maxNetworkRetries: 0,
    timeout: 60_000,
    telemetry: false,
    ...(url === undefined ? {} : serverOf(url)),
  });
  return {
    async get(path) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await stripe.rawRequest('GET', path);
        } catch (error) {
          const failure = failureOf(error);
          if (failure.status === 404) return null;
          if (!passes(failure.status) || attempt === attempts) throw refusal(failure, path);
          const backOff = Math.min(firstPauseMs * 2 ** (attempt - 1), longestPauseMs);
          await pause(Math.min(Math.max(failure.waitMs, backOff), longestPauseMs));
        }
      }
    },
  };
};
