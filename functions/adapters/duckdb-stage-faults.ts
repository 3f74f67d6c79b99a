/** What is wrong with staged rows: one cheap scan says whether anything is, and only then each row is looked for. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { type Finding, findingsShown, type GateFault } from '../gate-fault.ts';
import { type Column, comparedWith, uniqueBy } from '../sources/columns.ts';
import type { StagedTable } from '../sources/source-file.ts';
import { exactRows } from './duckdb.ts';
import { placesOf, quotedName, type ReadableFile } from './duckdb-source-file.ts';

/** Where a file's rows begin in the stage, and which of its lines never got there. */
export type StagedFile = {
  readonly source: ReadableFile;
  readonly firstRow: number;
  readonly rejected: ReadonlySet<number>;
};

/** Rows that the reader itself turned away. */
export type Rejects = { readonly findings: readonly Finding[]; readonly total: number };

type Suspect = {
  readonly row: number;
  readonly column: string | null;
  readonly value: string | null;
  readonly problem: string;
};

const whole = (text: string | null | undefined): number => parseInt(text ?? '0', 10);
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

const keyOf = (table: StagedTable): readonly string[] =>
  table === 'lines' ? ['customer_id', 'subscription_id', 'item_id'] : (uniqueBy[table] ?? []);

type Range = {
  readonly where: string;
  readonly column: string;
  readonly problem: string;
  readonly message: (rows: number) => string;
};

const outOfRange: Partial<Readonly<Record<StagedTable, Range>>> = {
  lines: {
    where: 'mrr < 0',
    column: 'mrr',
    problem: 'a line below zero: net credits and discounts off the line itself',
    message: (rows) => `${counted(rows, 'line')} below zero`,
  },
  fx: {
    where: 'rate = 0',
    column: 'rate',
    problem: 'a rate must be above zero',
    message: (rows) => `${counted(rows, 'rate')} of zero`,
  },
  invoice_lines: {
    where: 'wrong IS NULL AND ((period_start IS NULL) <> (period_end IS NULL) OR period_end < period_start)',
    column: 'period_end',
    problem: 'a period has both ends, the later one last; a line without service period has neither',
    message: (rows) => `${counted(rows, 'service period')} of invoice_lines cannot be used`,
  },
};

/** Names file and line of rows of the stage. */
const located = async (staged: readonly StagedFile[], suspects: readonly Suspect[]): Promise<Finding[]> => {
  const findings: Finding[] = [];
  for (const [at, { source, firstRow, rejected }] of staged.entries()) {
    const end = staged[at + 1]?.firstRow ?? Number.POSITIVE_INFINITY;
    const here = suspects.filter(({ row }) => row >= firstRow && row < end);
    if (here.length === 0) continue;
    const places = await placesOf(
      source,
      here.map(({ row }) => row - firstRow),
      rejected,
    );
    for (const { row, column, value, problem } of here)
      findings.push({
        file: source.file.name,
        line: places.get(row - firstRow) ?? null,
        column: column === null ? null : source.nameOf(column),
        value,
        problem,
      });
  }
  return findings;
};

/** The faults of a table's staged rows; none when all of them can be used. */
export const stageFaults = async (
  connection: DuckDBConnection,
  { table, contract }: { readonly table: StagedTable; readonly contract: readonly Column[] },
  staged: readonly StagedFile[],
  rejects: Rejects,
): Promise<GateFault[]> => {
  const key = keyOf(table).map(quotedName).join(', ');
  const range = outOfRange[table];
  const compared = `${comparedWith[table] ?? 'true'} IS NOT NULL`;
  const [sums] = await exactRows(
    connection,
    `SELECT count(wrong) AS wrong,
       ${range === undefined ? '0' : `count(*) FILTER (WHERE ${range.where})`} AS out_of_range,
       ${key === '' ? '0' : `count(*) FILTER (WHERE ${compared}) - count(DISTINCT hash(${key})) FILTER (WHERE ${compared})`} AS repeated
     FROM stage`,
  );
  const faults: GateFault[] = [];
  const wrong = rejects.total + whole(sums?.wrong);
  if (wrong > 0) {
    const findings = [...rejects.findings, ...(await located(staged, await wrongRows(connection, contract)))];
    faults.push({
      code: 'BAD_ROW',
      message: `${counted(wrong, 'row')} of ${table} cannot be used`,
      findings: findings.slice(0, findingsShown),
      total: wrong,
    });
  }
  if (whole(sums?.repeated) > 0) faults.push(...(await repeatedRows(connection, table, key, staged)));
  const below = whole(sums?.out_of_range);
  if (range !== undefined && below > 0) {
    const rows = await exactRows(
      connection,
      `SELECT rowid AS row, CAST(${range.column} AS VARCHAR) AS value FROM stage WHERE ${range.where} ORDER BY rowid LIMIT ${findingsShown}`,
    );
    const suspects = rows.map(({ row, value }) => ({
      row: whole(row),
      column: range.column,
      value: value ?? null,
      problem: range.problem,
    }));
    const findings = await located(staged, suspects);
    const code = table === 'lines' ? 'NEGATIVE_MRR' : 'BAD_ROW';
    faults.push({ code, message: range.message(below), findings, total: below });
  }
  return faults;
};

const wrongRows = async (connection: DuckDBConnection, contract: readonly Column[]): Promise<Suspect[]> => {
  const rows = await exactRows(
    connection,
    `SELECT rowid AS row, wrong[1] AS column, wrong[2] AS value FROM stage WHERE wrong IS NOT NULL ORDER BY rowid LIMIT ${findingsShown}`,
  );
  return rows.map(({ row, column, value }) => ({
    row: whole(row),
    column: column ?? null,
    value: value ?? null,
    problem: contract.find(({ name }) => name === column)?.problem ?? 'is longer than 10000 characters',
  }));
};

const repeatedRows = async (
  connection: DuckDBConnection,
  table: StagedTable,
  key: string,
  staged: readonly StagedFile[],
): Promise<GateFault[]> => {
  // Whole keys are compared only where their hashes meet.
  const compared = `${comparedWith[table] ?? 'true'} IS NOT NULL`;
  const repeats = `SELECT rowid AS row, concat_ws(', ', ${key}) AS value, row_number() OVER (PARTITION BY ${key} ORDER BY rowid) AS nth
    FROM stage WHERE wrong IS NULL AND ${compared} AND hash(${key}) IN (SELECT hash(${key}) FROM stage WHERE ${compared} GROUP BY 1 HAVING count(*) > 1)`;
  const [sums] = await exactRows(connection, `SELECT count(*) AS n FROM (${repeats}) WHERE nth > 1`);
  const total = whole(sums?.n);
  if (total === 0) return [];
  const rows = await exactRows(
    connection,
    `SELECT row, value FROM (${repeats}) WHERE nth > 1 ORDER BY row LIMIT ${findingsShown}`,
  );
  // Ids are compared by a key of ours; a person looks for the id.
  const column = table === 'opportunities' ? 'opportunity_id' : keyOf(table).join(', ');
  const suspects = rows.map(({ row, value }) => ({
    row: whole(row),
    column,
    value: value ?? null,
    problem: 'is there a second time',
  }));
  const findings = await located(staged, suspects);
  return table === 'lines'
    ? [{ code: 'DUPLICATE_LINE', message: `${counted(total, 'line')} repeated in the snapshot`, findings, total }]
    : [{ code: 'BAD_ROW', message: `${table} has ${column} more than once`, findings, total }];
};
