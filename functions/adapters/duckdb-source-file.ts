/** How DuckDB reads one raw source file as text, and how a row of it is found again for a message. */
import { createReadStream } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Finding } from '../gate-fault.ts';
import { badRow } from '../sources/bad-row.ts';
import type { Column } from '../sources/columns.ts';
import { headerOf, locateRecords, locateRejects } from '../sources/csv-records.ts';
import type { SourceFile } from '../sources/source-file.ts';
import { exactRows, quoted, quotedPath } from './duckdb.ts';

/** A file made readable: plain text or Parquet at `path`. */
export type ReadableFile = {
  readonly file: SourceFile;
  readonly path: string;
  /** Names as the file has them. */
  readonly columns: readonly string[];
  /** FROM clause that yields every column as `raw`. */
  readonly from: string;
  /** The raw text of a column, NULL where it is empty or absent. */
  readonly raw: (column: string) => string;
  /** What the file itself calls a column of the contract. */
  readonly nameOf: (column: string) => string;
  /** True where a value is of a kind that must not stand for the column, whatever its text. */
  readonly wrongKind: (column: Column) => string | null;
};

const asItIs = (column: string): string => column;

export const quotedName = (name: string) => `"${name.replaceAll('"', '""')}"`;

const csv = async (file: SourceFile, path: string): Promise<ReadableFile> => {
  const columns = await headerOf(path, file.name);
  const types = columns.map((name) => `${quoted(name)}: 'VARCHAR'`).join(', ');
  return {
    file,
    path,
    columns,
    from: `read_csv(${quotedPath(path)}, hive_partitioning = false, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${types}}, rejects_table = 'rejects', rejects_scan = 'reject_scans')`,
    raw: (column) => `nullif(${quotedName(column)}, '')`,
    nameOf: asItIs,
    wrongKind: () => null,
  };
};

const ndjson = async (
  connection: DuckDBConnection,
  file: SourceFile,
  path: string,
  contract: readonly Column[],
): Promise<ReadableFile> => {
  // Keys of every row: a column may appear in few of them. A line that is no object is found later, as a row without its values.
  const keys = await exactRows(
    connection,
    `SELECT DISTINCT unnest(json_keys(json)) AS name FROM read_ndjson_objects(${quotedPath(path)}, hive_partitioning = false, ignore_errors = true) WHERE json_type(json) = 'OBJECT' ORDER BY 1`,
  );
  const columns = keys.map(({ name }) => name ?? '').filter((name) => name !== '');
  const seen = new Map<string, string>();
  for (const name of columns) {
    const other = seen.get(name.toLowerCase());
    if (other !== undefined)
      throw badRow(
        `${file.name} has the keys ${JSON.stringify(other)} and ${JSON.stringify(name)}, which differ in case alone`,
        'Keep one spelling.',
      );
    seen.set(name.toLowerCase(), name);
  }
  const read = columns.length > 0 ? columns : contract.map(({ name }) => name);
  const types = read.map((name) => `${quoted(name)}: 'JSON'`).join(', ');
  const value = quotedName;
  return {
    file,
    path,
    columns,
    from: `read_json(${quotedPath(path)}, hive_partitioning = false, format = 'newline_delimited', records = 'true', ignore_errors = true, columns = {${types}})`,
    raw: (column) => `nullif(${value(column)} ->> '$', '')`,
    nameOf: asItIs,
    wrongKind: (column) =>
      column.exact
        ? `coalesce(json_type(${value(column.name)}) NOT IN ('VARCHAR', 'NULL'), false)`
        : `coalesce(json_type(${value(column.name)}) IN ('OBJECT', 'ARRAY'), false)`,
  };
};

const parquet = async (connection: DuckDBConnection, file: SourceFile, path: string): Promise<ReadableFile> => {
  const described = await exactRows(
    connection,
    `DESCRIBE SELECT * FROM read_parquet(${quotedPath(path)}, hive_partitioning = false)`,
  ).catch((error: unknown) => {
    if (!(error instanceof Error) || error.message.startsWith('IO Error')) throw error;
    throw badRow(`${file.name} is not a sound Parquet file`, 'Export or upload the file again.', error);
  });
  const types = new Map(described.map(({ column_name, column_type }) => [column_name ?? '', column_type ?? '']));
  const isDecimal = (column: string) => types.get(column)?.startsWith('DECIMAL') === true;
  return {
    file,
    path,
    columns: [...types.keys()],
    from: `read_parquet(${quotedPath(path)}, hive_partitioning = false)`,
    nameOf: asItIs,
    // 1.5000 in a DECIMAL(18,6) column says no more than 1.5.
    raw: (column) => {
      const plain = `CAST(${quotedName(column)} AS VARCHAR)`;
      if (!isDecimal(column)) return `nullif(${plain}, '')`;
      return `CASE WHEN contains(${plain}, '.') THEN rtrim(rtrim(${plain}, '0'), '.') ELSE ${plain} END`;
    },
    wrongKind: (column) =>
      column.exact && ['DOUBLE', 'FLOAT'].includes(types.get(column.name) ?? '')
        ? `${quotedName(column.name)} IS NOT NULL`
        : null,
  };
};

export const readableFile = (
  connection: DuckDBConnection,
  file: SourceFile,
  path: string,
  contract: readonly Column[],
): Promise<ReadableFile> => {
  if (file.form === 'csv') return csv(file, path);
  return file.form === 'ndjson' ? ndjson(connection, file, path, contract) : parquet(connection, file, path);
};

/** The same file with the contract's names for the columns that go by others; the rest of its columns is left aside. */
export const renamed = (source: ReadableFile, names: ReadonlyMap<string, string>): ReadableFile => {
  const nameOf = (column: string) => names.get(column) ?? column;
  return {
    ...source,
    columns: [...names.keys()],
    nameOf,
    raw: (column) => source.raw(nameOf(column)),
    wrongKind: (column) => source.wrongKind({ ...column, name: nameOf(column.name) }),
  };
};

/** Rows of a CSV file that the reader could not make sense of, with their lines. Empties the list for the next file. */
export const rejectsOf = async (connection: DuckDBConnection, { file, path }: ReadableFile, shown: number) => {
  if (file.form !== 'csv') return noRejects;
  // A row can be rejected for more than one column.
  const rejects = await exactRows(
    connection,
    `SELECT line, column_name, error_type, substr(error_message, 1, 200) AS error_message, substr(csv_line, 1, 200) AS csv_line
     FROM rejects ORDER BY line, byte_position`,
  );
  if (rejects.length === 0) return noRejects;
  await connection.run('DELETE FROM rejects');
  const firstOfLine = new Map(rejects.toReversed().map((reject) => [parseInt(reject.line ?? '', 10), reject]));
  const lines = [...firstOfLine.keys()].sort((a, b) => a - b);
  const places = await locateRejects(path, lines.slice(0, shown));
  const findings: Finding[] = lines.slice(0, shown).map((line) => {
    const { column_name, error_type, error_message, csv_line } = firstOfLine.get(line) ?? {};
    return {
      file: file.name,
      line: places.get(line) ?? line,
      column: column_name ?? null,
      value: csv_line?.trim() ?? null,
      problem: rejectProblems[error_type ?? ''] ?? error_message?.split('\n')[0] ?? 'cannot be read',
    };
  });
  return { total: lines.length, lines: new Set(lines), findings };
};

const noRejects = { total: 0, lines: new Set<number>(), findings: [] as readonly Finding[] };

const rejectProblems: Readonly<Record<string, string>> = {
  'MISSING COLUMNS': 'the row has fewer fields than the header has columns',
  'TOO MANY COLUMNS': 'the row has more fields than the header has columns',
  'UNQUOTED VALUE': 'a quote is out of place or never closed',
  'LINE SIZE OVER MAXIMUM': 'the row is longer than 2 MB',
  'INVALID ENCODING': 'the row is not valid UTF-8',
  'INVALID UNICODE': 'the row is not valid UTF-8',
};

/** The line, or the row number of a Parquet file, of rows by their ordinal among those that were read. */
export const placesOf = async (
  { file, path }: ReadableFile,
  ordinals: readonly number[],
  rejected: ReadonlySet<number>,
): Promise<Map<number, number>> => {
  if (file.form === 'csv') return locateRecords(path, ordinals, rejected);
  if (file.form === 'parquet') return new Map(ordinals.map((ordinal) => [ordinal, ordinal + 1]));
  const wanted = new Set(ordinals);
  const found = new Map<number, number>();
  let [line, ordinal, blank] = [1, -1, true];
  // LF alone ends a line: a text may hold what else passes for a line end.
  for await (const chunk of createReadStream(path)) {
    for (const byte of chunk as Uint8Array) {
      if (byte === 0x0a) [line, blank] = [line + 1, true];
      else if (blank && byte > 0x20) {
        [ordinal, blank] = [ordinal + 1, false];
        if (wanted.has(ordinal)) found.set(ordinal, line);
      }
    }
    if (found.size === wanted.size) break;
  }
  return found;
};
