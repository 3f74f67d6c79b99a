/** Books of month-ends from invoice lines, read, checked and spread over their service periods by DuckDB. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { minorUnitDecimals } from '../core/money.ts';
import { addMonths, isMonth, type Month } from '../core/month.ts';
import { ReportError } from '../errors.ts';
import { BlockedError, fault, type GateFault } from '../gate-fault.ts';
import { gunzipTo } from '../sources/gunzip.ts';
import type { ExportReading, InvoiceBooks, OpenInvoiceBooks } from '../sources/invoices/port.ts';
import { duckdbFailure, exactRows, lakeFormat, openDuckdb, quoted, quotedPath } from './duckdb.ts';
import {
  bookBelowZero,
  bookLines,
  bookTooLarge,
  bookTotals,
  facts,
  monthBook,
  reach,
  served,
} from './duckdb-invoiced-sql.ts';
import { stage, type Unpack } from './duckdb-table-loader.ts';

export type DuckdbInvoicedLinesOptions = {
  /** A folder of this run's own. */
  readonly scratch: string;
  readonly memoryLimit?: string;
  readonly threads?: number;
};

const whole = (text: string | null | undefined): number => parseInt(text ?? '0', 10);
const monthOf = (text: string | null | undefined): Month | null =>
  typeof text === 'string' && isMonth(text) ? text : null;

/** Ten-thousandths of a currency's minor unit. */
const minorUnit = (currency: string): number => 10 ** (4 - minorUnitDecimals(currency));

export const duckdbInvoicedLines = (options: DuckdbInvoicedLinesOptions): OpenInvoiceBooks => {
  return async (files, reading, work) => {
    const scratch = join(options.scratch, 'invoices');
    await mkdir(scratch, { recursive: true });
    const instance = await openDuckdb({ ...options, scratch });
    const connection = await instance.connect();
    let unpacked = 0;
    const unpack: Unpack = async (file) => {
      if (!file.gzip) return file.local();
      unpacked += 1;
      const path = join(scratch, `export-${unpacked}.${file.form}`);
      await gunzipTo(file, path);
      return path;
    };
    try {
      const books = await readExport(
        connection,
        () => stage(connection, { table: 'invoice_lines', files }, unpack),
        reading,
        join(scratch, 'served.parquet'),
      );
      return await work(books);
    } catch (error) {
      if (error instanceof ReportError && error.code === 'BAD_ROW' && !(error instanceof BlockedError))
        throw new BlockedError([fault('BAD_ROW', `${error.message}. ${error.hint}`)]);
      if (error instanceof ReportError || !(error instanceof Error) || !/^[A-Z][A-Za-z ]+ Error: /.test(error.message))
        throw error;
      throw duckdbFailure(
        'INGEST_FAILED',
        'the invoice lines could not be read',
        'Check the files of the export and the free space on the disk.',
        error,
      );
    } finally {
      connection.closeSync();
      instance.closeSync();
      await rm(scratch, { recursive: true, force: true });
    }
  };
};

const readExport = async (
  connection: DuckDBConnection,
  read: () => Promise<unknown>,
  { lastDayIsServed, belowZero: beyond, endOf = (month) => `${addMonths(month, 1)}-01 00:00:00` }: ExportReading,
  path: string,
): Promise<InvoiceBooks> => {
  await read();
  const [found] = await exactRows(connection, facts());
  await connection.run(`COPY (${served(lastDayIsServed)}) TO ${quoted(path)} (${lakeFormat}, PRESERVE_ORDER true)`);
  await connection.run('DROP TABLE stage');
  await connection.run(`CREATE OR REPLACE TEMP VIEW served AS SELECT * FROM read_parquet(${quotedPath(path)})`);
  const [span] = await exactRows(connection, reach);
  const currencies = await exactRows(connection, 'SELECT DISTINCT currency FROM served ORDER BY 1');
  const used = currencies.length === 0 ? [{ currency: 'USD' }] : currencies;
  const units = used.map(({ currency }) => [currency ?? '', minorUnit(currency ?? '')] as const);
  return {
    facts: {
      firstMonth: monthOf(span?.first_month),
      newestMonth: monthOf(span?.newest_month),
      rows: whole(found?.rows),
      leftOut: whole(found?.left_out),
      withoutPeriod: whole(found?.without_period),
      whole: whole(found?.whole),
      wholeWithLastDay: whole(found?.whole_with_last_day),
    },
    async write(month, path) {
      await connection.run(monthBook(endOf(month), units));
      const negative = await exactRows(connection, bookBelowZero);
      if (beyond === undefined) refuse(negative, (total) => belowZero(total, month));
      refuse(await exactRows(connection, bookTooLarge), (total) => tooLarge(total, month));
      await connection.run(`COPY (${bookLines}) TO ${quoted(path)} (${lakeFormat}, PRESERVE_ORDER true)`);
      const rows = await exactRows(connection, bookTotals);
      const count = (name: string) => rows.reduce((total, row) => total + whole(row[name]), 0);
      const mrr = rows.flatMap(({ currency, lines, mrr }) => (whole(lines) === 0 ? [] : [[currency ?? '', mrr ?? '']]));
      return {
        lines: count('lines'),
        mrr: Object.fromEntries(mrr),
        overlapping: count('overlapping'),
        reduced: count('reduced'),
        belowZero: whole(negative[0]?.found),
      };
    },
  };
};

type Refusal = Pick<GateFault, 'code' | 'message'> & { readonly problem: string };

const counted = (total: number, noun: string) => `${total} ${noun}${total === 1 ? '' : 's'} of the invoice lines`;

const belowZero = (total: number, month: Month): Refusal => ({
  code: 'NEGATIVE_MRR',
  message: `${counted(total, 'subscription')} below zero at the end of ${month}`,
  problem:
    'credits come to more than what was charged: give a credit the subscription_id and item_id of what it takes back, or no period where it takes back nothing that recurs',
});

const tooLarge = (total: number, month: Month): Refusal => ({
  code: 'BAD_ROW',
  message: `${counted(total, 'item')} too large at the end of ${month}`,
  problem: 'is more than a line can hold: look for an amount that is far too large, or a period that is far too short',
});

/** Throws BlockedError where there are rows: the first of those that were found. */
const refuse = (
  rows: readonly Readonly<Record<string, string | null>>[],
  refusal: (total: number) => Refusal,
): void => {
  if (rows.length === 0) return;
  const total = whole(rows[0]?.found);
  const { code, message, problem } = refusal(total);
  const findings = rows.map(({ customer_id, subscription_id, currency, mrr }) => ({
    file: null,
    line: null,
    column: `customer ${customer_id}, subscription ${subscription_id}`,
    value: `${mrr} ${currency}`,
    problem,
  }));
  throw new BlockedError([{ code, message, findings, total }]);
};
