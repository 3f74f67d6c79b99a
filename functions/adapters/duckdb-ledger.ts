/** Reads an archived ledger: the rows behind a figure, filtered and summed by DuckDB. */
import { DuckDBInstance } from '@duckdb/node-api';
import { usageError } from '../errors.ts';
import type { Row } from '../ports.ts';
import { headerCells } from '../sources/csv-records.ts';
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

// Dimensions are called as the source calls them, and may be called like a column of the ledger: places are not.
const place = (at: number) => `c${at}`;
/** The apostrophe that keeps spreadsheets from running a cell is not part of the text. */
const plain = (cell: string) => `regexp_replace(${cell}, '^''(''*[=+@\\t\\r-])', '\\1')`;

const columnsBefore = 9;
/** Ledgers of earlier versions end with the ids. */
const columnsAfter = (cells: readonly string[]): number => (cells.at(-1) === 'opportunity_ids' ? 2 : 5);
const money = ['opening_mrr', 'closing_mrr', 'delta_mrr'];

/** Keys of the rows: the ledger's own columns by name, dimensions by theirs unless that is taken. */
const keysOf = (cells: readonly string[]): { keys: string[]; dimensions: Map<string, number> } => {
  const isOwn = (at: number) => at < columnsBefore || at >= cells.length - columnsAfter(cells);
  const own = new Set(cells.filter((_, at) => isOwn(at)));
  const dimensions = new Map<string, number>();
  const keys = cells.map((cell, at) => {
    if (isOwn(at)) return cell;
    const dimension = cell.replace(/^'(?='*[=+@\t\r-])/, '');
    dimensions.set(dimension, at);
    return own.has(dimension) ? `${dimension} (dimension)` : dimension;
  });
  return { keys, dimensions };
};

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
    const { keys, dimensions } = keysOf(await headerCells(path, 'movements.csv'));
    const types = keys.map((_, at) => `${place(at)}: 'VARCHAR'`).join(', ');
    await connection.run(
      `CREATE VIEW file AS SELECT * FROM read_csv(${quotedPath(path)}, hive_partitioning = false, auto_detect = false, header = true, delim = ',', quote = '"', escape = '"', columns = {${types}})`,
    );
    const column = (key: string) => place(keys.indexOf(key));
    const wanted = [...segments].map(([dimension, value]) => {
      const at = dimensions.get(dimension);
      if (at === undefined)
        throw usageError(`the ledger has no dimension "${dimension}"`, `It has: ${[...dimensions.keys()].join(', ')}.`);
      return `${plain(place(at))} = ${quoted(value)}`;
    });
    const where = [
      `${column('window')} = ${quoted(window)}`,
      ...(account === null ? [] : [`${plain(column('account_id'))} = ${quoted(account)}`]),
      ...wanted,
    ].join(' AND ');
    const cells = keys.map((key, at) => (money.includes(key) ? place(at) : `${plain(place(at))} AS ${place(at)}`));
    const found = await exactRows(
      connection,
      `SELECT ${cells.join(', ')} FROM file WHERE ${where}${limit === null ? '' : ` LIMIT ${limit}`}`,
    );
    const rows = found.map((row) => Object.fromEntries(keys.map((key, at) => [key, row[place(at)] ?? null])));
    const sums = await exactRows(
      connection,
      `SELECT ${column('movement')} AS movement, coalesce(${column('cause')}, '') AS cause, count(*) AS accounts,
         CAST(sum(CAST(${column('delta_mrr')} AS DECIMAL(38,4))) AS VARCHAR) AS delta_mrr
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
