/** What a Trino engine makes of answers that a real server seldom gives. The contract itself is proven on a real one. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { trinoQueryEngine } from '../../functions/adapters/trino-query-engine.ts';
import { trinoStatement } from '../../functions/adapters/trino-statement.ts';
import { lakeTables } from '../../functions/lake/tables.ts';
import { type FakeAnswer, type FakeTrino, fakeTrino } from './fake-trino.ts';

const text = (name: string, ...values: (string | null)[]): FakeAnswer => ({
  columns: [[name, 'varchar']],
  rows: values.map((value) => [value]),
});
const nothing: FakeAnswer = { columns: [['result', 'boolean']], rows: [[true]] };

let fake: FakeTrino | undefined;
const made: string[] = [];
afterEach(async () => {
  await fake?.close();
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** An engine on a server that answers by the first pattern that a statement matches. */
const engineOn = async (script: readonly (readonly [asked: RegExp, answer: FakeAnswer])[]) => {
  fake = await fakeTrino(
    (sql) =>
      [...script, [/^SELECT version/, text('version', '476')] as const].find(([asked]) => asked.test(sql))?.[1] ??
      nothing,
  );
  const scratch = await mkdtemp(join(tmpdir(), 'trino-'));
  made.push(scratch);
  const engine = await trinoQueryEngine({
    url: fake.url,
    user: 'test',
    catalog: 'hive',
    schema: 'retention',
    lake: 'file:///lake/',
    scratch,
    writeCsv: () => Promise.reject(new Error('the disk is full')),
  });
  return { engine, fake, scratch };
};

const noTables: readonly [RegExp, FakeAnswer] = [/information_schema/, text('table_name')];
const noPartitions: readonly [RegExp, FakeAnswer] = [/\$partitions/, text('month')];
const target = { table: 'families', month: '2026-10', version: "it's" };
const sql = "SELECT 'a' AS customer_id, 'b' AS account_id";

test('all pages are read, empty ones too', async () => {
  const { engine } = await engineOn([noTables, [/^SELECT name/, text('name', 'b', null, 'a')]]);
  expect(await engine.query('SELECT name', [])).toEqual([{ name: 'b' }, { name: null }, { name: 'a' }]);
});

const long: FakeAnswer = { columns: [['count', 'bigint']], rows: [[2 ** 53]] };

test('a whole number that JSON cannot carry is asked for again, as text', async () => {
  const { engine } = await engineOn([
    noTables,
    [/^SELECT CAST\("count" AS VARCHAR\) AS "count" FROM \(SELECT count/, text('count', '9007199254740993')],
    [/^SELECT \* FROM \(SELECT count/, { ...long, rows: [] }],
    [/^SELECT count/, long],
  ]);
  expect(await engine.query('SELECT count', [])).toEqual([{ count: '9007199254740993' }]);
});

test('in an ordered result it is an error: a query in a query has no order', async () => {
  const { engine } = await engineOn([noTables, [/^SELECT count/, long]]);
  await expect(engine.query('SELECT count order\n by 1', [])).rejects.toMatchObject({
    code: 'QUERY_FAILED',
    message: expect.stringContaining('column count'),
    hint: expect.stringContaining('VARCHAR'),
  });
});

test.each([
  ['a float', 'double', 0.1],
  ['a whole float', 'double', 1],
  ['a row', 'array(varchar)', ['a']],
])('%s is no exact text', async (_, type, value) => {
  const { engine } = await engineOn([noTables, [/^SELECT x/, { columns: [['x', type]], rows: [[value]] }]]);
  await expect(engine.query('SELECT x', [])).rejects.toMatchObject({ code: 'QUERY_FAILED', kind: 'dependency' });
});

test('a partition is made in a folder of its own, which becomes its place', async () => {
  const { engine, fake } = await engineOn([noTables, noPartitions]);
  expect(await engine.has(target)).toBe(false);
  await engine.materialise(sql, [], target);
  expect(await engine.has(target)).toBe(true);
  const [create, insert, register, drop] = fake.asked.slice(-4);
  const [, attempt = ''] = /^CREATE TABLE (attempt_[0-9a-f]{32}) /.exec(create ?? '') ?? [];
  const place = `'file:///lake/trino/families/month=2026-10/version=it''s/${attempt}'`;
  expect(create).toContain(`external_location = ${place}`);
  expect(insert).toMatch(new RegExp(`^INSERT INTO ${attempt} SELECT CAST\\(made.customer_id AS VARCHAR\\), `));
  expect(register).toBe(
    `CALL hive.system.register_partition('retention', 'families', ARRAY['month', 'version'], ARRAY['2026-10', 'it''s'], ${place})`,
  );
  expect(drop).toBe(`DROP TABLE ${attempt}`);
});

const partitions = (...versions: string[]): FakeAnswer => ({
  columns: [
    ['month', 'varchar'],
    ['version', 'varchar'],
  ],
  rows: versions.map((version) => ['2026-10', version]),
});

test('of two writers the first wins, and the second is content', async () => {
  const there: string[] = [];
  const { engine, fake } = await engineOn([
    noTables,
    [
      /\$partitions/,
      {
        ...partitions(),
        get rows() {
          return there.map((version) => ['2026-10', version]);
        },
      },
    ],
    [
      /register_partition/,
      {
        error: 'ALREADY_EXISTS',
        get message() {
          there.push(target.version);
          return 'it is there';
        },
      },
    ],
  ]);
  expect(await engine.has(target)).toBe(false);
  await engine.materialise(sql, [], target);
  expect(await engine.has(target)).toBe(true);
  expect(fake.asked.at(-1)).toMatch(/^DROP TABLE attempt_/);
});

test('what could not be written or registered is nowhere, and leaves no table behind', async () => {
  for (const step of [/^INSERT/, /register_partition/]) {
    const { engine, fake } = await engineOn([
      noTables,
      noPartitions,
      [step, { error: 'NO_LUCK', message: 'not today' }],
    ]);
    await expect(engine.materialise(sql, [], target)).rejects.toMatchObject({
      code: 'QUERY_FAILED',
      message: expect.stringContaining('not today'),
    });
    expect(fake.asked.at(-1)).toMatch(/^DROP TABLE attempt_/);
    expect(await engine.has(target)).toBe(false);
    await fake.close();
  }
});

test('tables are made once, where they are not', async () => {
  const { engine, fake } = await engineOn([noTables]);
  await engine.query('SELECT 1', []);
  await engine.query('SELECT 2', []);
  const tables = fake.asked.filter((asked) => /^CREATE TABLE/.test(asked));
  expect(tables).toHaveLength(Object.keys(lakeTables).length);
  expect(tables).toContain(
    "CREATE TABLE IF NOT EXISTS families (customer_id VARCHAR, account_id VARCHAR, month VARCHAR, version VARCHAR) WITH (format = 'PARQUET', partitioned_by = ARRAY['month', 'version'], external_location = 'file:///lake/families')",
  );
});

test('a table of other columns is not read', async () => {
  const { engine } = await engineOn([
    [
      /information_schema/,
      {
        columns: [
          ['table_name', 'varchar'],
          ['column_name', 'varchar'],
          ['data_type', 'varchar'],
        ],
        rows: [
          ['families', 'customer_id', 'varchar'],
          ['families', 'account_id', 'varchar(10)'],
          ['families', 'month', 'varchar'],
          ['families', 'version', 'varchar'],
        ],
      },
    ],
  ]);
  await expect(engine.query('SELECT 1', [])).rejects.toMatchObject({
    code: 'LAKE_INCOMPLETE',
    hint: expect.stringContaining('DROP SCHEMA hive.retention CASCADE'),
  });
});

test('a partition that Trino does not find is told with its place', async () => {
  const { engine } = await engineOn([
    noTables,
    noPartitions,
    [/register_partition/, { error: 'INVALID_PROCEDURE_ARGUMENT', message: 'Partition location does not exist' }],
  ]);
  await expect(engine.query('SELECT 1', [target])).rejects.toMatchObject({
    code: 'LAKE_INCOMPLETE',
    message: expect.stringContaining("file:///lake/families/month=2026-10/version=it's"),
  });
});

test.each([
  ['register_partition procedure is disabled', 'hive.allow-register-partition-procedure=true'],
  ['Cannot write to non-managed Hive table', 'hive.non-managed-table-writes-enabled=true'],
  ['Query exceeded per-node memory limit', 'more memory'],
])('%s has its own hint', async (message, hint) => {
  const { engine } = await engineOn([noTables, [/^SELECT 1/, { error: 'REFUSED', message }]]);
  await expect(engine.query('SELECT 1', [])).rejects.toMatchObject({ hint: expect.stringContaining(hint) });
});

test('an export that fails leaves nothing half written', async () => {
  const { engine, scratch } = await engineOn([noTables, [/^SELECT name/, text('name', 'a')]]);
  await expect(engine.exportCsv('SELECT name', [], join(scratch, 'out.csv'))).rejects.toMatchObject({
    message: expect.stringContaining('the disk is full'),
  });
  expect(await readdir(scratch)).toEqual([]);
});

test('a statement that nobody reads to its end is cancelled', async () => {
  fake = await fakeTrino(() => text('name', 'a', 'b', 'c'));
  const pages = trinoStatement({ url: fake.url, user: 'test', catalog: 'hive', schema: 'r' });
  for await (const { rows } of pages('SELECT name')) {
    expect(rows).toEqual([['a']]);
    break;
  }
  expect(fake.cancelled).toEqual(['q0']);
  for await (const _ of pages('SELECT name'));
  expect(fake.cancelled).toEqual(['q0']);
});

test('a server that does not answer is named, its password is not', async () => {
  fake = await fakeTrino(() => ({ status: 401 }));
  const { url } = fake;
  const failureAt = async (server: string) => {
    const pages = trinoStatement({ url: server, user: 'test', password: 'secret', catalog: 'hive', schema: 'r' });
    return pages('SELECT 1')
      .next()
      .catch((error: unknown) => error);
  };
  const refused = await failureAt(url);
  await fake.close();
  const gone = await failureAt(url);
  fake = undefined;
  for (const [failure, said] of [
    [refused, '401'],
    [gone, 'ECONN'],
  ] as const) {
    expect(failure).toMatchObject({ kind: 'dependency', code: 'QUERY_FAILED', message: expect.stringContaining(said) });
    expect(failure).toMatchObject({ message: expect.stringContaining(url), hint: expect.stringContaining('address') });
    expect(inspect(failure, { depth: null })).not.toMatch(/secret|c2VjcmV0|dGVzdDpzZWNyZXQ/);
  }
});
