/** The stage of an ingest: every row of a source file as exact types, each with the first value in it that is wrong. */
import type { CrmReading } from '../core/crm.ts';
import { type Column, contractColumns } from '../sources/columns.ts';
import { closeDayNumber, opportunityKey, wonValue } from '../sources/opportunity-columns.ts';
import type { StagedTable } from '../sources/source-file.ts';
import { quoted } from './duckdb.ts';
import { quotedName, type ReadableFile } from './duckdb-source-file.ts';

const dimensionLength = 10_000;

/** What is derived once at the border, so that no query need spell it. */
const derivedColumns: Readonly<Record<StagedTable, readonly (readonly [name: string, type: string])[]>> = {
  lines: [],
  customers: [['attributes', 'MAP(VARCHAR, VARCHAR)']],
  cancellations: [
    ['ended_month', 'VARCHAR'],
    ['reason_key', 'VARCHAR'],
  ],
  payments: [],
  fx: [],
  opportunities: [
    ['opportunity_key', 'VARCHAR'],
    ['close_day', 'BIGINT'],
    ['won', 'BOOLEAN'],
  ],
  invoice_lines: [],
};

/** Columns of the stored table, in their order. */
export const storedColumns = (table: StagedTable): string[] => [
  ...contractColumns(table).map(({ name }) => name),
  ...derivedColumns[table].map(([name]) => name),
];

/** `wrong` is NULL, or the name of the column at fault and its raw text. */
export const createStage = (table: StagedTable): string => {
  const columns = [
    ...contractColumns(table).map(({ name, type }) => `${quotedName(name)} ${type}`),
    ...derivedColumns[table].map(([name, type]) => `${name} ${type}`),
  ];
  return `CREATE OR REPLACE TEMP TABLE stage (${columns.join(', ')}, wrong VARCHAR[])`;
};

const typed = ({ type, value }: Column, raw: string): string => {
  if (value !== undefined) return value(raw);
  return type === 'VARCHAR' ? raw : `TRY_CAST(${raw} AS ${type})`;
};

/** The key under which a raw reason is looked up: lower case, words joined by one underscore. */
const reasonKey = (raw: string): string => `trim(regexp_replace(lower(${raw}), '[^a-z0-9]+', '_', 'g'), '_')`;

/** Appends a file's rows to the stage, in the file's order. `dimensions` are the columns that customers carry beside the contract's. */
export const stageFile = (
  table: StagedTable,
  source: ReadableFile,
  dimensions: readonly string[],
  reading: CrmReading,
): string => {
  const present = (name: string) => source.columns.includes(name);
  const raw = (name: string) => (present(name) ? source.raw(name) : 'CAST(NULL AS VARCHAR)');
  const contract = contractColumns(table, reading);

  const fault = (name: string, wrong: string) => `WHEN ${wrong} THEN [${quoted(name)}, substr(${raw(name)}, 1, 200)]`;
  const faults = contract
    .filter(({ name, required }) => required || present(name))
    .map((column) => {
      const kind = present(column.name) ? source.wrongKind(column) : null;
      const value = `(${column.wrong(raw(column.name))})`;
      return fault(column.name, kind === null ? value : `(${kind} OR ${value})`);
    });
  const longDimensions = dimensions.map((name) => fault(name, `length(${raw(name)}) > ${dimensionLength}`));

  // A struct made a map costs a tenth of a map made from two lists, which looks for repeated keys row by row.
  const attributes =
    dimensions.length === 0
      ? 'CAST(MAP() AS MAP(VARCHAR, VARCHAR))'
      : `CAST({${dimensions.map((name) => `${quoted(name)}: ${raw(name)}`).join(', ')}} AS MAP(VARCHAR, VARCHAR))`;
  const derived: Readonly<Record<StagedTable, readonly string[]>> = {
    lines: [],
    customers: [attributes],
    cancellations: [`substr(${raw('ended_on')}, 1, 7)`, reasonKey(raw('reason'))],
    payments: [],
    fx: [],
    opportunities: [
      opportunityKey(raw('opportunity_id')),
      closeDayNumber(raw('close_date'), reading),
      wonValue(raw('stage'), raw('is_won'), reading),
    ],
    invoice_lines: [],
  };
  const wrong = `CASE ${[...faults, ...longDimensions].join(' ')} END`;
  const values = [...contract.map((column) => typed(column, raw(column.name))), ...derived[table], wrong];
  return `INSERT INTO stage SELECT ${values.join(', ')} FROM ${source.from}`;
};
