/** Partitions on Athena: the first one in wins, what a failure leaves is never read, and nothing missing is read as nothing. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { QueryCost } from '../../functions/adapters/athena-query-engine.ts';
import { partitionKey } from '../../functions/lake/tables.ts';
import type { Partition, QueryEngine } from '../../functions/ports.ts';
import { type FakeLake, lakeBucket, openFakeLake } from '../aws/fake-athena-lake.ts';

let lake: FakeLake;
beforeAll(async () => {
  lake = await openFakeLake();
});
beforeEach(() => lake.reset());
afterAll(() => lake.dispose());

const target: Partition = { table: 'families', month: '2026-10', version: 'v' };
const none = "SELECT 'a' AS customer_id, 'b' AS account_id WHERE 1 = 0";
const some = "SELECT customer_id, 'p' AS account_id FROM (VALUES ('a'), ('b'), ('c')) AS t (customer_id)";
const count = async (engine: QueryEngine): Promise<string | null | undefined> => {
  const [row] = await engine.query("SELECT count(*) AS n FROM families WHERE month = '2026-10' AND version = 'v'", [
    target,
  ]);
  return row?.n;
};
const folder = () => join(lake.root, lakeBucket, dirname(partitionKey(target)));
const statesOfUnloads = () =>
  lake.athena
    .executions()
    .filter(({ sql }) => sql.startsWith('UNLOAD'))
    .map(({ state }) => state);

describe('a partition', () => {
  test('made by two runs at once is that of the first, and holds its rows once', async () => {
    const engines = ['one', 'two', 'three'].map((run) => lake.engine({ run }));
    await Promise.all(engines.map((engine) => engine.materialise(some, [], target)));
    expect(await readdir(folder())).toHaveLength(3);
    expect(lake.glue.locations('families')).toHaveLength(1);
    for (const engine of engines) expect(await count(engine)).toBe('3');
  });

  test('that exists stays as it is', async () => {
    await lake.engine({ run: 'one' }).materialise(some, [], target);
    const before = lake.glue.locations('families');
    await lake.engine({ run: 'two' }).materialise(none, [], target);
    expect(lake.glue.locations('families')).toEqual(before);
    expect(await count(lake.engine({ run: 'two' }))).toBe('3');
  });

  test('is written by several workers and read whole', async () => {
    await lake.engine().materialise(some, [], target);
    const [attempt = ''] = await readdir(folder());
    expect(await readdir(join(folder(), attempt))).toHaveLength(2);
    expect(await count(lake.engine())).toBe('3');
  });

  test('of no rows has no file of rows, and is there', async () => {
    await lake.engine().materialise(none, [], target);
    const [attempt = ''] = await readdir(folder());
    expect(await readdir(join(folder(), attempt))).toEqual(['_empty']);
    expect(await lake.engine().has(target)).toBe(true);
    expect(await count(lake.engine({ run: 'next' }))).toBe('0');
  });

  test('has the types of its table, whatever those of the query', async () => {
    const book: Partition = { table: 'book', month: '2026-10', version: 'v' };
    await lake
      .engine()
      .materialise(
        "SELECT 'a' AS customer_id, 'p' AS product, 'USD' AS currency, CAST('1.5' AS DECIMAL(9,2)) AS mrr, NULL AS paused, 1 AS further",
        [],
        book,
      );
    expect(
      await lake.engine().query("SELECT mrr, paused FROM book WHERE month = '2026-10' AND version = 'v'", [book]),
    ).toEqual([{ mrr: '1.5000', paused: null }]);
  });

  test('tells what reading it cost', async () => {
    await lake.engine().materialise(some, [], target);
    const costs: QueryCost[] = [];
    await count(lake.engine({ onQuery: (cost) => void costs.push(cost) }));
    expect(costs).toEqual([
      {
        queryExecutionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        bytesScanned: expect.any(Number),
        milliseconds: expect.any(Number),
      },
    ]);
    expect(costs[0]?.bytesScanned).toBeGreaterThan(100);
  });

  test('needs its table in the catalog', async () => {
    await expect(lake.engine({ database: 'elsewhere' }).materialise(some, [], target)).rejects.toMatchObject({
      kind: 'dependency',
      code: 'CATALOG_INCOMPLETE',
      hint: expect.stringMatching(/Deploy/),
    });
  });
});

describe('what a failed attempt leaves', () => {
  const half = { reason: 'INTERNAL_ERROR_QUERY_ENGINE', retryable: true, orphan: true };

  test('is never read', async () => {
    lake.athena.faults.fail = [half, half];
    await lake.engine().materialise(some, [], target);
    expect(await readdir(folder())).toHaveLength(3);
    expect(await count(lake.engine())).toBe('3');
  });

  test('is not written to, even when Athena has forgotten the attempt', async () => {
    lake.athena.faults.fail = [half, half, half];
    await expect(lake.engine().materialise(some, [], target)).rejects.toMatchObject({ code: 'QUERY_FAILED' });
    lake.athena.forgetTokens();
    await lake.engine().materialise(some, [], target);
    expect(
      lake.athena
        .executions()
        .slice(3)
        .map(({ reason }) => reason?.slice(0, 24) ?? null),
    ).toEqual(['HIVE_PATH_ALREADY_EXISTS', 'HIVE_PATH_ALREADY_EXISTS', 'HIVE_PATH_ALREADY_EXISTS', null]);
    expect(await count(lake.engine())).toBe('3');
  });
});

describe('a caller killed between the rows and the catalog', () => {
  const dieBeforeCatalog = async (sql: string) => {
    lake.glue.throttle = 1;
    await expect(lake.engine({ tries: 1 }).materialise(sql, [], target)).rejects.toMatchObject({
      code: 'QUERY_REFUSED',
    });
    expect(await lake.engine().has(target)).toBe(false);
    await sleep(5);
  };

  test('has its rows published by the next one, without another query', async () => {
    await dieBeforeCatalog(some);
    await lake.engine().materialise(some, [], target);
    expect(statesOfUnloads()).toEqual(['SUCCEEDED']);
    expect(await count(lake.engine())).toBe('3');
  });

  test('whose rows are gone since has them made again', async () => {
    await dieBeforeCatalog(some);
    await rm(folder(), { recursive: true });
    await lake.engine().materialise(some, [], target);
    expect(statesOfUnloads()).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    expect(await count(lake.engine())).toBe('3');
  });

  test('with no rows at all has them made again only where nothing says so', async () => {
    await dieBeforeCatalog(none);
    await lake.engine().materialise(none, [], target);
    expect(statesOfUnloads()).toEqual(['SUCCEEDED']);
    expect(await count(lake.engine())).toBe('0');
  });
});

describe('tables that the loader writes', () => {
  const lines: Partition = { table: 'cancellations', month: '2026-10', version: '00e1' };
  const ask = (engine: QueryEngine) =>
    engine.query("SELECT customer_id FROM cancellations WHERE month = '2026-10' AND version = '00e1'", [lines]);

  const load = async (): Promise<string> => {
    const path = join(lake.root, lakeBucket, partitionKey(lines));
    await mkdir(dirname(path), { recursive: true });
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(
      `COPY (SELECT 'ada' AS customer_id, CAST('2026-10-03' AS DATE) AS ended_on) TO '${path}' (FORMAT parquet)`,
    );
    connection.closeSync();
    return path;
  };

  test('are entered in the catalog by who reads them first, at their folder', async () => {
    await load();
    const engine = lake.engine();
    expect(await engine.has(lines)).toBe(true);
    expect(await ask(engine)).toEqual([{ customer_id: 'ada' }]);
    expect(lake.glue.locations('cancellations')).toEqual(['s3://lake/lake/cancellations/month=2026-10/version=00e1/']);
    await ask(lake.engine());
    await ask(lake.engine());
    expect(lake.glue.asked.filter(({ action }) => action === 'CreatePartition')).toHaveLength(1);
  });

  test('by any number of readers at once', async () => {
    await load();
    const found = await Promise.all(['1', '2', '3'].map((run) => ask(lake.engine({ run }))));
    expect(found).toEqual(Array(3).fill([{ customer_id: 'ada' }]));
    expect(lake.glue.locations('cancellations')).toHaveLength(1);
  });

  test('are asked of the catalog once an engine', async () => {
    await load();
    const engine = lake.engine();
    await ask(engine);
    const before = lake.glue.asked.filter(({ action }) => action === 'GetPartition').length;
    await ask(engine);
    expect(lake.glue.asked.filter(({ action }) => action === 'GetPartition')).toHaveLength(before);
  });

  test('are not entered where there is no file', async () => {
    expect(await lake.engine().has(lines)).toBe(false);
    await expect(ask(lake.engine())).rejects.toMatchObject({
      kind: 'dependency',
      code: 'LAKE_INCOMPLETE',
      message: expect.stringMatching(/cancellations\/month=2026-10\/version=00e1/),
      hint: expect.stringMatching(/run the month again/),
    });
    expect(lake.glue.locations('cancellations')).toEqual([]);
    expect(lake.athena.executions()).toEqual([]);
  });

  test('whose file is gone are not read as a table without rows', async () => {
    const path = await load();
    await ask(lake.engine());
    await rm(path);
    await expect(ask(lake.engine())).rejects.toMatchObject({ code: 'LAKE_INCOMPLETE' });
  });
});

describe('a derived partition', () => {
  test('that was never made is a reason to run the month again', async () => {
    await expect(count(lake.engine())).rejects.toMatchObject({
      code: 'LAKE_INCOMPLETE',
      hint: expect.stringMatching(/Run the month again/),
    });
    expect(lake.athena.executions()).toEqual([]);
  });

  test('that has lost a file is not read', async () => {
    await lake.engine().materialise(some, [], target);
    const [attempt = ''] = await readdir(folder());
    const [file = ''] = await readdir(join(folder(), attempt));
    await rm(join(folder(), attempt, file));
    await expect(count(lake.engine())).rejects.toMatchObject({
      code: 'LAKE_INCOMPLETE',
      hint: expect.stringMatching(/Delete the partition 2026-10, v of retention\.families/),
    });
  });
});
