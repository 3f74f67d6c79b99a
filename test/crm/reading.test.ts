/** What exports of CRMs look like, and what becomes of them: columns by many names, days in many forms, what is won. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../../functions/adapters/duckdb.ts';
import { duckdbQueryEngine } from '../../functions/adapters/duckdb-query-engine.ts';
import { duckdbTableLoader } from '../../functions/adapters/duckdb-table-loader.ts';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { type CrmSettings, crmReading, crmSchema } from '../../functions/core/crm.ts';
import type { QueryEngine, Row, TableLoader } from '../../functions/ports.ts';

let root: string;
let loader: TableLoader;
let engine: QueryEngine;
let close: () => void;
let loads = 0;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'crm-'));
  const instance = await openDuckdb({ scratch: join(root, 'scratch'), threads: 1 });
  const options = { instance, store: folderObjectStore(join(root, 'home')), scratch: join(root, 'scratch') };
  loader = duckdbTableLoader(options);
  engine = await duckdbQueryEngine(options);
  close = () => instance.closeSync();
});
afterAll(async () => {
  close();
  await rm(root, { recursive: true, force: true });
});

const read = async (text: string, settings: Partial<CrmSettings> = {}, form: 'csv' | 'ndjson' = 'csv') => {
  loads += 1;
  const path = join(root, `${loads}.${form}`);
  await writeFile(path, text);
  const target = { table: 'opportunities', month: '2026-10', version: `v${loads}` };
  const name = `2026-10/opportunities.${form}`;
  const file = { name, form, gzip: false, bytes: text.length, sha256: '', local: async () => path } as const;
  const reading = crmReading(crmSchema.parse(settings));
  const result = await loader.load({ table: 'opportunities', files: [file], target, reading });
  if ('faults' in result) return { faults: result.faults, rows: [] as Row[], furtherColumns: [] as readonly string[] };
  const rows = await engine.query(
    `SELECT opportunity_id, coalesce(customer_id, account_id) AS who, CAST(close_date AS VARCHAR) AS close_date, type, owner, CAST(won AS VARCHAR) AS won
     FROM opportunities WHERE month = '2026-10' AND version = '${target.version}' ORDER BY 1`,
    [target],
  );
  return { faults: [], rows, furtherColumns: result.loaded.furtherColumns };
};

const wanted = (id: string, who: string | null, more: Partial<Row> = {}): Row => ({
  opportunity_id: id,
  who,
  close_date: '2026-10-31',
  type: 'Existing Customer - Upgrade',
  owner: 'Mia Chen',
  won: 'true',
  ...more,
});

describe('columns by the names that exports give them', () => {
  it.each([
    [
      'a report of Salesforce',
      'Opportunity Owner,Account Name,Opportunity Name,Stage,Fiscal Period,Amount Currency,Amount,Close Date,Type,Won,Account ID,Opportunity ID\n' +
        '"Mia Chen","Acme, Inc.","Acme - ""Upgrade""",Closed Won,Q4-2026,USD,"12,000.00",10/31/2026,Existing Customer - Upgrade,1,0011a00000xyzab,0061a00000abcde\n',
      wanted('0061a00000abcde', '0011a00000xyzab'),
    ],
    [
      'the Data Loader of Salesforce',
      'ID,ACCOUNTID,NAME,STAGENAME,AMOUNT,CLOSEDATE,TYPE,ISCLOSED,ISWON,OWNERID,OWNER.NAME\n' +
        '0061a00000abcdeAAM,0011a00000xyzabCCC,Acme,Closed Won,12000.0,2026-10-31,Existing Customer - Upgrade,true,true,0051a,Mia Chen\n',
      wanted('0061a00000abcdeAAM', '0011a00000xyzabCCC'),
    ],
    [
      'the weekly export of Salesforce, which knows owners by id',
      'Id,IsDeleted,AccountId,Name,StageName,CloseDate,Type,IsClosed,IsWon,OwnerId\n' +
        '0061a00000abcdeAAM,0,0011a,Acme,Closed Won,2026-10-31 00:00:00,Existing Customer - Upgrade,1,1,0051a00000qwert\n',
      wanted('0061a00000abcdeAAM', '0011a', { owner: '0051a00000qwert' }),
    ],
    [
      'deals of HubSpot',
      'Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Deal Type,Is Closed Won,Is Deal Closed?,Associated Company,Associated Company IDs\n' +
        '7001,Acme upgrade,Closed Won (Sales Pipeline),2026-10-31 14:22,Mia Chen,12000,Existing Customer - Upgrade,true,true,Acme,9001\n',
      wanted('7001', '9001'),
    ],
    [
      'deals of HubSpot with several companies, of which one is the first',
      'Record ID,Deal Stage,Close Date,Deal owner,Deal Type,Associated Company IDs,Associated Company IDs (Primary)\n' +
        '7001,Closed Won,2026-10-31 14:22,Mia Chen,Existing Customer - Upgrade,9002;9001,9001\n',
      wanted('7001', '9001'),
    ],
    [
      'properties of HubSpot by their internal names',
      'hs_object_id,dealstage,closedate,hubspot_owner_id,dealtype,hs_is_closed_won\n' +
        '7001,closedwon,2026-10-31T14:22:33.123Z,Mia Chen,Existing Customer - Upgrade,true\n',
      wanted('7001', null),
    ],
    [
      'the names of the contract',
      'opportunity_id,account_id,customer_id,close_date,type,owner,stage\n' +
        'o-1,acc,cus,2026-10-31,Existing Customer - Upgrade,Mia Chen,Closed Won\n',
      wanted('o-1', 'cus'),
    ],
  ])('%s', async (_, text, row) => {
    expect(await read(text)).toEqual({ faults: [], rows: [row], furtherColumns: [] });
  });

  it('who of several companies pays is not known', async () => {
    const { rows } = await read(
      'Record ID,Close Date,Is Closed Won,Associated Company IDs\n7,2026-10-31,true,9001;9002\n',
    );
    expect(rows).toMatchObject([{ who: null }]);
  });

  it('named in the configuration, in any language', async () => {
    const { rows } = await read(
      'Verkaufschance,Kunde,Abschluss,Art,Betreuer,Phase,Id\no-1,cus_1,31.10.2026,Ausbau,Mia,Gewonnen,other\n',
      {
        columns: {
          opportunity_id: 'Verkaufschance',
          customer_id: 'Kunde',
          close_date: 'Abschluss',
          type: 'Art',
          owner: 'Betreuer',
          stage: 'Phase',
        },
        won: ['gewonnen'],
      },
    );
    expect(rows).toEqual([wanted('o-1', 'cus_1', { type: 'Ausbau', owner: 'Mia' })]);
  });

  it('as NDJSON', async () => {
    const { rows } = await read(
      '{"Id":"o-1","AccountId":"cus","CloseDate":"2026-10-31","Type":"Existing Customer - Upgrade","Owner.Name":"Mia Chen","IsWon":true}\n',
      {},
      'ndjson',
    );
    expect(rows).toEqual([wanted('o-1', 'cus')]);
  });

  it.each([
    ['Name,CloseDate,IsWon\nx,2026-10-31,true\n', {}, 'opportunity_id', 'crm.columns'],
    ['Id,IsWon\nx,true\n', {}, 'close_date', 'crm.columns'],
    ['Id,CloseDate\nx,2026-10-31\n', {}, 'is_won', 'nobody knows what was won'],
    ['Id,CloseDate,IsWon\nx,2026-10-31,true\n', { won: ['Signed'] }, 'stage', 'crm.won'],
    ['Id,CloseDate,Close Date,IsWon\nx,2026-10-31,2026-10-30,true\n', {}, 'close_date', '"CloseDate" and "Close Date"'],
    [
      'Id,CloseDate,IsWon\nx,2026-10-31,true\n',
      { columns: { account_id: 'Billing ID' } },
      'account_id',
      '"Billing ID" of crm.columns is missing',
    ],
    ['id,Close Date,IsWon\nx,2026-10-31,true\n', { columns: { opportunity_id: 'Id' } }, 'opportunity_id', '"Id"'],
  ] satisfies [string, Partial<CrmSettings>, string, string][])(
    'an export that lacks what is needed is refused: %j',
    async (text, settings, column, problem) => {
      const { faults, rows } = await read(text, settings);
      expect(rows).toEqual([]);
      expect(faults).toMatchObject([
        {
          code: 'BAD_ROW',
          message: expect.stringContaining(`2026-10/opportunities.csv does not say what ${column} is`),
          findings: [{ file: '2026-10/opportunities.csv', line: 1, column, problem: expect.stringContaining(problem) }],
        },
      ]);
    },
  );

  it('a bad value is told under the name that the export itself uses', async () => {
    const { faults } = await read('Opportunity ID,Close Date,Won\no-1,2026-10-31,1\no-2,soon,1\n,2026-10-31,0\n');
    expect(faults).toMatchObject([
      {
        code: 'BAD_ROW',
        total: 2,
        findings: [
          { line: 3, column: 'Close Date', value: 'soon' },
          { line: 4, column: 'Opportunity ID', value: null },
        ],
      },
    ]);
  });

  it.each([
    ['o-1', 'o-1'],
    ['0061a00000abcde', '0061a00000abcdeAAM'],
  ])('an opportunity that is there twice is refused: %s and %s', async (one, other) => {
    const { faults } = await read(`Opportunity ID,Close Date,Won\n${one},2026-10-31,1\n${other},2026-10-31,1\n`);
    expect(faults).toMatchObject([
      {
        code: 'BAD_ROW',
        total: 1,
        message: expect.stringContaining('more than once'),
        findings: [{ line: 3, column: 'Opportunity ID' }],
      },
    ]);
  });
});

describe('days', () => {
  const dayOf = async (day: string, dateForm?: 'MM/DD/YYYY' | 'DD/MM/YYYY') => {
    const settings = dateForm === undefined ? {} : { dateForm };
    const { rows, faults } = await read(`Id,CloseDate,IsWon\nx,"${day}",true\n`, settings);
    return faults.length > 0 ? faults[0]?.findings[0]?.problem : rows[0]?.close_date;
  };

  it.each([
    ['2026-10-31', '2026-10-31'],
    ['2026-10-31 14:22', '2026-10-31'],
    ['2026-10-31T23:59:59Z', '2026-10-31'],
    ['2026-10-31T23:59:59.000+0000', '2026-10-31'],
    ['2026/10/31', '2026-10-31'],
    ['10/31/2026', '2026-10-31'],
    ['10/31/2026, 2:22 PM', '2026-10-31'],
    ['31/10/2026 14:22', '2026-10-31'],
    ['31-10-2026', '2026-10-31'],
    ['31.10.2026', '2026-10-31'],
    ['4.5.2026', '2026-05-04'],
    ['5/5/2026', '2026-05-05'],
    ['2024-02-29', '2024-02-29'],
  ])('%s is %s', async (text, day) => expect(await dayOf(text)).toBe(day));

  it.each(['04/05/2026', '4/5/2026', '04-05-2026 10:00', '12/11/2026'])('%s can be read in two ways', async (text) => {
    expect(await dayOf(text)).toContain('crm": {"dateForm": "MM/DD/YYYY"}');
  });

  it.each([
    ['04/05/2026', 'MM/DD/YYYY', '2026-04-05'],
    ['04/05/2026', 'DD/MM/YYYY', '2026-05-04'],
    ['4-5-2026', 'DD/MM/YYYY', '2026-05-04'],
    ['10/31/2026', 'MM/DD/YYYY', '2026-10-31'],
    ['2026-04-05', 'DD/MM/YYYY', '2026-04-05'],
  ] as const)('%s, written %s, is %s', async (text, form, day) => expect(await dayOf(text, form)).toBe(day));

  it('a day that does not fit the form that is named is refused', async () => {
    expect(await dayOf('10/31/2026', 'DD/MM/YYYY')).toContain('crm.dateForm');
  });

  it('an opportunity that is open may have none', async () => {
    const { rows } = await read('Id,CloseDate,IsWon\nx,,false\n');
    expect(rows).toMatchObject([{ close_date: null, won: 'false' }]);
  });
});

describe('what is won', () => {
  const wonOf = async (stage: string, isWon: string | null, won?: string[]) => {
    const text =
      isWon === null
        ? `Id,CloseDate,Stage\nx,2026-10-31,"${stage}"\n`
        : `Id,CloseDate,Stage,Won\nx,2026-10-31,"${stage}",${isWon}\n`;
    return (await read(text, won === undefined ? {} : { won })).rows[0]?.won;
  };

  it.each([
    ['Negotiation', '1', undefined, 'true', 'the export says so'],
    ['Closed Won', '0', undefined, 'false', 'the export says so'],
    ['Closed Won', 'TRUE', undefined, 'true', 'however it is spelled'],
    ['Closed Won', '', undefined, 'true', 'its stage, where the export says nothing'],
    ['Closed Won', null, undefined, 'true', 'its stage'],
    ['closedwon', null, undefined, 'true', 'its stage by internal name'],
    ['CLOSED WON (Renewals)', null, undefined, 'true', 'its stage, whatever the pipeline'],
    ['Closed Lost', null, undefined, 'false', 'its stage'],
    ['', null, undefined, 'false', 'no stage'],
    ['Almost Closed Won', null, undefined, 'false', 'all of a stage counts'],
    ['Signed', '0', ['signed'], 'true', 'the configuration before the export'],
    ['Closed Won', '1', ['Signed'], 'false', 'the configuration before the export'],
    ['成約', null, ['成約', "O'Hara"], 'true', 'a stage in any script'],
    ['失注', null, ['成約'], 'false', 'a stage in any script'],
  ])('stage %j, won %j, configured %j: %s, %s', async (stage, isWon, configured, won, _why) => {
    expect(await wonOf(stage, isWon, configured)).toBe(won);
  });
});

describe('what could do harm', () => {
  it('stands as text: quotes, formulas, markup, and no separator of the ledger', async () => {
    const hostile = `=SUM(A1)"; DROP TABLE stage; --`;
    const { rows } = await read(
      `Id,CloseDate,IsWon,Type,Opportunity Owner\n"'x",2026-10-31,true,"Up;sell","${hostile.replaceAll('"', '""')}"\n`,
    );
    expect(rows).toEqual([wanted("'x", null, { type: 'Up,sell', owner: '=SUM(A1)", DROP TABLE stage, --' })]);
  });
});
