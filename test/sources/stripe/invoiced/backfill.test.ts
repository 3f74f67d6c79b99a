/** Old months made of a Stripe account's invoices give the figures of the same book written by hand. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exactRows, quoted } from '../../../../functions/adapters/duckdb.ts';
import { withLocalWorld } from '../../../../functions/compose-local.ts';
import { openSnapshots, openSource } from '../../../../functions/compose-sources.ts';
import { parseConfig } from '../../../../functions/config-file.ts';
import { exact, zero } from '../../../../functions/core/money.ts';
import { parseMonth } from '../../../../functions/core/month.ts';
import { runMonth, type World } from '../../../../functions/pipeline.ts';
import { spanOf } from '../../../../functions/sources/billing/calendar.ts';
import { writeFiles } from '../../../pipeline/book.ts';
import { treeOf } from '../../../pipeline/folder.ts';
import { type Account, apiKey, type StripeObject, type StripeServer, startStripe } from '../../../servers/stripe.ts';
import { item, price, subscription } from '../objects.ts';
import { account, bookAt, byHand, months, november, rates } from './book.ts';
import { lifeOf } from './lives.ts';
import { at, invoiceOf, type Line } from './objects.ts';

const address = 'stripe:?basis=invoiced&parent=group';

let root: string;
let stripe: StripeServer;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'stripe-invoiced-'));
  stripe = await startStripe(account(), 7);
});

afterEach(async () => {
  await stripe.close();
  await rm(root, { recursive: true, force: true });
});

type At = {
  readonly home?: string;
  readonly now?: string;
  readonly again?: boolean;
  readonly source?: string;
  readonly timeZone?: string;
  readonly dryRun?: boolean;
};

const inWorld = <T>(
  { home = 'home', now = november, dryRun = false }: At,
  notes: string[],
  work: (world: World, options: Parameters<typeof withLocalWorld>[0]) => Promise<T>,
) => {
  const options = {
    home: join(root, home),
    dryRun,
    environment: { SOURCE_DATE_EPOCH: `${at(now)}`, STRIPE_API_KEY: apiKey, RETENTION_STRIPE_URL: stripe.url },
    progress: () => {},
    note: (text: string) => notes.push(text),
  };
  return withLocalWorld(options, (world) => work(world, options));
};

const pull = async (month: string, settings: At = {}): Promise<string[]> => {
  const notes: string[] = [];
  const { again = false, source = address, timeZone = 'UTC' } = settings;
  const wanted = { address: source, months: [parseMonth(month)], timeZone, again };
  await inWorld(settings, notes, (world, options) => openSource({ ...options, ...wanted }, world));
  return notes;
};

const inbox = (home = 'home') => join(root, home, 'inbox/stripe-invoiced');

/** Lines of a month: subscription, item, currency, MRR. */
const linesAt = async (month: string, home = 'home'): Promise<string[]> => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const path = quoted(join(inbox(home), month, 'lines.parquet'));
    const found = await exactRows(connection, `SELECT * FROM read_parquet(${path}) ORDER BY subscription_id, item_id`);
    return found.map(
      ({ subscription_id, item_id, currency, mrr }) =>
        `${subscription_id} ${item_id} ${currency} ${exact(mrr ?? '').toFixed()}`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
};

const control = async (month: string, home = 'home'): Promise<unknown> =>
  JSON.parse(await readFile(join(inbox(home), month, 'control.json'), 'utf8'));

const run = (month: string, source: string, home: string) =>
  inWorld({ home }, [], async (world) => {
    const snapshots = await openSnapshots(source, world.store);
    return (await runMonth(parseMonth(month), snapshots.source, parseConfig({}, 'test'), null, world)).report;
  });

it('fourteen months are, line by line, those of the same book by hand', async () => {
  const notes = await pull('2026-10');
  expect((await readdir(inbox())).sort()).toEqual(months);
  for (const month of months) expect([month, await linesAt(month)]).toEqual([month, bookAt(month).sort()]);
  expect(notes).toEqual([
    'Invoices of Stripe: 1 of 170 invoices were credited in full and count nothing',
    'Invoices of Stripe: 1 of 16 lines of credit notes name no line of their invoice: they take nothing off the MRR',
    'Invoices of Stripe: 3 of 4 subscriptions that ended did so within a period that was invoiced: they count until they ended',
  ]);
});

it('their report is that of the book by hand, and says what it rests on', async () => {
  await mkdir(join(inbox(), '2025-09'), { recursive: true });
  await writeFile(join(inbox(), '2025-09/fx.csv'), rates);
  await pull('2026-10');
  await writeFiles(join(root, 'billing'), byHand);
  const pulled = await run('2026-10', inbox(), 'home');
  const written = await run('2026-10', join(root, 'billing'), 'other');
  expect(pulled.basis.mrr).toBe('invoiced');
  expect(pulled.windows.ttm?.total).toMatchObject({ involuntaryChurnMrr: '100.00', unclassifiedChurnMrr: '0.00' });
  const { windows, segments, trend, gates, basis } = written;
  expect(pulled).toMatchObject({ windows, segments, trend, gates, basis });
  expect(pulled.sourceNotes.map(({ note }) => note)).toContain(
    '1 of 16 lines of credit notes name no line of their invoice: they take nothing off the MRR',
  );
}, 120_000);

it('subscriptions that change and end at any moment are at each month’s end what they were then', async () => {
  const now = '2026-11-12T06:00:00Z';
  const lives = Array.from({ length: 120 }, (_, number) => lifeOf(number, at('2025-09-01T00:00:00Z'), at(now)));
  stripe.account = {
    ...account(),
    invoices: lives.flatMap(({ invoices }) => invoices),
    subscriptions: lives.flatMap(({ ended }) => ended ?? []),
    credit_notes: [],
  };
  // A zone whose clocks change within periods.
  await pull('2026-10', { timeZone: 'Europe/Berlin' });
  let compared = 0;
  for (const month of months) {
    const lines = await linesAt(month);
    const { until } = spanOf(month, 'Europe/Berlin');
    for (const { id, stretches } of lives) {
      const was = (stretches.find(({ from, to }) => from < until && to >= until)?.mrr ?? 0) / 100;
      // What was added without its item is a line of its own.
      const own = lines.filter((line) => line.startsWith(`${id} `)).map((line) => line.split(' ')[3] ?? '0');
      const told = own.reduce((total, mrr) => total.plus(exact(mrr)), zero).toFixed();
      // The cents of a share of a period are many times that of the whole.
      const apart = exact(told).minus(was).abs();
      expect([month, id, was, told, apart.lessThanOrEqualTo(0.05 + was * 0.003)]).toEqual([month, id, was, told, true]);
      compared += was === 0 ? 0 : 1;
    }
  }
  expect(compared).toBeGreaterThan(500);
}, 60_000);

describe('months that are there', () => {
  const asked = async (work: () => Promise<unknown>): Promise<number> => {
    stripe.asked.length = 0;
    await work();
    return stripe.asked.length;
  };

  it('are not asked for again, nor are those before them; a later one asks for all invoices anew', async () => {
    const first = await asked(() => pull('2026-09'));
    expect(first).toBeGreaterThan(20);
    const made = await treeOf(inbox());
    expect(await asked(() => pull('2026-09'))).toBe(0);
    expect(await asked(() => pull('2026-03'))).toBe(0);
    expect(await treeOf(inbox())).toEqual(made);
    expect(await asked(() => pull('2026-10'))).toBe(first);
    expect((await readdir(inbox())).sort()).toEqual(months);
    const september = (tree: Readonly<Record<string, string>>) => tree['2026-09/lines.parquet'];
    expect(september(await treeOf(inbox()))).toBe(september(made));
    // The newest one stays when an earlier one is wanted again.
    expect(await asked(() => pull('2026-09', { again: true }))).toBe(first);
    expect((await readdir(inbox())).sort()).toEqual(months);
  });

  it('are made anew of what has been voided and credited since, and keep the rates that somebody put there', async () => {
    await pull('2026-09');
    await writeFile(join(inbox(), '2026-09/fx.csv'), rates);
    const before = account();
    const voided = before.invoices.map((one) => (one.id === 'in_atlas_2026-09' ? { ...one, status: 'void' } : one));
    stripe.account = { ...before, invoices: voided };
    await pull('2026-09', { again: true });
    expect(await linesAt('2026-09')).toEqual(
      bookAt('2026-09')
        .filter((line) => !line.includes('atlas'))
        .sort(),
    );
    expect(await readFile(join(inbox(), '2026-09/fx.csv'), 'utf8')).toBe(rates);
    expect((await readdir(join(root, 'home/inbox'))).sort()).toEqual(['stripe-invoiced', 'stripe-invoiced-raw']);
  });

  it('are those of one address and time zone', async () => {
    await pull('2026-09');
    for (const other of [{ source: 'stripe:?basis=invoiced' }, { timeZone: 'Europe/Berlin' }])
      await expect(pull('2026-09', other)).rejects.toMatchObject({
        kind: 'usage',
        message: expect.stringContaining('was pulled from "stripe:?basis=invoiced&parent=group"'),
      });
  });

  it('can be checked without a word to Stripe, once they are there', async () => {
    await expect(pull('2026-09', { dryRun: true })).rejects.toThrow('2026-09 has not been pulled from Stripe yet');
    await pull('2026-09');
    expect(await asked(() => pull('2026-03', { dryRun: true }))).toBe(0);
    await expect(pull('2026-10', { dryRun: true })).rejects.toThrow('2026-10 has not been pulled from Stripe yet');
  });

  it('never take the place of a month that was pulled as it stood', async () => {
    await pull('2026-09', { source: 'stripe:?parent=group' });
    await pull('2026-08');
    await expect(pull('2026-10')).rejects.toMatchObject({
      kind: 'usage',
      message: expect.stringMatching(/^2026-09 was pulled from subscriptions into this home, on the basis committed/),
      hint: expect.stringContaining('End with the month before 2026-09'),
    });
    expect((await readdir(inbox())).sort()).toEqual(months.slice(0, -2));
  });

  it('say that they were pulled soon after their end, where they were', async () => {
    const soon = async (month: string) => JSON.stringify(await control(month)).includes('less than 35 days after');
    await pull('2026-10', { now: '2026-11-05T00:00:00Z' });
    expect([await soon('2026-09'), await soon('2026-10')]).toEqual([false, true]);
    expect(JSON.stringify(await control('2026-10'))).toContain('Pulled on 2026-11-05, less than');
    await pull('2026-10', { now: '2026-12-06T00:00:00Z', again: true });
    expect(await soon('2026-10')).toBe(false);
  });

  it('are made again of the kept pages where their folder is gone, and not of fewer', async () => {
    await pull('2026-09');
    const made = await treeOf(inbox());
    await rename(inbox(), join(root, 'home/inbox/.stripe-invoiced.old'));
    expect(await asked(() => pull('2026-09'))).toBe(0);
    expect(await treeOf(inbox())).toEqual(made);
    for (const gone of [inbox(), join(inbox(), '2026-09')]) {
      await rm(gone, { recursive: true });
      expect(await asked(() => pull('2026-09'))).toBe(0);
      expect(await treeOf(inbox())).toEqual(made);
    }
    await rm(inbox(), { recursive: true });
    await rm(join(root, 'home/inbox/stripe-invoiced-raw/2026-09'), { recursive: true });
    await expect(pull('2026-09')).rejects.toMatchObject({ kind: 'usage', hint: 'Run with --pull-again.' });
  });

  it('need no further lines of a draft', async () => {
    const whole = account();
    const onyx = whole.invoices.find(({ id }) => id === 'in_onyx');
    const draft = { ...onyx, id: 'in_onyx_draft', status: 'draft' } as StripeObject;
    stripe.account = { ...whole, invoices: [...whole.invoices, draft] };
    stripe.asked.length = 0;
    await pull('2026-10');
    expect(stripe.asked.filter((path) => path.includes('/in_onyx/lines'))).not.toEqual([]);
    expect(stripe.asked.filter((path) => path.includes('/in_onyx_draft/'))).toEqual([]);
    expect(await linesAt('2026-10')).toEqual(bookAt('2026-10').sort());
  });

  it('are given up to the month before one that was pulled as it stood, also where later ones were made', async () => {
    await pull('2026-10');
    await pull('2026-09', { source: 'stripe:?parent=group' });
    await expect(pull('2026-09')).rejects.toThrow('2026-09 was pulled from subscriptions into this home');
    expect(await asked(() => pull('2026-08'))).toBe(0);
  });
});

it('no name, no key and no word of an invoice is in states, totals and notes', async () => {
  const notes = await pull('2026-10');
  const tree = await treeOf(join(root, 'home/inbox'));
  const told = Object.entries(tree).filter(([name]) => name.endsWith('pull.json') || name.endsWith('control.json'));
  expect(told).toHaveLength(months.length + 1);
  const text = JSON.stringify([told, notes]);
  for (const secret of [apiKey, 'ATLAS', 'cus_', 'eyes', 'in_']) expect(text).not.toContain(secret);
  for (const content of Object.values(tree)) expect(content).not.toContain(apiKey);
});

describe('an account', () => {
  const empty: Account = {
    subscriptions: [],
    customers: [],
    invoices: [],
    charges: [],
    events: [],
    coupons: [],
    prices: [],
  };
  const bill = (lines: readonly Line[], on = '2026-09-10T12:00:00Z', currency = 'usd') =>
    invoiceOf({ id: `in_${lines[0]?.id}`, customer: 'cus_1', on, lines, currency });
  const month = { from: '2026-09-10T12:00:00Z', to: '2026-10-10T12:00:00Z' };

  it('without anything that recurs has no months, and says so', async () => {
    const made = () => readdir(join(root, 'home/inbox'));
    stripe.account = empty;
    await expect(pull('2026-09')).rejects.toMatchObject({ kind: 'usage', code: 'USAGE' });
    expect(await made()).toEqual(['stripe-invoiced-raw']);
    stripe.account = { ...empty, invoices: [bill([{ id: 'il_1', sub: 'sub_1', amount: 100, ...month }])] };
    await expect(pull('2026-09')).rejects.toMatchObject({ kind: 'usage' });
    await pull('2026-09', { again: true, home: 'home' });
    await rm(inbox(), { recursive: true });
    await expect(pull('2026-08', { again: true })).rejects.toThrow('no invoice line that recurs before 2026-09');
    expect(await made()).toEqual(['stripe-invoiced-raw']);
  });

  it('whose months end elsewhere than in UTC has what is served at their ends', async () => {
    // In Berlin one is there from half past midnight on September 1 to half past eleven on September 30, and the other
    // from half past midnight on October 1.
    const lines = [
      { id: 'il_1', sub: 'sub_1', amount: 100, from: '2026-08-31T22:30:00Z', to: '2026-09-30T21:30:00Z' },
      { id: 'il_2', sub: 'sub_2', amount: 200, from: '2026-09-30T22:30:00Z', to: '2026-10-30T22:30:00Z' },
    ];
    stripe.account = { ...empty, invoices: lines.map((line) => bill([line])) };
    await pull('2026-10', { timeZone: 'Europe/Berlin' });
    expect(await readdir(inbox())).toEqual(['2026-09', '2026-10']);
    expect(await linesAt('2026-09')).toEqual([]);
    expect(await linesAt('2026-10')).toEqual([]);
    await pull('2026-10', { home: 'utc' });
    expect(await linesAt('2026-08', 'utc')).toEqual(['sub_1 si_1 USD 1']);
    expect(await linesAt('2026-09', 'utc')).toEqual(['sub_2 si_2 USD 2']);
    await pull('2026-10', { home: 'west', timeZone: 'America/New_York' });
    expect(await linesAt('2026-09', 'west')).toEqual(['sub_2 si_2 USD 2']);
  });

  it('with periods that change in the last seconds of a month has each of them once', async () => {
    const ends = ['2026-07-31T23:59:59Z', '2026-08-31T23:59:59Z', '2026-09-30T23:59:59Z', '2026-10-31T23:59:59Z'];
    stripe.account = {
      ...empty,
      invoices: ends
        .slice(1)
        .map((to, at) => bill([{ id: `il_${at}`, sub: 'sub_1', amount: 3_000 + at * 100, from: ends[at] ?? '', to }])),
    };
    await pull('2026-09');
    expect(await linesAt('2026-08')).toEqual(['sub_1 si_1 USD 31']);
    expect(await linesAt('2026-09')).toEqual(['sub_1 si_1 USD 32']);
  });

  it('with an upgrade while the clocks change has the new price to the cent that was charged', async () => {
    const whole = { from: '2026-10-10T12:00:00Z', to: '2026-11-10T12:00:00Z' };
    const rest = { from: '2026-10-22T00:00:00Z', to: '2026-11-10T12:00:00Z', sub: 'sub_1', proration: true };
    // 19.5 of 31 days.
    stripe.account = {
      ...empty,
      invoices: [
        bill([{ id: 'il_1', sub: 'sub_1', amount: 100_000, ...whole }], '2026-10-10T12:00:00Z'),
        bill(
          [
            { id: 'il_2', amount: -62_903, ...rest },
            { id: 'il_3', amount: 125_806, ...rest },
          ],
          '2026-10-22T00:00:00Z',
        ),
      ],
    };
    await pull('2026-10', { timeZone: 'Europe/Berlin' });
    expect(await linesAt('2026-10')).toEqual(['sub_1 si_1 USD 2000']);
  });

  const gone = (id: string, changes: StripeObject | object): StripeObject =>
    ({
      ...subscription({ items: [item({ id: `si_${id}`, price: price() })] }),
      id: `sub_${id}`,
      customer: 'cus_1',
      created: at('2026-05-25T12:00:00Z'),
      ...changes,
    }) as StripeObject;
  const fromJune = { from: '2026-06-25T12:00:00Z', to: '2026-07-25T12:00:00Z' };
  const endedOn = async (subscriptions: readonly StripeObject[], invoices: readonly StripeObject[]) => {
    stripe.account = { ...empty, subscriptions, invoices };
    await pull('2026-09');
    const rows: string[] = [];
    for (const month of await readdir(inbox())) {
      const path = join(inbox(), month, 'cancellations/part-00001.ndjson');
      const text = existsSync(path) ? await readFile(path, 'utf8') : '';
      for (const line of text.split('\n').filter((one) => one !== '')) {
        const { subscription_id, ended_on, reason } = JSON.parse(line) as Record<string, string>;
        rows.push(`${subscription_id} ${ended_on} ${reason}`);
      }
    }
    return rows.sort();
  };

  it('tells the day on which the MRR went, and that its payment was given up', async () => {
    const one = (id: string, status: string, on: string, period: { from: string; to: string }, attempts = 4) =>
      invoiceOf({
        id: `in_${id}_${on.slice(0, 7)}`,
        customer: 'cus_1',
        on,
        status,
        attempts,
        lines: [{ id: `il_${id}_${on}`, sub: `sub_${id}`, amount: 1_000, ...period }],
      });
    const may = { from: '2026-05-25T12:00:00Z', to: '2026-06-25T12:00:00Z' };
    const july = { from: '2026-07-25T12:00:00Z', to: '2026-08-25T12:00:00Z' };
    const ids = ['stands', 'drafted', 'written'];
    const invoices = [
      ...ids.map((id) => one(id, 'paid', may.from, may, 1)),
      one('stands', 'open', fromJune.from, fromJune),
      one('stands', 'draft', july.from, july, 0),
      one('drafted', 'open', fromJune.from, fromJune),
      one('drafted', 'draft', july.from, july, 0),
      one('written', 'uncollectible', fromJune.from, fromJune),
    ];
    const details = (reason: string | null) => ({ cancellation_details: { comment: null, feedback: null, reason } });
    const subscriptions = [
      gone('stands', { status: 'unpaid', ended_at: null }),
      gone('drafted', { status: 'canceled', ended_at: at('2026-08-02T00:00:00Z'), ...details(null) }),
      gone('written', { status: 'canceled', ended_at: at('2026-07-16T00:00:00Z'), ...details('payment_failed') }),
      gone('never', { status: 'unpaid', ended_at: null }),
    ];
    expect(await endedOn(subscriptions, invoices)).toEqual([
      'sub_drafted 2026-07-25 dunning_exhausted',
      'sub_stands 2026-07-25 dunning_exhausted',
      'sub_written 2026-06-25 payment_failed',
    ]);
  });

  it('with a billing date that was set anew has its items once', async () => {
    const anew = '2026-08-15T12:00:00Z';
    stripe.account = {
      ...empty,
      invoices: [
        bill([{ id: 'il_1', sub: 'sub_1', amount: 10_000, from: '2026-08-01T12:00:00Z', to: '2026-09-01T12:00:00Z' }]),
        bill([{ id: 'il_2', sub: 'sub_1', amount: 120_000, from: anew, to: '2027-08-15T12:00:00Z' }]),
      ],
    };
    await pull('2026-09');
    expect(await linesAt('2026-08')).toEqual(['sub_1 si_1 USD 100']);
    expect(await linesAt('2026-09')).toEqual(['sub_1 si_1 USD 100']);
  });

  it('that paid back more than it charged counts 0 there, and says for how many', async () => {
    stripe.account = {
      ...empty,
      invoices: [
        bill([{ id: 'il_1', sub: 'sub_1', amount: 1_000, ...month }]),
        bill([{ id: 'il_2', sub: 'sub_2', amount: -5_000, ...month }]),
      ],
    };
    await pull('2026-09');
    expect(await linesAt('2026-09')).toEqual(['sub_1 si_1 USD 10']);
    expect(await control('2026-09')).toEqual({
      lines: 1,
      mrr: { USD: '10.0000' },
      basis: 'invoiced',
      notes: ['Credits come to more than what was charged on 1 subscription, which counts 0'],
    });
  });

  it('to which nothing happens is worth the same on both bases', async () => {
    const made: readonly (readonly [name: string, currency: string, amount: number, interval: string])[] = [
      ['a', 'usd', 9_999, 'month'],
      ['b', 'eur', 100_000, 'year'],
      ['c', 'jpy', 5_000, 'month'],
      ['d', 'bhd', 12_345, 'month'],
      ['e', 'usd', 700, 'week'],
    ];
    const began = '2026-10-28T12:00:00Z';
    const until = { month: '2026-11-28T12:00:00Z', year: '2027-10-28T12:00:00Z', week: '2026-11-04T12:00:00Z' };
    stripe.account = {
      ...empty,
      subscriptions: made.map(([name, currency, amount, interval]) => {
        const priced = price({
          currency,
          unit_amount: amount,
          unit_amount_decimal: `${amount}`,
          recurring: { interval },
        });
        const items = [item({ id: `si_${name}`, price: priced, created: at(began) })];
        const own = subscription({ items, currency });
        return { ...own, id: `sub_${name}`, created: at(began) } as StripeObject;
      }),
      invoices: made.map(([name, currency, amount, interval]) => {
        const to = until[interval as keyof typeof until];
        return bill([{ id: `il_${name}`, sub: `sub_${name}`, amount, from: began, to }], began, currency);
      }),
    };
    await pull('2026-10');
    await pull('2026-10', { home: 'other', source: 'stripe:' });
    const text = await readFile(join(root, 'other/inbox/stripe/2026-10/control.json'), 'utf8');
    const { lines, mrr }: { lines: unknown; mrr: unknown } = JSON.parse(text);
    const soon = expect.stringMatching(/^Pulled on 2026-11-\d\d, less than 35 days after the month/);
    expect(await control('2026-10')).toEqual({ lines, mrr, basis: 'invoiced', notes: [soon] });
    expect(lines).toBe(5);
  });
});

it('goes on with months as they stood: windows across the two are left out, and the report says why', async () => {
  await pull('2026-09');
  const lines = bookAt('2026-10').filter((line) => line.includes(' USD '));
  stripe.account = {
    ...account(),
    invoices: [],
    subscriptions: lines.map((line) => {
      const [sub = '', own = '', , amount = ''] = line.split(' ');
      const priced = price({ unit_amount_decimal: exact(amount).times(100).toFixed(), unit_amount: null });
      const made = subscription({ items: [item({ id: own, price: priced })], customer: sub.replace('sub', 'cus') });
      return { ...made, id: `${sub}_${own}`, created: at('2026-01-15T00:00:00Z') } as StripeObject;
    }),
  };
  await mkdir(join(root, 'home/inbox/stripe-invoiced/2025-09'), { recursive: true });
  await writeFile(join(inbox(), '2025-09/fx.csv'), rates);
  const reported = async (source: string, month: string) => {
    const notes: string[] = [];
    const wanted = { address: source, months: [parseMonth(month)], timeZone: 'UTC', again: false };
    return inWorld({}, notes, async (world, options) => {
      const opened = await openSource({ ...options, ...wanted }, world);
      const config = parseConfig({}, 'test');
      return (await runMonth(parseMonth(month), opened.source, config, null, world)).report;
    });
  };
  const september = await reported(address, '2026-09');
  expect(september.windows.ttm).toMatchObject({ openingBasis: 'invoiced', closingBasis: 'invoiced' });
  const october = await reported('stripe:?parent=group', '2026-10');
  expect(october.basis).toMatchObject({
    mrr: 'committed',
    mixedWindows: [{ window: 'month' }, { window: 'quarter' }, { window: 'ttm' }],
  });
  expect(october.gates.map(({ code }) => code)).toContain('BASIS_MIXED');
  expect(october.windows).toEqual({ month: null, quarter: null, ttm: null });
}, 60_000);
