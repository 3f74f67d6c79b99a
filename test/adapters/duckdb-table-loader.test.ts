/** Embedded DuckDB turns files into the lake's Parquet. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { openDuckdb } from '../../functions/adapters/duckdb.ts';
import { duckdbQueryEngine } from '../../functions/adapters/duckdb-query-engine.ts';
import { duckdbTableLoader } from '../../functions/adapters/duckdb-table-loader.ts';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { type TableLoaderHarness, tableLoaderContract } from '../contract/table-loader.ts';

const open = async (): Promise<TableLoaderHarness & { readonly root: string }> => {
  const root = await mkdtemp(join(tmpdir(), 'duckdb-'));
  const store = folderObjectStore(join(root, 'home'));
  const scratch = join(root, 'scratch');
  const instance = await openDuckdb({ scratch, threads: 2 });
  const options = { instance, store, scratch };
  const loader = duckdbTableLoader(options);
  const engine = await duckdbQueryEngine(options);
  const writer = await (await DuckDBInstance.create(':memory:')).connect();
  return {
    root,
    loader,
    store,
    engine,
    writeParquet: async (sql, path) => {
      await writer.run(`COPY (${sql}) TO '${path}' (FORMAT parquet)`);
    },
    async dispose() {
      writer.closeSync();
      instance.closeSync();
      await rm(root, { recursive: true, force: true });
    },
  };
};

tableLoaderContract('DuckDB', open);

test('a load leaves no unfinished file behind', async () => {
  const { root, loader, dispose } = await open();
  const file = {
    name: '2026-10/fx.csv',
    form: 'csv',
    gzip: false,
    bytes: 1,
    sha256: '',
    local: async () => join(root, 'none.csv'),
  } as const;
  const target = { table: 'fx', month: '2026-10', version: 'v' };
  await expect(loader.load({ table: 'fx', files: [file], target })).rejects.toThrow();
  expect(await readdir(join(root, 'scratch')).catch(() => [])).toEqual([]);
  await dispose();
});
