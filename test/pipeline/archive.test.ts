/** What a run leaves in the archive: all that was promised, true to its hashes, and the same every time. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { manifestSchema } from '../../functions/archive.ts';
import { queryText, reportQueryNames } from '../../functions/queries/sql.ts';
import { bookFiles } from './book.ts';
import { type Folder, openFolder } from './folder.ts';

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const revision = 'archive/month=2026-10/revision=1';

let folder: Folder;
let first: Record<string, string>;

beforeAll(async () => {
  folder = await openFolder();
  const outcome = await folder.run();
  expect(outcome).toMatchObject({ month: '2026-10', revision: 1, added: true });
  first = await folder.tree();
});
afterAll(() => folder.dispose());

test('the first run archives revision 1 with every file, and points to it', async () => {
  const names = [
    'chart-bridge.png',
    'chart-involuntary.png',
    'chart-segments.png',
    'chart-trend.png',
    'email.eml',
    'email.html',
    'email.txt',
    'manifest.json',
    'movements.csv',
    'report.html',
    'report.json',
    'report.pdf',
    'report.xlsx',
    'segments.csv',
  ];
  expect(Object.keys(await folder.tree('archive')).sort()).toEqual(
    [
      'index.html',
      'index.json',
      'month=2026-10/current.json',
      ...names.map((name) => `month=2026-10/revision=1/${name}`),
    ].sort(),
  );
  expect(JSON.parse(await folder.text('archive/month=2026-10/current.json'))).toEqual({
    revision: 1,
    manifestSha256: sha256(await folder.text(`${revision}/manifest.json`)),
  });
});

test('the manifest tells the truth of every file, every input and every query', async () => {
  const manifest = manifestSchema.parse(JSON.parse(await folder.text(`${revision}/manifest.json`)));
  const names = Object.keys(await folder.tree(revision)).filter((name) => name !== 'manifest.json');
  expect(manifest.files.map(({ name }) => name).sort()).toEqual(names.sort());
  for (const { name, sha256: hash, bytes } of manifest.files) {
    const content = await readFile(join(folder.home, revision, name));
    expect({ name, hash, bytes }).toEqual({ name, hash: sha256(content), bytes: content.length });
  }
  expect(manifest.inputs.map(({ name }) => name).sort()).toEqual(Object.keys(bookFiles()).sort());
  for (const { name, month, table, sha256: hash, bytes } of manifest.inputs) {
    const content = await readFile(join(folder.source, name));
    expect({ name, hash, bytes }).toEqual({
      name: `${month}/${table}.csv`,
      hash: sha256(content),
      bytes: content.length,
    });
  }
  expect(manifest.queries).toEqual(reportQueryNames.map((name) => ({ name, sha256: sha256(queryText(name)) })));
  expect(manifest.config).toMatchObject({ reportingCurrency: 'USD', lowSampleBelow: 50 });
  expect(JSON.stringify(manifest.config)).not.toContain('recipients');
  expect(manifest.engine).toMatch(/^DuckDB v\d/);
});

test('the figures are those worked out by hand', async () => {
  const report = await folder.report(1);
  expect(report.restatement).toBeNull();
  // 9000 + 500 + 1100 + 300 + 200 + 120 + 80 + 100 + 10 in October 2025, euros at 1.10.
  expect(report.windows.ttm?.bridge).toEqual({
    opening: '11410.00',
    new: '750.00',
    reactivation: '0.00',
    expansion: '615.00',
    contraction: '150.00',
    voluntaryChurn: '300.00',
    involuntaryChurn: '200.00',
    pausedChurn: '80.00',
    unclassifiedChurn: '10.00',
    fx: '50.00',
    closing: '12085.00',
  });
  // 11285 of 11410 are left, 10670 of them without expansion.
  expect(report.windows.ttm?.total).toMatchObject({
    openingAccounts: 9,
    closingAccounts: 5,
    ndr: '0.989045',
    grr: '0.935145',
    ndrExInvoluntary: '1.006573',
    logoRetention: '0.555556',
  });
  expect(report.windows.month?.bridge).toMatchObject({
    opening: '12090.00',
    reactivation: '120.00',
    new: '0.00',
    fx: '50.00',
  });
  expect(report.windows.month?.failedPayments).toMatchObject({ exhaustedInvoices: 1, exhaustedAmount: '200.00' });
  expect(report.trend.filter(({ window }) => window === 'ttm').map(({ month }) => month)).toEqual([
    '2026-09',
    '2026-10',
  ]);
  // Beside each movement stand the invoices of the lines that moved.
  const ledger = await folder.text(`${revision}/movements.csv`);
  expect(ledger.split('\n').filter((line) => line.startsWith('ttm,'))).toEqual([
    'ttm,fern,Fern,new,,,0.00,750.00,750.00,Team,APAC,(none),(none),in-fern-2026-10,opp-fern,,,id',
    'ttm,atlas,"Atlas, Inc.",expansion,,,9000.00,9600.00,600.00,Scale,AMER,Enterprise,2025,in-atlas-2026-10,opp-atlas,,,id',
    'ttm,dune,Dune,churn,voluntary,too_expensive,300.00,0.00,-300.00,Team,AMER,SMB,2025,in-dune-2025-10,opp-dune,,,id',
    'ttm,elm,Elm,churn,involuntary,payment_failed,200.00,0.00,-200.00,Team,AMER,SMB,2025,in-elm-2025-10;in-elm-2026-09,opp-elm,,,id',
    'ttm,birch,Birch,contraction,,,500.00,350.00,-150.00,Team,EMEA,SMB,2025,in-birch-2026-10,opp-birch,,,id',
    'ttm,haven,Haven,churn,paused,,80.00,0.00,-80.00,Solo,EMEA,SMB,2025,in-haven-2025-10,opp-haven,,,id',
    'ttm,iris,Iris,expansion,,,100.00,115.00,15.00,Solo,EMEA,SMB,2025,in-iris-two-2026-10,opp-iris-two,,,id',
    'ttm,jade,Jade,churn,unclassified,,10.00,0.00,-10.00,Solo,AMER,SMB,2025,in-jade-2025-10,opp-jade,,,id',
  ]);
});

test('the same again adds nothing: not one byte of the home is another', async () => {
  const outcome = await folder.run();
  expect(outcome).toMatchObject({ revision: 1, added: false, deliveries: [{ outcome: 'already sent' }] });
  expect(await folder.tree()).toEqual(first);
});
