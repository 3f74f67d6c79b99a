/** What page and workbook show of the ledger is what the ledger says, apostrophes for spreadsheets aside. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readLedgerRows } from '../../functions/ledger-rows.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const header =
  'window,account_id,account_name,movement,cause,reason,opening_mrr,closing_mrr,delta_mrr,plan,acv_band,cohort_year,invoice_ids,opportunity_ids';

const read = async (rows: readonly string[], limit = 10) => {
  const path = join(folder, 'ledger.csv');
  await writeFile(path, `${[header, ...rows].join('\n')}\n`);
  return readLedgerRows(path, limit);
};

it('reads every cell, and the cells that keep spreadsheets from running them as they were', async () => {
  const rows = await read([
    `ttm,'=7,"'@Müller, ""KG""",churn,involuntary,'-card,10.00,0.00,-10.00,'+Team,SMB,2024,in_1;in_2,`,
    'ttm,a1,,new,,,0.00,5.50,5.50,(none),(none),(none),,opp_1',
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
      opportunityIds: 'opp_1',
    },
  ]);
});

it('stops at the limit', async () => {
  const rows = Array.from({ length: 30 }, (_, at) => `ttm,a${at},,new,,,0.00,5.50,5.50,x,x,x,,`);
  expect((await read(rows, 7)).map(({ accountId }) => accountId)).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6']);
  expect(await read(rows, 0)).toEqual([]);
});
