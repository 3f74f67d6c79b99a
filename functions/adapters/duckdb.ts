/** Opens an embedded DuckDB that reaches for nothing outside: no extensions fetched, bounded memory, spills to scratch. */
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { dependencyError, type ReportError } from '../errors.ts';
import type { Row } from '../ports.ts';

export type DuckdbOptions = {
  /** A folder of this run's own for spills. */
  readonly scratch: string;
  /** Such as `600MB`. */
  readonly memoryLimit?: string;
  readonly threads?: number;
};

export const openDuckdb = async (options: DuckdbOptions): Promise<DuckDBInstance> =>
  DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    temp_directory: options.scratch,
    memory_limit: options.memoryLimit ?? '640MB',
    // What is freed goes back to the system soon; otherwise the peak of the process is a quarter above what is in use.
    allocator_flush_threshold: '8MB',
    allocator_bulk_deallocation_flush_threshold: '32MB',
    ...(options.threads === undefined ? {} : { threads: `${options.threads}` }),
  });

/** Rows as exact text: the JSON form keeps every digit of a decimal, the JavaScript form would make it a float. */
export const exactRows = async (connection: DuckDBConnection, sql: string): Promise<Row[]> => {
  const reader = await connection.runAndReadAll(sql);
  return reader
    .getRowObjectsJson()
    .map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asText(name, value)])));
};

const asText = (name: string, value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number' && Number.isSafeInteger(value)) return `${value}`;
  throw new TypeError(`column ${name} is neither exact text nor a whole number: cast it in the query`);
};

/** How Parquet is written. No dictionary of ids, of which each is another: the attempt costs more than the writing. */
export const parquetFormat = (compression: string): string =>
  `FORMAT parquet, COMPRESSION ${compression}, DICTIONARY_SIZE_LIMIT 5000`;

/** What stays in the lake: the lowest level of zstd is the quickest, and as small as the next. */
export const lakeFormat = parquetFormat('zstd, COMPRESSION_LEVEL 1');

/** A failure of DuckDB, told with what can be done about it: more memory where that is what it lacked, otherwise `hint`. */
export const duckdbFailure = (code: string, what: string, hint: string, error: unknown): ReportError => {
  const problem = error instanceof Error ? error.message : `${error}`;
  return /\bOut of Memory Error\b/i.test(problem)
    ? dependencyError(
        'OUT_OF_MEMORY',
        `${what}: ${problem.split('\n')[0]}`,
        'Give DuckDB more: RETENTION_MEMORY=4GB on this machine, ingestMemoryMb or archiveMemoryMb of a stack. What is finished is kept.',
        error,
      )
    : dependencyError(code, `${what}: ${problem}`, hint, error);
};

/** A text literal for DuckDB's own statements. */
export const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;

/** A path literal for DuckDB's readers, which would take `[`, `*` and `?` for patterns. */
export const quotedPath = (path: string): string => quoted(path.replace(/[[*?]/g, '[$&]'));
