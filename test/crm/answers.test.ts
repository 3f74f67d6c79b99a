/** What `trace` says of one account: of ledgers with and without a CRM, and of those of earlier versions. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLedger } from '../../functions/adapters/duckdb-ledger.ts';
import { movementAnswer } from '../../functions/cli/answers.ts';
import { ledgerTable } from '../../functions/cli/tables.ts';
import { reportSchema } from '../../functions/core/report.ts';
import type { Row } from '../../functions/ports.ts';
import { makeReport } from '../render/fixture.ts';

const row = (more: Row): Row => ({
  account_id: 'acme',
  account_name: 'Acme Ltd',
  movement: 'expansion',
  cause: null,
  reason: null,
  opening_mrr: '5000.00',
  closing_mrr: '6200.00',
  delta_mrr: '1200.00',
  invoice_ids: 'in_1',
  opportunity_ids: 'o-1',
  opportunity_types: 'Upsell',
  opportunity_owners: 'Mia Chen',
  opportunity_joined_by: 'id',
  ...more,
});

const said = (more: Row): string => movementAnswer(row(more), makeReport(), 'month');

describe('a sentence', () => {
  it('names account, amounts, months, invoice and opportunity', () => {
    expect(said({})).toBe(
      'Acme Ltd (acme) expanded by USD 1,200.00, from 5,000.00 in 2026-09 to 6,200.00 in 2026-10. Invoice in_1. ' +
        'Opportunity o-1 (Upsell, Mia Chen), by id on the lines that changed.',
    );
  });

  it.each([
    [{ movement: 'new' }, 'is new with USD 1,200.00'],
    [{ movement: 'reactivation' }, 'came back with USD 1,200.00'],
    [{ movement: 'contraction', delta_mrr: '-30.00' }, 'contracted by USD 30.00'],
    [{ movement: 'churn', cause: 'paused', delta_mrr: '-30.00' }, 'left with USD 30.00 (paused)'],
    [{ movement: 'churn', cause: 'voluntary', reason: 'too_expensive' }, '(voluntary: too_expensive)'],
    [{ invoice_ids: null }, 'No invoice.'],
    [{ invoice_ids: 'a;b' }, 'Invoices a, b.'],
    [{ opportunity_ids: null, opportunity_joined_by: null }, 'No opportunity.'],
    [{ opportunity_joined_by: 'account_and_date' }, 'Opportunity o-1 (Upsell, Mia Chen), by account and close date.'],
    [
      { opportunity_ids: 'o-1;o-2', opportunity_types: 'Upsell;Renewal', opportunity_owners: ';Bo' },
      'Opportunities o-1 (Upsell); o-2 (Renewal, Bo), by id on the lines that changed.',
    ],
    [
      {
        opportunity_ids: 'o-1;o-2',
        opportunity_types: ';Renewal',
        opportunity_owners: ';Bo',
        opportunity_joined_by: 'account_and_date',
      },
      "Opportunity o-2 (Renewal, Bo), by account and close date. Opportunity o-1 on the lines that changed as well; the CRM's export has no won one of that id.",
    ],
    [
      { opportunity_types: null, opportunity_owners: null, opportunity_joined_by: null },
      "Opportunity o-1 on the lines that changed; the CRM's export has no won one of that id.",
    ],
    [{ opportunity_types: null, opportunity_owners: null }, 'Opportunity o-1, by id on the lines that changed.'],
    [{ account_name: null }, 'acme expanded by'],
  ] satisfies [Row, string][])('%j: %s', (more, part) => expect(said(more)).toContain(part));

  it('steers no terminal, whatever ids and owners hold', () => {
    const text = said({
      opportunity_owners: 'Mia\u001b[2J\u202e\nChen',
      opportunity_ids: 'o\u0007-1',
      account_name: '\u001b]0;x\u0007Acme',
    });
    expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe('ledgers', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'answers-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const before = 'window,account_id,account_name,movement,cause,reason,opening_mrr,closing_mrr,delta_mrr';
  const pageOf = async (header: string, line: string) => {
    const path = join(folder, 'movements.csv');
    await writeFile(path, `${header}\n${line}\n`);
    return readLedger(path, { window: 'month', account: 'acme', segments: new Map([['plan', '=Team']]), limit: null });
  };

  it('are read with what the CRM says, apostrophes for spreadsheets taken off', async () => {
    const page = await pageOf(
      `${before},plan,invoice_ids,opportunity_ids,opportunity_types,opportunity_owners,opportunity_joined_by`,
      "month,acme,Acme,expansion,,,1.00,2.00,1.00,'=Team,in_1,'=o-1,'+Upsell,'@Mia,id",
    );
    expect(page.rows).toMatchObject([
      {
        opportunity_ids: '=o-1',
        opportunity_types: '+Upsell',
        opportunity_owners: '@Mia',
        opportunity_joined_by: 'id',
      },
    ]);
    expect(ledgerTable(page)).toMatch(/Opportunities +Type +Owner +Found by\n/);
  });

  it('of earlier versions are read as they are, and show no empty columns', async () => {
    const page = await pageOf(
      `${before},plan,invoice_ids,opportunity_ids`,
      "month,acme,Acme,expansion,,,1.00,2.00,1.00,'=Team,in_1,o-1",
    );
    expect(page.rows).toMatchObject([{ plan: '=Team', invoice_ids: 'in_1', opportunity_ids: 'o-1' }]);
    expect(ledgerTable(page)).toMatch(/Opportunities\n/);
    expect(movementAnswer(page.rows[0] ?? {}, makeReport(), 'month')).toMatch(/Opportunity o-1\.$/);
  });
});

it('a report of a version that did not trace is read, and says nothing of it', () => {
  const report = makeReport();
  const older = Object.fromEntries(
    Object.entries(report.windows).map(([window, found]) => {
      if (found === null) return [window, null];
      const { traced: _traced, tracedShare: _share, ...rest } = found;
      return [window, rest];
    }),
  );
  const read = reportSchema.parse(JSON.parse(JSON.stringify({ ...report, windows: older })));
  expect(read.windows.ttm).toMatchObject({ traced: null, tracedShare: null });
});
