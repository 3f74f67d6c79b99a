/** What each command says of a book, to people and to machines. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { reportSchema } from '../../functions/core/report.ts';
import { bookFiles, corrected } from '../pipeline/book.ts';
import { type Folder, openFolder } from '../pipeline/folder.ts';
import { retention } from './retention.ts';

const book = bookFiles('2026-07');

let folder: Folder;
let elsewhere: string;
beforeAll(async () => {
  folder = await openFolder(book);
  elsewhere = join(folder.home, '..', 'elsewhere');
  await mkdir(elsewhere);
});
afterAll(() => folder.dispose());

const at = (...args: string[]) => retention([...args, '--home', folder.home], { cwd: elsewhere });
const sourced = (...args: string[]) => at(...args, '--source', folder.source);

test('run: the headline, where the report and the mails are; on standard output alone', async () => {
  const { status, stdout, stderr } = await sourced('run', '--month', '2026-10', '--to', 'cfo@example.com');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^2026-10, revision 1, USD +Month from 2026-09 +Quarter from 2026-07 +Trailing 12 months$/m);
  expect(stdout).toMatch(/^NDR +98\.6% .*n\/a$/m);
  expect(stdout).toContain('Archived as revision 1.');
  expect(stdout).toMatch(/^Report {2}.*archive\/month=2026-10\/revision=1\/report\.html$/m);
  expect(stdout).toMatch(/^E-mail +.*outbox\/.*\.eml {2}\(sent, cfo@example\.com\)$/m);
});

test('run again: unchanged, and mailed already', async () => {
  const { status, stdout } = await sourced('run', '--month', '2026-10', '--to', 'cfo@example.com');
  expect(status).toBe(0);
  expect(stdout).toContain('Unchanged: revision 1 says the same. Nothing was added.');
  expect(stdout).toContain('(already sent, cfo@example.com)');
});

test('run --json without mail, from what the lake has', async () => {
  const { status, stdout, stderr } = await at('run', '--month', '2026-10', '--no-email', '--json');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(JSON.parse(stdout)).toMatchObject({ month: '2026-10', revision: 1, added: false, deliveries: [], gates: [] });
});

test('a restated month says so on standard error, and its old revision can be shown', async () => {
  await folder.write(corrected(book, '2026-10/lines.csv', '350.00', '340.00'));
  const { status, stderr } = await sourced('run', '--month', '2026-10', '--no-email');
  expect(status).toBe(0);
  expect(stderr).toMatch(/^warning: Restated: \d+ figures differ from revision 1/m);

  const current = await at('show', '--month', '2026-10');
  expect(current.stdout).toMatch(/^2026-10, revision 2, USD/);
  expect(current.stdout).toContain('Restated: ');
  expect(current.stdout).toMatch(/^manifest\.json +.*revision=2\/manifest\.json$/m);
  const first = await at('show', '--month', '2026-10', '--revision', '1', '--json');
  expect(reportSchema.parse(JSON.parse(first.stdout))).toEqual(await folder.report(1));
  const none = await at('show', '--month', '2026-10', '--revision', '3');
  expect(none).toMatchObject({ status: 2, stdout: '' });
  expect(none.stderr).toContain('no report of 2026-10 revision 3');
  expect(none.stderr).toContain('retention list');
});

test('check: says that the month passes, and writes nothing', async () => {
  const before = await folder.tree();
  const told = await sourced('check', '--month', '2026-10');
  expect(told).toEqual({ status: 0, stdout: '2026-10 passes every blocking gate.\n', stderr: '' });
  const { stdout } = await sourced('check', '--month', '2026-10', '--json');
  expect(JSON.parse(stdout)).toEqual({ month: '2026-10', gates: [] });
  expect(await folder.tree()).toEqual(before);
});

test('backfill archives every month, oldest first, and mails nobody', async () => {
  const outbox = await folder.tree('outbox');
  const { status, stdout } = await sourced('backfill', '--from', '2026-08', '--to', '2026-10', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual([
    { month: '2026-08', revision: 1 },
    { month: '2026-09', revision: 1 },
    { month: '2026-10', revision: 2 },
  ]);
  expect(await folder.tree('outbox')).toEqual(outbox);
  const wrong = await sourced('backfill', '--from', '2026-10', '--to', '2026-08');
  expect(wrong).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining('2026-08 is before 2026-10') });
});

test('list: a line a month, oldest first; nothing yet is no failure', async () => {
  const { status, stdout } = await at('list');
  expect(status).toBe(0);
  expect(stdout.split('\n').map((line) => line.slice(0, 7))).toEqual([
    'Month  ',
    '───────',
    '2026-08',
    '2026-09',
    '2026-10',
    '',
  ]);
  expect(JSON.parse((await at('list', '--json')).stdout)).toMatchObject([
    { month: '2026-08', revision: 1, restated: false },
    { month: '2026-09', revision: 1, restated: false },
    { month: '2026-10', revision: 2, restated: true },
  ]);
  const empty = await retention(['list', '--home', join(elsewhere, 'none')]);
  expect(empty).toMatchObject({ status: 0, stdout: expect.stringContaining('is empty. Run a month first') });
});

const traced = z.object({
  window: z.string(),
  total: z.number(),
  rows: z.array(z.record(z.string(), z.string().nullable())),
  sums: z.array(z.object({ movement: z.string(), cause: z.string(), accounts: z.number(), deltaMrr: z.string() })),
});

describe('trace', () => {
  const trace = async (...args: string[]) => {
    const { status, stdout, stderr } = await at('trace', '--month', '2026-10', '--json', ...args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return traced.parse(JSON.parse(stdout));
  };

  test.each(['month', 'quarter'] as const)('the sums of the %s window are the lines of its bridge', async (window) => {
    const { sums, rows, total } = await trace('--window', window);
    const bridge = (await folder.report(2)).windows[window]?.bridge;
    const summed = Object.fromEntries(
      sums.map(({ movement, cause, deltaMrr }) => [movement === 'churn' ? `${cause}Churn` : movement, deltaMrr]),
    );
    for (const figure of [
      'new',
      'reactivation',
      'expansion',
      'contraction',
      'voluntaryChurn',
      'involuntaryChurn',
      'pausedChurn',
      'unclassifiedChurn',
    ] as const)
      expect({ figure, sum: (summed[figure] ?? '0.0000').replace('-', '') }).toEqual({
        figure,
        sum: `${bridge?.[figure]}00`,
      });
    expect(total).toBe(rows.length);
    expect(sums.reduce((accounts, sum) => accounts + sum.accounts, 0)).toBe(total);
  });

  test('left to itself it takes the longest window there is', async () => {
    expect((await trace()).window).toBe('quarter');
  });

  test('one account, with its invoice and its opportunity', async () => {
    const { rows, total } = await trace('--account', 'elm', '--window', 'month');
    expect(total).toBe(1);
    expect(rows).toMatchObject([
      {
        account_id: 'elm',
        movement: 'churn',
        cause: 'involuntary',
        reason: 'payment_failed',
        opening_mrr: '200.00',
        delta_mrr: '-200.00',
        region: 'AMER',
        invoice_ids: 'in-elm-2026-09',
        opportunity_ids: 'opp-elm',
      },
    ]);
  });

  test('of one account it says first, in a sentence, which invoice and which opportunity', async () => {
    const answer =
      'Elm (elm) left with USD 200.00 (involuntary: payment_failed), from 200.00 in 2026-09 to 0.00 in 2026-10. ' +
      'Invoice in-elm-2026-09. Opportunity opp-elm, by id on the lines that changed.';
    const { stdout } = await at('trace', '--month', '2026-10', '--window', 'month', '--account', 'elm');
    expect(stdout.split('\n')[0]).toBe(answer);
    const told = await at('trace', '--month', '2026-10', '--window', 'month', '--account', 'elm', '--json');
    expect(JSON.parse(told.stdout)).toMatchObject({ answers: [answer] });
  });

  test('one segment, or several; what is not there is told', async () => {
    const amer = await trace('--window', 'month', '--segment', 'region=AMER');
    expect(amer.rows.map(({ account_id }) => account_id)).toEqual(['elm', 'atlas', 'jade']);
    const both = await trace('--window', 'month', '--segment', 'region=AMER', '--segment', 'plan=Solo');
    expect(both.rows.map(({ account_id }) => account_id)).toEqual(['jade']);
    const wrong = await at('trace', '--month', '2026-10', '--segment', 'colour=red');
    expect(wrong).toMatchObject({ status: 2, stdout: '' });
    expect(wrong.stderr).toContain('no dimension "colour"');
    expect(wrong.stderr).toMatch(/It has: plan, region, acv_band, cohort_year/);
  });

  test('for people: rows, how many of them, and what they add up to', async () => {
    const { stdout } = await at('trace', '--month', '2026-10', '--window', 'month', '--limit', '2');
    expect(stdout).toContain('Movements of 2026-10, window month, revision 2, USD');
    expect(stdout).toMatch(/… 2 of \d accounts shown: --limit 0 shows all/);
    expect(stdout).toMatch(/^churn, involuntary +1 +−200\.00$/m);
    const none = await at('trace', '--month', '2026-10', '--account', 'nobody');
    expect(none).toMatchObject({ status: 0, stdout: expect.stringContaining('No account that matches moved') });
  });

  test('an archived ledger that was tampered with is not read', async () => {
    const copy = await folder.copy();
    const ledger = 'archive/month=2026-10/revision=2/movements.csv';
    await rm(join(copy.home, ledger));
    const told = await retention(['trace', '--month', '2026-10', '--home', copy.home, '--json']);
    expect(told.status).toBe(1);
    expect(JSON.parse(told.stdout)).toMatchObject({
      error: { code: 'DAMAGED', message: expect.stringContaining(ledger) },
    });
    await copy.dispose();
  });
});
