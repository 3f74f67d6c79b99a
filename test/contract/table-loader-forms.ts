/** The forms in which a table may come: each gives the same rows. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { formOf, type SourceFile, type TableName, tableNames } from '../../functions/sources/source-file.ts';
import type { Bench } from './table-loader.ts';
import { csvOf, goodRows, ndjsonOf, type SourceRow } from './table-rules.ts';

/** Rows as they stand in the lake, given the source's. */
const stored: Readonly<Record<TableName, SourceRow & { readonly [column: string]: string }>> = {
  lines: { ...goodRows.lines, mrr: '100.1234', quantity: '3.0000', discount_mrr: '1.5000' },
  customers: { ...goodRows.customers, attribute_names: '', attribute_values: '' },
  cancellations: { ...goodRows.cancellations, ended_month: '2026-10', reason_key: 'too_expensive' },
  payments: { ...goodRows.payments, amount: '100.0000' },
  fx: { ...goodRows.fx, rate: '1.07123456' },
  opportunities: {
    ...goodRows.opportunities,
    opportunity_key: '0061a00000abcde',
    close_day: '20757',
    won: 'true',
  },
};

const line = (customer: string, rest: SourceRow = {}): SourceRow => ({
  ...goodRows.lines,
  customer_id: customer,
  ...rest,
});

/** A file that nobody has loaded. */
const fileAt = async (dir: string, name: string, content: string | Uint8Array): Promise<SourceFile> => {
  const path = join(dir, name);
  await writeFile(path, content);
  const form = formOf(name);
  if (form === null) throw new Error(`${name} has no form`);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const told = { form: form.form, gzip: form.gzip, bytes: Buffer.byteLength(content), sha256 };
  return { name: `2026-10/${name}`, ...told, local: async () => path };
};

export const loaderForms = (bench: Bench): void => {
  describe('columns', () => {
    const columnsOf = async (name: string, content: string | Uint8Array) =>
      bench.harness().loader.columns(await fileAt(bench.scratch(), name, content));
    const csv = '\uFEFFDeal ID,"Close, Date",owner\n1,2,3\n';

    test.each([
      ['csv', 'told.csv', csv],
      ['gzipped csv', 'told.csv.gz', gzipSync(csv)],
    ])('of %s are those of its header, as it has them', async (_, name, content) => {
      expect(await columnsOf(name, content)).toEqual(['Deal ID', 'Close, Date', 'owner']);
    });

    test('of NDJSON are the keys of all its rows', async () => {
      expect(await columnsOf('told.ndjson', '{"b":1}\n{"a":2,"b":null}\n')).toEqual(['a', 'b']);
    });

    test('of Parquet are its own', async () => {
      const path = join(bench.scratch(), 'told.parquet');
      await bench.harness().writeParquet('SELECT 1 AS "Deal ID", 2 AS owner', path);
      expect(await columnsOf('read.parquet', await readFile(path))).toEqual(['Deal ID', 'owner']);
    });

    test('of a file that has none are refused', async () => {
      await expect(columnsOf('none.csv', '')).rejects.toMatchObject({ kind: 'blocked' });
    });
  });

  describe('forms', () => {
    describe.each(tableNames)('%s', (table) => {
      const row = goodRows[table];

      test.each([
        ['csv', `${table}.csv`, csvOf([row])],
        ['gzipped csv', `${table}.csv.gz`, gzipSync(csvOf([row]))],
        ['ndjson', `${table}.ndjson`, ndjsonOf([row])],
        ['gzipped ndjson', `${table}.ndjson.gz`, gzipSync(ndjsonOf([row]))],
      ])('as %s', async (_, name, content) => {
        const { rows, loaded, faults } = await bench.load(table, { [name]: content });
        expect(faults).toEqual([]);
        expect(loaded).toMatchObject({ rows: 1, furtherColumns: [] });
        expect(await rows()).toEqual([stored[table]]);
      });

      test('as Parquet, with text or with types', async () => {
        const typed: Readonly<Record<string, string>> = {
          mrr: 'DECIMAL(18,6)',
          quantity: 'BIGINT',
          discount_mrr: 'DECIMAL(9,2)',
          amount: 'DECIMAL(38,2)',
          rate: 'DECIMAL(18,8)',
          ended_on: 'DATE',
          failed_on: 'DATE',
          renews_on: 'DATE',
          resolved_on: 'DATE',
        };
        for (const typeOf of [() => 'VARCHAR', (column: string) => typed[column] ?? 'VARCHAR']) {
          const path = join(bench.scratch(), `${table}-${typeOf('mrr')}.parquet`);
          const cells = Object.entries(row).map(
            ([column, value]) => `CAST('${value.replaceAll("'", "''")}' AS ${typeOf(column)}) AS ${column}`,
          );
          await bench.harness().writeParquet(`SELECT ${cells.join(', ')}`, path);
          const { rows, faults } = await bench.loadPaths(table, [{ name: `${table}.parquet`, path }]);
          expect(faults).toEqual([]);
          expect(await rows()).toEqual([stored[table]]);
        }
      });

      test('columns may come in any order, and optional ones may be missing or empty', async () => {
        const reversed = await bench.load(table, { [`${table}.csv`]: csvOf([row], Object.keys(row).reverse()) });
        expect(await reversed.rows()).toEqual([stored[table]]);
      });
    });

    test('parts in different forms are one table', async () => {
      const { rows, loaded } = await bench.load('lines', {
        'lines/part [1]*.csv': csvOf([line('b'), line('d')], Object.keys(goodRows.lines).reverse()),
        "lines/it's 2?.csv.gz": gzipSync(csvOf([line('c')])),
        'lines/3.ndjson': ndjsonOf([line('a', { plan: '' })]),
      });
      expect(loaded?.rows).toBe(4);
      expect((await rows()).map(({ customer_id, plan }) => `${customer_id} ${plan}`)).toEqual([
        'a null',
        'b Pro',
        'c Pro',
        'd Pro',
      ]);
    });

    test('a byte order mark, CRLF, blank lines and a missing last line end make no difference', async () => {
      const plain = csvOf([line('a'), line('b')]);
      for (const text of [
        `\u{FEFF}${plain}`,
        csvOf([line('a'), line('b')], Object.keys(goodRows.lines), '\r\n'),
        plain.replaceAll('\n', '\n\n'),
        plain.trimEnd(),
      ]) {
        const { rows, faults } = await bench.load('lines', { 'lines.csv': text });
        expect(faults).toEqual([]);
        expect((await rows()).map(({ customer_id }) => customer_id)).toEqual(['a', 'b']);
      }
    });

    test('blank lines of NDJSON are passed over; keys may differ from row to row', async () => {
      const text = `${JSON.stringify({ customer_id: 'a', plan: 'Pro' })}\n\n  \n${JSON.stringify({ region: 'EMEA', customer_id: 'b', name: null })}\r\n`;
      const { rows, loaded } = await bench.load('customers', { 'customers.ndjson': text });
      expect(loaded).toMatchObject({ rows: 2, furtherColumns: ['plan', 'region'] });
      expect(await rows()).toMatchObject([
        { customer_id: 'a', name: null },
        { customer_id: 'b', name: null },
      ]);
    });

    test('quoted commas, quotes and line ends are part of the text', async () => {
      const note = 'first, "quoted"\nsecond\r\nthird';
      const { rows } = await bench.load('cancellations', {
        'cancellations.csv': csvOf([{ ...goodRows.cancellations, note }]),
      });
      expect(await rows()).toMatchObject([{ note }]);
    });

    test('an empty cell is nothing, not an empty text', async () => {
      const { rows } = await bench.load('customers', { 'customers.csv': 'customer_id,name,account_id\na,,""\n' });
      expect(await rows()).toMatchObject([{ customer_id: 'a', name: null, account_id: null }]);
    });

    test('a table without rows is stored as one', async () => {
      const { rows, loaded, faults } = await bench.load('lines', {
        'lines.csv': csvOf([], Object.keys(goodRows.lines)),
      });
      expect(faults).toEqual([]);
      expect(loaded).toMatchObject({ rows: 0, sums: {} });
      expect(await rows()).toEqual([]);
    });

    test('what is stored does not depend on the order of the rows', async () => {
      for (const table of tableNames) {
        const key = table === 'fx' ? 'currency' : table === 'opportunities' ? 'opportunity_id' : 'customer_id';
        const keys = table === 'fx' ? ['CHF', 'EUR', 'GBP', 'USD'] : ['d', 'B', 'a', 'é'];
        const rows = keys.map((value) => ({ ...goodRows[table], [key]: value }));
        const bytes = [];
        for (const order of [rows, rows.toReversed()]) {
          const { target } = await bench.load(table, { [`${table}.csv`]: csvOf(order) });
          const path = `lake/${table}/month=${target.month}/version=${target.version}/${table}.parquet`;
          bytes.push(Buffer.from((await bench.harness().store.get(path))?.bytes ?? []).toString('base64'));
        }
        expect(bytes[0]).toBe(bytes[1]);
        expect(bytes[0]).not.toBe('');
      }
    });
  });

  describe('what is told of a table', () => {
    test('lines: sums by currency, of all rows and of those that count', async () => {
      const { loaded } = await bench.load('lines', {
        'lines.csv': csvOf([
          line('a', { mrr: '0.1' }),
          line('b', { mrr: '0.2', status: 'past_due' }),
          line('c', { mrr: '7', status: 'paused' }),
          line('d', { mrr: '5', status: 'trialing', currency: 'EUR' }),
          line('e', { mrr: '99999999999999.9999', currency: 'JPY' }),
        ]),
      });
      expect(loaded?.sums).toEqual({
        EUR: { all: '5.0000', counting: '0.0000' },
        JPY: { all: '99999999999999.9999', counting: '99999999999999.9999' },
        USD: { all: '7.3000', counting: '0.3000' },
      });
    });

    test('cancellations: rows by the month they are dated in, and the key of each reason', async () => {
      const rows = [
        ['2026-08-31', 'PAYMENT FAILED'],
        ['2026-10-01', '  too--expensive… '],
        ['2026-10-31', 'x'],
      ].map(([ended_on = '', reason = ''], at) => ({
        ...goodRows.cancellations,
        customer_id: `${at}`,
        ended_on,
        reason,
      }));
      const { loaded, rows: storedRows } = await bench.load('cancellations', { 'cancellations.csv': csvOf(rows) });
      expect(loaded?.endedMonths).toEqual({ '2026-08': 1, '2026-10': 2 });
      expect((await storedRows()).map(({ reason_key }) => reason_key)).toEqual([
        'payment_failed',
        'too_expensive',
        'x',
      ]);
    });

    test('fx: the rates, exactly', async () => {
      const { loaded } = await bench.load('fx', { 'fx.csv': 'rate,currency\n1.07123456,EUR\n0.0067,JPY\n' });
      expect(loaded?.rates).toEqual({ EUR: '1.07123456', JPY: '0.00670000' });
    });

    test('payments: sums by currency', async () => {
      const { loaded } = await bench.load('payments', { 'payments.csv': csvOf([goodRows.payments]) });
      expect(loaded?.sums).toEqual({ USD: { all: '100.0000', counting: '100.0000' } });
    });

    test('further columns are dimensions of customers; elsewhere they are named and ignored', async () => {
      const customers = await bench.load('customers', {
        'customers/1.csv': 'customer_id,region,plan\na,EMEA,Pro\n',
        'customers/2.csv': 'customer_id,tier\nb,"Gold, big"\n',
      });
      expect(customers.loaded?.furtherColumns).toEqual(['plan', 'region', 'tier']);
      expect(await customers.rows()).toMatchObject([
        { attribute_names: 'region|plan', attribute_values: 'EMEA|Pro' },
        { attribute_names: 'tier', attribute_values: 'Gold, big' },
      ]);
      const lines = await bench.load('lines', { 'lines.csv': csvOf([line('a', { colour: 'red' })]) });
      expect(lines.loaded?.furtherColumns).toEqual(['colour']);
    });

    test.each([
      ['quote"d'],
      ["it's"],
      ['a"; DROP TABLE stage; --'],
      ['__proto__'],
      ['constructor'],
      ['total'],
      ['select'],
      [' spaced '],
      ['プラン'],
      ["'), ('"],
    ])('a dimension may be called %j', async (column) => {
      for (const [name, content] of [
        [
          'customers.csv',
          csvOf([
            Object.fromEntries([
              ['customer_id', 'a'],
              [column, 'yes'],
            ]),
          ]),
        ],
        ['customers.ndjson', `{"customer_id":"a",${JSON.stringify(column)}:"yes"}\n`],
      ] as const) {
        const { rows, loaded, faults } = await bench.load('customers', { [name]: content });
        expect(faults).toEqual([]);
        expect(loaded?.furtherColumns).toEqual([column]);
        expect(await rows()).toMatchObject([{ attribute_names: column, attribute_values: 'yes' }]);
      }
    });
  });
};
