/** Asks Stripe: only ever reads, waits when it is told to, and tries again when a connection or a server fails. */
import Stripe from 'stripe';
import { z } from 'zod';
import type { Answer } from '../billing/http-reader.ts';
import {
  type Asked,
  askPatiently,
  checkedKey,
  type Failure,
  loopback,
  referenceOf,
  retryAfterMs,
} from '../billing/patience.ts';
import type { Credentials } from '../billing/vendor.ts';

/** The API version whose forms `objects.ts` reads. Stripe answers in it whatever the account's own version is. */
const apiVersion = '2026-10-28.endive';

/** Headers of an answer, which the SDK hangs on its body. */
const headersSchema = z.object({
  lastResponse: z.object({ headers: z.object({ date: z.string().optional() }) }),
});

export type StripeReader = {
  /** The answer to a GET of a path of the API, query included; null where there is no such object. */
  get(path: string): Promise<unknown>;
  /** The same with the headers that it came with. */
  answer(path: string): Promise<Answer | null>;
};

const asked: Asked = {
  title: 'Stripe',
  keyVariable: 'STRIPE_API_KEY',
  keyHint: 'Set STRIPE_API_KEY to a restricted key of this account that has not expired.',
  permissionHint: 'Give the restricted key the read permissions that the README lists; it needs no other.',
};

const serverOf = (url: string): { protocol: 'http'; host: string; port: string } => {
  const { hostname, port } = loopback(url, 'RETENTION_STRIPE_URL');
  return { protocol: 'http', host: hostname, port: port === '' ? '80' : port };
};

/** What kind of thing a path asks for, without ids and queries. */
const resourceOf = (path: string): string => /^\/v1\/([a-z_]+)/.exec(path)?.[1] ?? 'this';

/** The one word of a message that is repeated: the permission that Stripe says is missing. */
const permissionIn = (message: string): { permission?: string } => {
  const [, permission] = /'(rak_[a-z_]{1,60})'/.exec(message) ?? [];
  return permission === undefined ? {} : { permission };
};

const failureOf = (error: unknown): Failure => {
  if (!(error instanceof Stripe.errors.StripeError)) return { status: null, waitMs: 0, reference: '' };
  return {
    status: error.statusCode ?? null,
    waitMs: retryAfterMs(error.headers?.['retry-after']),
    reference: referenceOf(error.requestId),
    ...permissionIn(error.message),
  };
};

export type StripeReaderOptions = Credentials & { readonly attempts?: number };

/** A reader of one account. Throws ReportErrors: `usage` for settings, `dependency` for what Stripe refuses or fails at. */
export const stripeReader = ({ apiKey, url, pause, attempts }: StripeReaderOptions): StripeReader => {
  const patiently: Asked = { ...asked, ...(attempts === undefined ? {} : { attempts }) };
  const stripe = new Stripe(checkedKey(apiKey, asked), {
    apiVersion,
    // Tried again here, where waiting is as long as Stripe says.
    maxNetworkRetries: 0,
    timeout: 60_000,
    telemetry: false,
    ...(url === undefined ? {} : serverOf(url)),
  });
  const ask = async (path: string): Promise<Answer> => {
    const body: unknown = await stripe.rawRequest('GET', path);
    const date = headersSchema.safeParse(body).data?.lastResponse.headers.date;
    return { body, headers: new Headers(date === undefined ? {} : { date }) };
  };
  const answer = (path: string) => askPatiently(patiently, resourceOf(path), () => ask(path), failureOf, pause);
  return { get: async (path) => (await answer(path))?.body ?? null, answer };
};
