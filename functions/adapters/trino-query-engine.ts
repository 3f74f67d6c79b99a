/**
 * Portable queries on Trino's hive connector, over the same Parquet files as every other engine.
 *
 * The catalog needs `hive.allow-register-partition-procedure=true` and `hive.non-managed-table-writes-enabled=true`;
 * Trino must read the lake and write below its folder `trino`.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as stream } from 'node:stream/promises';
import { dependencyError, ReportError } from '../errors.ts';
import { lakeTables } from '../lake/tables.ts';
import type { Partition, QueryEngine } from '../ports.ts';
import {
  allRows,
  LossyNumber,
  type TrinoPage,
  type TrinoServer,
  trinoErrorName,
  trinoStatement,
} from './trino-statement.ts';

export type CsvColumn = { readonly name: string; readonly text: boolean };

export type TrinoQueryEngineOptions = TrinoServer & {
  /** The folder `lake` as Trino sees it: `file:///srv/retention/lake` or `s3://bucket/lake`, nothing in it escaped. */
  readonly lake: string;
  /** A folder of this run's own: unfinished files. */
  readonly scratch: string;
  /** Turns a CSV with a header and every value in quotes into the file that `exportCsv` promises. */
  readonly writeCsv: (result: string, columns: readonly CsvColumn[], path: string) => Promise<void>;
};

export const trinoQueryEngine = async (options: TrinoQueryEngineOptions): Promise<QueryEngine> => {
  const { catalog, schema } = options;
  const lake = options.lake.replace(/\/+$/, '');
  const statement = trinoStatement(options);
  const ask = (sql: string) => allRows(statement(sql));
  const [about] = await ask('SELECT version() AS version');

  let prepared: Promise<void> | undefined;
  const prepare = () => {
    prepared ??= makeTables().catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  };

  /** Makes the tables that are missing. Those that are there must be as the queries know them. */
  const makeTables = async () => {
    await ask(`CREATE SCHEMA IF NOT EXISTS ${catalog}.${schema}`);
    const found = new Map<string, string[]>();
    for (const { table_name, column_name, data_type } of await ask(
      `SELECT table_name, column_name, data_type FROM ${catalog}.information_schema.columns WHERE table_schema = ${quoted(schema)} ORDER BY table_name, ordinal_position`,
    ))
      found.set(table_name ?? '', [...(found.get(table_name ?? '') ?? []), `${column_name} ${data_type}`]);
    for (const [table, { columns }] of Object.entries(lakeTables)) {
      const wanted = Object.entries({ ...columns, month: 'VARCHAR', version: 'VARCHAR' }).map((column) =>
        column.join(' '),
      );
      const there = found.get(table);
      if (there === undefined) {
        await ask(
          `CREATE TABLE IF NOT EXISTS ${table} (${wanted.join(', ')}) WITH (format = 'PARQUET', partitioned_by = ARRAY['month', 'version'], external_location = ${quoted(`${lake}/${table}`)})`,
        );
      } else if (spelled(there) !== spelled(wanted)) {
        throw dependencyError(
          'LAKE_INCOMPLETE',
          `${catalog}.${schema}.${table} in Trino has other columns than this version of the report`,
          `Drop the schema in Trino (DROP SCHEMA ${catalog}.${schema} CASCADE): its tables are made anew, the Parquet files stay.`,
        );
      }
    }
  };

  const known = new Map<string, Set<string>>();
  const nameOf = ({ month, version }: Partition) => JSON.stringify([month, version]);

  const partitionsOf = async (table: string): Promise<Set<string>> => {
    await prepare();
    const rows = await ask(`SELECT month, version FROM "${table}$partitions"`);
    const names = new Set(rows.map(({ month, version }) => JSON.stringify([month, version])));
    known.set(table, names);
    return names;
  };

  const has = async (partition: Partition) =>
    (known.get(partition.table) ?? (await partitionsOf(partition.table))).has(nameOf(partition));

  /** Gives a partition its folder. The first to do so decides; whoever comes later keeps what is there. */
  const register = async (partition: Partition, location: string): Promise<void> => {
    const { table, month, version } = partition;
    try {
      await ask(
        `CALL ${catalog}.system.register_partition(${quoted(schema)}, ${quoted(table)}, ARRAY['month', 'version'], ARRAY[${quoted(month)}, ${quoted(version)}], ${quoted(location)})`,
      );
    } catch (error) {
      if (!(await partitionsOf(table)).has(nameOf(partition))) throw error;
    }
    known.get(table)?.add(nameOf(partition));
  };

  /** A table of the sources is registered by whoever reads it first, where the loader always puts it. */
  const registerLoaded = async (partition: Partition): Promise<void> => {
    const { table, month, version } = partition;
    const location = `${lake}/${table}/month=${month}/version=${version}`;
    try {
      await register(partition, location);
    } catch (error) {
      if (trinoErrorName(error) !== 'INVALID_PROCEDURE_ARGUMENT') throw error;
      throw dependencyError(
        'LAKE_INCOMPLETE',
        `the lake that Trino sees has no ${location}`,
        'Check the location of the lake that Trino was given. Or delete the lake folder, drop the schema in Trino, and run the month with its --source.',
        error,
      );
    }
  };

  const ready = async (reads: readonly Partition[]): Promise<void> => {
    await prepare();
    for (const read of reads) if (!(await has(read))) await registerLoaded(read);
  };

  const query = async (sql: string) => {
    try {
      return await ask(sql);
    } catch (error) {
      if (!(error instanceof LossyNumber)) throw error;
      return ask(await asTexts(sql, error));
    }
  };

  /** The same rows with all their whole numbers as text, for those that JSON cannot carry. A query in a query loses its order. */
  const asTexts = async (sql: string, lossy: LossyNumber): Promise<string> => {
    if (/\bORDER\s+BY\b/i.test(sql)) throw lossy;
    const pages = statement(`SELECT * FROM (${sql}\n) AS asked LIMIT 0`);
    const cells: string[] = [];
    for await (const { columns } of pages)
      cells.push(
        ...columns.map(({ name, type }) =>
          type === 'bigint' ? `CAST(${identifier(name)} AS VARCHAR) AS ${identifier(name)}` : identifier(name),
        ),
      );
    return `SELECT ${cells.join(', ')} FROM (${sql}\n) AS asked`;
  };

  /** Writes to a folder of its own through a table of its own: what fails half way is in nobody's partition. */
  const write = async (sql: string, target: Partition): Promise<void> => {
    const [, { columns }] = Object.entries(lakeTables).find(([name]) => name === target.table) ?? unknownTable(target);
    const attempt = `attempt_${randomUUID().replaceAll('-', '')}`;
    const location = `${lake}/trino/${target.table}/month=${target.month}/version=${target.version}/${attempt}`;
    const declared = Object.entries(columns);
    await ask(
      `CREATE TABLE ${attempt} (${declared.map((column) => column.join(' ')).join(', ')}) WITH (format = 'PARQUET', external_location = ${quoted(location)})`,
    );
    try {
      const cells = declared.map(([name, type]) => `CAST(made.${name} AS ${type})`);
      await ask(`INSERT INTO ${attempt} SELECT ${cells.join(', ')} FROM (${sql}\n) AS made`);
      await register(target, location);
    } finally {
      // The table alone: what was registered stays in its folder.
      await ask(`DROP TABLE ${attempt}`).catch(() => {});
    }
  };

  const onTrino = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ReportError) throw error;
      const hint =
        error instanceof LossyNumber ? `Cast ${error.column} to VARCHAR in the query.` : 'Run the month again.';
      throw dependencyError(
        'QUERY_FAILED',
        `A query on Trino failed: ${error instanceof Error ? error.message : error}`,
        hint,
        error,
      );
    }
  };

  let files = 0;

  return {
    name: `Trino ${about?.version ?? ''}`.trim(),

    // A small server runs a few of these small statements side by side; a large one queues what is too much.
    concurrency: 4,

    has,

    query: (sql, reads) =>
      onTrino(async () => {
        await ready(reads);
        return query(sql);
      }),

    materialise: (sql, reads, target) =>
      onTrino(async () => {
        await ready(reads);
        await write(sql, target);
      }),

    exportCsv: (sql, reads, path) =>
      onTrino(async () => {
        await ready(reads);
        await mkdir(options.scratch, { recursive: true });
        files += 1;
        const result = join(options.scratch, `trino-${process.pid}-${files}.csv`);
        const columns: CsvColumn[] = [];
        try {
          const text = Readable.from(csvText(statement(sql), columns));
          await stream(text, createWriteStream(result, { flags: 'wx' }));
          await options.writeCsv(result, columns, path);
        } finally {
          await rm(result, { force: true });
        }
      }),
  };
};

/** A header, then every value in quotes; tells the columns as it meets them. */
async function* csvText(pages: AsyncGenerator<TrinoPage>, columns: CsvColumn[]): AsyncGenerator<string> {
  const rowOf = (cells: readonly (string | null)[]) =>
    `${cells.map((cell) => `"${(cell ?? '').replaceAll('"', '""')}"`).join(',')}\n`;
  for await (const page of pages) {
    if (columns.length === 0) {
      columns.push(...page.columns.map(({ name, type }) => ({ name, text: /^(var)?char\b/.test(type) })));
      yield rowOf(columns.map(({ name }) => name));
    }
    yield page.rows.map(rowOf).join('');
  }
}

const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
const spelled = (columns: readonly string[]): string => columns.join(', ').toLowerCase().replaceAll(/,\s+/g, ',');

const unknownTable = ({ table }: Partition): never => {
  throw new RangeError(`${table} is no table of the lake`);
};
