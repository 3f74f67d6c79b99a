/** What every billing system's pull withstands: servers that fail, connections that break, a process that is killed. */
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { parseMonth } from '../../functions/core/month.ts';
import { pullMonth } from '../../functions/sources/billing/pull-month.ts';
import type { Credentials, Vendor } from '../../functions/sources/billing/vendor.ts';
import { start } from '../cli/retention.ts';
import { treeOf } from '../pipeline/folder.ts';
import type { Fault, FaultyServer } from '../servers/faulty.ts';

export const month = parseMonth('2026-10');

export type Subject<Server extends FaultyServer> = {
  readonly vendor: Vendor;
  readonly address: string;
  readonly apiKey: string;
  /** When October is pulled. */
  readonly now: string;
  readonly open: () => Promise<Server>;
  /** A list whose server never answers: its path, and its name in messages. */
  readonly silent: { readonly path: string; readonly list: string };
  /** Requests at which a pull is killed, beside one of the last. */
  readonly kills: readonly number[];
  /** Brings October into a home, and the folder of the inbox that it comes to; left out: as a month that is pulled. */
  readonly bring?: (bringing: Bringing) => Promise<unknown>;
  readonly folder?: string;
};

/** What brings a month, where it asks and how it waits. */
export type Bringing = {
  readonly options: Omit<Parameters<typeof pullMonth>[1], 'progress'>;
  readonly credentials: Credentials;
  /** A folder for what need not stay. */
  readonly scratch: string;
};

export type Weather<Server> = {
  readonly server: () => Server;
  /** The files of an undisturbed pull, by name. */
  readonly calm: () => Readonly<Record<string, string>>;
  /** Pulls October into a home of its own; waits are counted and not waited. */
  readonly pull: (home: string) => Promise<{ tree: Readonly<Record<string, string>>; waits: readonly number[] }>;
};

/** Registers the tests that are the same for every vendor. What it returns is for those that are not. */
export const withstandsStorms = <Server extends FaultyServer>(subject: Subject<Server>): Weather<Server> => {
  const { vendor, address, apiKey, now, silent, folder = vendor.name } = subject;
  const pulled = async ({ options, credentials }: Bringing) =>
    pullMonth(await vendor.open(address, credentials), { ...options, progress: () => {} });
  const { bring = pulled } = subject;
  let root: string;
  let server: Server;
  let calm: Readonly<Record<string, string>>;
  let calmRequests: number;

  const pullInto = async (home: string, waits: number[]) => {
    const pause = async (milliseconds: number) => waits.push(milliseconds);
    const dir = join(root, home);
    const options = {
      month,
      timeZone: 'UTC',
      address,
      home: dir,
      store: folderObjectStore(dir),
      now: () => new Date(now),
      again: false,
    };
    await bring({ options, credentials: { apiKey, url: server.url, pause }, scratch: join(root, `${home}-scratch`) });
    return { tree: await treeOf(join(dir, 'inbox')), waits };
  };
  const pull = (home: string) => pullInto(home, []);

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), `${vendor.name}-storm-`));
    server = await subject.open();
    calm = (await pull('calm')).tree;
    calmRequests = server.asked.length;
  });

  beforeEach(() => {
    server.asked.length = 0;
    server.fault = () => null;
    server.date = null;
  });

  afterAll(async () => {
    await server.close();
    await rm(root, { recursive: true, force: true });
  });

  /** Every request fails three times over before it is answered. */
  const storm = (fault: Fault) => {
    const seen = new Map<string, number>();
    return (number: number): Fault => {
      const path = server.asked[number - 1] ?? '';
      seen.set(path, (seen.get(path) ?? 0) + 1);
      return (seen.get(path) ?? 0) <= 3 ? fault : null;
    };
  };

  it.each<[told: string, fault: Fault]>([
    ['429', { status: 429 }],
    ['500', { status: 500 }],
    ['503', { status: 503 }],
    ['409', { status: 409 }],
    ['connections cut in the middle of a page', 'cut'],
  ])('a storm of %s changes nothing', async (told, fault) => {
    server.fault = storm(fault);
    const { tree, waits } = await pull(`storm-${told.slice(0, 3)}`);
    expect(tree).toEqual(calm);
    expect(server.asked).toHaveLength(calmRequests * 4);
    expect(waits).toHaveLength(calmRequests * 3);
  });

  it('waits as long as it is told to, and longer every time where it is told nothing, before it gives up', async () => {
    server.fault = (number) => (number === 1 ? { status: 429, retryAfter: 17 } : null);
    expect((await pull('told-to-wait')).waits).toEqual([17_000]);
    server.fault = (_, path) => (path === silent.path ? { status: 500 } : null);
    const waits: number[] = [];
    await expect(pullInto('no-end', waits)).rejects.toMatchObject({
      code: `${vendor.title.toUpperCase()}_UNAVAILABLE`,
      message: `${vendor.title} did not answer for ${silent.list} after 8 attempts: 500 (req_test)`,
    });
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000]);
  });

  it.each<[told: string, late: (number: number) => boolean]>([
    ['the first ones last', (number) => number < 6],
    ['every second one late', (number) => number % 2 === 0],
    ['every third one in time', (number) => number % 3 !== 0],
  ])('pages that come in another order, %s, are the same tables', async (told, late) => {
    server.fault = (number) => (late(number) ? { status: 429 } : null);
    expect((await pull(`order-${told.replaceAll(' ', '-')}`)).tree).toEqual(calm);
  });

  it('a pull that is killed goes on where it was, to the same bytes', async () => {
    for (const stop of [...subject.kills, calmRequests - 3]) {
      server.asked.length = 0;
      const reached = Promise.withResolvers<void>();
      server.fault = (number) => {
        if (number < stop) return null;
        reached.resolve();
        return 'stall';
      };
      const home = join(root, `killed-${stop}`);
      const { child, told } = start(['run', '--month', month, '--source', address, '--home', home, '--no-email'], {
        environment: {
          [vendor.keyVariable]: apiKey,
          [vendor.urlVariable]: server.url,
          SOURCE_DATE_EPOCH: `${Date.parse(now) / 1000}`,
        },
      });
      await reached.promise;
      child.kill('SIGKILL');
      await once(child, 'close');
      await told;
      expect((await readdir(join(home, 'inbox'))).includes(folder)).toBe(false);
      server.fault = () => null;
      server.asked.length = 0;
      const { tree } = await pull(`killed-${stop}`);
      expect(tree).toEqual(calm);
      // The first requests go out side by side: none of them may have been answered yet.
      if (stop > 10) expect(server.asked.length).toBeLessThan(calmRequests);
    }
  }, 120_000);

  return { server: () => server, calm: () => calm, pull };
};
