/** Portable queries on embedded DuckDB, over Parquet files of an object store. */
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { dependencyError, ReportError } from '../errors.ts';
import { lakeTables, partitionKey } from '../lake/tables.ts';
import { takingTurns } from '../lake/turns.ts';
import type { ObjectStore, Partition, QueryEngine } from '../ports.ts';
import { duckdbFailure, exactRows, lakeFormat, parquetFormat, quoted, quotedPath } from './duckdb.ts';
import { copyToCsv } from './duckdb-csv.ts';

export type DuckdbQueryEngineOptions = {
  /** Opened by `openDuckdb`; whoever opened it closes it. */
  readonly instance: DuckDBInstance;
  readonly store: ObjectStore;
  /** A folder of this run's own: scratch tables and unfinished files. */
  readonly scratch: string;
};

// What Trino has and DuckDB calls otherwise.
const dialect = [
  'CREATE OR REPLACE MACRO element_at(entries, name) AS entries[name]',
  'CREATE OR REPLACE MACRO array_join(items, separator) AS array_to_string(items, separator)',
];

/** Queries on tables smaller than this together cost mostly their overhead; larger ones would share one memory. */
const sideBySideBytes = 32 * 1024 * 1024;

export const duckdbQueryEngine = async (options: DuckdbQueryEngineOptions): Promise<QueryEngine> => {
  const { instance } = options;
  const setUp = await instance.connect();
  for (const statement of dialect) await setUp.run(statement);
  const [about] = await exactRows(setUp, 'SELECT version() AS version');
  setUp.closeSync();
  const inTurn = takingTurns(sideBySideBytes);
  let files = 0;

  const isScratch = (partition: Partition) =>
    Object.entries(lakeTables).some(([name, table]) => name === partition.table && table.lifetime === 'run');
  const scratchPath = ({ table, month, version }: Partition) =>
    join(options.scratch, 'tables', table, `month=${month}`, `version=${version}`, `${table}.parquet`);

  const fileOf = async (partition: Partition): Promise<string | null> => {
    if (!isScratch(partition)) return options.store.localFile(partitionKey(partition));
    return stat(scratchPath(partition)).then(
      () => scratchPath(partition),
      () => null,
    );
  };

  const bytesOf = async (reads: readonly Partition[]): Promise<number> => {
    const sizes = reads.map(async (read) => {
      const path = await fileOf(read);
      return path === null ? 0 : (await stat(path)).size;
    });
    return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
  };

  /** One partition of a table. Its place comes from us, not from the path: a home may have `month=1` in its own name. */
  const partOf = async (read: Partition): Promise<string> => {
    const path = await fileOf(read);
    if (path === null)
      throw dependencyError(
        'LAKE_INCOMPLETE',
        `the lake has no ${partitionKey(read)}`,
        'Delete the lake folder and run the month with its --source: the lake is built anew, the archive stays.',
      );
    return `SELECT *, ${quoted(read.month)} AS month, ${quoted(read.version)} AS version FROM read_parquet(${quotedPath(path)}, hive_partitioning = false)`;
  };

  const viewOf = async (table: string, columns: Readonly<Record<string, string>>, reads: readonly Partition[]) => {
    const parts = await Promise.all(reads.filter((read) => read.table === table).map(partOf));
    const none = Object.entries({ ...columns, month: 'VARCHAR', version: 'VARCHAR' }).map(
      ([name, type]) => `CAST(NULL AS ${type}) AS ${name}`,
    );
    return `CREATE OR REPLACE TEMP VIEW ${table} AS ${parts.length > 0 ? parts.join(' UNION ALL ') : `SELECT ${none.join(', ')} WHERE false`}`;
  };

  /** A connection of its own for each query, with a view for every table it names: queries may run side by side. */
  const withTables = async <T>(
    sql: string,
    reads: readonly Partition[],
    work: (connection: DuckDBConnection) => Promise<T>,
  ) => inTurn(await bytesOf(reads), () => withViews(sql, reads, work));

  const withViews = async <T>(
    sql: string,
    reads: readonly Partition[],
    work: (connection: DuckDBConnection) => Promise<T>,
  ) => {
    const connection = await instance.connect();
    try {
      for (const [table, { columns }] of Object.entries(lakeTables))
        if (sql.includes(table)) await connection.run(await viewOf(table, columns, reads));
      return await work(connection);
    } catch (error) {
      if (error instanceof ReportError) throw error;
      throw duckdbFailure(
        'QUERY_FAILED',
        'DuckDB refused a query',
        'Look for a full disk or a damaged lake file; delete the lake folder to have it built anew from the sources.',
        error,
      );
    } finally {
      connection.closeSync();
    }
  };

  const newFile = async () => {
    await mkdir(options.scratch, { recursive: true });
    files += 1;
    return join(options.scratch, `query-${process.pid}-${files}.parquet`);
  };

  return {
    name: `DuckDB ${about?.version ?? ''}`.trim(),
    concurrency: 4,

    has: async (partition) => (await fileOf(partition)) !== null,

    query: (sql, reads) => withTables(sql, reads, (connection) => exactRows(connection, sql)),

    async materialise(sql, reads, target) {
      const path = await newFile();
      await withTables(sql, reads, (connection) =>
        connection.run(
          `COPY (${sql}) TO ${quoted(path)} (${isScratch(target) ? parquetFormat('snappy') : lakeFormat}, PRESERVE_ORDER false)`,
        ),
      );
      if (!isScratch(target)) return options.store.putFile(partitionKey(target), path);
      await mkdir(join(scratchPath(target), '..'), { recursive: true });
      await rename(path, scratchPath(target));
    },

    exportCsv: (sql, reads, path) =>
      withTables(sql, reads, async (connection) => {
        const described = await exactRows(connection, `DESCRIBE ${sql}`);
        const columns = described.map(({ column_name, column_type }) => ({
          name: column_name ?? '',
          text: column_type === 'VARCHAR',
        }));
        await connection.run(copyToCsv(`(${sql})`, columns, path));
      }),
  };
};
