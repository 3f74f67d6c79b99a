/** Asks Recurly: nothing but GET, in one version of its API, no faster than it allows. */
import { parseExactly } from '../billing/exact-json.ts';
import { type Answer, httpReader } from '../billing/http-reader.ts';
import { type Asked, checkedKey, loopback, retryAfterMs } from '../billing/patience.ts';
import type { Credentials } from '../billing/vendor.ts';
import type { RecurlySettings } from './settings.ts';

/** The API version whose forms `objects.ts` reads. */
const accept = 'application/vnd.recurly.v2021-02-25';

const origins = { us: 'https://v3.recurly.com', eu: 'https://v3.eu.recurly.com' } as const;

export type RecurlyReader = {
  /** Scheme, host and port: nothing is asked of any other. */
  readonly origin: string;
  /** The answer to a GET of a path, query included, its numbers as text; null where there is no such object. */
  get(path: string): Promise<unknown>;
  /** The same with the headers that it came with. */
  answer(path: string): Promise<Answer | null>;
};

const asked: Asked = {
  title: 'Recurly',
  keyVariable: 'RECURLY_API_KEY',
  keyHint:
    'Set RECURLY_API_KEY to a private key of this site, and write region=eu into the source for a site in the EU.',
  permissionHint: 'Take a private key of the site: public keys and those of Recurly.js cannot read.',
};

/** What kind of thing a path asks for, without ids and queries. */
const resourceOf = (path: string): string =>
  path
    .replace(/\?.*$/s, '')
    .split('/')
    .findLast((part) => /^[a-z_]+$/.test(part)) ?? 'this';

/**
 * How long a refusal asks to wait. One for asking too much tells when the count begins anew, in seconds since 1970: by
 * Recurly's own clock, as ours may be another.
 */
const waitMsOf = (status: number, headers: Headers): number => {
  const told = retryAfterMs(headers.get('retry-after'));
  const reset = headers.get('x-ratelimit-reset') ?? '';
  const now = Date.parse(headers.get('date') ?? '');
  if (told > 0 || status !== 429 || !/^\d{1,12}$/.test(reset) || Number.isNaN(now)) return told;
  return Math.max(parseInt(reset, 10) * 1000 - now, 0);
};

/** A reader of one site. Throws ReportErrors: `usage` for settings, `dependency` for what Recurly refuses or fails at. */
export const recurlyReader = (
  { apiKey, url, pause, attempts }: Credentials & { readonly attempts?: number },
  region: RecurlySettings['region'],
): RecurlyReader => {
  const origin = url === undefined ? origins[region] : loopback(url, 'RETENTION_RECURLY_URL').origin;
  const credentials = Buffer.from(`${checkedKey(apiKey, asked)}:`).toString('base64');
  const reader = httpReader({
    asked: { ...asked, ...(attempts === undefined ? {} : { attempts }) },
    origin,
    headers: { accept, authorization: `Basic ${credentials}` },
    resourceOf,
    parse: parseExactly,
    waitMsOf,
    ...(pause === undefined ? {} : { pause }),
  });
  return { origin, get: async (path) => (await reader.get(path))?.body ?? null, answer: (path) => reader.get(path) };
};
