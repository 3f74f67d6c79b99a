/** A CRM's export looked over: its columns, its buyers, its days and the ids on the lines, each with what puts it right. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bookFiles, type Files, writeFiles } from '../pipeline/book.ts';
import { lookAt, named, type Settings } from './look.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

const book = bookFiles('2026-09');

/** Deals of those who have a line in October 2026: `opp-<customer>` stands on each line. */
const payers = ['atlas', 'birch', 'cedar', 'fern', 'gale', 'haven', 'iris', 'iris-two'];
const salesforce = 'Opportunity ID,Account ID,Close Date,Stage,Type,Opportunity Owner';
const deal = (id: string, account: string, day = '2026-10-05', stage = 'Closed Won') =>
  `${id},${account},${day},${stage},Upsell,Mia Chen`;
const deals = payers.map((customer) => deal(`opp-${customer}`, customer));

const exported = (rows: readonly string[], header = salesforce, name = '2026-10/opportunities.csv'): Files => ({
  ...book,
  [name]: `${[header, ...rows].join('\n')}\n`,
});

const checksOf = async (files: Readonly<Files>, settings?: Settings) => (await lookAt(root, files, settings)).checks;
const check = async (name: string, files: Readonly<Files>, settings?: Settings) =>
  named(await checksOf(files, settings), name);

it('a sound export: columns, buyers, days and ids are well', async () => {
  const found = (await checksOf(exported(deals))).filter(({ name }) => name.startsWith('opportunit'));
  expect(found.map(({ name, outcome, seen }) => `${outcome} ${name}: ${seen}`)).toEqual([
    'ok opportunities: the export of 2026-10 has 8 opportunities, 8 of them won; opportunity_id from "Opportunity ID", account_id from "Account ID", close_date from "Close Date", type from "Type", owner from "Opportunity Owner", stage from "Stage"',
    'ok opportunity buyers: the buyer of all that was won in the year is a customer in billing',
    'ok opportunity days: 8 of 8 won (100.0 %) closed in the year from 2025-11 to 2026-10',
    'ok opportunity ids: 8 ids on lines of 2026-10, all of them won in the export',
  ]);
});

it('a book without an export is not asked for one', async () => {
  const names = (await checksOf(book)).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('opportunit'))).toEqual([]);
});

describe('opportunities', () => {
  it('that are configured and not there', async () => {
    const config = { crm: { columns: { customer_id: 'Billing ID' } } };
    expect(await check('opportunities', book, { config })).toMatchObject({
      outcome: 'warn',
      seen: expect.stringContaining('no month up to 2026-10 has opportunities'),
      fix: expect.stringContaining('into the folder of 2026-10'),
    });
  });

  it('by HubSpot’s names, zipped, and by a name of the configuration', async () => {
    const csv = 'Record ID,Billing No,Close Date,Is Closed Won\nopp-atlas,atlas,2026-10-05,true\n';
    await writeFiles(join(root, 'billing'), book);
    await writeFile(join(root, 'billing/2026-10/opportunities.csv.gz'), gzipSync(csv));
    const { outcome, seen } = await check('opportunities', book, {
      config: { crm: { columns: { customer_id: 'Billing No' } } },
    });
    expect(outcome).toBe('ok');
    expect(seen).toContain(
      '1 opportunity, 1 of them won; opportunity_id from "Record ID", customer_id from "Billing No" (crm.columns), close_date from "Close Date", is_won from "Is Closed Won"; without type, owner',
    );
  });

  it('whose needed columns are missing, or whose rows cannot be read or are there twice: by place, without what stands there', async () => {
    const missing = await check('opportunities', exported(['x,y'], 'Name,Account Name'));
    expect(missing).toMatchObject({ outcome: 'fail', kind: 'blocked' });
    expect(missing.seen).toMatch(
      /^BAD_ROW: 2026-10\/opportunities\.csv, line 1, opportunity_id: the column is missing.*line 1, close_date: .*line 1, is_won: /,
    );
    const secret = 'Secret Customer Ltd';
    const checks = await checksOf(exported([...deals, deal('opp-x', 'atlas', secret), deals[0] ?? '']));
    const { seen } = checks.find(({ name }) => name === 'opportunities') ?? { seen: '' };
    expect(seen).toMatch(/2026-10\/opportunities\.csv, line 10, Close Date: must be a day/);
    expect(seen).toMatch(/line 11, Opportunity ID: /);
    expect(JSON.stringify(checks)).not.toContain(secret);
    // The other files are well, and are told to be.
    expect(named(checks, 'files')).toMatchObject({
      outcome: 'ok',
      seen: 'every row but those of opportunities of 2 months can be read',
    });
    expect(named(checks, 'the rest').outcome).toBe('warn');
  });

  it('none of which is won explain nothing', async () => {
    const lost = exported(payers.map((customer) => deal(`opp-${customer}`, customer, '2026-10-05', 'Signed')));
    const found = await checksOf(lost);
    expect(named(found, 'opportunities')).toMatchObject({
      outcome: 'warn',
      seen: expect.stringContaining('8 opportunities, 0 of them won'),
      fix: expect.stringContaining('"won"'),
    });
    expect(found.some(({ name }) => name === 'opportunity ids')).toBe(false);
    expect(await check('opportunities', lost, { config: { crm: { won: ['signed'] } } })).toMatchObject({
      outcome: 'ok',
    });
  });

  it('without a column of buyers', async () => {
    expect(await check('opportunities', exported(['opp-atlas,2026-10-05,true'], 'Id,CloseDate,IsWon'))).toMatchObject({
      outcome: 'warn',
      seen: expect.stringContaining('without customer_id, account_id, type, owner: nobody knows who buys'),
    });
  });

  it('of an earlier month than the one that is reported, unless they tell what closed since', async () => {
    const older = payers.map((customer) => deal(`opp-${customer}`, customer, '2026-09-30'));
    expect(await check('opportunities', exported(older, salesforce, '2026-09/opportunities.csv'))).toMatchObject({
      outcome: 'warn',
      seen: expect.stringMatching(/^the export of 2026-09 .*2026-10 has none of its own/),
    });
    const one = exported([...older, deal('since', 'atlas', '2026-10-01')], salesforce, '2026-09/opportunities.csv');
    expect(await check('opportunities', one)).toMatchObject({ outcome: 'ok' });
  });
});

describe('buyers', () => {
  it('whom billing does not know are counted by the opportunities won in the year, the newest first, five at most', async () => {
    const strangers = Array.from({ length: 7 }, (_, at) => deal(`new-${at}`, '0011a', `2026-0${at + 1}-01`));
    const others = [
      deal('old', '0011a', '2025-10-31'),
      deal('later', '0011a', '2026-11-01'),
      deal('open', '0011a', '2026-10-01', 'Negotiation'),
    ];
    const found = await check('opportunity buyers', exported([...deals, ...strangers, ...others]));
    expect(found).toMatchObject({ outcome: 'warn', fix: expect.stringContaining('the id that billing knows') });
    expect(found.seen).toBe(
      '7 of 15 won in the year have a buyer who is no customer in billing: opportunities new-6, new-5, new-4, new-3, new-2 …',
    );
  });

  it('are known by a customers file, by its account ids, and by a line of either end', async () => {
    const rows = [deal('a', 'dune'), deal('b', 'iris'), deal('c', 'parent'), deal('d', 'jade')];
    const files = exported(rows);
    const customers = (book['2026-09/customers.csv'] ?? '')
      .replace('jade,Jade,,Solo,AMER\n', '')
      .replace('Fern,,', 'Fern,parent,');
    expect((await check('opportunity buyers', { ...files, '2026-09/customers.csv': customers })).outcome).toBe('ok');
    const alone = customers.replace('dune,Dune,,Team,AMER\n', '').replace('parent', '');
    expect((await check('opportunity buyers', { ...files, '2026-09/customers.csv': alone })).seen).toBe(
      '2 of 4 won in the year have a buyer who is no customer in billing: opportunities a, c',
    );
  });

  it('that an opportunity does not name', async () => {
    const rows = ['7,2026-10-31,true,atlas;birch', '8,2026-10-31,true,', '9,2026-10-31,true,atlas'];
    const found = await check(
      'opportunity buyers',
      exported(rows, 'Record ID,Close Date,Is Closed Won,Associated Company IDs'),
    );
    expect(found).toMatchObject({ outcome: 'warn', seen: expect.stringContaining('; 2 of all that were won') });
  });
});

it('days: the share that closed in the year, and what closed after it or never', async () => {
  const rows = [
    deal('first', 'atlas', '2025-11-01'),
    deal('last', 'atlas', '2026-10-31'),
    deal('before', 'atlas', '2025-10-31'),
    deal('after', 'atlas', '2026-11-01'),
    deal('never', 'atlas', ''),
    deal('open', 'atlas', '2026-10-01', 'Negotiation'),
  ];
  expect(await check('opportunity days', exported(rows))).toMatchObject({
    outcome: 'ok',
    seen: '2 of 5 won (40.0 %) closed in the year from 2025-11 to 2026-10; 1 after it, 1 without a day, found by their ids alone',
  });
  expect(await check('opportunity days', exported(rows.slice(2)))).toMatchObject({
    outcome: 'warn',
    fix: expect.stringContaining('close date'),
  });
});

describe('ids on lines', () => {
  it('that the export does not know, or has as not won', async () => {
    const rows = [...deals.slice(0, 5), deal('opp-haven', 'haven', '2026-10-05', 'Closed Lost')];
    const found = await check('opportunity ids', exported(rows));
    expect(found).toMatchObject({ outcome: 'warn', fix: expect.stringContaining('Export the whole history') });
    expect(found.seen).toBe(
      'of 8 ids on lines of 2026-10, 2 that the export does not know, on 2 lines: opp-iris, opp-iris-two; 1 that it has as not won, on 1 line: opp-haven',
    );
  });

  it('are the same in 15 and in 18 characters', async () => {
    const lines = (book['2026-10/lines.csv'] ?? '').replaceAll(/opp-[a-z-]+/g, '0061a00000abcdeAAM');
    const files = { ...exported([deal('0061a00000abcde', 'atlas')]), '2026-10/lines.csv': lines };
    expect(await check('opportunity ids', files)).toMatchObject({
      outcome: 'ok',
      seen: '1 id on lines of 2026-10, all of them won in the export',
    });
  });

  it('that are none', async () => {
    const lines = (book['2026-10/lines.csv'] ?? '').replaceAll(/opp-[a-z-]+/g, '');
    expect(await check('opportunity ids', { ...exported(deals), '2026-10/lines.csv': lines })).toMatchObject({
      outcome: 'ok',
      seen: expect.stringMatching(/^no line of 2026-10 names an opportunity/),
    });
  });
});
