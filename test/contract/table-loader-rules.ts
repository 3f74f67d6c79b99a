/** Every rule of every column: what breaks it is told with file, line, column and value, and stores nothing. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type TableName, tableNames } from '../../functions/sources/source-file.ts';
import type { Bench } from './table-loader.ts';
import { csvOf, goodRows, ndjsonOf, requiredColumns, type SourceRow, spoilers } from './table-rules.ts';

/** Long values are told in part; a zero may be told with its decimals. */
const cut = (value: string) => value.slice(0, 200).replace(/^0\.0+$/, '0');

export const loaderRules = (bench: Bench): void => {
  describe('rules', () => {
    const cases = tableNames.flatMap((table) =>
      Object.entries(spoilers[table]).map(([column, values]) => ({ table, column, values })),
    );

    test.each(cases)('$table $column', async ({ table, column, values }) => {
      // Each bad row between good ones, so that a line number can be wrong.
      const keys: Partial<Record<TableName, string>> = {
        fx: 'currency',
        lines: 'item_id',
        opportunities: 'opportunity_id',
      };
      const key = keys[table] ?? 'customer_id';
      const good = (at: number): SourceRow =>
        table === 'fx'
          ? { currency: `A${String.fromCharCode(65 + at)}A`, rate: '1.5' }
          : { ...goodRows[table], [key]: `k${at}` };
      const rows = values.flatMap((value, at) => [good(2 * at), { ...good(2 * at + 1), [column]: value }]);
      const { faults, loaded, target } = await bench.load(table, { [`${table}.csv`]: csvOf(rows) });
      expect(loaded).toBeNull();
      const found = faults.filter(({ code }) => code === 'BAD_ROW').flatMap(({ findings }) => findings);
      const places = found.map(({ file, line, column, value }) => ({
        file,
        line,
        column,
        value: value === null ? null : cut(value),
      }));
      for (const [at, value] of values.slice(0, 20).entries())
        expect(places).toContainEqual({
          file: `2026-10/${table}.csv`,
          line: 2 * at + 3,
          column,
          value: cut(value),
        });
      expect(faults.reduce((sum, { total }) => sum + total, 0)).toBe(values.length);
      for (const { problem } of found) expect(problem).toMatch(/\w{2,} \w+/);
      expect(await bench.harness().engine.has(target)).toBe(false);
    });

    test.each(tableNames.flatMap((table) => requiredColumns[table].map((column) => ({ table, column }))))(
      '$table $column must be there, and filled in',
      async ({ table, column }) => {
        const without = Object.keys(goodRows[table]).filter((name) => name !== column);
        if (without.length > 1 || table === 'fx') {
          const missing = await bench.load(table, { [`${table}.csv`]: csvOf([goodRows[table]], without) });
          expect(missing.faults).toMatchObject([
            { code: 'BAD_ROW', findings: [{ file: `2026-10/${table}.csv`, line: 1, column }] },
          ]);
          expect(missing.faults[0]?.message).toContain(column);
        }
        for (const [name, content] of [
          [`${table}.csv`, csvOf([{ ...goodRows[table], [column]: '' }])],
          [`${table}.ndjson`, ndjsonOf([{ ...goodRows[table], [column]: '' }])],
        ] as const) {
          const { faults, loaded } = await bench.load(table, { [name]: content });
          expect(loaded).toBeNull();
          expect(faults).toMatchObject([{ code: 'BAD_ROW', total: 1, findings: [{ column, value: null }] }]);
        }
      },
    );

    test.each([
      ['lines', 'mrr', '100.5'],
      ['lines', 'mrr', '100'],
      ['lines', 'discount_mrr', '1'],
      ['payments', 'amount', '12'],
      ['fx', 'rate', '1.5'],
    ] as const)(
      '%s.%s as a JSON number is refused: it may have been through a float',
      async (table, column, number) => {
        const text = ndjsonOf([goodRows[table]]).replace(
          `"${column}":"${goodRows[table][column]}"`,
          `"${column}":${number}`,
        );
        expect(text).toContain(`"${column}":${number}`);
        const { faults } = await bench.load(table, { [`${table}.ndjson`]: text });
        expect(faults).toMatchObject([{ code: 'BAD_ROW', total: 1, findings: [{ line: 1, column, value: number }] }]);
      },
    );

    test('an id may be a JSON number; a list or an object is no text', async () => {
      const fine = await bench.load('customers', { 'customers.ndjson': '{"customer_id":42,"active":true}\n' });
      expect(await fine.rows()).toMatchObject([{ customer_id: '42', attribute_values: 'true' }]);
      for (const value of ['[1]', '{"a":"b"}']) {
        const { faults } = await bench.load('customers', { 'customers.ndjson': `{"customer_id":${value}}\n` });
        expect(faults).toMatchObject([{ code: 'BAD_ROW', findings: [{ column: 'customer_id', line: 1 }] }]);
      }
    });

    describe('Parquet', () => {
      let files = 0;
      const loadLine = async (mrr: string) => {
        files += 1;
        const path = join(bench.scratch(), `rule-${files}.parquet`);
        const cells = Object.entries(goodRows.lines).map(([column, value]) =>
          column === 'mrr' ? `${mrr} AS mrr` : `'${value}' AS ${column}`,
        );
        const good = cells.map((cell) => (cell.endsWith(' AS item_id') ? "'item_0' AS item_id" : cell));
        await bench
          .harness()
          .writeParquet(
            `SELECT ${good.join(', ').replace(`${mrr} AS mrr`, `CAST(1 AS ${/AS ([A-Z]+(\(\d+,\d+\))?)\)$/.exec(mrr)?.[1]}) AS mrr`)} UNION ALL SELECT ${cells.join(', ')}`,
            path,
          );
        return bench.loadPaths('lines', [{ name: 'lines.parquet', path }]);
      };

      test.each(['DOUBLE', 'FLOAT'])('%s money is refused, whatever its text', async (type) => {
        const { faults } = await loadLine(`CAST(12.5 AS ${type})`);
        expect(faults).toMatchObject([
          {
            code: 'BAD_ROW',
            total: 2,
            findings: [
              { line: 1, column: 'mrr' },
              { line: 2, column: 'mrr', value: '12.5' },
            ],
          },
        ]);
      });

      test('decimals of a wider type are taken when they say no more than four places', async () => {
        const fine = await loadLine("CAST('12.345600' AS DECIMAL(18,6))");
        expect(fine.faults).toEqual([]);
        expect((await fine.rows()).map(({ mrr }) => mrr)).toEqual(['1.0000', '12.3456']);
        const { faults } = await loadLine("CAST('12.345670' AS DECIMAL(18,6))");
        expect(faults).toMatchObject([{ code: 'BAD_ROW', total: 1, findings: [{ line: 2, column: 'mrr' }] }]);
        const whole = await loadLine("CAST('1200.000000' AS DECIMAL(18,6))");
        expect((await whole.rows()).map(({ mrr }) => mrr)).toEqual(['1.0000', '1200.0000']);
      });
    });
  });
};
