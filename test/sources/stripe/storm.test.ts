/** Servers that fail, connections that break, pulls that are killed: what comes out is the same, bytes and all. */
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { folderObjectStore } from '../../../functions/adapters/folder-object-store.ts';
import { parseMonth } from '../../../functions/core/month.ts';
import { pullMonth } from '../../../functions/sources/billing/pull-month.ts';
import { stripeReader } from '../../../functions/sources/stripe/client.ts';
import { parseStripeAddress } from '../../../functions/sources/stripe/settings.ts';
import { stripeSource } from '../../../functions/sources/stripe/stripe-source.ts';
import { start } from '../../cli/retention.ts';
import { treeOf } from '../../pipeline/folder.ts';
import { apiKey, type Fault, type StripeServer, startStripe } from '../../servers/stripe.ts';
import { accountAt, pulledOn } from './book.ts';
import { at } from './objects.ts';

const address = 'stripe:?parent=group';
const month = parseMonth('2026-10');
const now = pulledOn(month);

let root: string;
let stripe: StripeServer;
let calm: Record<string, string>;
let calmRequests: number;

/** Pulls October into a home of its own; waits are counted and not waited. */
const pull = async (home: string, waits: number[] = []): Promise<{ tree: Record<string, string>; waits: number[] }> => {
  const pause = async (milliseconds: number) => waits.push(milliseconds);
  const source = stripeSource(stripeReader({ apiKey, url: stripe.url, pause }), parseStripeAddress(address));
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
  root = await mkdtemp(join(tmpdir(), 'stripe-storm-'));
  stripe = await startStripe(accountAt(now), 3);
  calm = (await pull('calm')).tree;
  calmRequests = stripe.asked.length;
});

beforeEach(() => {
  stripe.asked.length = 0;
  stripe.fault = () => null;
});

afterAll(async () => {
  await stripe.close();
  await rm(root, { recursive: true, force: true });
});

/** Every request fails three times over before it is answered. */
const storm = (fault: Fault) => {
  const seen = new Map<number, number>();
  return (number: number): Fault => {
    const path = stripe.asked[number - 1] ?? '';
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
  stripe.fault = storm(fault);
  const { tree, waits } = await pull(`storm-${told.slice(0, 3)}`);
  expect(tree).toEqual(calm);
  expect(stripe.asked.length).toBeGreaterThan(calmRequests * 2);
  expect(waits.length).toBeGreaterThan(calmRequests);
});

it('waits as long as Stripe says, and longer every time where it says nothing', async () => {
  stripe.fault = (number) => (number === 1 ? { status: 429, retryAfter: 17 } : null);
  expect((await pull('told-to-wait')).waits).toEqual([17_000]);
  stripe.fault = (_, path) => (path === '/v1/events' ? { status: 500 } : null);
  const waits: number[] = [];
  await expect(pull('no-end', waits)).rejects.toMatchObject({
    code: 'STRIPE_UNAVAILABLE',
    message: 'Stripe did not answer for events after 8 attempts: 500 (req_test)',
  });
  expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 32_000]);
});

const askedFor = (path: string) => stripe.asked.filter((asked) => asked.startsWith(path)).length;

it.each<[told: string, late: (number: number, path: string) => boolean]>([
  ['the first ones last', (number) => number < 6],
  ['subscriptions last', (_, path) => path === '/v1/subscriptions' && askedFor(path) < 8],
  ['charges last', (_, path) => path === '/v1/charges' && askedFor(path) < 8],
  ['every second one late', (number) => number % 2 === 0],
  ['every third one in time', (number) => number % 3 !== 0],
])('pages that come in another order, %s, are the same tables', async (told, late) => {
  stripe.fault = (number, path) => (late(number, path) ? { status: 429 } : null);
  expect((await pull(`order-${told.replaceAll(' ', '-')}`)).tree).toEqual(calm);
});

it('events that are told twice, and those of other things, change nothing', async () => {
  const account = stripe.account;
  const twice = account.events.map((event) => ({ ...event, id: `${event.id}_again` }));
  const stranger = {
    id: 'evt_stranger',
    created: at(now) - 60,
    type: 'invoice.paid',
    data: { object: { id: 'in_1' } },
  };
  stripe.account = { ...account, events: [...account.events, ...twice, stranger] };
  const { tree } = await pull('twice');
  stripe.account = account;
  const month = (files: Record<string, string>) => Object.entries(files).filter(([name]) => name.startsWith(`stripe/`));
  expect(month(tree).length).toBeGreaterThan(3);
  expect(month(tree)).toEqual(month(calm));
});

it('a pull that is killed goes on where it was, to the same bytes', async () => {
  for (const stop of [2, 7, calmRequests - 3]) {
    stripe.asked.length = 0;
    const reached = Promise.withResolvers<void>();
    stripe.fault = (number) => {
      if (number < stop) return null;
      reached.resolve();
      return 'stall';
    };
    const home = join(root, `killed-${stop}`);
    const { child, told } = start(['run', '--month', month, '--source', address, '--home', home, '--no-email'], {
      environment: {
        STRIPE_API_KEY: apiKey,
        RETENTION_STRIPE_URL: stripe.url,
        SOURCE_DATE_EPOCH: `${Date.parse(now) / 1000}`,
      },
    });
    await reached.promise;
    child.kill('SIGKILL');
    await once(child, 'close');
    await told;
    expect((await readdir(join(home, 'inbox'))).includes('stripe')).toBe(false);
    stripe.fault = () => null;
    stripe.asked.length = 0;
    const { tree } = await pull(`killed-${stop}`);
    expect(tree).toEqual(calm);
    if (stop > 5) expect(stripe.asked.length).toBeLessThan(calmRequests);
  }
});
