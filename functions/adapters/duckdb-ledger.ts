/** Reads an archived ledger: the rows behind a figure, filtered and summed by DuckDB. */
import { DuckDBInstance } from '@duckdb/node-api';
import { usageError } from '../errors.ts';
import type { Row } from '../ports.ts';
import { headerOf } from '../sources/csv-records.ts';
import { exactRows, quoted, quotedPath } from './duckdb.ts';

export type LedgerFilter = {
  readonly window: string;
  readonly account: string | null;
  /** Columns of the ledger with the value each must have. */
  readonly segments: ReadonlyMap<string, string>;
  /** Rows to return; null for all. */
  readonly limit: number | null;
};

export type LedgerPage = {
  readonly rows: readonly Row[];
  /** Over every row that matches, not just those returned. */
  readonly sums: readonly {
    readonly movement: string;
    readonly cause: string;
    readonly accounts: number;
    readonly deltaMrr: string;
  }[];
  readonly total: number;
};

const name = (column: string) => `"${column.replaceAll('"', '""')}"`;
/** The apostrophe that keeps spreadsheets from running a cell is not part of the text. */
const plain = (column: string) => `regexp_replace(${name(column)}, '^''([=+@\\t\\r-])', '\\1')`;

/** Rows of `movements.csv` at `path`, largest movement first. A column that the ledger lacks is a usage error. */
export const readLedger = async (
  path: string,
  { window, account, segments, limit }: LedgerFilter,
): Promise<LedgerPage> => {
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    const columns = await headerOf(path, 'movements.csv');
    const types = columns.map((column) => `${quoted(column)}: 'VARCHAR'`).join(', ');
    await connection.run(
      `CREATE VIEW file AS SELECT * FROM read_csv(${quotedPath(path)}, hive_partitioning = false, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${types}})`,
    );
    const dimensions = columns.slice(9, -2);
    for (const dimension of segments.keys())
      if (!dimensions.includes(dimension))
        throw usageError(`the ledger has no dimension "${dimension}"`, `It has: ${dimensions.join(', ')}.`);
    const where = [
      `"window" = ${quoted(window)}`,
      ...(account === null ? [] : [`(${plain('account_id')} = ${quoted(account)})`]),
      ...[...segments].map(([dimension, value]) => `${plain(dimension)} = ${quoted(value)}`),
    ].join(' AND ');
    const cells = columns
      .map((column) => `${column.endsWith('_mrr') ? name(column) : plain(column)} AS ${name(column)}`)
      .join(', ');
    const rows = await exactRows(
      connection,
      `SELECT ${cells} FROM file WHERE ${where}${limit === null ? '' : ` LIMIT ${limit}`}`,
    );
    const sums = await exactRows(
      connection,
      `SELECT movement, coalesce(cause, '') AS cause, count(*) AS accounts, CAST(sum(CAST(delta_mrr AS DECIMAL(38,4))) AS VARCHAR) AS delta_mrr
       FROM file WHERE ${where} GROUP BY 1, 2 ORDER BY 1, 2`,
    );
    const summed = sums.map(({ movement, cause, accounts, delta_mrr }) => ({
      movement: movement ?? '',
      cause: cause ?? '',
      accounts: parseInt(accounts ?? '0', 10),
      deltaMrr: delta_mrr ?? '0',
    }));
    return { rows, sums: summed, total: summed.reduce((total, { accounts }) => total + accounts, 0) };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
};
