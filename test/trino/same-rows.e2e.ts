/** Every query that a month asks has the same rows on Trino as on DuckDB, over the very same Parquet files. */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDuckdb } from '../../functions/adapters/duckdb.ts';
import { duckdbQueryEngine } from '../../functions/adapters/duckdb-query-engine.ts';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { atMost } from '../../functions/lake/at-most.ts';
import { lakeTables, partitionKey } from '../../functions/lake/tables.ts';
import type { QueryEngine, Row } from '../../functions/ports.ts';
import { reportQueryNames } from '../../functions/queries/sql.ts';
import { writeSampleBook } from '../../functions/sources/sample-book.ts';
import { type Folder, openFolder } from '../pipeline/folder.ts';
import { type TrinoHome, trinoOver } from './engine.ts';
import { hostileFiles } from './hostile-book.ts';
import { type Asked, recording, scratchFile } from './recorded.ts';

/** A map has no text that both engines write alike: as JSON, its keys in order, it has. */
const rowsOf = async (engine: QueryEngine, { sql, reads, target }: Asked, mapAsText: string): Promise<Row[]> => {
  const columns: Readonly<Record<string, string>> =
    Object.entries(lakeTables).find(([name]) => name === target?.table)?.[1].columns ?? {};
  if (!Object.values(columns).some((type) => type.startsWith('MAP'))) return engine.query(sql, reads);
  const cells = Object.entries(columns).map(([name, type]) =>
    type.startsWith('MAP') ? `${mapAsText.replace('?', name)} AS ${name}` : name,
  );
  const rows = await engine.query(`SELECT ${cells.join(', ')} FROM (${sql}) AS made`, reads);
  return rows.map((row) => ({ ...row, attributes: inOrder(row.attributes ?? null) }));
};

const inOrder = (json: string | null) => JSON.stringify(Object.entries(JSON.parse(json ?? 'null') ?? {}).sort());

/** Rows in the order of the query where it has one. */
const comparable = (rows: readonly Row[], sql: string) => {
  const texts = rows.map((row) => JSON.stringify(row));
  return /\nORDER BY /.test(sql) ? texts : texts.sort();
};

/** The sample's months at which the windows of its last months open and close: what lies between has no part in them. */
const writeSample = async ({ source }: Folder) => {
  await writeSampleBook(source, { accounts: 150, months: 13 });
  for (const month of ['2025-11', '2025-12', '2026-01', '2026-02', '2026-03', '2026-04', '2026-05', '2026-06'])
    await rm(join(source, month), { recursive: true });
};

const books: readonly (readonly [name: string, write: (folder: Folder) => Promise<void>])[] = [
  ['the sample book', writeSample],
  ['a hostile book', (folder) => folder.write(hostileFiles())],
];

describe.each(books)('%s', (book, write) => {
  const asked = new Map<string, Asked>();
  let folder: Folder;
  let duckdb: QueryEngine;
  let trinoHome: TrinoHome;
  let trino: QueryEngine;

  beforeAll(async () => {
    folder = await openFolder({});
    await write(folder);
    await folder.run({ email: false, wrap: recording(folder.home, asked) });
    const scratch = join(folder.home, '.again');
    const store = folderObjectStore(folder.home);
    duckdb = await duckdbQueryEngine({ instance: await openDuckdb({ scratch, threads: 2 }), store, scratch });
    for (const { target } of asked.values()) {
      if (target === null || (await duckdb.has(target))) continue;
      await mkdir(dirname(scratchFile(scratch, target)), { recursive: true });
      await copyFile(join(folder.home, partitionKey(target)), scratchFile(scratch, target));
    }
    trinoHome = trinoOver(folder.home);
    trino = await trinoHome.open();
  });
  afterAll(async () => {
    await trinoHome?.dispose();
    await folder?.dispose();
  });

  test('asks every query', () => {
    expect([...new Set([...asked.values()].map(({ query }) => query))].sort()).toEqual([...reportQueryNames].sort());
  });

  test.each(reportQueryNames)('%s', async (name) => {
    let compared = 0;
    const these = [...asked.values()].filter(({ query }) => query === name);
    await atMost(trino.concurrency, these, async (one) => {
      const there = await rowsOf(trino, one, 'json_format(CAST(? AS JSON))');
      const here = await rowsOf(duckdb, one, 'CAST(to_json(?) AS VARCHAR)');
      expect(comparable(there, one.sql)).toEqual(comparable(here, one.sql));
      compared += here.length;
    });
    // The sample never drops a customer from its list.
    expect(compared > 0 || (book === 'the sample book' && name === 'stale-customers')).toBe(true);
  });

  test('the whole month, measured on Trino, is the same to the byte', async () => {
    const other = await openFolder({});
    const there = trinoOver(other.home);
    try {
      await write(other);
      await other.run({ email: false, environment: { RETENTION_TRINO_URL: there.url } });
      for (const name of ['report.json', 'movements.csv', 'segments.csv']) {
        const path = join('archive/month=2026-10/revision=1', name);
        expect(await readFile(join(other.home, path), 'utf8')).toBe(await readFile(join(folder.home, path), 'utf8'));
      }
      const manifest = await readFile(join(other.home, 'archive/month=2026-10/revision=1/manifest.json'), 'utf8');
      expect(JSON.parse(manifest)).toMatchObject({ engine: trino.name });
    } finally {
      await there.dispose();
      await other.dispose();
    }
  });
});
