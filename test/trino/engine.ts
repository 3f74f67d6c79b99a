/** A Trino engine over a folder's lake, in a schema of its own. */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { openDuckdb } from '../../functions/adapters/duckdb.ts';
import { duckdbCsvWriter } from '../../functions/adapters/duckdb-csv.ts';
import { trinoQueryEngine } from '../../functions/adapters/trino-query-engine.ts';
import { allRows, trinoStatement } from '../../functions/adapters/trino-statement.ts';
import type { QueryEngine, Row } from '../../functions/ports.ts';

export type TrinoHome = {
  /** What RETENTION_TRINO_URL says of it. */
  readonly url: string;
  /** Each call opens another engine over the same lake and the same tables. */
  open(): Promise<QueryEngine>;
  /** SQL of the server itself. */
  ask(sql: string): Promise<Row[]>;
  dispose(): Promise<void>;
};

/** `home` is the folder that has, or will have, `lake/` in it. */
export const trinoOver = (home: string): TrinoHome => {
  const schema = `test_${randomUUID().replaceAll('-', '')}`;
  const server = { url: inject('trinoUrl'), user: 'test', catalog: 'hive', schema };
  const scratch = join(home, '.trino-scratch');
  const ask = (sql: string) => allRows(trinoStatement(server)(sql));
  return {
    url: `${server.url.replace('//', '//test@')}/hive/${schema}`,
    async open() {
      await mkdir(join(home, 'lake'), { recursive: true });
      const writeCsv = duckdbCsvWriter(await openDuckdb({ scratch, threads: 1 }));
      return trinoQueryEngine({ ...server, lake: `file://${join(home, 'lake')}`, scratch, writeCsv });
    },
    ask,
    async dispose() {
      await ask(`DROP SCHEMA IF EXISTS hive.${schema} CASCADE`);
    },
  };
};
