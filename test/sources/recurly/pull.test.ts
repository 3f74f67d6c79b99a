/** Months pulled from a site give the figures of the same book written by hand, whatever happens on the way. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { folderObjectStore } from '../../../functions/adapters/folder-object-store.ts';
import { type LocalOptions, withLocalWorld } from '../../../functions/compose-local.ts';
import { openSnapshots, openSource } from '../../../functions/compose-sources.ts';
import { defaultConfig } from '../../../functions/core/config.ts';
import { exact } from '../../../functions/core/money.ts';
import { parseMonth } from '../../../functions/core/month.ts';
import { runMonth, type World } from '../../../functions/pipeline.ts';
import { pullMonth } from '../../../functions/sources/billing/pull-month.ts';
import { recurly as vendor } from '../../../functions/sources/recurly/vendor.ts';
import { writeFiles } from '../../pipeline/book.ts';
import { treeOf } from '../../pipeline/folder.ts';
import { apiKey, type Fault, type Raw, type RecurlyServer, startRecurly } from '../../servers/recurly.ts';
import { months, pulledAt, siteAt } from './book.ts';
import { byHand, handLines, rates } from './by-hand.ts';
import { at, line } from './objects.ts';

const november = '2026-11-02T06:00:00Z';

let root: string;
let recurly: RecurlyServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'recurly-'));
  recurly = await startRecurly(siteAt(november), 25);
});

afterEach(async () => {
  await recurly.close();
  await rm(root, { recursive: true, force: true });
});

type At = {
  readonly home?: string;
  readonly now?: string;
  readonly again?: boolean;
  readonly key?: string;
  readonly address?: string;
};

/** A home with rates in its inbox: Recurly has none. */
const withRates = async (home: string): Promise<void> => {
  await mkdir(join(root, home, 'inbox/recurly/2025-09'), { recursive: true });
  await writeFile(join(root, home, 'inbox/recurly/2025-09/fx.csv'), rates);
};

const inWorld = <T>(home: string, work: (world: World, options: LocalOptions) => Promise<T>) => {
  const options = {
    home: join(root, home),
    dryRun: false,
    environment: { SOURCE_DATE_EPOCH: `${at(november)}`, RECURLY_API_KEY: apiKey, RETENTION_RECURLY_URL: recurly.url },
    progress: () => {},
    note: () => {},
  };
  return withLocalWorld(options, (world) => work(world, options));
};

/** Pulls a month as a run does, and returns what it has to say. */
const pull = async (
  month: string,
  { home = 'home', now = november, again = false, key = apiKey, address = 'recurly:' }: At = {},
): Promise<readonly string[]> => {
  const dir = join(root, home);
  const source = await vendor.open(address, { apiKey: key, url: recurly.url });
  const { notes } = await pullMonth(source, {
    month: parseMonth(month),
    timeZone: 'UTC',
    address,
    home: dir,
    store: folderObjectStore(dir),
    now: () => new Date(now),
    again,
    progress: () => {},
  });
  return notes;
};

const run = (month: string, source: string, home: string) =>
  inWorld(home, async (world) => {
    const snapshots = await openSnapshots(source, world.store);
    return (await runMonth(parseMonth(month), snapshots.source, defaultConfig, null, world)).report;
  });

const inbox = (month: string, home = 'home') => join(root, home, 'inbox/recurly', month);
const monthTree = (home: string, month: string) => treeOf(inbox(month, home));

type Row = Record<string, string>;

const rowsOf = async (table: string, month: string, home = 'home'): Promise<Row[]> => {
  const dir = join(inbox(month, home), table);
  const parts = await readdir(dir).catch(() => []);
  const texts = await Promise.all(parts.sort().map((part) => readFile(join(dir, part), 'utf8')));
  return texts.flatMap((text) => text.trim().split('\n')).map((line) => JSON.parse(line) as Row);
};

/** Lines of a month as the book has them by hand. */
const linesOf = async (month: string, home = 'home'): Promise<string[]> =>
  (await rowsOf('lines', month, home))
    .map((row) =>
      [
        row.customer_id,
        row.subscription_id,
        row.item_id,
        row.product,
        row.currency,
        exact(row.mrr ?? '').toFixed(),
        row.status,
        row.invoice_id ?? '',
      ].join(','),
    )
    .sort();

it('gives exactly the report of the same book written as contract files', async () => {
  await writeFiles(join(root, 'billing'), byHand());
  await withRates('home');
  for (const month of months) {
    recurly.site = siteAt(pulledAt(month));
    await pull(month, { now: pulledAt(month) });
    expect([month, ...(await linesOf(month))]).toEqual([month, ...handLines(month).sort()]);
  }
  // The report of the last month has every earlier one in its trend.
  const pulled = await run('2026-10', join(root, 'home/inbox/recurly'), 'home');
  // Only a source can say what it could not know.
  expect({ ...pulled, sourceNotes: [] }).toEqual(await run('2026-10', join(root, 'billing'), 'other'));
  expect(pulled.sourceNotes).toContainEqual({ month: '2026-10', note: '1 of 20 lines are for usage and count 0' });
  expect(pulled.windows.ttm?.openingMonth).toBe('2025-10');
  expect(pulled.trend.length).toBeGreaterThan(20);
}, 180_000);

it('is a source that a command opens by its address', async () => {
  await withRates('home');
  await inWorld('home', (world, options) =>
    openSource(
      { ...options, address: 'recurly:', months: [parseMonth('2026-10')], timeZone: 'UTC', again: false },
      world,
    ),
  );
  expect(await linesOf('2026-10')).toEqual(handLines('2026-10').sort());
});

describe('a pull', () => {
  it('says what it put back, and writes totals that it counted itself', async () => {
    const notes = [
      '1 of 20 lines changed since the month’s end and are as the invoices of that time say',
      '1 of 20 lines are for usage and count 0',
    ];
    expect(await pull('2026-10')).toEqual(notes);
    const control: unknown = JSON.parse(await readFile(join(inbox('2026-10'), 'control.json'), 'utf8'));
    expect(control).toEqual({
      lines: 20,
      mrr: { EUR: '305.0000', JPY: '12000.0000', KWD: '12.3450', USD: '978.3333' },
      notes,
    });
  });

  it('of a month long ago gives what dates and invoices tell, and counts what they do not', async () => {
    const unpaid = '2 subscriptions ended with their trial or gift, unpaid: they are no churn';
    expect(await pull('2026-02')).toEqual([
      '4 of 26 lines changed since the month’s end and are as the invoices of that time say',
      '1 of 26 lines are for usage and count 0',
    ]);
    expect(await linesOf('2026-02')).toEqual(handLines('2026-02').sort());
    expect(await pull('2026-03')).toEqual([
      '4 of 24 lines changed since the month’s end and are as the invoices of that time say',
      '1 of 24 lines may differ from the month’s end: the subscription changed since, and no invoice says what it was',
      '1 of 24 lines are for usage and count 0',
      unpaid,
    ]);
    // A pause that is over is on no record.
    const wasPaused = (line: string) => line.startsWith('acc_gale');
    expect((await linesOf('2026-03')).filter((line) => !wasPaused(line))).toEqual(
      handLines('2026-03')
        .filter((line) => !wasPaused(line))
        .sort(),
    );
  });

  it('reads and does nothing else, of a month that is over', async () => {
    await pull('2026-10');
    expect(recurly.asked.length).toBeGreaterThan(10);
    await expect(pull('2026-10', { home: 'early', now: '2026-10-31T23:59:59Z' })).rejects.toThrow('is not over');
  });

  it('that is done is not done again unless it is asked for; then the rates stay', async () => {
    await withRates('home');
    await pull('2025-09');
    const [asked, tree] = [recurly.asked.length, await monthTree('home', '2025-09')];
    expect(Object.keys(tree)).toContain('fx.csv');
    await pull('2025-09');
    expect(recurly.asked).toHaveLength(asked);
    await pull('2025-09', { again: true });
    expect(recurly.asked.length).toBe(asked * 2);
    expect(await monthTree('home', '2025-09')).toEqual(tree);
  });

  it('takes an object that two pages tell once', async () => {
    await pull('2026-10', { home: 'calm' });
    const { subscriptions, accounts, invoices } = recurly.site;
    const doubled = <T extends { created_at: string }>(list: readonly T[]): T[] => list.flatMap((one) => [one, one]);
    recurly.site = {
      ...recurly.site,
      subscriptions: doubled(subscriptions),
      accounts: doubled(accounts),
      invoices: doubled(invoices),
    };
    await pull('2026-10', { home: 'doubled' });
    expect(await monthTree('doubled', '2026-10')).toEqual(await monthTree('calm', '2026-10'));
  });

  it('averages usage that was invoiced where the address says so', async () => {
    const usage = (invoice: string, when: string, subtotal: number, type = 'charge') =>
      line({
        invoice_id: invoice,
        id: `line_${when}_${type}`,
        type,
        origin: 'add_on',
        subscription_id: 'sub_tern',
        add_on_code: 'calls',
        subtotal,
        start_date: `2026-0${when}-10T12:00:00Z`,
        end_date: `2026-0${when}-10T12:00:00Z`,
      });
    const { invoices } = recurly.site;
    const added: Readonly<Record<string, readonly Raw[]>> = {
      'inv_tern_2026-08-10': [usage('inv_tern_2026-08-10', '7', 30.25)],
      'inv_tern_2026-09-10': [
        usage('inv_tern_2026-09-10', '8', 20.5),
        usage('inv_tern_2026-09-10', '8', -5.5, 'credit'),
      ],
      // Of the time before the three months.
      'inv_tern_2026-07-10': [usage('inv_tern_2026-07-10', '6', 1000)],
    };
    recurly.site = {
      ...recurly.site,
      invoices: invoices.map((invoice) => ({
        ...invoice,
        line_items: [...(invoice.line_items as Raw[]), ...(added[invoice.id] ?? [])],
      })),
    };
    const notes = await pull('2026-10', { address: 'recurly:?metered=average' });
    expect(notes).toContain('1 of 20 lines are for usage and count a month’s average of what three months invoiced');
    const rows = await rowsOf('lines', '2026-10');
    expect(rows.find(({ product }) => product === 'calls')).toMatchObject({
      mrr: '15.0833',
      pricing_model: 'usage',
      plan: 'Calls (monthly average of three months invoiced)',
    });
  });

  it('of usage that was paid back beyond what was invoiced counts 0 and says so', async () => {
    const back = line({
      invoice_id: 'inv_tern_2026-09-10',
      id: 'line_back',
      type: 'credit',
      origin: 'add_on',
      subscription_id: 'sub_tern',
      add_on_code: 'calls',
      subtotal: -5.5,
    });
    recurly.site = {
      ...recurly.site,
      invoices: recurly.site.invoices.map((invoice) =>
        invoice.id === back.invoice_id ? { ...invoice, line_items: [...(invoice.line_items as Raw[]), back] } : invoice,
      ),
    };
    const notes = await pull('2026-10', { address: 'recurly:?metered=average' });
    expect(notes).toContain('1 of 20 lines are metered, had more paid back than three months invoiced, and count 0');
    const rows = await rowsOf('lines', '2026-10');
    expect(rows.find(({ product }) => product === 'calls')).toMatchObject({ mrr: '0.0000' });
  });

  it('has parents, dimensions and opportunities as the address says', async () => {
    const { accounts, subscriptions } = recurly.site;
    recurly.site = {
      ...recurly.site,
      accounts: accounts.map((one) => ({
        ...one,
        custom_fields: [
          { name: 'plan', value: 'Team' },
          { name: 'name', value: 'not a name' },
          { name: 'region', value: '=EU' },
        ],
      })),
      subscriptions: subscriptions.map((one) => ({ ...one, custom_fields: [{ name: 'deal', value: 'opp 1' }] })),
    };
    await pull('2026-10', { address: 'recurly:?hierarchy=all&dimensions=region&opportunity=deal' });
    const customers = await rowsOf('customers', '2026-10');
    const yarrow = customers.find(({ customer_id: id }) => id === 'acc_yarrow');
    expect(yarrow).toEqual({ customer_id: 'acc_yarrow', name: 'YARROW', account_id: 'acc_atlas', region: '=EU' });
    expect((await rowsOf('lines', '2026-10')).every(({ opportunity_id: deal }) => deal === 'opp 1')).toBe(true);
  });

  it('writes its key nowhere', async () => {
    await pull('2026-10');
    const files = Object.keys(await treeOf(root));
    const written = [apiKey, Buffer.from(`${apiKey}:`).toString('base64')];
    for (const file of files) {
      const bytes = await readFile(join(root, file));
      expect(written.filter((secret) => bytes.includes(secret))).toEqual([]);
    }
    expect(files.filter((file) => file.startsWith('home/inbox/recurly-raw/2026-10/pull=1/')).length).toBeGreaterThan(
      10,
    );
  });
});

describe('a refusal', () => {
  it.each<[told: string, fault: Fault, code: string]>([
    ['of the key', { status: 401 }, 'RECURLY_KEY'],
    ['of a permission', { status: 403 }, 'RECURLY_PERMISSION'],
    ['of a request', { status: 400 }, 'RECURLY_REFUSED'],
  ])('%s ends the pull, is named, and quotes nothing', async (_, fault, code) => {
    recurly.fault = (number) => (number === 3 ? fault : null);
    const failed = await pull('2026-10').catch((error: unknown) => error);
    expect(failed).toMatchObject({ code, kind: 'dependency' });
    expect(`${failed} ${JSON.stringify(failed)}`).not.toContain(apiKey);
    expect(await monthTree('home', '2026-10')).toEqual({});
  });

  it.each([
    ['another host', () => 'http://127.0.0.2:1/subscriptions?cursor=1'],
    ['another list', (path: string) => path.replace(/^\/[a-z]+/, '/exports')],
    ['no host', (path: string) => `//example.com${path}`],
    ['the same page', (path: string) => path.replace(/&?cursor=\d+/, '')],
  ])('to follow a next page of %s', async (_, next) => {
    recurly.next = next;
    await expect(pull('2026-10')).rejects.toMatchObject({ code: 'RECURLY_SHAPE', kind: 'dependency' });
    expect(recurly.asked.some((path) => path.startsWith('/exports'))).toBe(false);
  });

  it('of a form that nobody knows names the object and nothing that is in it', async () => {
    const { subscriptions } = recurly.site;
    recurly.site = {
      ...recurly.site,
      subscriptions: subscriptions.map((one) => ({ ...one, currency: 'a secret of a customer' })),
    };
    const failed = await pull('2026-10').catch((error: unknown) => error);
    expect(failed).toMatchObject({
      code: 'RECURLY_SHAPE',
      message: 'Recurly told a subscription that cannot be read, sub_atlas: currency (invalid_format)',
    });
  });

  it('leaves what was kept: the next pull goes on and gives the same bytes', async () => {
    await pull('2026-10', { home: 'calm' });
    const calm = recurly.asked.length;
    for (let stop = 2; stop < calm; stop += 9) {
      const home = `stopped-${stop}`;
      recurly.asked.length = 0;
      recurly.fault = (number) => (number === stop ? { status: 400 } : null);
      await expect(pull('2026-10', { home })).rejects.toThrow();
      expect(await monthTree(home, '2026-10')).toEqual({});
      recurly.fault = () => null;
      // An hour later: what is told of the pull is when it began.
      await pull('2026-10', { home, now: '2026-11-02T07:00:00Z' });
      expect(await monthTree(home, '2026-10')).toEqual(await monthTree('calm', '2026-10'));
      // What was under way when it failed is asked for once more, and nothing else.
      expect(recurly.asked.length).toBeLessThanOrEqual(calm + 5);
    }
  });
});
