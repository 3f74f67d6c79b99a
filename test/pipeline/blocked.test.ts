/** A blocked run, and a check: neither changes what is in use. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BlockedError } from '../../functions/gate-fault.ts';
import { bookFiles, corrected, type Files } from './book.ts';
import { type Folder, openFolder } from './folder.ts';

const book = bookFiles('2026-08');

let folder: Folder;
let inUse: Record<string, string>;

const stateOf = async () => ({
  ...(await folder.tree('archive')),
  ...(await folder.tree('outbox')),
  ...(await folder.tree('deliveries')),
  catalog: (await folder.tree('lake'))['catalog.json'] ?? '',
});

beforeAll(async () => {
  folder = await openFolder(book);
  await folder.run({ month: '2026-09' });
  inUse = await stateOf();
});
afterAll(() => folder.dispose());

const faultsOf = async (files: Readonly<Files>) => {
  await folder.write(files);
  const failure = await folder.run().catch((error: unknown) => error);
  await folder.write(book);
  expect(failure).toBeInstanceOf(BlockedError);
  expect(await stateOf()).toEqual(inUse);
  return failure instanceof BlockedError ? failure.faults : [];
};

const line = 'fern,sub-fern,1,Core,USD,750.00,active';

test.each([
  ['DUPLICATE_LINE', '2026-10/lines.csv', line, `${line},,\n${line}`],
  ['NEGATIVE_MRR', '2026-10/lines.csv', line, line.replace('750', '-750')],
  ['BAD_ROW', '2026-10/lines.csv', line, line.replace('750.00', '7.5e2')],
  ['BAD_ROW', '2026-09/lines.csv', line, line.replace('750.00', '750.00001')],
  ['FX_MISSING', '2026-10/lines.csv', line, line.replace('USD', 'CHF')],
  ['FX_MISSING', '2026-10/payments.csv', 'USD', 'CHF'],
  ['BAD_ROW', '2026-10/cancellations.csv', '2026-10-12', '12/10/2026'],
  ['BAD_ROW', '2026-10/fx.csv', 'EUR,1.15', 'EUR,0'],
  ['BAD_ROW', '2026-10/fx.csv', 'EUR,1.15', 'EUR,1.15\nUSD,1.15'],
])('%s in %s leaves archive, catalog and outbox as they are', async (code, name, was, now) => {
  const faults = await faultsOf(corrected(book, name, was, now));
  expect(faults.map((fault) => fault.code)).toEqual([code]);
});

test('control totals that differ block, whichever of them it is', async () => {
  const control = (changes: object) => ({
    ...book,
    '2026-10/control.json': JSON.stringify({ lines: 8, mrr: { EUR: '1000', USD: '11015.0000' }, ...changes }),
  });
  await folder.write(control({}));
  for (const [changes, columns] of [
    [{ lines: 9 }, ['lines']],
    [{ mrr: { EUR: '1000.00', USD: '11015.01' } }, ['mrr.USD']],
    [{ mrr: { EUR: '1000.00', USD: '11015.00', GBP: '1.00' }, lines: 7 }, ['lines', 'mrr.GBP']],
    [{ mrr: { USD: '11015.00' } }, ['mrr.EUR']],
  ] as const) {
    const faults = await faultsOf(control(changes));
    expect(faults.map(({ code }) => code)).toEqual(['CONTROL_TOTAL']);
    expect(faults[0]?.findings.map(({ column }) => column)).toEqual(columns);
  }
  for (const broken of ['{', '[]', '{"lines": "8", "mrr": {}}', '{"lines": 8, "mrr": {"USD": 11015}}'])
    expect((await faultsOf({ ...book, '2026-10/control.json': broken })).map(({ code }) => code)).toEqual(['BAD_ROW']);
  await folder.write(control({}));
});

test('a closing month, or an opening one inside the history, without lines blocks', async () => {
  expect(await folder.run({ month: '2026-12' }).catch((error: unknown) => error)).toMatchObject({
    code: 'SNAPSHOT_MISSING',
  });
  const header = 'customer_id,subscription_id,item_id,product,currency,mrr,status\n';
  const faults = await faultsOf({ ...book, '2026-09/lines.csv': header });
  expect(faults).toMatchObject([{ code: 'SNAPSHOT_MISSING', message: expect.stringContaining('2026-09') }]);
});

test('faults of every table and month are told together', async () => {
  let files = corrected(book, '2026-10/lines.csv', line, line.replace('750', '-750'));
  files = corrected(files, '2026-10/fx.csv', '1.15', '1,15');
  files = corrected(files, '2026-08/lines.csv', line, line.replace('active', 'alive'));
  const faults = await faultsOf(files);
  expect(faults.map(({ code, findings }) => `${code} ${findings[0]?.file} ${findings[0]?.line}`).sort()).toEqual([
    'BAD_ROW 2026-08/lines.csv 7',
    'BAD_ROW 2026-10/fx.csv 2',
    'NEGATIVE_MRR 2026-10/lines.csv 5',
  ]);
});

test('once the source is right again the run goes through', async () => {
  const next = await folder.copy();
  await cp(join(folder.source, '2026-08'), join(next.source, '2026-08'), { recursive: true });
  expect(await next.run()).toMatchObject({ month: '2026-10', revision: 1, added: true });
  await next.dispose();
});
