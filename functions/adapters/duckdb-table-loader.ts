/** Raw files to a typed, sorted, checked Parquet partition, streamed by DuckDB: the same step on a laptop and inside a Lambda. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { type CrmReading, recogniseColumns } from '../core/crm.ts';
import { ReportError } from '../errors.ts';
import { BlockedError, type Finding, fault, findingsShown } from '../gate-fault.ts';
import { partitionKey } from '../lake/tables.ts';
import type { LoadedTable, LoadRequest, ObjectStore, TableLoader } from '../ports.ts';
import { type Column, contractColumns, sortedBy, usualReading } from '../sources/columns.ts';
import { gunzipTo } from '../sources/gunzip.ts';
import type { SourceFile, StagedTable, TableName } from '../sources/source-file.ts';
import { duckdbFailure, exactRows, lakeFormat, quoted } from './duckdb.ts';
import { quotedName, type ReadableFile, readableFile, rejectsOf, renamed } from './duckdb-source-file.ts';
import { createStage, stageFile, storedColumns } from './duckdb-stage.ts';
import { type StagedFile, stageFaults } from './duckdb-stage-faults.ts';

export type DuckdbTableLoaderOptions = {
  /** Opened by `openDuckdb`; whoever opened it closes it. */
  readonly instance: DuckDBInstance;
  readonly store: ObjectStore;
  /** A folder of this run's own, for unpacked and unfinished files. */
  readonly scratch: string;
};

/** Makes the plain bytes of a file readable and resolves with their path. */
export type Unpack = (file: SourceFile) => Promise<string>;

export const duckdbTableLoader = (options: DuckdbTableLoaderOptions): TableLoader => {
  const { instance } = options;
  let files = 0;
  const scratchFile = async (ending: string) => {
    await mkdir(options.scratch, { recursive: true });
    files += 1;
    return join(options.scratch, `load-${process.pid}-${files}.${ending}`);
  };

  /** A connection, and files unpacked for as long as `work` takes. */
  const unpacking = async <T>(work: (connection: DuckDBConnection, unpack: Unpack) => Promise<T>): Promise<T> => {
    const connection = await instance.connect();
    const unpacked: string[] = [];
    const unpack: Unpack = async (file) => {
      if (!file.gzip) return file.local();
      const path = await scratchFile(file.form);
      unpacked.push(path);
      await gunzipTo(file, path);
      return path;
    };
    try {
      return await work(connection, unpack);
    } finally {
      for (const path of unpacked) await rm(path, { force: true });
      connection.closeSync();
    }
  };

  const load = (request: LoadRequest) =>
    unpacking(async (connection, unpack) => {
      const loaded = await stage(connection, request, unpack);
      const path = await scratchFile('parquet');
      await connection.run(
        `COPY (${storedRows(request.table)}) TO ${quoted(path)} (${lakeFormat}, PRESERVE_ORDER true)`,
      );
      await connection.run('DROP TABLE stage');
      await options.store.putFile(partitionKey(request.target), path);
      return { loaded };
    });

  const columns = (file: SourceFile) =>
    unpacking(async (connection, unpack) => (await readableFile(connection, file, await unpack(file), [])).columns);

  return {
    load: (request) => load(request).catch((error: unknown) => explained(request, error)),
    columns: (file) =>
      columns(file).catch((error: unknown) => {
        throw unreadable(file.name, error);
      }),
  };
};

/** Faults of the input are an answer; anything else is a failure of this machine. */
const explained = ({ table, target }: LoadRequest, error: unknown) => {
  if (error instanceof BlockedError) return { faults: error.faults };
  if (error instanceof ReportError && error.kind === 'blocked')
    return { faults: [fault('BAD_ROW', `${error.message}. ${error.hint}`)] };
  throw unreadable(`${table} of ${target.month}`, error);
};

const unreadable = (what: string, error: unknown): ReportError =>
  error instanceof ReportError
    ? error
    : duckdbFailure('INGEST_FAILED', `${what} could not be read`, 'Check it and the free space on the disk.', error);

/** Reads every file of a table into the stage and checks it. Throws BlockedError with all that is wrong. */
export const stage = async (
  connection: DuckDBConnection,
  { table, files, reading = usualReading }: Pick<LoadRequest, 'files' | 'reading'> & { readonly table: StagedTable },
  unpack: Unpack,
): Promise<LoadedTable> => {
  const contract = contractColumns(table, reading);
  const staged: StagedFile[] = [];
  const further = new Set<string>();
  const findings: Finding[] = [];
  let rejects = 0;
  let rows = 0;

  await connection.run(createStage(table));
  for (const file of files) {
    const found = await readableFile(connection, file, await unpack(file), contract);
    const source = table === 'opportunities' ? asOpportunities(found, reading) : found;
    mustHaveColumns(source, contract);
    const furtherHere = source.columns.filter((name) => !contract.some((column) => column.name === name));
    for (const name of furtherHere) further.add(name);
    const { rowsChanged } = await connection.run(
      stageFile(table, source, table === 'customers' ? furtherHere : [], reading),
    );
    const rejected = await rejectsOf(connection, source, findingsShown - findings.length);
    findings.push(...rejected.findings);
    rejects += rejected.total;
    staged.push({ source, firstRow: rows, rejected: rejected.lines });
    rows += rowsChanged;
  }
  const faults = await stageFaults(connection, { table, contract }, staged, { findings, total: rejects });
  if (faults.length > 0) throw new BlockedError(faults);
  return { rows, furtherColumns: [...further].sort(), ...(await factsOf(connection, table)) };
};

/** In one order, whatever the source had: neighbours compress, and equal rows make equal files. */
const storedRows = (table: TableName): string => {
  const order = sortedBy[table].map((name) => `${quotedName(name)} NULLS LAST`);
  return `SELECT ${storedColumns(table).map(quotedName).join(', ')} FROM stage ORDER BY ${order.join(', ')}`;
};

/** A CRM calls its columns as it likes, and exports more of them than are read here. */
const asOpportunities = (source: ReadableFile, reading: CrmReading): ReadableFile => {
  const { file, columns } = source;
  if (file.form === 'ndjson' && columns.length === 0) return source;
  const { names, problems } = recogniseColumns(columns, reading);
  if (problems.length === 0) return renamed(source, names);
  throw new BlockedError([
    fault(
      'BAD_ROW',
      `${file.name} does not say what ${problems.map(({ field }) => field).join(', ')} ${problems.length > 1 ? 'are' : 'is'}`,
      problems.map(({ field, problem }) => ({ file: file.name, line: 1, column: field, value: null, problem })),
    ),
  ]);
};

const mustHaveColumns = ({ file, columns }: ReadableFile, contract: readonly Column[]): void => {
  const missing = contract.filter(({ name, required }) => required && !columns.includes(name)).map(({ name }) => name);
  if (missing.length === 0 || (file.form === 'ndjson' && columns.length === 0)) return;
  const places = missing.map((column) => ({
    file: file.name,
    line: 1,
    column,
    value: null,
    problem: 'the column is missing',
  }));
  throw new BlockedError([
    fault(
      'BAD_ROW',
      `${file.name} lacks the required column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}`,
      places,
    ),
  ]);
};

type Facts = Pick<LoadedTable, 'sums' | 'endedMonths' | 'rates'>;

const factsOf = async (connection: DuckDBConnection, table: StagedTable): Promise<Facts> => {
  const none: Facts = { sums: {}, endedMonths: {}, rates: {} };
  if (table === 'lines' || table === 'payments') {
    const [amount, counts] = table === 'lines' ? ['mrr', "status IN ('active', 'past_due')"] : ['amount', 'true'];
    const rows = await exactRows(
      connection,
      `SELECT currency, CAST(sum(${amount}) AS VARCHAR) AS total, CAST(coalesce(sum(${amount}) FILTER (WHERE ${counts}), 0) AS VARCHAR) AS counting
       FROM stage GROUP BY 1 ORDER BY 1`,
    );
    return {
      ...none,
      sums: Object.fromEntries(
        rows.map(({ currency, total, counting }) => [currency ?? '', { all: total ?? '', counting: counting ?? '' }]),
      ),
    };
  }
  if (table === 'cancellations') {
    const rows = await exactRows(connection, 'SELECT ended_month, count(*) AS n FROM stage GROUP BY 1 ORDER BY 1');
    return {
      ...none,
      endedMonths: Object.fromEntries(rows.map(({ ended_month, n }) => [ended_month ?? '', parseInt(n ?? '', 10)])),
    };
  }
  if (table === 'fx') {
    const rows = await exactRows(connection, 'SELECT currency, CAST(rate AS VARCHAR) AS rate FROM stage ORDER BY 1');
    return { ...none, rates: Object.fromEntries(rows.map(({ currency, rate }) => [currency ?? '', rate ?? ''])) };
  }
  return none;
};
