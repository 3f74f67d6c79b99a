/** From an export of invoice lines to a report: months in the inbox, their basis, and what an export cannot tell. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { openSource } from '../../functions/compose-sources.ts';
import { defaultConfig } from '../../functions/core/config.ts';
import { parseMonth } from '../../functions/core/month.ts';
import type { Report } from '../../functions/core/report.ts';
import { BlockedError } from '../../functions/gate-fault.ts';
import { archiveMonth, checkMonth } from '../../functions/pipeline.ts';
import { type Files, writeFiles } from './book.ts';
import { treeOf } from './folder.ts';

const header =
  'customer_id,invoice_id,subscription_id,item_id,product,currency,amount,period_start,period_end,status\n';
const acme = 'acme,in_1,s1,i1,core,USD,1200.00,2026-01-01,2027-01-01,paid\n';
const birch = [8, 9, 10]
  .map(
    (at) =>
      `birch,in_b${at},s2,i2,core,EUR,100.00,2026-${`${at}`.padStart(2, '0')}-01,2026-${at + 1 < 10 ? '0' : ''}${at + 1}-01,open\n`,
  )
  .join('');
const cedar =
  'cedar,in_c,s3,i3,core,USD,300.00,2026-07-01,2026-10-01,paid\ncedar,in_c,s3,setup,core,USD,900.00,,,paid\n';
const next = 'acme,in_2,s1,extra,core,USD,10.00,2026-11-01,2026-12-01,open\n';

const files: Files = {
  'invoice_lines.csv': header + acme + birch + cedar + next,
  'fx.csv': 'currency,rate\nEUR,1.10\n',
  'customers.csv': 'customer_id,name,plan\nacme,Acme,Team\nbirch,Birch,Solo\ncedar,Cedar,Solo\n',
  '2026-10/cancellations.csv': 'customer_id,ended_on,reason\ncedar,2026-10-01,too_expensive\n',
};

let root: string;
let notes: string[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'invoiced-'));
  notes = [];
});
afterEach(() => rm(root, { recursive: true, force: true }));

const place = (name: string) => join(root, name);

/** 5 November 2026. */
const now = '1793880000';

const atWork = async <T>(
  month: string,
  settings: string,
  dryRun: boolean,
  work: (...given: [...Parameters<typeof checkMonth>]) => Promise<T>,
): Promise<T> => {
  const options = {
    home: place('home'),
    dryRun,
    environment: { SOURCE_DATE_EPOCH: now },
    progress: () => {},
    note: (text: string) => notes.push(text),
  };
  const address = `invoices:${place('export')}${settings}`;
  const wanted = { address, months: [parseMonth(month)], timeZone: 'UTC', again: false };
  return withLocalWorld(options, async (world) => {
    const { source } = await openSource({ ...options, ...wanted }, world);
    return work(parseMonth(month), source, defaultConfig, world);
  });
};

/** Makes the months and runs none. */
const spread = async (month = '2026-10', settings = ''): Promise<void> =>
  atWork(month, settings, false, async () => {});

const run = async (month = '2026-10', settings = ''): Promise<Report> =>
  atWork(month, settings, false, async (...given) => (await archiveMonth(...given)).report);

const inbox = (name: string) => place(`home/inbox/invoices/${name}`);

describe('a book from invoices', () => {
  it('has the figures of its months, and says what they rest on', async () => {
    await writeFiles(place('export'), files);
    const report = await run();
    expect(report.basis.mrr).toBe('invoiced');
    // September: Acme 100, Birch EUR 100 at 1.10, Cedar 100. October: without Cedar.
    expect(report.windows.month).toMatchObject({
      openingBasis: 'invoiced',
      closingBasis: 'invoiced',
      bridge: { opening: '310.00', voluntaryChurn: '100.00', closing: '210.00' },
    });
    expect(report.windows.quarter?.bridge).toMatchObject({ opening: '200.00', new: '110.00', closing: '210.00' });
    expect(report.windows.ttm).toBeNull();
    expect(report.gates.map(({ code }) => code)).toEqual(['BOOK_SWING']);
    const said = '1 of 7 invoice lines have no service period and count nothing';
    expect(notes).toContain(`2026-10: ${said}`);
    expect(report.sourceNotes).toContainEqual({ month: '2026-10', note: said });

    const page = await readFile(place('home/archive/month=2026-10/revision=1/report.html'), 'utf8');
    const mail = await readFile(place('home/archive/month=2026-10/revision=1/email.txt'), 'utf8');
    for (const text of [page, mail.replaceAll(/\s+/g, ' ')]) {
      expect(text).toContain('MRR is invoiced: derived from invoice lines spread over their service periods.');
      expect(text).toContain('Basis: invoiced: MRR derived from invoice lines spread over their service periods.');
    }
  });

  it('is made once of one export, and anew of another: whole, or not at all', async () => {
    await writeFiles(place('export'), files);
    await spread();
    expect((await readdir(place('home/inbox/invoices'))).sort()).toEqual(
      ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10'].map((at) => `2026-${at}`),
    );
    const made = await treeOf(place('home/inbox/invoices'));
    expect(JSON.parse(await readFile(inbox('2026-10/control.json'), 'utf8'))).toEqual({
      lines: 2,
      mrr: { EUR: '100.0000', USD: '100.0000' },
      basis: 'invoiced',
      notes: ['1 of 7 invoice lines have no service period and count nothing'],
    });
    const inode = await readFile(place('home/inbox/invoices.json'), 'utf8');
    await spread();
    expect(await readFile(place('home/inbox/invoices.json'), 'utf8')).toBe(inode);

    // A touched file is the same export.
    await utimes(place('export/invoice_lines.csv'), new Date(0), new Date(0));
    await spread();
    expect(await treeOf(place('home/inbox/invoices'))).toEqual(made);

    await writeFiles(place('export'), { 'invoice_lines.csv': `${header}${acme}${birch}${next}broken\n` });
    await expect(spread()).rejects.toThrow(BlockedError);
    expect(await treeOf(place('home/inbox/invoices'))).toEqual(made);

    await writeFiles(place('export'), { 'invoice_lines.csv': header + acme + birch + next });
    await spread();
    expect(await treeOf(place('home/inbox/invoices'))).not.toEqual(made);
    expect(await readdir(place('home/inbox'))).toEqual(['invoices', 'invoices.json']);
  });

  it('gives the same bytes in two homes', async () => {
    await writeFiles(place('export'), files);
    await spread();
    const first = await treeOf(place('home/inbox/invoices'));
    await rm(place('home'), { recursive: true });
    await spread();
    expect(await treeOf(place('home/inbox/invoices'))).toEqual(first);
  });

  it('is checked without writing anything', async () => {
    await writeFiles(place('export'), files);
    const gates = await atWork('2026-10', '', true, checkMonth);
    expect(gates.map(({ code }) => code)).toEqual(['BOOK_SWING']);
    expect(existsSync(place('home'))).toBe(false);
  });

  it('stands in for months without lines alone; a window between the two is left out', async () => {
    const lines =
      'customer_id,subscription_id,item_id,product,currency,mrr,status\nacme,s1,i1,core,USD,110.00,active\n';
    await writeFiles(place('export'), { ...files, '2026-10/lines.csv': lines });
    const report = await run();
    expect(report.basis).toMatchObject({
      mrr: 'committed',
      mixedWindows: [{ window: 'month' }, { window: 'quarter' }],
    });
    expect(report.windows).toEqual({ month: null, quarter: null, ttm: null });
    expect(await readdir(inbox('2026-10'))).toEqual(['cancellations.csv', 'lines.csv']);
    const page = await readFile(place('home/archive/month=2026-10/revision=1/report.html'), 'utf8');
    expect(page).toContain('Every window opens on another basis than October 2026, whose MRR is committed');
    expect(page).toMatch(/8.months of the trend on another basis are in report\.json and not shown/);
  });
});

describe('an export', () => {
  it('is taken to be whole up to the month before its newest line, unless it says otherwise', async () => {
    await writeFiles(place('export'), { ...files, 'invoice_lines.csv': header + acme + birch + cedar });
    await expect(spread()).rejects.toThrow('known to be whole up to 2026-09');
    await spread('2026-09');
    expect(existsSync(inbox('2026-10/lines.parquet'))).toBe(false);
    await spread('2026-10', '?until=2026-10');
    expect(existsSync(inbox('2026-10/lines.parquet'))).toBe(true);
    await expect(spread('2026-11', '?until=2026-11')).rejects.toThrow('2026-11 is not over');
  });

  it('whose periods lose their last day is refused until it says what it means', async () => {
    const served = 'customer_id,invoice_id,product,currency,amount,period_start,period_end\n';
    const row = (at: string, to: string) => `acme,in_${at},core,USD,100.00,2026-${at}-01,2026-${at}-${to}\n`;
    await writeFiles(place('export'), {
      'invoice_lines.csv': served + row('08', '31') + row('09', '30') + row('10', '31'),
    });
    await expect(spread('2026-09')).rejects.toMatchObject({
      kind: 'usage',
      hint: expect.stringContaining('end=inclusive'),
    });
    const booked = async (settings: string) => {
      await spread('2026-09', settings);
      return JSON.parse(await readFile(inbox('2026-09/control.json'), 'utf8'));
    };
    expect(await booked('?end=inclusive')).toMatchObject({ lines: 1, mrr: { USD: '100.0000' } });
    expect(await booked('?end=exclusive')).toMatchObject({ lines: 0, mrr: {} });
  });

  it.each<[string, Files, string]>([
    ['has no invoice lines', { 'lines.csv': 'x' }, 'has no invoice_lines'],
    ['has them twice', { 'invoice_lines.csv': 'x', 'invoice_lines.ndjson': 'x' }, 'is there twice'],
    [
      'has no periods',
      { 'invoice_lines.csv': `${header}a,i,s,x,core,USD,1,,,paid\n` },
      'no invoice line has a service period',
    ],
    [
      'goes back to 1900',
      { 'invoice_lines.csv': `${header}${next}a,i,s,x,core,USD,1,1900-01-01,1901-01-01,paid\n` },
      'more than 240',
    ],
    ['has one month alone', { 'invoice_lines.csv': header + next }, 'up to 2026-10, before its first month'],
    [
      'has customers at two places',
      { ...files, '2026-01/customers.csv': 'customer_id\na\n' },
      'customers is there twice',
    ],
    ['has a folder that is nearly a month', { ...files, '2026-1/fx.csv': '' }, 'is not a month'],
  ])('that %s is refused', async (_told, given, told) => {
    await writeFiles(place('export'), given);
    await expect(spread()).rejects.toThrow(told);
    await expect(spread()).rejects.toMatchObject({ kind: 'usage' });
    expect(existsSync(place('home/archive'))).toBe(false);
  });

  it('is read from plain files alone', async () => {
    await writeFiles(place('export'), { 'fx.csv': '' });
    await writeFiles(place('elsewhere'), files);
    await symlink(place('elsewhere/invoice_lines.csv'), place('export/invoice_lines.csv'));
    await expect(spread()).rejects.toThrow('is a symbolic link');
    await rm(place('export'), { recursive: true });
    await expect(spread()).rejects.toThrow('cannot be read: ENOENT');
  });

  it('has months that a killed run left half made replaced', async () => {
    await writeFiles(place('export'), files);
    await writeFiles(place('home/inbox'), { '.invoices.making/2026-01/lines.parquet': 'half', '.invoices.old/x': 'x' });
    await spread();
    expect(await readdir(place('home/inbox'))).toEqual(['invoices', 'invoices.json']);
  });
});
