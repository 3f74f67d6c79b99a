/** Makes books of any size for measuring, in the form that the report reads. DuckDB does it, with integers, no chance. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { addMonths, type Month, monthRange, parseMonth } from '../../functions/core/month.ts';
import { ratesOf } from '../../functions/sources/sample-book/currencies.ts';
import { cancellationsOf, customersOf, linesOf, macros, paymentsOf } from './book-sql.ts';

export type BenchBook = {
  /** Active customers in the newest month, within a percent. */
  readonly customers: number;
  readonly months: number;
  readonly newest: Month;
  /** Those of the months to write; all of them unless told otherwise. */
  readonly only?: readonly Month[];
};

/** Of a hundred thousand active customers a month. */
const [arriving, leaving] = [3_000, 2_000];
const hundredThousand = 100_000;

/** Months that each of 4,096 equally likely customers stays when the same share leaves every month. */
const lifetimes = (): number[] => {
  const all = 4_096;
  let survivors = 1;
  let months = 0;
  return Array.from({ length: all }, (_, at) => {
    while (survivors > 1 - (at + 0.5) / all) {
      survivors *= 1 - leaving / hundredThousand;
      months += 1;
    }
    return months;
  });
};

/** The first customer of every month's arrivals, and one past the last: those of month 0 were there before. */
const arrivals = ({ customers, months }: BenchBook): number[] => {
  const growth = 1 + (arriving - leaving) / hundredThousand;
  let active = Math.round(customers / growth ** (months - 1));
  const firsts = [0, active];
  for (let at = 1; at < months; at++) {
    firsts.push((firsts.at(-1) ?? 0) + Math.round((active * arriving) / hundredThousand));
    active *= growth;
  }
  return firsts;
};

const makeClients = async (connection: DuckDBConnection, book: BenchBook): Promise<void> => {
  await connection.run('CREATE TABLE client (i BIGINT, birth SMALLINT, death SMALLINT)');
  const firsts = arrivals(book);
  for (let birth = 0; birth < book.months; birth++) {
    await connection.run(`
      INSERT INTO client
      SELECT range, ${birth}, ${birth} + [${lifetimes()}][1 + stir(range, 1) % 4096]
      FROM range(${firsts[birth]}, ${firsts[birth + 1]})`);
  }
};

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const controlOf = async (connection: DuckDBConnection, lines: string): Promise<string> => {
  const totals = await connection.runAndReadAll(
    `SELECT currency, CAST(count(*) AS VARCHAR), CAST(sum(mrr) AS VARCHAR) FROM (${lines}) GROUP BY 1 ORDER BY 1`,
  );
  const rows = totals.getRowsJson().map((row) => row.map((value) => `${value}`));
  return JSON.stringify({
    lines: rows.reduce((count, [, rows = '0']) => count + parseInt(rows, 10), 0),
    mrr: Object.fromEntries(rows.map(([currency, , total]) => [currency, total])),
  });
};

/**
 * Writes a book into `dir`: 1.26 lines a customer; a month about 2 % of the customers leave, 3 % come and 6 % change
 * what they pay. The newest month is gzipped CSV, the earlier ones are Parquet. The same arguments make the same rows.
 * One customer in twenty belongs to another account.
 */
export const makeBenchBook = async (dir: string, book: BenchBook): Promise<void> => {
  await mkdir(dir, { recursive: true });
  const scratch = join(dir, '.scratch');
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '3GB',
    temp_directory: scratch,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    for (const macro of macros) await connection.run(macro);
    await makeClients(connection, book);
    const rates = ratesOf(book.months, 1);
    const calendar = monthRange(addMonths(book.newest, 1 - book.months), book.newest);
    for (const [at, month] of calendar.entries()) {
      if (book.only !== undefined && !book.only.includes(month)) continue;
      const folder = join(dir, month);
      await mkdir(folder, { recursive: true });
      const [ending, form] =
        month === book.newest
          ? ['csv.gz', 'FORMAT csv, HEADER true, COMPRESSION gzip']
          : ['parquet', 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, DICTIONARY_SIZE_LIMIT 1000'];
      const lines = linesOf(at, month);
      const tables = {
        lines,
        customers: customersOf(at),
        cancellations: cancellationsOf(at, month),
        payments: paymentsOf(at, month),
      };
      for (const [table, sql] of Object.entries(tables)) {
        await connection.run(`COPY (${sql}) TO ${quoted(join(folder, `${table}.${ending}`))} (${form})`);
      }
      const fx = Object.entries(rates[at] ?? {}).map(([currency, rate]) => `${currency},${rate}\n`);
      await writeFile(join(folder, 'fx.csv'), `currency,rate\n${fx.join('')}`);
      await writeFile(join(folder, 'control.json'), await controlOf(connection, lines));
    }
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(scratch, { recursive: true, force: true });
  }
};

if (import.meta.main) {
  const [dir = '', customers = '100000', months = '25', newest = '2026-10'] = process.argv.slice(2);
  if (dir === '') throw new Error('usage: make-book.ts DIR [CUSTOMERS] [MONTHS] [NEWEST]');
  const began = performance.now();
  await makeBenchBook(dir, {
    customers: parseInt(customers, 10),
    months: parseInt(months, 10),
    newest: parseMonth(newest),
  });
  console.log(`${customers} customers x ${months} months in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}
