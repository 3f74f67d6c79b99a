/** Servers that fail, connections that break, pulls that are killed: what comes out is the same, bytes and all. */
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { folderObjectStore } from '../../../functions/adapters/folder-object-store.ts';
import { parseMonth } from '../../../functions/core/month.ts';
import { pullMonth } from '../../../functions/sources/billing/pull-month.ts';
import { recurlyReader } from '../../../functions/sources/recurly/client.ts';
import { recurlySource } from '../../../functions/sources/recurly/recurly-source.ts';
import { parseRecurlyAddress } from '../../../functions/sources/recurly/settings.ts';
import { start } from '../../cli/retention.ts';
import { treeOf } from '../../pipeline/folder.ts';
import { apiKey, type Fault, type RecurlyServer, startRecurly } from '../../servers/recurly.ts';
import { siteAt } from './book.ts';

const address = 'recurly:';
const month = parseMonth('2026-10');
const now = '2026-11-02T06:00:00Z';

let root: string;
let recurly: RecurlyServer;
let calm: Record<string, string>;
let calmRequests: number;

/** Pulls October into a home of its own; waits are counted and not waited. */
const pull = async (home: string): Promise<{ tree: Record<string, string>; waits: number[] }> => {
  const waits: number[] = [];
  const pause = async (milliseconds: number) => waits.push(milliseconds);
  const reader = recurlyReader({ apiKey, url: recurly.url, pause }, 'us');
  const dir = join(root, home);
  await pullMonth(recurlySource(reader, parseRecurlyAddress(address)), {
    month,
    timeZone: 'UTC',
    address,
    home: dir,
    store: folderObjectStore(dir),
    now: () => new Date(now),
    again: false,
    progress: () => {},
  });
  return { tree: await treeOf(join(dir, 'inbox')), waits };
};

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'recurly-storm-'));
  recurly = await startRecurly(siteAt(now), 25);
  calm = (await pull('calm')).tree;
  calmRequests = recurly.asked.length;
});

beforeEach(() => {
  recurly.asked.length = 0;
  recurly.fault = () => null;
  recurly.date = null;
});

afterAll(async () => {
  await recurly.close();
  await rm(root, { recursive: true, force: true });
});

/** Every request fails three times over before it is answered. */
const storm = (fault: Fault) => {
  const seen = new Map<string, number>();
  return (number: number): Fault => {
    const path = recurly.asked[number - 1] ?? '';
    seen.set(path, (seen.get(path) ?? 0) + 1);
    return (seen.get(path) ?? 0) <= 3 ? fault : null;
  };
};

it.each<[told: string, fault: Fault]>([
  ['429', { status: 429 }],
  ['500', { status: 500 }],
  ['503', { status: 503 }],
  ['connections cut in the middle of a page', 'cut'],
])('a storm of %s changes nothing', async (told, fault) => {
  recurly.fault = storm(fault);
  const { tree, waits } = await pull(`storm-${told.slice(0, 3)}`);
  expect(tree).toEqual(calm);
  expect(recurly.asked.length).toBe(calmRequests * 4);
  expect(waits).toHaveLength(calmRequests * 3);
});

it('waits until the count of requests begins anew, by the clock of the server', async () => {
  const reset = `${Date.parse('2031-01-01T00:01:30Z') / 1000}`;
  const headers = { 'x-ratelimit-reset': reset };
  recurly.date = 'Wed, 01 Jan 2031 00:00:00 GMT';
  recurly.fault = (number) => (number === 1 ? { status: 429, headers } : null);
  expect((await pull('told-to-wait')).waits).toEqual([90_000]);
  recurly.asked.length = 0;
  recurly.fault = (number) => (number === 1 ? { status: 429, headers, retryAfter: 17 } : null);
  expect((await pull('told-otherwise')).waits).toEqual([17_000]);
  recurly.asked.length = 0;
  // A server that fails tells its limits too, and means nothing by it.
  recurly.fault = (number) => (number === 1 ? { status: 503, headers } : null);
  expect((await pull('no-limit')).waits).toEqual([500]);
});

it('gives up on a server that never answers', async () => {
  recurly.fault = (_, path) => (path === '/invoices' ? { status: 500 } : null);
  await expect(pull('no-end')).rejects.toMatchObject({
    code: 'RECURLY_UNAVAILABLE',
    message: 'Recurly did not answer for invoices after 8 attempts: 500 (req_test)',
  });
});

it('pages that come in another order are the same tables', async () => {
  // The first lists to be asked for are the last ones to be told.
  recurly.fault = (number) => (number < 5 ? { status: 429 } : null);
  expect((await pull('other-order')).tree).toEqual(calm);
});

it('a pull that is killed goes on where it was, to the same bytes', async () => {
  for (const stop of [2, 12, calmRequests - 3]) {
    recurly.asked.length = 0;
    const reached = Promise.withResolvers<void>();
    recurly.fault = (number) => {
      if (number < stop) return null;
      reached.resolve();
      return 'stall';
    };
    const home = join(root, `killed-${stop}`);
    const { child, told } = start(['run', '--month', month, '--source', address, '--home', home, '--no-email'], {
      environment: {
        RECURLY_API_KEY: apiKey,
        RETENTION_RECURLY_URL: recurly.url,
        SOURCE_DATE_EPOCH: `${Date.parse(now) / 1000}`,
      },
    });
    await reached.promise;
    child.kill('SIGKILL');
    await once(child, 'close');
    await told;
    expect((await readdir(join(home, 'inbox'))).includes('recurly')).toBe(false);
    recurly.fault = () => null;
    recurly.asked.length = 0;
    const { tree } = await pull(`killed-${stop}`);
    expect(tree).toEqual(calm);
    if (stop > 10) expect(recurly.asked.length).toBeLessThan(calmRequests);
  }
}, 120_000);
