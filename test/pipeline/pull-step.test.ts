/** A pull as a step that is called until the month is there: the same bytes as on one machine, wherever a call ends. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { parseMonth } from '../../functions/core/month.ts';
import type { ObjectStore } from '../../functions/ports.ts';
import { type PullWorld, pullStep } from '../../functions/pull-step.ts';
import type { RunRequest } from '../../functions/run-record.ts';
import { pullMonth } from '../../functions/sources/billing/pull-month.ts';
import { openBucketSource, type SnapshotBucket } from '../../functions/sources/bucket-source.ts';
import { stripe as stripeVendor } from '../../functions/sources/stripe/vendor.ts';
import { apiKey, type StripeServer, startStripe } from '../servers/stripe.ts';
import { accountAt, pulledOn } from '../sources/stripe/book.ts';
import { treeOf } from './folder.ts';

const month = parseMonth('2026-10');
const address = 'stripe:?parent=group';
const now = pulledOn(month);
const minute = 60_000;

let root: string;
let stripe: StripeServer;
let local: Readonly<Record<string, string>>;
let localRequests: number;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pull-step-'));
  stripe = await startStripe(accountAt(now), 3);
  const home = join(root, 'local');
  await pullMonth(await stripeVendor.open(address, { apiKey, url: stripe.url }), {
    month,
    timeZone: 'UTC',
    address,
    home,
    store: folderObjectStore(home),
    now: () => new Date(now),
    again: false,
    progress: () => {},
  });
  local = await treeOf(join(home, 'inbox'));
  localRequests = stripe.asked.length;
});
afterAll(async () => {
  await stripe.close();
  await rm(root, { recursive: true, force: true });
});

let home: string;
let store: ObjectStore;
let notes: string[];
beforeEach(async () => {
  home = await mkdtemp(join(root, 'home-'));
  store = folderObjectStore(home);
  notes = [];
  stripe.asked.length = 0;
  stripe.fault = () => null;
});
afterEach(() => rm(home, { recursive: true, force: true }));

const request: RunRequest = { month, check: false, mail: null };

type Call = {
  readonly run?: string;
  readonly remaining?: () => number;
  readonly at?: string;
  readonly objects?: ObjectStore;
  readonly key?: string;
  readonly vendor?: PullWorld['vendor'];
} & Partial<RunRequest>;

/** One call of the step, in a folder of its own. */
const call = async (settings: Call = {}) => {
  const { run = 'ops-1', remaining, at = now, objects, key = apiKey, vendor = stripeVendor, ...asked } = settings;
  const scratch = await mkdtemp(join(root, 'scratch-'));
  const world: PullWorld = {
    vendor,
    address,
    credentials: async () => ({ apiKey: key, url: stripe.url }),
    keyHint: 'Put the key into the secret.',
    store: objects ?? store,
    clock: { now: () => new Date(at) },
    scratch,
    remaining: remaining ?? (() => 14 * minute),
    note: (text) => notes.push(text),
  };
  try {
    return await pullStep(run, { ...request, ...asked }, 'UTC', world);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

/** Calls the step until the month is there, and returns how many calls that took. */
const untilDone = async (settings: Call = {}): Promise<number> => {
  for (let calls = 1; calls < 200; calls++) if ((await call(settings)).done) return calls;
  throw new Error('it never ends');
};

/** What is below a folder of the inbox, as a local pull has it there: the folder of the pull left out. */
const below = (tree: Readonly<Record<string, string>>, prefix: string) =>
  Object.fromEntries(
    Object.entries(tree)
      .filter(([path]) => path.startsWith(prefix))
      .map(([path, hash]) => [path.slice(prefix.length), hash]),
  );

const expectSameMonth = async (pull = 1) => {
  const tree = await treeOf(join(home, 'inbox'));
  expect(below(tree, `stripe/2026-10/pull=${pull}/`)).toEqual(below(local, 'stripe/2026-10/'));
  expect(below(tree, `stripe-raw/2026-10/pull=${pull}/`)).toEqual(below(local, 'stripe-raw/2026-10/pull=1/'));
};

/** The home as an inbox bucket. */
const openInbox = async () => {
  const bucket: SnapshotBucket = {
    name: 'the inbox',
    names: async (prefix) => {
      const keys = await Array.fromAsync(store.list(prefix));
      const plain = keys.map((key) => key.slice(prefix.length)).map((key) => key.replace(/(?<=\/).*$/, ''));
      return [...new Set(plain)].map((name) => `${prefix}${name}`);
    },
    objects: async (prefix) => (await Array.fromAsync(store.list(prefix))).map((key) => ({ key, etag: key, bytes: 1 })),
    fetch: async ({ key }) => ({ path: join(home, key), sha256: 'unused' }),
  };
  return openBucketSource(bucket, store);
};

const filesOfMonth = async () => {
  const { tables, control } = await (await openInbox()).read(month);
  return [...Object.values(tables).flat(), ...(control === null ? [] : [control])];
};

describe('a pull in calls', () => {
  it('ends in one where there is time, and asks nothing when it is called again', async () => {
    expect(await untilDone()).toBe(1);
    await expectSameMonth();
    expect(stripe.asked).toHaveLength(localRequests);
    expect(notes.at(-1)).toBe(
      '2026-10 from Stripe: 3 of 10 lines changed since the month’s end and were put back from Stripe’s events',
    );
    expect(await untilDone({ run: 'ops-2', key: '' })).toBe(1);
    expect(stripe.asked).toHaveLength(localRequests);
  });

  it('keeps one page a call where there is no time for more, and gives the same bytes', async () => {
    const calls = await untilDone({ remaining: () => 119_000 });
    expect(calls).toBeGreaterThan(localRequests);
    await expectSameMonth();
    // Requests run side by side: those under way when a call ends are asked once more.
    expect(stripe.asked.length).toBeLessThan(localRequests * 5);
  });

  it('stops two minutes before its end, and not earlier', async () => {
    let asked = 0;
    const remaining = () => {
      asked = stripe.asked.length;
      return asked < 8 ? 121_000 : 119_000;
    };
    expect(await call({ remaining })).toEqual({ done: false });
    const kept = await Array.fromAsync(store.list('inbox/stripe-raw/2026-10/pull=1/'));
    expect(kept.length).toBeGreaterThan(3);
    expect(kept.length).toBeLessThan(asked + 1);
    expect(await (await openInbox()).months).toEqual([]);
  });

  it('leaves making the month to a call that has the time for it', async () => {
    expect(await call({ remaining: () => 9 * minute })).toEqual({ done: false });
    const asked = stripe.asked.length;
    expect(await call({ remaining: () => 9 * minute })).toEqual({ done: true });
    expect(stripe.asked).toHaveLength(asked);
    await expectSameMonth();
  });

  it('does not wait past the end of a call', async () => {
    stripe.fault = (number) => (number > 5 ? { status: 429, retryAfter: 90 } : null);
    expect(await call({ remaining: () => 150_000 })).toEqual({ done: false });
    stripe.fault = () => null;
    await untilDone();
    await expectSameMonth();
  });

  it('goes on after a failure anywhere, to the same bytes', async () => {
    for (let stop = 1; stop <= localRequests; stop += 4) {
      await rm(join(home, 'inbox'), { recursive: true, force: true });
      stripe.asked.length = 0;
      stripe.fault = (number) => (number === stop ? { status: 400 } : null);
      await expect(call()).rejects.toMatchObject({ code: 'STRIPE_REFUSED' });
      stripe.fault = () => null;
      await untilDone({ at: '2026-11-02T09:00:00Z' });
      await expectSameMonth();
    }
  });

  it('goes on after a death between any two writes, to the same bytes', async () => {
    let writes = 0;
    const dying = (last: number): ObjectStore => {
      writes = 0;
      const live = async <T>(write: () => Promise<T>): Promise<T> => {
        writes += 1;
        if (writes > last) throw new Error('dead');
        return write();
      };
      return {
        ...store,
        put: (...args) => live(() => store.put(...args)),
        putFile: (...args) => live(() => store.putFile(...args)),
      };
    };
    await untilDone({ objects: dying(Number.POSITIVE_INFINITY) });
    // The very last write gives the turn back, and is not waited for.
    const all = writes - 1;
    for (let last = all - 9; last < all; last++) {
      await rm(join(home, 'inbox'), { recursive: true, force: true });
      await rm(join(home, 'runs'), { recursive: true, force: true });
      await expect(call({ objects: dying(last) })).rejects.toThrow('dead');
      const there = (await (await openInbox()).months).length;
      // Nobody sees a month before it is whole.
      if (there > 0) expect((await filesOfMonth()).map(({ name }) => name)).toContain('2026-10/control.json');
      await untilDone({ at: '2026-11-02T09:00:00Z' });
      await expectSameMonth();
    }
  });
});

describe('a month that was pulled', () => {
  it('is read as if it lay in the month’s own folder, beside the rates there', async () => {
    await mkdir(join(home, 'inbox/2026-10'), { recursive: true });
    await writeFile(join(home, 'inbox/2026-10/fx.csv'), 'currency,rate\nEUR,1.1\n');
    await untilDone();
    const inbox = await openInbox();
    expect([inbox.months, inbox.warnings]).toEqual([['2026-10'], []]);
    expect((await filesOfMonth()).map(({ name }) => name)).toEqual([
      '2026-10/lines/part-00001.ndjson',
      '2026-10/customers/part-00001.ndjson',
      '2026-10/cancellations/part-00001.ndjson',
      '2026-10/payments/part-00001.ndjson',
      '2026-10/fx.csv',
      '2026-10/control.json',
    ]);
  });

  it('is not read twice when it is uploaded as well', async () => {
    await untilDone();
    await mkdir(join(home, 'inbox/2026-10'), { recursive: true });
    for (const [name, told] of [
      ['customers.csv', 'The table "customers" of 2026-10 is there twice'],
      ['control.json', 'The control totals of 2026-10 is there twice'],
    ] as const) {
      await writeFile(join(home, 'inbox/2026-10', name), '{}');
      await expect(filesOfMonth()).rejects.toThrow(told);
      await rm(join(home, 'inbox/2026-10', name));
    }
  });

  it('is pulled again when that is asked for, once a run; until then the older pull counts', async () => {
    await untilDone();
    const again = { run: 'ops-2', pullAgain: true, at: '2026-11-03T09:00:00Z' };
    const slow = { ...again, remaining: () => 119_000 };
    stripe.asked.length = 0;
    const paths = new Set<string>();
    for (let calls = 1; !(await call(slow)).done; calls++) {
      for (const file of await filesOfMonth()) paths.add((await file.local()).replace(/^.*(pull=\d).*$/, '$1'));
      expect(calls).toBeLessThan(200);
    }
    expect([...paths]).toEqual(['pull=1']);
    expect(await (await filesOfMonth())[0]?.local()).toContain('/pull=2/');
    const asked = stripe.asked.length;
    expect(asked).toBeGreaterThanOrEqual(localRequests);
    expect(await call(again)).toEqual({ done: true });
    expect(stripe.asked).toHaveLength(asked);
    expect(await untilDone({ ...again, run: 'ops-3' })).toBe(1);
    expect(await (await filesOfMonth())[0]?.local()).toContain('/pull=3/');
  });

  it('of other settings is not taken for one of these', async () => {
    await untilDone();
    const key = 'inbox/stripe-raw/2026-10.pull.json';
    const state = await readFile(join(home, key), 'utf8');
    await writeFile(join(home, key), state.replace('parent=group', 'parent=other'));
    await expect(call()).rejects.toMatchObject({ kind: 'usage', hint: expect.stringContaining('--pull-again') });
  });
});

describe('two runs of a month', () => {
  it('take turns', async () => {
    const lease = { holder: 'ops-1', until: new Date(Date.parse(now) + minute).toISOString() };
    await store.put('runs/leases/pull=2026-10.json', new TextEncoder().encode(JSON.stringify(lease)));
    await expect(call({ run: 'ops-2' })).rejects.toMatchObject({ code: 'MONTH_BUSY', kind: 'dependency' });
    expect(stripe.asked).toEqual([]);
    await untilDone({ run: 'ops-1' });
    await untilDone({ run: 'ops-2' });
    await expectSameMonth();
  });

  it('that meet all the same never mix their pages', async () => {
    // As if each held the month: the lease of one ran out while it was still at work.
    const blind: ObjectStore = {
      ...store,
      get: (key) => (key.startsWith('runs/leases/') ? Promise.resolve(null) : store.get(key)),
      put: (key, bytes, condition) => store.put(key, bytes, key.startsWith('runs/leases/') ? undefined : condition),
    };
    const ends = async (run: string): Promise<string> => {
      try {
        await untilDone({ run, objects: blind });
        return 'done';
      } catch (error) {
        return error instanceof Error && 'code' in error ? `${error.code}` : `${error}`;
      }
    };
    const outcomes = await Promise.all(['ops-1', 'ops-2'].map(ends));
    expect(outcomes).toContain('MONTH_BUSY');
    await untilDone({ run: 'ops-3' });
    await expectSameMonth();
  });
});

describe('what is not pulled', () => {
  it('a month that lies in the inbox as files: it is taken as it lies there', async () => {
    await mkdir(join(home, 'inbox/2026-10'), { recursive: true });
    await writeFile(join(home, 'inbox/2026-10/lines.csv'), '');
    expect(await call()).toEqual({ done: true });
    expect([stripe.asked, notes]).toEqual([[], ['2026-10 lies in the inbox already: it is not pulled from Stripe']]);
    await expect(call({ pullAgain: true })).rejects.toMatchObject({ kind: 'usage' });
  });

  it('a month that was pulled from another system', async () => {
    await untilDone();
    stripe.asked.length = 0;
    const other = { ...stripeVendor, name: 'another', title: 'Another' };
    expect(await call({ vendor: other })).toEqual({ done: true });
    expect(stripe.asked).toEqual([]);
  });

  it('anything, for a check', async () => {
    await expect(call({ check: true })).rejects.toMatchObject({
      kind: 'usage',
      hint: expect.stringContaining('retention run --stack <name> --month 2026-10 --no-email'),
    });
    await untilDone();
    stripe.asked.length = 0;
    expect(await call({ check: true })).toEqual({ done: true });
    expect(stripe.asked).toEqual([]);
  });

  it('a month that is not over', async () => {
    await expect(call({ at: '2026-10-31T23:59:59Z' })).rejects.toMatchObject({ kind: 'usage' });
  });
});

it('a key that is not known is put right in the secret, and stands nowhere', async () => {
  const refused = await call({ key: 'rk_wrong_key' }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ kind: 'dependency', code: 'STRIPE_KEY', hint: 'Put the key into the secret.' });
  expect(`${refused} ${JSON.stringify(refused)}`).not.toContain('rk_wrong_key');
  await untilDone();
  const files = Object.keys(await treeOf(home));
  for (const file of files) expect((await readFile(join(home, file))).includes(apiKey)).toBe(false);
  expect(notes.join()).not.toContain(apiKey);
});
