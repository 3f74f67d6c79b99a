/** Months pulled from a site give the figures of the same book written by hand, whatever happens on the way. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLocalWorld } from '../../../functions/compose-local.ts';
import { openSnapshots, openSource } from '../../../functions/compose-sources.ts';
import { defaultConfig } from '../../../functions/core/config.ts';
import { parseMonth } from '../../../functions/core/month.ts';
import type { Report } from '../../../functions/core/report.ts';
import { runMonth, type World } from '../../../functions/pipeline.ts';
import { writeFiles } from '../../pipeline/book.ts';
import { treeOf } from '../../pipeline/folder.ts';
import { apiKey, type ChargebeeServer, type Fault, startChargebee } from '../../servers/chargebee.ts';
import { pulls, siteAt } from './book.ts';
import { byHand, rates } from './by-hand.ts';
import { at, coupon, invoice, lineItem, planItem, subscription } from './objects.ts';

const address = 'chargebee:?site=acme';
const november = '2026-11-02T06:00:00Z';

let root: string;
let chargebee: ChargebeeServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'chargebee-'));
  chargebee = await startChargebee(siteAt(november), 7);
});

afterEach(async () => {
  await chargebee.close();
  await rm(root, { recursive: true, force: true });
});

type Settings = { readonly home?: string; readonly now?: string; readonly again?: boolean; readonly key?: string };

/** A home with rates in its inbox: the tables of a month have none. */
const withRates = async (home: string, month: string): Promise<void> => {
  await mkdir(join(root, home, 'inbox/chargebee', month), { recursive: true });
  await writeFile(join(root, home, 'inbox/chargebee', month, 'fx.csv'), rates);
};

const inWorld = <T>(
  { home = 'home', now = november, key = apiKey }: Settings,
  notes: string[],
  work: (world: World, options: Parameters<typeof withLocalWorld>[0]) => Promise<T>,
) => {
  const options = {
    home: join(root, home),
    dryRun: false,
    environment: { SOURCE_DATE_EPOCH: `${at(now)}`, CHARGEBEE_API_KEY: key, RETENTION_CHARGEBEE_URL: chargebee.url },
    progress: () => {},
    note: (text: string) => notes.push(text),
  };
  return withLocalWorld(options, (world) => work(world, options));
};

const pull = async (month: string, settings: Settings = {}, source = address): Promise<string[]> => {
  const notes: string[] = [];
  const { again = false } = settings;
  await inWorld(settings, notes, (world, options) =>
    openSource({ ...options, address: source, months: [parseMonth(month)], timeZone: 'UTC', again }, world),
  );
  return notes;
};

const run = (month: string, source: string, home: string) =>
  inWorld({ home }, [], async (world) => {
    const snapshots = await openSnapshots(source, world.store);
    return (await runMonth(parseMonth(month), snapshots.source, defaultConfig, null, world)).report;
  });

const monthTree = (home: string, month: string) => treeOf(join(root, home, 'inbox/chargebee', month));

const rowsOf = async (month: string, table: string): Promise<Record<string, string>[]> => {
  const path = join(root, 'home/inbox/chargebee', month, table, 'part-00001.ndjson');
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
};

const controlOf = async (month: string): Promise<unknown> =>
  JSON.parse(await readFile(join(root, 'home/inbox/chargebee', month, 'control.json'), 'utf8'));

/** What the book by hand cannot say: notes of a source, and the invoices behind its lines, which are told below. */
const asByHand = ({ windows, ...report }: Report): unknown => ({
  ...report,
  sourceNotes: [],
  windows: Object.values(windows).map((window) => window && { ...window, traced: null, tracedShare: null }),
});

it('gives exactly the report of the same book written as contract files, over fourteen months', async () => {
  await writeFiles(join(root, 'billing'), byHand);
  await withRates('home', '2025-09');
  for (const [month, now] of pulls) {
    chargebee.site = siteAt(now);
    await pull(month, { now });
  }
  // A report tells all windows of every month before it in its trend.
  for (const month of ['2026-09', '2026-10']) {
    const pulled = await run(month, join(root, 'home/inbox/chargebee'), 'home');
    const written = await run(month, join(root, 'billing'), 'other');
    expect(asByHand(pulled)).toEqual(asByHand(written));
    expect(pulled.windows.ttm).not.toBeNull();
    // Every month told what it put back.
    expect(pulled.sourceNotes[0]).toEqual({ month, note: expect.stringContaining('were put back') });
  }
}, 240_000);

describe('a pull', () => {
  it('says what it put back, and writes totals that it counted itself', async () => {
    expect(await pull('2026-10')).toEqual([
      '2026-10 from Chargebee: 6 of 14 lines changed since the month’s end and were put back from Chargebee’s events',
    ]);
    expect(await controlOf('2026-10')).toEqual({
      lines: 14,
      mrr: { EUR: '100.0000', JPY: '12000.0000', KWD: '5.1200', USD: '880.0000' },
      notes: [expect.stringContaining('6 of 14 lines changed')],
    });
  });

  it('of a month that is older than the events says how many lines may differ', async () => {
    const since = at(november) - 90 * 24 * 60 * 60;
    const { site } = chargebee;
    chargebee.site = { ...site, events: site.events.filter(({ occurred_at: when }) => Number(when) >= since) };
    expect(await pull('2026-05')).toEqual([expect.stringContaining('16 of 16 lines may differ from the month’s end')]);
  });

  it('of a month long ago puts back what events before it still tell', async () => {
    expect(await pull('2026-05')).toEqual(
      [
        expect.stringContaining('1 of 15 lines may differ'),
        expect.stringContaining('14 of 15 lines changed since the month’s end and were put back'),
      ].reverse(),
    );
    const lines = await rowsOf('2026-05', 'lines');
    expect(lines.find(({ subscription_id: id }) => id === 'sub_birch')).toMatchObject({
      quantity: '8',
      mrr: '160.0000',
    });
  });

  it('names on each line the newest invoice that has it, however long ago that was', async () => {
    await pull('2026-10');
    const lines = await rowsOf('2026-10', 'lines');
    const invoices = new Map(
      lines.map(({ subscription_id, item_id, invoice_id }) => [`${subscription_id} ${item_id}`, invoice_id]),
    );
    expect(invoices.get('sub_elm core-month')).toBe('in_elm_2026-10');
    expect(invoices.get('sub_lark support-month')).toBe('in_lark_2026-10');
    expect(invoices.get('sub_atlas core-year')).toBe('in_atlas_2026-09');
    await pull('2026-08', { now: '2026-09-02T06:00:00Z' });
    const earlier = await rowsOf('2026-08', 'lines');
    expect(earlier.find(({ subscription_id: id }) => id === 'sub_atlas')?.invoice_id).toBe('in_atlas_2025-09');
  });

  it('that is done is not done again unless it is asked for; then the rates stay', async () => {
    await withRates('home', '2026-10');
    await pull('2026-10');
    const [asked, tree] = [chargebee.asked.length, await monthTree('home', '2026-10')];
    expect(Object.keys(tree)).toContain('fx.csv');
    await pull('2026-10');
    expect(chargebee.asked).toHaveLength(asked);
    await pull('2026-10', { again: true });
    expect(chargebee.asked.length).toBe(asked * 2);
    expect(await monthTree('home', '2026-10')).toEqual(tree);
  });

  it('reads the same of events that come twice and of lists that come in another order', async () => {
    await pull('2026-10');
    const tree = await monthTree('home', '2026-10');
    const { site } = chargebee;
    const twice = site.events.map((event, place) => ({ ...event, id: `${event.id}_${place % 3}` }));
    chargebee.site = { ...site, events: [...site.events, ...twice].reverse(), invoices: [...site.invoices].reverse() };
    await pull('2026-10', { home: 'other' });
    expect(await monthTree('other', '2026-10')).toEqual(tree);
  });

  it('asks for nothing earlier where nothing changed since', async () => {
    chargebee.site = { ...chargebee.site, events: [] };
    await pull('2026-10');
    expect(chargebee.asked.filter((path) => path.startsWith('/api/v2/events'))).toHaveLength(1);
  });

  it('stops looking for earlier states when it has found all', async () => {
    await pull('2026-10');
    const asked = chargebee.asked.filter((path) => /events.*desc/.test(path)).length;
    const before = chargebee.site.events.filter(({ occurred_at: when }) => Number(when) < at('2026-11-01T00:00:00Z'));
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(before.length / 7);
  });

  it('puts the state of a discount and of a tax back, too, and counts what it cannot', async () => {
    const created = at('2026-06-01');
    const one = (id: string, changes: object) => ({ ...subscription(), id, created_at: created, ...changes });
    const long = { updated_at: at('2026-06-01') };
    chargebee.site = {
      ...chargebee.site,
      events: [],
      coupons: [{ ...coupon(), id: 'coupon_1' }],
      subscriptions: [
        one('sub_a', { ...long, coupons: [{ coupon_id: 'coupon_1' }, { coupon_id: 'gone' }] }),
        one('sub_b', { ...long, mrr: 5_000, subscription_items: [planItem({ amount: 11_900 })] }),
        one('sub_c', long),
      ],
      invoices: [
        {
          ...invoice({ price_type: 'tax_inclusive', date: at('2026-10-15') }),
          id: 'in_b',
          subscription_id: 'sub_b',
          line_items: [lineItem({ subscription_id: 'sub_b', amount: 11_900, tax_amount: 1_900, is_taxed: true })],
        },
      ],
    };
    expect(await pull('2026-10')).toEqual([
      '2026-10 from Chargebee: 1 of 3 lines had a discount that Chargebee does not tell; none was taken off',
      '2026-10 from Chargebee: 2 of 3 lines may include tax that no invoice tells; it was left in',
      '2026-10 from Chargebee: 3 of 3 lines have an item price that is gone from the catalog; it stands for the product',
      '2026-10 from Chargebee: 1 of 1 subscriptions have another MRR in Chargebee, which is not used',
    ]);
    expect(await controlOf('2026-10')).toMatchObject({ lines: 3, mrr: { USD: '290.0000' } });
  });

  it('writes its key nowhere, and names of customers into no state', async () => {
    const notes = await pull('2026-10');
    const state = await readFile(join(root, 'home/inbox/chargebee-raw/2026-10.pull.json'), 'utf8');
    expect(`${notes}${state}`).not.toMatch(/ATLAS|atlas@/);
    const files = Object.keys(await treeOf(root));
    const encoded = Buffer.from(`${apiKey}:`).toString('base64');
    for (const file of files) {
      const bytes = await readFile(join(root, file));
      expect([bytes.includes(apiKey), bytes.includes(encoded)]).toEqual([false, false]);
    }
    expect(files.filter((file) => file.startsWith('home/inbox/chargebee-raw/2026-10/pull=1/')).length).toBeGreaterThan(
      10,
    );
  });
});

describe('a refusal', () => {
  it.each<[told: string, fault: Fault, code: string]>([
    ['of the key', { status: 401 }, 'CHARGEBEE_KEY'],
    ['of a permission', { status: 403 }, 'CHARGEBEE_PERMISSION'],
    ['of a request', { status: 400 }, 'CHARGEBEE_REFUSED'],
    ['of a site that is not there', { status: 404 }, 'CHARGEBEE_SITE'],
  ])('%s ends the pull, is named, and quotes nothing', async (_, fault, code) => {
    chargebee.fault = (number) => (number === 3 ? fault : null);
    const failed = await pull('2026-10').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code, kind: 'dependency' });
    expect(`${failed} ${JSON.stringify(failed)}`).not.toContain(apiKey);
    expect(await monthTree('home', '2026-10')).toEqual({});
  });

  it('of another key quotes neither', async () => {
    const failed = await pull('2026-10', { key: 'live_other' }).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'CHARGEBEE_KEY' });
    expect(`${failed} ${JSON.stringify(failed)}`).not.toContain('live_other');
  });

  it('is the pull’s own of a site that tells plans, at its first page', async () => {
    const { subscription_items: _, ...plain } = subscription();
    const plans = { ...plain, id: 'sub_1', plan_id: 'basic', plan_quantity: 1, plan_unit_price: 100 };
    chargebee.site = { ...chargebee.site, subscriptions: [plans] };
    await expect(pull('2026-10')).rejects.toMatchObject({ code: 'CHARGEBEE_CATALOG' });
    expect(chargebee.asked.length).toBeLessThan(20);
  });

  it('is the pull’s own of an object that cannot be read: it names the field and no customer', async () => {
    const odd = { id: 'Secret-Ltd', company: 'Secret Ltd', relationship: 'Secret Ltd', created_at: 1 };
    chargebee.site = { ...chargebee.site, customers: [odd] };
    const failed = await pull('2026-10').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'CHARGEBEE_SHAPE', message: expect.stringContaining('relationship') });
    expect(`${failed} ${JSON.stringify(failed)}`).not.toContain('Secret');
  });

  it('leaves what was kept: the next pull goes on and gives the same bytes', async () => {
    await pull('2026-10', { home: 'calm' });
    const calm = chargebee.asked.length;
    for (let stop = 2; stop < calm; stop += 11) {
      const home = `stopped-${stop}`;
      chargebee.asked.length = 0;
      chargebee.fault = (number) => (number === stop ? { status: 400 } : null);
      await expect(pull('2026-10', { home })).rejects.toThrow();
      expect(await monthTree(home, '2026-10')).toEqual({});
      chargebee.fault = () => null;
      // An hour later: what is told of the pull is when it began.
      await pull('2026-10', { home, now: '2026-11-02T07:00:00Z' });
      expect(await monthTree(home, '2026-10')).toEqual(await monthTree('calm', '2026-10'));
      // What was under way when it failed is asked for once more, and nothing else.
      expect(chargebee.asked.length).toBeLessThanOrEqual(calm + 5);
    }
  });
});
