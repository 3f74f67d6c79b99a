/** A pull from Recurly while its servers fail: what comes out is the same, bytes and all. */
import { expect, it } from 'vitest';
import { recurly } from '../../../functions/sources/recurly/vendor.ts';
import { apiKey, startRecurly } from '../../servers/recurly.ts';
import { withstandsStorms } from '../storm-suite.ts';
import { siteAt } from './book.ts';

const now = '2026-11-02T06:00:00Z';

const { server, pull } = withstandsStorms({
  vendor: recurly,
  address: 'recurly:',
  apiKey,
  now,
  open: () => startRecurly(siteAt(now), 25),
  silent: { path: '/invoices', list: 'invoices' },
  kills: [2, 12],
});

it('waits until the count of requests begins anew, by the clock of the server', async () => {
  const reset = `${Date.parse('2031-01-01T00:01:30Z') / 1000}`;
  const headers = { 'x-ratelimit-reset': reset };
  server().date = 'Wed, 01 Jan 2031 00:00:00 GMT';
  server().fault = (number) => (number === 1 ? { status: 429, headers } : null);
  expect((await pull('count-anew')).waits).toEqual([90_000]);
  server().asked.length = 0;
  server().fault = (number) => (number === 1 ? { status: 429, headers, retryAfter: 17 } : null);
  expect((await pull('told-otherwise')).waits).toEqual([17_000]);
  server().asked.length = 0;
  // A server that fails tells its limits too, and means nothing by it.
  server().fault = (number) => (number === 1 ? { status: 503, headers } : null);
  expect((await pull('no-limit')).waits).toEqual([500]);
});
