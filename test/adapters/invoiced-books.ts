/** Invoice lines as a test writes them, and the books that are made of them. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { exactRows, quoted } from '../../functions/adapters/duckdb.ts';
import { duckdbInvoicedLines } from '../../functions/adapters/duckdb-invoiced-lines.ts';
import { parseMonth } from '../../functions/core/month.ts';
import type { Row } from '../../functions/ports.ts';
import type { BookRemarks, BookTotals, ExportFacts } from '../../functions/sources/invoices/port.ts';
import { formOf } from '../../functions/sources/source-file.ts';

export type Books = {
  readonly facts: ExportFacts;
  /** The lines of each month asked for. */
  readonly lines: Readonly<Record<string, readonly Row[]>>;
  readonly totals: Readonly<Record<string, BookTotals & BookRemarks>>;
};

/** The books at the ends of `months`, of files by their names. */
export const booksOfFiles = async (
  files: Readonly<Record<string, string | Uint8Array>>,
  months: readonly string[],
  lastDayIsServed = false,
): Promise<Books> => {
  const root = await mkdtemp(join(tmpdir(), 'invoiced-'));
  const sources = await Promise.all(
    Object.entries(files).map(async ([name, content], at) => {
      const [form, path] = [formOf(name), join(root, `${at}`)];
      if (form === null) throw new Error(`${name} is no file of a table`);
      await writeFile(path, content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { name, ...form, bytes: content.length, sha256, local: async () => path };
    }),
  );
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return await duckdbInvoicedLines({ scratch: join(root, 'scratch') })(
      sources,
      { lastDayIsServed },
      async (books) => {
        const lines: Record<string, Row[]> = {};
        const totals: Record<string, BookTotals & BookRemarks> = {};
        for (const month of months) {
          const path = join(root, `${month}.parquet`);
          totals[month] = await books.write(parseMonth(month), path);
          lines[month] = await exactRows(connection, `SELECT * FROM read_parquet(${quoted(path)})`);
        }
        return { facts: books.facts, lines, totals };
      },
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
    await rm(root, { recursive: true, force: true });
  }
};

export type InvoiceLine = Readonly<Record<string, string>>;

const columns = [
  'customer_id',
  'invoice_id',
  'line_id',
  'subscription_id',
  'item_id',
  'product',
  'currency',
  'amount',
  'period_start',
  'period_end',
  'status',
  'plan',
  'pricing_model',
  'opportunity_id',
];

/** Invoice lines as CSV; what a line leaves out is that of one ordinary customer. */
export const exportOf = (lines: readonly InvoiceLine[]): string => {
  const usual: InvoiceLine = {
    customer_id: 'acme',
    subscription_id: 's1',
    item_id: 'i1',
    product: 'core',
    currency: 'USD',
  };
  const rows = lines.map((line, at) => {
    const row: InvoiceLine = { invoice_id: `in_${at + 1}`, ...usual, ...line };
    return columns.map((name) => row[name] ?? '').join(',');
  });
  return `${columns.join(',')}\n${rows.join('\n')}\n`;
};

/** `2026-10-01 2026-11-01 100.00 i1`: a line's period, amount and item; `-` where it has none. */
export const ledgerLines = (text: string): InvoiceLine[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [from = '', to = '', amount = '', item = 'i1'] = line.trim().split(/ +/);
      const dayOf = (text: string) => (text === '-' ? '' : text.replace('T', ' '));
      const period = { period_start: dayOf(from), period_end: dayOf(to) };
      return { ...period, amount, item_id: item };
    });
