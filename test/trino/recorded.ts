/** Everything that a run asks of its engine, and every table that it builds, kept to be asked again elsewhere. */
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { lakeTables, partitionKey } from '../../functions/lake/tables.ts';
import type { World } from '../../functions/pipeline.ts';
import type { Partition } from '../../functions/ports.ts';
import { type QueryName, queryNames, queryText } from '../../functions/queries/sql.ts';

export type Asked = {
  readonly query: QueryName;
  readonly sql: string;
  readonly reads: readonly Partition[];
  /** The table that the rows become; null for an answer. */
  readonly target: Partition | null;
};

const firstLine = (text: string) => text.slice(0, text.indexOf('\n'));

const queryOf = (sql: string): QueryName => {
  const found = queryNames.find((name) => firstLine(queryText(name)) === firstLine(sql));
  if (found === undefined) throw new Error(`no query file begins with ${firstLine(sql)}`);
  return found;
};

/** Puts itself between a run and its engine. Tables of the run are copied into the lake of `home`, where they stay. */
export const recording =
  (home: string, asked: Map<string, Asked>) =>
  (world: World): World => {
    const note = (sql: string, reads: readonly Partition[], target: Partition | null) =>
      asked.set(sql, { query: queryOf(sql), sql, reads, target });
    const { engine } = world;
    return {
      ...world,
      engine: {
        ...engine,
        query: (sql, reads) => {
          note(sql, reads, null);
          return engine.query(sql, reads);
        },
        exportCsv: (sql, reads, path) => {
          note(sql, reads, null);
          return engine.exportCsv(sql, reads, path);
        },
        async materialise(sql, reads, target) {
          note(sql, reads, target);
          await engine.materialise(sql, reads, target);
          const { lifetime } = Object.entries(lakeTables).find(([name]) => name === target.table)?.[1] ?? {};
          if (lifetime !== 'run') return;
          const kept = join(home, partitionKey(target));
          await mkdir(dirname(kept), { recursive: true });
          await copyFile(scratchFile(world.scratch, target), kept);
        },
      },
    };
  };

/** Where the DuckDB engine keeps a table of the run. */
export const scratchFile = (scratch: string, { table, month, version }: Partition): string =>
  join(scratch, 'tables', table, `month=${month}`, `version=${version}`, `${table}.parquet`);
