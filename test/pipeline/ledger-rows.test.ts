/** What page and workbook show of the ledger is what the ledger says, apostrophes for spreadsheets aside. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDuckdb, quoted } from '../../functions/adapters/duckdb.ts';
import { copyToCsv } from '../../functions/adapters/duckdb-csv.ts';
import { readLedgerRows } from '../../functions/ledger-rows.ts';
import { textCell } from '../../functions/render/segments-csv.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const header =
  'window,account_id,account_name,movement,cause,reason,opening_mrr,closing_mrr,delta_mrr,plan,acv_band,cohort_year,invoice_ids,opportunity_ids,opportunity_types,opportunity_owners,opportunity_joined_by';

const read = async (rows: readonly string[], limit = 10) => {
  const path = join(folder, 'ledger.csv');
  await writeFile(path, `${[header, ...rows].join('\n')}\n`);
  return readLedgerRows(path, limit);
};

it('reads every cell, and the cells that keep spreadsheets from running them as they were', async () => {
  const rows = await read([
    `ttm,'=7,"'@Müller, ""KG""",churn,involuntary,'-card,10.00,0.00,-10.00,'+Team,SMB,2024,in_1;in_2,,,,`,
    "ttm,a1,,new,,,0.00,5.50,5.50,(none),(none),(none),,'=opp_1,'+Upsell,\"'@Mia, Jr.\",account_and_date",
  ]);
  expect(rows).toEqual([
    {
      accountId: '=7',
      accountName: '@Müller, "KG"',
      movement: 'churn',
      cause: 'involuntary',
      reason: '-card',
      openingMrr: '10.00',
      closingMrr: '0.00',
      deltaMrr: '-10.00',
      segments: ['+Team', 'SMB', '2024'],
      invoiceIds: 'in_1;in_2',
      opportunityIds: '',
      opportunityTypes: '',
      opportunityOwners: '',
      opportunityJoinedBy: null,
    },
    {
      accountId: 'a1',
      accountName: '',
      movement: 'new',
      cause: null,
      reason: null,
      openingMrr: '0.00',
      closingMrr: '5.50',
      deltaMrr: '5.50',
      segments: ['(none)', '(none)', '(none)'],
      invoiceIds: '',
      opportunityIds: '=opp_1',
      opportunityTypes: '+Upsell',
      opportunityOwners: '@Mia, Jr.',
      opportunityJoinedBy: 'account_and_date',
    },
  ]);
});

it('takes off the apostrophe that was put on, and not one that was there', async () => {
  const instance = await openDuckdb({ scratch: join(folder, 'scratch'), threads: 1 });
  const connection = await instance.connect();
  const names = ['=1', "'=1", "''+x", "'name", "'", '-', "'@", 'plain'];
  const values = names.map((name) => `(${quoted(name)})`).join(', ');
  const columns = header.split(',').map((name) => ({ name, text: true }));
  const cells = columns.map(({ name }) => {
    if (name === 'account_name' || name === 'plan') return `v AS ${name}`;
    return `${name === 'movement' ? "'new'" : "'x'"} AS "${name}"`;
  });
  const path = join(folder, 'escaped.csv');
  await connection.run(copyToCsv(`(SELECT ${cells.join(', ')} FROM (VALUES ${values}) AS t(v))`, columns, path));
  const rows = await readLedgerRows(path, 20);
  expect(rows.map(({ accountName }) => accountName)).toEqual(names);
  expect(rows.map(({ segments }) => segments[0])).toEqual(names);
  for (const name of names) expect(textCell(name)).toBe(/^'*[=+@-]/.test(name) ? `'${name}` : name);
  connection.closeSync();
  instance.closeSync();
});

it('stops at the limit', async () => {
  const rows = Array.from({ length: 30 }, (_, at) => `ttm,a${at},,new,,,0.00,5.50,5.50,x,x,x,,,,,`);
  expect((await read(rows, 7)).map(({ accountId }) => accountId)).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
  expect(await read(rows, 0)).toEqual([]);
});
