/** Runs the fake Athena's statements on DuckDB, over the files that a Glue catalog names. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  GetPartitionsCommand,
  GetTablesCommand,
  type GlueClient,
  type Partition,
  type Table,
} from '@aws-sdk/client-glue';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { LakeFiles } from './fake-athena-files.ts';

/** Why a query failed, as Athena tells it. */
export class QueryFailure extends Error {}

export type ResultColumn = {
  readonly name: string;
  readonly type: string;
  readonly precision: number;
  readonly scale: number;
};
export type Outcome = {
  readonly bytesScanned: number;
  /** Of a SELECT. */
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** Of an UNLOAD: the files that it wrote. */
  readonly written: readonly string[];
};

export type Unload = { readonly select: string; readonly to: string };

export const unloadOf = (sql: string): Unload | null => {
  const [, select, to, properties] =
    /^UNLOAD\s*\((.*)\)\s*TO\s*'([^']+)'\s*WITH\s*\(([^)]*)\)$/is.exec(sql.trim()) ?? [];
  if (select === undefined || to === undefined) return null;
  if (!/format\s*=\s*'PARQUET'/i.test(properties ?? '')) throw new QueryFailure('NOT_SUPPORTED: only PARQUET here');
  return { select, to };
};

const literal = (value: string) => `'${value.replaceAll("'", "''")}'`;
const named = (name: string) => `"${name.replaceAll('"', '""')}"`;
const duckdbType = (hive: string) =>
  hive === 'string' ? 'VARCHAR' : hive === 'map<string,string>' ? 'MAP(VARCHAR, VARCHAR)' : hive.toUpperCase();
const isHidden = (location: string) => /\/[_.][^/]*$/.test(location);

const typeOf = (name: string, type: string): ResultColumn => {
  const [, precision = '0', scale = '0'] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  const known: Readonly<Record<string, string>> = { HUGEINT: 'bigint', '"NULL"': 'unknown' };
  const spoken = type.startsWith('DECIMAL') ? 'decimal' : type.startsWith('MAP') ? 'map' : type.toLowerCase();
  return { name, type: known[type] ?? spoken, precision: parseInt(precision, 10), scale: parseInt(scale, 10) };
};

const textOf = (value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : `${value}`;
};

/** DuckDB's words for what is wrong, as Athena would begin them. */
const reasonOf = (error: unknown): string => {
  const message = error instanceof Error ? error.message : `${error}`;
  if (/Table with name/.test(message)) return `TABLE_NOT_FOUND: line 1:1: ${message}`;
  if (/Binder Error/.test(message)) return `COLUMN_NOT_FOUND: line 1:1: ${message}`;
  if (/Conversion Error/.test(message)) return `INVALID_CAST_ARGUMENT: ${message}`;
  return `GENERIC_USER_ERROR: ${message}`;
};

export type AthenaQueries = {
  /** Throws when a statement is no SQL. */
  parse(sql: string): Promise<void>;
  /** Rejects with a QueryFailure. `stopped` is called with what ends the query early. */
  run(sql: string, database: string, onConnected: (interrupt: () => void) => void): Promise<Outcome>;
  /** Writes half a file to an UNLOAD's folder, as a failing one may. */
  leaveOrphan(unload: Unload): Promise<void>;
  close(): void;
};

export const athenaQueries = async (glue: GlueClient, files: LakeFiles, scratch: string): Promise<AthenaQueries> => {
  await mkdir(scratch, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', temp_directory: scratch });
  const macros = await instance.connect();
  await macros.run('CREATE MACRO element_at(entries, name) AS entries[name]');
  await macros.run('CREATE MACRO array_join(items, separator) AS array_to_string(items, separator)');

  const partitionsOf = async (database: string, table: string): Promise<Partition[]> => {
    const found: Partition[] = [];
    let token: string | undefined;
    do {
      const page = await glue.send(
        new GetPartitionsCommand({ DatabaseName: database, TableName: table, NextToken: token }),
      );
      found.push(...(page.Partitions ?? []));
      token = page.NextToken;
    } while (token !== undefined);
    return found;
  };

  /** One partition as Athena reads it: columns by name, a file of another type refused, a missing column NULL. */
  const partOf = async (
    connection: DuckDBConnection,
    table: Table,
    partition: Partition,
    scanned: (n: number) => void,
  ) => {
    const { Location = '', InputFormat = '', Columns } = partition.StorageDescriptor ?? {};
    const declared = table.StorageDescriptor?.Columns ?? [];
    if (!/Parquet/.test(InputFormat)) throw new QueryFailure(`HIVE_UNSUPPORTED_FORMAT: ${InputFormat}`);
    if (JSON.stringify(Columns) !== JSON.stringify(declared))
      throw new QueryFailure(
        `HIVE_PARTITION_SCHEMA_MISMATCH: ${table.Name} and its partition ${partition.Values} differ`,
      );
    const stored = (await files.list(Location)).filter((file) => !isHidden(file.location));
    const keys = (table.PartitionKeys ?? []).map(
      ({ Name }, at) => `${literal(partition.Values?.[at] ?? '')} AS ${named(Name ?? '')}`,
    );
    return Promise.all(
      stored.map(async (file) => {
        scanned(file.bytes);
        const source = `read_parquet(${literal(await files.local(file.location))}, hive_partitioning = false)`;
        const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`);
        const types = new Map(described.getRowObjects().map((row) => [`${row.column_name}`, `${row.column_type}`]));
        const columns = declared.map(({ Name = '', Type = '' }) => {
          const type = duckdbType(Type);
          const found = types.get(Name);
          if (found !== undefined && found !== type)
            throw new QueryFailure(
              `HIVE_BAD_DATA: Field ${Name}'s type ${found} in parquet file ${file.location} is incompatible with type ${Type} defined in table schema`,
            );
          return found === undefined ? `CAST(NULL AS ${type}) AS ${named(Name)}` : named(Name);
        });
        return `SELECT ${[...columns, ...keys].join(', ')} FROM ${source}`;
      }),
    );
  };

  const viewTables = async (connection: DuckDBConnection, sql: string, database: string): Promise<number> => {
    let bytes = 0;
    const { TableList = [] } = await glue.send(new GetTablesCommand({ DatabaseName: database }));
    for (const table of TableList) {
      const name = table.Name ?? '';
      if (!new RegExp(`\\b${name}\\b`).test(sql)) continue;
      // What is not named by literals is filtered out by the query itself, at more cost.
      const mentioned = (await partitionsOf(database, name)).filter((partition) =>
        (partition.Values ?? []).every((value) => sql.includes(literal(value))),
      );
      const parts: string[] = [];
      for (const partition of mentioned)
        parts.push(...(await partOf(connection, table, partition, (size) => (bytes += size))));
      const none = [...(table.StorageDescriptor?.Columns ?? []), ...(table.PartitionKeys ?? [])].map(
        (column) => `CAST(NULL AS ${duckdbType(column.Type ?? '')}) AS ${named(column.Name ?? '')}`,
      );
      const rows = parts.length > 0 ? parts.join(' UNION ALL ') : `SELECT ${none.join(', ')} WHERE false`;
      await connection.run(`CREATE OR REPLACE TEMP VIEW ${named(name)} AS ${rows}`);
    }
    return bytes;
  };

  const writeParts = async (connection: DuckDBConnection, { select, to }: Unload): Promise<string[]> => {
    if ((await files.list(to)).length > 0)
      throw new QueryFailure(`HIVE_PATH_ALREADY_EXISTS: Target directory already exists: ${to}`);
    await connection.run(`CREATE OR REPLACE TEMP TABLE made AS ${select}`);
    const [counted] = (await connection.runAndReadAll('SELECT count(*) AS n FROM made')).getRows();
    const rows = parseInt(`${counted?.[0]}`, 10);
    // As many files as workers, none of them empty.
    return Promise.all(
      [0, 1].slice(0, rows).map(async (worker) => {
        const path = join(scratch, `${randomUUID()}.parquet`);
        await connection.run(
          `COPY (SELECT * FROM made WHERE rowid % 2 = ${worker}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`,
        );
        const location = `${to}20261101_000000_${worker}_${randomUUID()}`;
        await files.put(location, path);
        await rm(path);
        return location;
      }),
    );
  };

  return {
    async parse(sql) {
      const connection = await instance.connect();
      try {
        const statements = await connection.extractStatements(unloadOf(sql)?.select ?? sql);
        if (statements.count !== 1) throw new QueryFailure('only one statement at a time');
      } finally {
        connection.closeSync();
      }
    },

    async run(sql, database, onConnected) {
      const connection = await instance.connect();
      onConnected(() => connection.interrupt());
      try {
        const unload = unloadOf(sql);
        const bytesScanned = await viewTables(connection, unload?.select ?? sql, database);
        if (unload !== null)
          return { bytesScanned, columns: [], rows: [], written: await writeParts(connection, unload) };
        const reader = await connection.runAndReadAll(sql);
        const types = reader.columnTypes().map(String);
        return {
          bytesScanned,
          columns: reader.columnNames().map((name, at) => typeOf(name, types[at] ?? '')),
          rows: reader.getRowsJson().map((row) => row.map(textOf)),
          written: [],
        };
      } catch (error) {
        throw error instanceof QueryFailure ? error : new QueryFailure(reasonOf(error));
      } finally {
        connection.closeSync();
      }
    },

    async leaveOrphan({ to }) {
      const path = join(scratch, randomUUID());
      await writeFile(path, 'PAR1 half a file');
      await files.put(`${to}20261101_000000_0_orphan`, path);
      await rm(path);
    },

    close: () => instance.closeSync(),
  };
};
