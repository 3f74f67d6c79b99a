/** Embedded DuckDB over a folder of Parquet files. */
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDuckdb } from '../../functions/adapters/duckdb.ts';
import { duckdbQueryEngine } from '../../functions/adapters/duckdb-query-engine.ts';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { queryEngineContract } from '../contract/query-engine.ts';

const openIn = async (root: string) => {
  const store = folderObjectStore(join(root, 'home'));
  let engines = 0;
  const open = async () => {
    engines += 1;
    const scratch = join(root, `scratch-${engines}`);
    return duckdbQueryEngine({ instance: await openDuckdb({ scratch, threads: 2 }), store, scratch });
  };
  return { engine: await open(), again: open, dispose: () => rm(root, { recursive: true, force: true }) };
};

queryEngineContract('DuckDB', async () => openIn(await mkdtemp(join(tmpdir(), 'duckdb-'))));

describe('DuckDB over a folder', () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'duckdb-'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  test.each(["it's [a] home", 'home*?', 'month=1999-01/version=9/home'])('the folder may be called %j', async (odd) => {
    const path = join(root, odd);
    await mkdir(path, { recursive: true });
    const { engine } = await openIn(path);
    const target = { table: 'families', month: '2026-10', version: 'v' };
    await engine.materialise("SELECT 'a' AS customer_id, 'b' AS account_id", [], target);
    expect(await engine.query('SELECT * FROM families', [target])).toEqual([
      { customer_id: 'a', account_id: 'b', month: '2026-10', version: 'v' },
    ]);
    await engine.exportCsv('SELECT customer_id FROM families', [target], join(path, 'out.csv'));
  });

  test('reaches for nothing outside: no extension is fetched', async () => {
    const { engine } = await openIn(root);
    await expect(engine.query("SELECT * FROM read_parquet('https://example.com/x.parquet')", [])).rejects.toMatchObject(
      {
        kind: 'dependency',
      },
    );
  });

  test('says how to give it more memory when that is what it lacks', async () => {
    const scratch = join(root, 'small');
    const instance = await openDuckdb({ scratch, memoryLimit: '20MB', threads: 1 });
    const engine = await duckdbQueryEngine({ instance, store: folderObjectStore(root), scratch });
    const tooMuch = 'SELECT list(range) AS all FROM range(30000000)';
    await expect(engine.query(tooMuch, [])).rejects.toMatchObject({
      code: 'OUT_OF_MEMORY',
      hint: expect.stringContaining('RETENTION_MEMORY'),
    });
    instance.closeSync();
  });

  test('leaves no unfinished file behind, whether a query worked or not', async () => {
    const path = join(root, 'clean');
    const { engine } = await openIn(path);
    const target = { table: 'families', month: '2026-10', version: 'v' };
    await engine.materialise("SELECT 'a' AS customer_id, 'b' AS account_id", [], target);
    await engine
      .materialise("SELECT CAST('x' AS INTEGER) AS customer_id", [], { ...target, version: 'w' })
      .catch(() => {});
    expect(await readdir(join(path, 'scratch-1')).catch(() => [])).toEqual([]);
  });
});
