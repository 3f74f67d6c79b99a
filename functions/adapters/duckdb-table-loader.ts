/** Raw files to a typed, sorted, checked Parquet partition, streamed by DuckDB: the same step on a laptop and inside a Lambda. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { dependencyError, ReportError } from '../errors.ts';
import { BlockedError, type Finding, fault, findingsShown, type GateFault } from '../gate-fault.ts';
import { partitionKey } from '../lake/tables.ts';
import type { LoadedTable, LoadRequest, ObjectStore, TableLoader } from '../ports.ts';
import { type Column, contractColumns, sortedBy, uniqueBy } from '../sources/columns.ts';
import { gunzipTo } from '../sources/gunzip.ts';
import type { TableName } from '../sources/source-file.ts';
import { type DuckdbOptions, exactRows, openDuckdb, quoted } from './duckdb.ts';
import { placesOf, quotedName, type ReadableFile, readableFile, rejectsOf } from './duckdb-source-file.ts';

export type DuckdbTableLoaderOptions = DuckdbOptions & { readonly store: ObjectStore };

/** Where a file's rows stand in the stage, and which of its lines never got there. */
type StagedFile = { readonly source: ReadableFile; readonly firstRow: number; readonly rejected: ReadonlySet<number> };

const whole = (text: string | null | undefined): number => parseInt(text ?? '0', 10);

export const duckdbTableLoader = async (options: DuckdbTableLoaderOptions): Promise<TableLoader> => {
  const instance = await openDuckdb(options);
  let files = 0;
  const scratchFile = async (ending: string) => {
    await mkdir(options.scratch, { recursive: true });
    files += 1;
    return join(options.scratch, `load-${process.pid}-${files}.${ending}`);
  };

  return {
    async load(request) {
      const connection = await instance.connect();
      const unpacked: string[] = [];
      try {
        return await loadTable(
          connection,
          request,
          async (file) => {
            if (!file.gzip) return file.path;
            const path = await scratchFile(file.form);
            unpacked.push(path);
            await gunzipTo(file, path);
            return path;
          },
          async (sql) => {
            const path = await scratchFile('parquet');
            await connection.run(`COPY (${sql}) TO ${quoted(path)} (FORMAT parquet, COMPRESSION zstd)`);
            await options.store.putFile(partitionKey(request.target), path);
          },
        );
      } catch (error) {
        if (error instanceof BlockedError) return { faults: error.faults };
        if (error instanceof ReportError && error.kind === 'blocked')
          return { faults: [fault('BAD_ROW', `${error.message}. ${error.hint}`)] };
        if (error instanceof ReportError) throw error;
        throw dependencyError(
          'INGEST_FAILED',
          `${request.table} of ${request.target.month} could not be read: ${error instanceof Error ? error.message : error}`,
          `Check the files of ${request.target.month} and the free space on the disk.`,
          error,
        );
      } finally {
        for (const path of unpacked) await rm(path, { force: true });
        connection.closeSync();
      }
    },
    async close() {
      instance.closeSync();
    },
  };
};

const loadTable = async (
  connection: DuckDBConnection,
  { table, files }: LoadRequest,
  unpack: (file: LoadRequest['files'][number]) => Promise<string>,
  store: (sql: string) => Promise<void>,
): Promise<{ loaded: LoadedTable } | { faults: readonly GateFault[] }> => {
  const contract = contractColumns[table];
  const staged: StagedFile[] = [];
  const further = new Set<string>();
  const rejected: Finding[] = [];
  let rejects = 0;

  await connection.run(`CREATE OR REPLACE TEMP TABLE stage (${stageColumns(table)})`);
  for (const file of files) {
    const source = await readableFile(connection, file, await unpack(file), contract);
    mustHaveColumns(source, contract);
    const furtherHere = source.columns.filter((name) => !contract.some((column) => column.name === name));
    for (const name of furtherHere) further.add(name);
    const firstRow = await stageRows(connection);
    await connection.run('DROP TABLE IF EXISTS reject_errors');
    await connection.run('DROP TABLE IF EXISTS reject_scans');
    await connection.run(`INSERT INTO stage ${stageQuery(table, source, furtherHere)}`);
    const found = await rejectsOf(connection, source, findingsShown - rejected.length);
    rejected.push(...found.findings);
    rejects += found.total;
    staged.push({ source, firstRow, rejected: found.lines });
  }

  const faults = [
    ...(await badRows(connection, table, staged, rejected, rejects)),
    ...(await repeatedRows(connection, table, staged)),
    ...(await negativeRows(connection, table, staged)),
  ];
  if (faults.length > 0) return { faults };

  const loaded = await describe(connection, table, [...further].sort());
  const columns = [...contract.map(({ name }) => name), ...extraColumns[table].map(([name]) => name)];
  await store(
    `SELECT ${columns.map(quotedName).join(', ')} FROM stage ORDER BY ${sortedBy[table].map((name) => `${quotedName(name)} NULLS LAST`).join(', ')}`,
  );
  await connection.run('DROP TABLE stage');
  return { loaded };
};

// What is derived once at the border, so that no query need spell it.
const extraColumns: Readonly<Record<TableName, readonly (readonly [name: string, type: string])[]>> = {
  lines: [],
  customers: [['attributes', 'MAP(VARCHAR, VARCHAR)']],
  cancellations: [
    ['ended_month', 'VARCHAR'],
    ['reason_key', 'VARCHAR'],
  ],
  payments: [],
  fx: [],
};

const typeOf = (column: Column): string =>
  column.typed('x').startsWith('TRY_CAST') ? column.typed('x').replace(/^TRY_CAST\(x AS (.*)\)$/, '$1') : 'VARCHAR';

const stageColumns = (table: TableName): string =>
  [
    ...contractColumns[table].map((column) => `${quotedName(column.name)} ${typeOf(column)}`),
    ...extraColumns[table].map(([name, type]) => `${name} ${type}`),
    'bad_column VARCHAR',
    'bad_value VARCHAR',
  ].join(', ');

const rawOf = (source: ReadableFile, name: string): string =>
  source.columns.includes(name) ? source.raw(name) : 'CAST(NULL AS VARCHAR)';

/** The key under which a raw reason is looked up: lower case, words joined by one underscore. */
const reasonKey = (raw: string) => `trim(regexp_replace(lower(${raw}), '[^a-z0-9]+', '_', 'g'), '_')`;

const stageQuery = (table: TableName, source: ReadableFile, further: readonly string[]): string => {
  const contract = contractColumns[table];
  const wrong = (column: Column) => {
    const kind = source.columns.includes(column.name) ? source.wrongKind(column) : null;
    const value = `(${column.wrong(rawOf(source, column.name))})`;
    return kind === null ? value : `(${kind} OR ${value})`;
  };
  const dimensions = further.filter(() => table === 'customers');
  const extra: Readonly<Record<TableName, readonly string[]>> = {
    lines: [],
    customers: [
      dimensions.length === 0
        ? 'CAST(MAP() AS MAP(VARCHAR, VARCHAR))'
        : `MAP([${dimensions.map(quoted).join(', ')}], [${dimensions.map((name) => source.raw(name)).join(', ')}])`,
    ],
    cancellations: [`substr(${rawOf(source, 'ended_on')}, 1, 7)`, reasonKey(rawOf(source, 'reason'))],
    payments: [],
    fx: [],
  };
  const checks = contract.filter((column) => column.required || source.columns.includes(column.name));
  const tooLong = dimensions.map((name) => `WHEN length(${source.raw(name)}) > 10000 THEN ${quoted(name)}`);
  const caseOf = (result: (column: Column) => string) =>
    `CASE ${checks.map((column) => `WHEN ${wrong(column)} THEN ${result(column)}`).join(' ')} END`;
  return `SELECT ${[
    ...contract.map((column) => column.typed(rawOf(source, column.name))),
    ...extra[table],
    tooLong.length === 0
      ? caseOf(({ name }) => quoted(name))
      : `coalesce(${caseOf(({ name }) => quoted(name))}, CASE ${tooLong.join(' ')} END)`,
    caseOf(({ name }) => `substr(${rawOf(source, name)}, 1, 200)`),
  ].join(', ')} FROM ${source.from}`;
};

const mustHaveColumns = (source: ReadableFile, contract: readonly Column[]): void => {
  const missing = contract.filter((column) => column.required && !source.columns.includes(column.name));
  if (missing.length === 0 || (source.file.form === 'ndjson' && source.columns.length === 0)) return;
  const names = missing.map(({ name }) => name).join(', ');
  throw new BlockedError([
    fault(
      'BAD_ROW',
      `${source.file.name} lacks the required column${missing.length > 1 ? 's' : ''} ${names}`,
      missing.map(({ name }) => ({
        file: source.file.name,
        line: 1,
        column: name,
        value: null,
        problem: 'the column is missing',
      })),
    ),
  ]);
};

const stageRows = async (connection: DuckDBConnection): Promise<number> => {
  const [row] = await exactRows(connection, 'SELECT count(*) AS n FROM stage');
  return whole(row?.n);
};

/** Names file and line of stage rows, `row` being the rowid. */
const located = async (
  staged: readonly StagedFile[],
  found: readonly { row: number; column: string | null; value: string | null; problem: string }[],
): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const [at, { source, firstRow, rejected }] of staged.entries()) {
    const end = staged[at + 1]?.firstRow ?? Number.POSITIVE_INFINITY;
    const here = found.filter(({ row }) => row >= firstRow && row < end);
    if (here.length === 0) continue;
    const places = await placesOf(
      source,
      here.map(({ row }) => row - firstRow),
      rejected,
    );
    for (const { row, column, value, problem } of here)
      findings.push({ file: source.file.name, line: places.get(row - firstRow) ?? null, column, value, problem });
  }
  return findings;
};

const badRows = async (
  connection: DuckDBConnection,
  table: TableName,
  staged: readonly StagedFile[],
  rejected: readonly Finding[],
  rejects: number,
): Promise<GateFault[]> => {
  const [counted] = await exactRows(connection, 'SELECT count(bad_column) AS n FROM stage');
  const total = rejects + whole(counted?.n);
  if (total === 0) return [];
  const rows = await exactRows(
    connection,
    `SELECT rowid AS row, bad_column, bad_value FROM stage WHERE bad_column IS NOT NULL ORDER BY rowid LIMIT ${findingsShown}`,
  );
  const found = await located(
    staged,
    rows.map(({ row, bad_column, bad_value }) => ({
      row: whole(row),
      column: bad_column ?? null,
      value: bad_value ?? null,
      problem:
        contractColumns[table].find(({ name }) => name === bad_column)?.problem ?? 'is longer than 10000 characters',
    })),
  );
  const findings = [...rejected, ...found].slice(0, findingsShown);
  const rowsWord = total === 1 ? '1 row' : `${total} rows`;
  return [{ code: 'BAD_ROW', message: `${rowsWord} of ${table} cannot be used`, findings, total }];
};

const repeatedRows = async (
  connection: DuckDBConnection,
  table: TableName,
  staged: readonly StagedFile[],
): Promise<GateFault[]> => {
  const key = table === 'lines' ? ['customer_id', 'subscription_id', 'item_id'] : uniqueBy[table];
  if (key === undefined) return [];
  const columns = key.map(quotedName).join(', ');
  // Hashes first: grouping whole keys costs ten times as much and almost never finds anything.
  const suspects = `SELECT hash(${columns}) FROM stage GROUP BY 1 HAVING count(*) > 1`;
  const repeats = `SELECT rowid AS row, concat_ws(', ', ${columns}) AS value, row_number() OVER (PARTITION BY ${columns} ORDER BY rowid) AS nth
    FROM stage WHERE bad_column IS NULL AND hash(${columns}) IN (${suspects})`;
  const [counted] = await exactRows(connection, `SELECT count(*) AS n FROM (${repeats}) WHERE nth > 1`);
  const total = whole(counted?.n);
  if (total === 0) return [];
  const rows = await exactRows(
    connection,
    `SELECT row, value FROM (${repeats}) WHERE nth > 1 ORDER BY row LIMIT ${findingsShown}`,
  );
  const findings = await located(
    staged,
    rows.map(({ row, value }) => ({
      row: whole(row),
      column: key.join(', '),
      value: value ?? null,
      problem: 'is there a second time',
    })),
  );
  const message =
    table === 'lines'
      ? `${total} line${total === 1 ? '' : 's'} repeated in the snapshot`
      : `${table} has ${key.join(', ')} more than once`;
  return [{ code: table === 'lines' ? 'DUPLICATE_LINE' : 'BAD_ROW', message, findings, total }];
};

const negativeRows = async (
  connection: DuckDBConnection,
  table: TableName,
  staged: readonly StagedFile[],
): Promise<GateFault[]> => {
  if (table !== 'lines' && table !== 'fx') return [];
  const where = table === 'lines' ? 'mrr < 0' : 'rate = 0';
  const column = table === 'lines' ? 'mrr' : 'rate';
  const [counted] = await exactRows(connection, `SELECT count(*) AS n FROM stage WHERE ${where}`);
  const total = whole(counted?.n);
  if (total === 0) return [];
  const rows = await exactRows(
    connection,
    `SELECT rowid AS row, CAST(${column} AS VARCHAR) AS value FROM stage WHERE ${where} ORDER BY rowid LIMIT ${findingsShown}`,
  );
  const problem =
    table === 'lines'
      ? 'a line below zero: net credits and discounts off the line itself'
      : 'a rate must be above zero';
  const findings = await located(
    staged,
    rows.map(({ row, value }) => ({ row: whole(row), column, value: value ?? null, problem })),
  );
  return table === 'lines'
    ? [{ code: 'NEGATIVE_MRR', message: `${total} line${total === 1 ? '' : 's'} below zero`, findings, total }]
    : [{ code: 'BAD_ROW', message: `${total} rate${total === 1 ? '' : 's'} of zero`, findings, total }];
};

const describe = async (
  connection: DuckDBConnection,
  table: TableName,
  furtherColumns: readonly string[],
): Promise<LoadedTable> => {
  const rows = await stageRows(connection);
  const none: LoadedTable = { rows, furtherColumns, sums: {}, endedMonths: {}, rates: {} };
  if (table === 'lines' || table === 'payments') {
    const [amount, counts] = table === 'lines' ? ['mrr', "status IN ('active', 'past_due')"] : ['amount', 'true'];
    const sums = await exactRows(
      connection,
      `SELECT currency, CAST(sum(${amount}) AS VARCHAR) AS total, CAST(coalesce(sum(${amount}) FILTER (WHERE ${counts}), 0) AS VARCHAR) AS counting FROM stage GROUP BY 1 ORDER BY 1`,
    );
    return {
      ...none,
      sums: Object.fromEntries(
        sums.map(({ currency, total, counting }) => [currency ?? '', { all: total ?? '', counting: counting ?? '' }]),
      ),
    };
  }
  if (table === 'cancellations') {
    const months = await exactRows(connection, 'SELECT ended_month, count(*) AS n FROM stage GROUP BY 1 ORDER BY 1');
    return {
      ...none,
      endedMonths: Object.fromEntries(months.map(({ ended_month, n }) => [ended_month ?? '', whole(n)])),
    };
  }
  if (table === 'fx') {
    const rates = await exactRows(connection, 'SELECT currency, CAST(rate AS VARCHAR) AS rate FROM stage ORDER BY 1');
    return { ...none, rates: Object.fromEntries(rates.map(({ currency, rate }) => [currency ?? '', rate ?? ''])) };
  }
  return none;
};
