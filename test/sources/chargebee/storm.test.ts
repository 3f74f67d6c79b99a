/** Servers that fail, connections that break, pulls that are killed: what comes out is the same, bytes and all. */
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { folderObjectStore } from '../../../functions/adapters/folder-object-store.ts';
import { parseMonth } from '../../../functions/core/month.ts';
import { pullMonth } from '../../../functions/sources/billing/pull-month.ts';
import { chargebeeSource } from '../../../functions/sources/chargebee/chargebee-source.ts';
import { chargebeeReader } from '../../../functions/sources/chargebee/client.ts';
import { parseChargebeeAddress } from '../../../functions/sources/chargebee/settings.ts';
import { start } from '../../cli/retention.ts';
import { treeOf } from '../../pipeline/folder.ts';
import { apiKey, type ChargebeeServer, type Fault, startChargebee } from '../../servers/chargebee.ts';
import { siteAt } from './book.ts';

const address = 'chargebee:?site=acme';
const month = parseMonth('2026-10');
const now = '2026-11-02T06:00:00Z';

let root: string;
let chargebee: ChargebeeServer;
let calm: Record<string, string>;
let calmRequests: number;

/** Pulls October into a home of its own; waits are counted and not waited. */
const pull = async (home: string): Promise<{ tree: Record<string, string>; waits: number[] }> => {
  const waits: number[] = [];
  const pause = async (milliseconds: number) => waits.push(milliseconds);
  const settings = parseChargebeeAddress(address);
  const source = chargebeeSource(chargebeeReader(settings, { apiKey, url: chargebee.url, pause }), settings);
  const dir = join(root, home);
  await pullMonth(source, {
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
  root = await mkdtemp(join(tmpdir(), 'chargebee-storm-'));
  chargebee = await startChargebee(siteAt(now), 7);
  calm = (await pull('calm')).tree;
  calmRequests = chargebee.asked.length;
});

beforeEach(() => {
  chargebee.asked.length = 0;
  chargebee.fault = () => null;
});

afterAll(async () => {
  await chargebee.close();
  await rm(root, { recursive: true, force: true });
});

/** Every request fails three times over before it is answered. */
const storm = (fault: Fault) => {
  const seen = new Map<number, number>();
  return (number: number): Fault => {
    const path = chargebee.asked[number - 1] ?? '';
    const key = [...path].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0)) | 0, 7);
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return (seen.get(key) ?? 0) <= 3 ? fault : null;
  };
};

it.each<[told: string, fault: Fault]>([
  ['429', { status: 429 }],
  ['500', { status: 500 }],
  ['503', { status: 503 }],
  ['409', { status: 409 }],
  ['connections cut in the middle of a page', 'cut'],
])('a storm of %s changes nothing', async (told, fault) => {
  chargebee.fault = storm(fault);
  const { tree, waits } = await pull(`storm-${told.slice(0, 3)}`);
  expect(tree).toEqual(calm);
  expect(chargebee.asked.length).toBeGreaterThan(calmRequests * 2);
  expect(waits.length).toBeGreaterThan(calmRequests);
});

it('waits as long as Chargebee says, and longer every time where it says nothing', async () => {
  chargebee.fault = (number) => (number === 1 ? { status: 429, retryAfter: 17 } : null);
  expect((await pull('told-to-wait')).waits).toEqual([17_000]);
  chargebee.fault = (_, path) => (path === '/api/v2/events' ? { status: 500 } : null);
  await expect(pull('no-end')).rejects.toMatchObject({
    code: 'CHARGEBEE_UNAVAILABLE',
    message: 'Chargebee did not answer for events after 8 attempts: 500 (req_test)',
  });
});

it('pages that come in another order are the same tables', async () => {
  // The first list to be asked for is the last one to be told.
  chargebee.fault = (number) => (number < 6 ? { status: 429 } : null);
  expect((await pull('other-order')).tree).toEqual(calm);
});

it('a pull that is killed goes on where it was, to the same bytes', async () => {
  for (const stop of [2, 7, calmRequests - 3]) {
    chargebee.asked.length = 0;
    const reached = Promise.withResolvers<void>();
    chargebee.fault = (number) => {
      if (number < stop) return null;
      reached.resolve();
      return 'stall';
    };
    const home = join(root, `killed-${stop}`);
    const { child, told } = start(['run', '--month', month, '--source', address, '--home', home, '--no-email'], {
      environment: {
        CHARGEBEE_API_KEY: apiKey,
        RETENTION_CHARGEBEE_URL: chargebee.url,
        SOURCE_DATE_EPOCH: `${Date.parse(now) / 1000}`,
      },
    });
    await reached.promise;
    child.kill('SIGKILL');
    await once(child, 'close');
    await told;
    expect((await readdir(join(home, 'inbox'))).includes('chargebee')).toBe(false);
    chargebee.fault = () => null;
    chargebee.asked.length = 0;
    const { tree } = await pull(`killed-${stop}`);
    expect(tree).toEqual(calm);
    if (stop > 5) expect(chargebee.asked.length).toBeLessThan(calmRequests);
  }
});
