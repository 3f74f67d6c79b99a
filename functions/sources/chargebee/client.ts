/** Asks Chargebee: version 2 of its API, with the key as the user of basic authorization. */
import { type HttpReader, httpReader } from '../billing/http-reader.ts';
import { type Asked, checkedKey, loopback } from '../billing/patience.ts';
import type { Credentials } from '../billing/vendor.ts';
import type { ChargebeeSettings } from './settings.ts';

const asked: Asked = {
  title: 'Chargebee',
  keyVariable: 'CHARGEBEE_API_KEY',
  keyHint: 'Set CHARGEBEE_API_KEY to a read-only key of this site; test sites and live sites have keys of their own.',
  permissionHint: 'Make a read-only key that may read all, as the README says; it needs no other permission.',
};

/** What kind of thing a path asks for, without ids and queries. */
const resourceOf = (path: string): string => /^\/api\/v2\/([a-z_]+)/.exec(path)?.[1] ?? 'this';

export type ReaderOptions = Credentials & { readonly attempts?: number };

/** A reader of one site. Throws ReportErrors: `usage` for settings, `dependency` for what Chargebee refuses or fails at. */
export const chargebeeReader = (
  { site }: Pick<ChargebeeSettings, 'site'>,
  { apiKey, url, pause, attempts }: ReaderOptions,
): HttpReader => {
  const key = Buffer.from(`${checkedKey(apiKey, asked)}:`).toString('base64');
  return httpReader({
    asked: { ...asked, ...(attempts === undefined ? {} : { attempts }) },
    origin: url === undefined ? `https://${site}.chargebee.com` : loopback(url, 'RETENTION_CHARGEBEE_URL').origin,
    headers: { authorization: `Basic ${key}` },
    resourceOf,
    ...(pause === undefined ? {} : { pause }),
  });
};
