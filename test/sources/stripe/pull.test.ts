/** Months pulled from an account give the figures of the same book written by hand, whatever happens on the way. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLocalWorld } from '../../../functions/compose-local.ts';
import { openSnapshots, openSource } from '../../../functions/compose-sources.ts';
import { defaultConfig } from '../../../functions/core/config.ts';
import { parseMonth } from '../../../functions/core/month.ts';
import { runMonth, type World } from '../../../functions/pipeline.ts';
import { writeFiles } from '../../pipeline/book.ts';
import { treeOf } from '../../pipeline/folder.ts';
import { apiKey, type Fault, type StripeServer, startStripe } from '../../servers/stripe.ts';
import { accountAt, byHand, months, pulledOn, rates } from './book.ts';
import { at, coupon, discount, item, price, subscription } from './objects.ts';

const address = 'stripe:?parent=group';
const [august, november] = [pulledOn('2026-08'), pulledOn('2026-10')];

let root: string;
let stripe: StripeServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'stripe-'));
  stripe = await startStripe(accountAt(november), 3);
});

afterEach(async () => {
  await stripe.close();
  await rm(root, { recursive: true, force: true });
});

type At = { readonly home?: string; readonly now?: string; readonly again?: boolean; readonly key?: string };

/** A home with rates in its inbox: Stripe has none. */
const withRates = async (home: string, month = '2025-09'): Promise<void> => {
  await mkdir(join(root, home, 'inbox/stripe', month), { recursive: true });
  await writeFile(join(root, home, 'inbox/stripe', month, 'fx.csv'), rates);
};

const inWorld = <T>(
  { home = 'home', now = november, key = apiKey }: At,
  notes: string[],
  work: (world: World, options: Parameters<typeof withLocalWorld>[0]) => Promise<T>,
) => {
  const options = {
    home: join(root, home),
    dryRun: false,
    environment: { SOURCE_DATE_EPOCH: `${at(now)}`, STRIPE_API_KEY: key, RETENTION_STRIPE_URL: stripe.url },
    progress: () => {},
    note: (text: string) => notes.push(text),
  };
  return withLocalWorld(options, (world) => work(world, options));
};

const pull = async (month: string, settings: At = {}): Promise<string[]> => {
  const notes: string[] = [];
  const { again = false } = settings;
  await inWorld(settings, notes, (world, options) =>
    openSource({ ...options, address, months: [parseMonth(month)], timeZone: 'UTC', again }, world),
  );
  return notes;
};

const run = (month: string, source: string, home: string) =>
  inWorld({ home }, [], async (world) => {
    const snapshots = await openSnapshots(source, world.store);
    return (await runMonth(parseMonth(month), snapshots.source, defaultConfig, null, world)).report;
  });

const monthTree = (home: string, month: string) => treeOf(join(root, home, 'inbox/stripe', month));

it('fourteen months give exactly the report of the same book written as contract files', async () => {
  await writeFiles(join(root, 'billing'), byHand);
  await withRates('home');
  for (const month of months) {
    stripe.account = accountAt(pulledOn(month));
    await pull(month, { now: pulledOn(month) });
  }
  const pulled = await run('2026-10', join(root, 'home/inbox/stripe'), 'home');
  const written = await run('2026-10', join(root, 'billing'), 'other');
  expect({ ...pulled, sourceNotes: [] }).toEqual(written);
  // The trend has every month that another one is behind, three are, and twelve are.
  expect(pulled.trend).toHaveLength(13 + 11 + 2);
  expect(pulled.sourceNotes.map(({ month, note }) => `${month} ${note.slice(0, 31)}`)).toEqual([
    '2026-10 3 of 10 lines changed since the',
    '2026-09 1 of 12 lines changed since the',
  ]);
}, 180_000);

describe('a pull', () => {
  it('says what it put back, and writes totals that it counted itself', async () => {
    expect(await pull('2026-10')).toEqual([
      '2026-10 from Stripe: 3 of 10 lines changed since the month’s end and were put back from Stripe’s events',
    ]);
    const control: unknown = JSON.parse(await readFile(join(root, 'home/inbox/stripe/2026-10/control.json'), 'utf8'));
    expect(control).toEqual({
      lines: 10,
      mrr: { EUR: '150.0000', JPY: '12000.0000', USD: '710.0000' },
      notes: ['3 of 10 lines changed since the month’s end and were put back from Stripe’s events'],
    });
  });

  it('of a month that is older than the events says how many lines may differ', async () => {
    expect(await pull('2026-08')).toEqual([expect.stringContaining('11 of 11 lines may differ from the month’s end')]);
  });

  it('reads and does nothing else, of a month that is over', async () => {
    await pull('2026-10');
    expect(stripe.asked.length).toBeGreaterThan(10);
    await expect(pull('2026-10', { home: 'early', now: '2026-10-31T23:59:59Z' })).rejects.toThrow('is not over');
  });

  it('that is done is not done again unless it is asked for; then the rates stay', async () => {
    await withRates('home', '2026-08');
    await pull('2026-08', { now: august });
    const [asked, tree] = [stripe.asked.length, await monthTree('home', '2026-08')];
    expect(Object.keys(tree)).toContain('fx.csv');
    await pull('2026-08', { now: august });
    expect(stripe.asked).toHaveLength(asked);
    await pull('2026-08', { now: august, again: true });
    expect(stripe.asked.length).toBe(asked * 2);
    expect(await monthTree('home', '2026-08')).toEqual(tree);
  });

  it('whose month was removed makes it again of the kept pages', async () => {
    await pull('2026-08', { now: august });
    const [asked, tree] = [stripe.asked.length, await monthTree('home', '2026-08')];
    await rm(join(root, 'home/inbox/stripe/2026-08'), { recursive: true });
    await pull('2026-08', { now: august });
    expect(stripe.asked).toHaveLength(asked);
    expect(await monthTree('home', '2026-08')).toEqual(tree);
  });

  it('has every item of a subscription that has more than its page tells, with their tiers and coupons', async () => {
    const created = at('2026-06-01T00:00:00Z');
    const tiers = [{ up_to: null, unit_amount_decimal: '700' }];
    const tiered = price({ id: 'price_late', billing_scheme: 'tiered', tiers_mode: 'volume' });
    const items = Array.from({ length: 25 }, (_, number) => ({
      ...item({ id: `si_${number}`, subscription: 'sub_long', price: number === 24 ? tiered : price() }),
      ...(number === 23 ? { discounts: [discount({}, { source: { coupon: 'late' } })] } : {}),
      id: `si_${number}`,
      created,
    }));
    const long = subscription({ id: 'sub_long', items: items.slice(0, 10) });
    const more = { ...long, id: 'sub_long', created, items: { data: items.slice(0, 10), has_more: true } };
    stripe.account = {
      ...stripe.account,
      subscriptions: [more],
      events: [],
      prices: [{ ...tiered, tiers, id: 'price_late', created }],
      coupons: [{ ...coupon({ id: 'late', percent_off: 50 }), id: 'late', created }],
      subscription_items: items,
    };
    expect(await pull('2026-10')).toEqual([]);
    const control: unknown = JSON.parse(await readFile(join(root, 'home/inbox/stripe/2026-10/control.json'), 'utf8'));
    expect(control).toEqual({ lines: 25, mrr: { USD: '2357.0000' } });
  });

  it('takes a price in the currency that its subscription is paid in', async () => {
    const created = at('2026-06-01T00:00:00Z');
    const flat = price({ id: 'price_flat', unit_amount: 10_000, unit_amount_decimal: '10000' });
    const tiered = price({ id: 'price_tiers', billing_scheme: 'tiered', tiers_mode: 'volume' });
    const paidIn = (id: string, currency: string, of: typeof flat) => ({
      ...subscription({ id, currency, items: [item({ subscription: id, price: of, quantity: 2 })] }),
      id,
      created,
    });
    const options = {
      price_flat: { eur: { unit_amount: 9000, unit_amount_decimal: '9000' }, jpy: { unit_amount: 15_000 } },
      price_tiers: { eur: { tiers: [{ up_to: null, unit_amount_decimal: '250.5' }] } },
    };
    stripe.account = {
      ...stripe.account,
      subscriptions: [
        paidIn('sub_usd', 'usd', flat),
        paidIn('sub_eur', 'eur', flat),
        paidIn('sub_jpy', 'jpy', flat),
        paidIn('sub_tiers', 'eur', tiered),
      ],
      events: [],
      prices: [
        { ...flat, id: 'price_flat', created, currency_options: options.price_flat },
        {
          ...tiered,
          id: 'price_tiers',
          created,
          tiers: [{ up_to: null, unit_amount_decimal: '700' }],
          currency_options: options.price_tiers,
        },
      ],
    };
    await pull('2026-10');
    const control: unknown = JSON.parse(await readFile(join(root, 'home/inbox/stripe/2026-10/control.json'), 'utf8'));
    expect(control).toMatchObject({
      lines: 4,
      mrr: { EUR: '185.0100', JPY: '30000.0000', USD: '200.0000' },
    });
  });

  it('refuses a price without an amount in the currency that its subscription is paid in', async () => {
    const created = at('2026-06-01T00:00:00Z');
    const flat = { ...price({ id: 'price_flat' }), id: 'price_flat', created };
    const paid = subscription({
      id: 'sub_eur',
      currency: 'eur',
      items: [item({ subscription: 'sub_eur', price: flat })],
    });
    stripe.account = {
      ...stripe.account,
      subscriptions: [{ ...paid, id: 'sub_eur', created }],
      events: [],
      prices: [flat],
    };
    await expect(pull('2026-10')).rejects.toMatchObject({
      code: 'STRIPE_PRICE',
      message: "Stripe's price price_flat has no amount in EUR, which a subscription to it is paid in",
    });
  });

  it('is looked at by a check with the settings that it was pulled with, and no others', async () => {
    const look = (asked: string) =>
      inWorld({}, [], (world, options) =>
        openSource(
          { ...options, dryRun: true, address: asked, months: [parseMonth('2026-10')], timeZone: 'UTC', again: false },
          world,
        ),
      );
    await expect(look(address)).rejects.toMatchObject({
      message: '2026-10 has not been pulled from Stripe yet',
      hint: expect.stringContaining(`--source '${address}'`),
    });
    await pull('2026-10');
    await expect(look('stripe:')).rejects.toThrow(`2026-10 was pulled from "${address}"`);
    expect((await look(address)).source.months).toContain('2026-10');
  });

  it('writes its key nowhere', async () => {
    await pull('2026-10');
    const files = Object.keys(await treeOf(root));
    for (const file of files) expect((await readFile(join(root, file))).includes(apiKey)).toBe(false);
    expect(files.filter((file) => file.startsWith('home/inbox/stripe-raw/2026-10/pull=1/')).length).toBeGreaterThan(10);
  });
});

describe('a refusal', () => {
  it.each<[told: string, fault: Fault, code: string]>([
    ['of the key', { status: 401 }, 'STRIPE_KEY'],
    ['of a permission', { status: 403 }, 'STRIPE_PERMISSION'],
    ['of a request', { status: 400 }, 'STRIPE_REFUSED'],
  ])('%s ends the pull, is named, and quotes nothing', async (_, fault, code) => {
    stripe.fault = (number) => (number === 3 ? fault : null);
    const failed = await pull('2026-10').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code, kind: 'dependency' });
    expect(`${failed} ${JSON.stringify(failed)}`).not.toContain(apiKey);
    expect(await monthTree('home', '2026-10')).toEqual({});
  });

  it('before the events were asked for leaves lines that may differ when they are asked for too late', async () => {
    stripe.fault = () => (stripe.asked.some((asked) => `${asked}`.includes('/v1/charges')) ? { status: 400 } : null);
    await expect(pull('2026-10')).rejects.toThrow();
    stripe.fault = () => null;
    expect(await pull('2026-10', { now: '2026-12-05T06:00:00Z' })).toEqual([
      expect.stringContaining('10 of 10 lines may differ'),
    ]);
  });

  it('leaves what was kept: the next pull goes on and gives the same bytes', async () => {
    await pull('2026-10', { home: 'calm' });
    const calm = stripe.asked.length;
    for (let stop = 2; stop < calm; stop += 5) {
      const home = `stopped-${stop}`;
      stripe.asked.length = 0;
      stripe.fault = (number) => (number === stop ? { status: 400 } : null);
      await expect(pull('2026-10', { home })).rejects.toThrow();
      expect(await monthTree(home, '2026-10')).toEqual({});
      stripe.fault = () => null;
      // An hour later: what is told of the pull is when it began.
      await pull('2026-10', { home, now: '2026-11-02T07:00:00Z' });
      expect(await monthTree(home, '2026-10')).toEqual(await monthTree('calm', '2026-10'));
      // What was under way when it failed is asked for once more, and nothing else.
      expect(stripe.asked.length).toBeLessThanOrEqual(calm + 5);
    }
  });
});
