/** A folder looked over: each thing that can be wrong is told with what puts it right, and nothing is written. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bookFiles, corrected, type Files } from '../pipeline/book.ts';
import { treeOf } from '../pipeline/folder.ts';
import { lookAt, named, type Settings } from './look.ts';

/** Two months are enough for most; the third and the twelfth before are in the long one. */
const book = bookFiles('2026-09');
const long = bookFiles('2025-09');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const look = (files: Readonly<Files>, settings?: Settings) => lookAt(root, files, settings);

const without = (files: Readonly<Files>, ...names: string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !names.some((gone) => name.startsWith(gone))));

/** The one check of a name, of a book with these files. */
const check = async (name: string, files: Readonly<Files>, settings?: Settings) =>
  named((await look(files, settings)).checks, name);

const control = '{"lines": 8, "mrr": {"USD": "11015.00", "EUR": "1000.00"}}';

it('a book that is well is told to be well, at its newest month, and leaves no trace', async () => {
  const { month, source, checks } = await look({ ...book, '2026-10/control.json': control });
  expect({ month, source }).toEqual({ month: '2026-10', source: 'folder' });
  expect(checks.map(({ name, outcome }) => `${name}: ${outcome}`)).toEqual([
    'months: ok',
    'files: ok',
    'control totals: ok',
    'snapshots: ok',
    'rates: ok',
    'reasons: ok',
    'dimensions: ok',
    'customers: ok',
  ]);
  expect(await treeOf(join(root, 'home'))).toEqual({});
});

it('a month that the folder does not have', async () => {
  const { checks } = await look(book, { month: '2026-11' });
  expect(named(checks, 'months')).toMatchObject({ outcome: 'warn', seen: expect.stringContaining('without 2026-11') });
  expect(named(checks, 'snapshots')).toMatchObject({ outcome: 'fail', kind: 'blocked' });
});

it('a folder without any month is refused', async () => {
  await expect(look({ 'notes.txt': 'nothing' })).rejects.toMatchObject({ kind: 'usage' });
});

describe('files', () => {
  const line = 'elm,sub-elm,1,Core,USD,200.00,past_due';

  it('that cannot be read are told by place, without what stands there; the rest waits', async () => {
    const secret = 'Secret Customer Ltd';
    const { checks } = await look(corrected(book, '2026-09/lines.csv', line, line.replace('200.00', secret)));
    const files = named(checks, 'files');
    expect(files).toMatchObject({ outcome: 'fail', kind: 'blocked' });
    expect(files.seen).toMatch(/^BAD_ROW: 2026-09\/lines\.csv, line 5, mrr: must be a decimal number/);
    expect(JSON.stringify(checks)).not.toContain(secret);
    expect(named(checks, 'the rest').outcome).toBe('warn');
    expect(checks.some(({ name }) => name === 'rates')).toBe(false);
  });

  it('with lines that are there twice, or below zero', async () => {
    const twice = corrected(book, '2026-09/lines.csv', 'jade,sub-jade', 'iris,sub-iris');
    const both = corrected(twice, '2026-10/lines.csv', '350.00', '-350.00');
    const { checks } = await look(both);
    const seen = checks.filter(({ name }) => name === 'files').map((one) => one.seen);
    expect(seen).toEqual([
      expect.stringMatching(/^DUPLICATE_LINE: 2026-09\/lines\.csv, line \d+/),
      expect.stringMatching(/^NEGATIVE_MRR: 2026-10\/lines\.csv, line \d+, mrr/),
    ]);
    expect(JSON.stringify(checks)).not.toContain('sub-iris');
  });

  it('with many faults show a few places and their number', async () => {
    const spoilt = (book['2026-10/lines.csv'] ?? '').replaceAll('USD', 'usd');
    const { seen } = await check('files', { ...book, '2026-10/lines.csv': spoilt });
    expect(seen.match(/line \d+/g)).toHaveLength(5);
    expect(seen).toMatch(/… \d+ in all$/);
  });

  it('of other names, and columns that are misspelt', async () => {
    const misspelt = corrected(book, '2026-10/lines.csv', 'opportunity_id', 'oportunity_id');
    const left = await check('left aside', { ...misspelt, '2026-10/canceled.csv': 'a,b\n', 'old.zip': '' });
    expect(left.outcome).toBe('warn');
    expect(left.seen).toContain('oportunity_id');
    expect(left.seen).toContain('2026-10/canceled.csv');
    expect(left.seen).toContain('old.zip');
  });
});

describe('control totals', () => {
  it('that are missing', async () =>
    expect(await check('control totals', book)).toMatchObject({
      outcome: 'warn',
      seen: expect.stringContaining('2026-10 has none'),
    }));

  it('that differ say by how much', async () => {
    const found = await check('control totals', { ...book, '2026-10/control.json': control.replace('8,', '12,') });
    expect(found).toMatchObject({ outcome: 'fail', kind: 'blocked' });
    expect(found.seen).toBe('2026-10/control.json, lines: the snapshot has 8, control.json says 12');
  });
});

describe('snapshots', () => {
  it('that are missing where a window opens', async () => {
    const found = await check('snapshots', without(long, '2026-07/'));
    expect(found).toMatchObject({ outcome: 'fail', kind: 'blocked' });
    expect(found.seen).toContain('2026-07, where the quarter window of 2026-10 opens');
  });

  it('that a young book cannot have are no fault', async () => {
    const { outcome, seen } = await check('snapshots', book);
    expect(outcome).toBe('ok');
    expect(seen).toContain(
      'windows: month from 2026-09; n/a before the first snapshot: quarter from 2026-07, ttm from 2025-10',
    );
  });
});

describe('rates', () => {
  it('that nobody gave, with lines for new files at every end', async () => {
    const found = await check('rates', without(long, '2025-09/fx', '2026-10/fx'));
    expect(found).toMatchObject({ outcome: 'fail', kind: 'blocked' });
    expect(found.paste).toEqual(
      ['2026-09', '2026-10', '2026-07', '2025-10']
        .sort()
        .flatMap((month) => [`billing/${month}/fx.csv, a new file:`, 'currency,rate', 'EUR,<USD for 1 EUR>']),
    );
  });

  it('that only a later file has are to be given to the months before it', async () => {
    const found = await check('rates', without(book, '2026-09/fx'));
    expect(found.paste).toEqual(['billing/2026-09/fx.csv, a new file:', 'currency,rate', 'EUR,<USD for 1 EUR>']);
  });

  it('that a newer file took away are to be added to that one', async () => {
    const found = await check('rates', { ...book, '2026-10/fx.csv': 'currency,rate\nGBP,1.30\n' });
    expect(found.seen).toContain('EUR in 2026-10');
    expect(found.paste).toEqual(['billing/2026-10/fx.csv, to be added:', 'EUR,<USD for 1 EUR>']);
  });
});

describe('reasons', () => {
  const cancelled = (reason: string) => ({
    ...book,
    '2026-09/cancellations.csv': `customer_id,ended_on,reason\ndune,2026-09-20,${reason}\n`,
  });

  it('that nobody knows, unless the configuration does', async () => {
    const found = await check('reasons', cancelled('Moved abroad'));
    expect(found).toMatchObject({ outcome: 'warn', paste: ['"moved_abroad": "voluntary or involuntary",'] });
    expect(found.seen).toContain('1 reason that the reason map does not know, in 1 cancellation');
    const reasonMap = { 'MOVED abroad': 'voluntary' };
    expect(await check('reasons', cancelled('Moved abroad'), { config: { reasonMap } })).toMatchObject({
      outcome: 'ok',
    });
  });

  it('of cancellations outside the year do not matter', async () => {
    const old = { ...book, '2026-09/cancellations.csv': 'customer_id,ended_on,reason\ndune,2024-09-20,moved abroad\n' };
    expect((await check('reasons', old)).outcome).toBe('ok');
  });

  it('are counted by the engine, the most frequent first, and twenty at most', async () => {
    const row = (at: number) => `dune,2026-09-20,odd ${at % 30}\n`;
    const rows = Array.from({ length: 91 }, (_, at) => row(at)).join('');
    const found = await check('reasons', {
      ...book,
      '2026-09/cancellations.csv': `customer_id,ended_on,reason\n${rows}`,
    });
    expect(found.paste).toHaveLength(20);
    expect(found.paste[0]).toBe('"odd_0": "voluntary or involuntary",');
    expect(found.seen).toContain('10 more reasons');
  });
});

describe('dimensions', () => {
  it('that paying accounts have no value in: those of the parent count, and those who pay nothing do not', async () => {
    const customers = (book['2026-09/customers.csv'] ?? '')
      .replace('birch,Birch,,Team,EMEA', 'birch,Birch,,,EMEA')
      .replace('iris-two,Iris (second),iris,Solo,EMEA', 'iris-two,Iris (second),iris,,')
      .replace('dune,Dune,,Team,AMER', 'dune,Dune,,,')
      .replace('fern,Fern,,Team,APAC\n', '');
    const { outcome, seen } = await check('dimensions', { ...book, '2026-09/customers.csv': customers });
    expect({ outcome, seen }).toEqual({
      outcome: 'warn',
      seen: '2 without plan, 1 without region, of 6 accounts that pay in 2026-10',
    });
  });

  it('of a customer that a newer file no longer lists are those of the older one', async () => {
    const newer = (book['2026-09/customers.csv'] ?? '').replace('fern,Fern,,Team,APAC\n', '');
    expect((await check('dimensions', { ...book, '2026-10/customers.csv': newer })).outcome).toBe('ok');
  });

  it('that are more than a report shows', async () => {
    const names = Array.from({ length: 7 }, (_, at) => `extra_${at}`).join(',');
    const wide = (book['2026-09/customers.csv'] ?? '').trim().split('\n');
    const customers = wide.map((line, at) => `${line},${at === 0 ? names : ',,,,,,'}\n`).join('');
    const files = { ...book, '2026-09/customers.csv': customers };
    const { checks } = await look(files);
    expect(named(checks, 'dimensions')).toMatchObject({ outcome: 'fail', kind: 'usage' });
    expect(named(checks, 'rates').outcome).toBe('ok');
    expect((await check('dimensions', files, { config: { dimensions: ['plan'] } })).outcome).toBe('ok');
  });

  it('that are configured and are no column', async () => {
    const found = await check('dimensions', book, { config: { dimensions: ['plan', 'segment'] } });
    expect(found).toMatchObject({ outcome: 'warn', seen: expect.stringMatching(/^segment: configured/) });
  });
});

it('customers that no file has are counted by their lines', async () => {
  const customers = (book['2026-09/customers.csv'] ?? '').replace('fern,Fern,,Team,APAC\n', '');
  const found = await check('customers', { ...book, '2026-09/customers.csv': customers });
  expect(found).toMatchObject({ outcome: 'warn', seen: expect.stringMatching(/^1 line of customers/) });
  expect(found.seen).not.toContain('fern');
});
