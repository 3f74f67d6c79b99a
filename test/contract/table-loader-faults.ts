/** Files that are broken as files, and rows that are broken together. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Bench, Loading } from './table-loader.ts';
import { csvOf, goodRows, ndjsonOf, type SourceRow } from './table-rules.ts';

const line = (item: string, rest: SourceRow = {}): SourceRow => ({ ...goodRows.lines, item_id: item, ...rest });

const header = Object.keys(goodRows.lines).join(',');
const csvLine = (item: string, rest: SourceRow = {}) => csvOf([line(item, rest)]).slice(header.length + 1, -1);

const onlyFinding = ({ faults }: Loading) => {
  expect(faults).toHaveLength(1);
  expect(faults[0]?.findings).toHaveLength(1);
  return faults[0]?.findings[0];
};

export const loaderFaults = (bench: Bench): void => {
  describe('broken files', () => {
    const load = (text: string | Uint8Array) => bench.load('lines', { 'lines.csv': text });

    test.each([
      ['too few fields', 'a,b,c'],
      ['too many fields', `${csvLine('x')},more`],
    ])('a row with %s is told with its line', async (_, bad) => {
      const loading = await load(`${header}\n${csvLine('1')}\n${bad}\n${csvLine('2')}\n`);
      expect(loading.loaded).toBeNull();
      expect(onlyFinding(loading)).toMatchObject({ file: '2026-10/lines.csv', line: 3 });
      expect(onlyFinding(loading)?.problem).toMatch(/(fewer|more) fields than the header/);
    });

    test('lines are counted as an editor counts them: blank ones, and those inside quotes', async () => {
      const loading = await load(
        `${header}\n\n${csvLine('1', { plan: 'two\nlines' })}\n\n${csvLine('2', { mrr: '1e3' })}\n${csvLine('3')}\n`,
      );
      expect(onlyFinding(loading)).toEqual({
        file: '2026-10/lines.csv',
        line: 6,
        column: 'mrr',
        value: '1e3',
        problem: expect.stringContaining('no exponent'),
      });
    });

    test('a rejected row does not shift the lines of those after it', async () => {
      const { faults } = await load(
        `${header}\n${csvLine('1', { plan: 'a\nb' })}\nshort\n${csvLine('2', { status: 'gone' })}\n`,
      );
      expect(faults).toMatchObject([{ code: 'BAD_ROW', total: 2 }]);
      expect(faults[0]?.findings.map(({ line: at }) => at)).toEqual([4, 5]);
    });

    test('the right file of several is named', async () => {
      const { faults } = await bench.load('lines', {
        'lines/1.csv': csvOf([line('1'), line('2')]),
        'lines/2.csv.gz': gzipSync(csvOf([line('3'), line('4', { currency: 'usd' })])),
        'lines/3.ndjson': `\n${ndjsonOf([line('5'), line('6', { status: 'gone' })])}`,
      });
      expect(faults).toMatchObject([
        {
          code: 'BAD_ROW',
          total: 2,
          findings: [
            { file: '2026-10/lines/2.csv.gz', line: 3, column: 'currency', value: 'usd' },
            { file: '2026-10/lines/3.ndjson', line: 3, column: 'status', value: 'gone' },
          ],
        },
      ]);
    });

    test('a quote that is never closed is a fault, and not a quiet loss of rows', async () => {
      const loading = await load(`${header}\n${csvLine('1')}\n"${csvLine('2')}\n${csvLine('3')}\n${csvLine('4')}\n`);
      expect(loading.loaded).toBeNull();
      expect(loading.faults).toMatchObject([{ code: 'BAD_ROW', findings: [{ file: '2026-10/lines.csv', line: 3 }] }]);
    });

    test('so is text after a closed quote', async () => {
      const loading = await load(`${header}\n${csvLine('1').replace('cus_1', '"cus"_1')}\n${csvLine('2')}\n`);
      expect(loading.loaded).toBeNull();
      expect(loading.faults).toMatchObject([{ code: 'BAD_ROW', findings: [{ line: 2 }] }]);
    });

    test('text that is not UTF-8 is refused', async () => {
      const text = Buffer.from(csvOf([line('1'), line('2', { plan: 'M?ller' })]));
      text[text.indexOf('?')] = 0xfc;
      const loading = await load(text);
      expect(loading.loaded).toBeNull();
      expect(loading.faults).toMatchObject([{ code: 'BAD_ROW', findings: [{ file: '2026-10/lines.csv', line: 3 }] }]);
    });

    test('a field of five megabytes is refused, and told in few words', async () => {
      const huge = 'x'.repeat(5 * 1024 * 1024);
      for (const [name, content] of [
        ['lines.csv', csvOf([line('1'), line('2', { plan: huge })])],
        ['lines.ndjson', ndjsonOf([line('1'), line('2', { plan: huge })])],
      ] as const) {
        const loading = await bench.load('lines', { [name]: content });
        expect(loading.loaded).toBeNull();
        expect(loading.faults).toMatchObject([
          { code: 'BAD_ROW', total: 1, findings: [{ line: name === 'lines.csv' ? 3 : 2 }] },
        ]);
        expect(JSON.stringify(loading.faults).length).toBeLessThan(2000);
      }
    });

    test.each([
      ['an empty file', ''],
      ['no header', '\n\n'],
      ['a column that is there twice', `${header},mrr\n`],
      ['a column without a name', `${header},\n`],
      ['two columns that differ in case alone', `${header},MRR\n`],
    ])('%s is told', async (_, text) => {
      const { faults, loaded } = await load(text);
      expect(loaded).toBeNull();
      expect(faults).toMatchObject([{ code: 'BAD_ROW', message: expect.stringContaining('2026-10/lines.csv') }]);
    });

    test.each([
      ['cut off', '{"customer_id":"a"'],
      ['no object', '["a"]'],
      ['no JSON', 'customer_id,mrr'],
    ])('a line of NDJSON that is %s is told with its line', async (_, bad) => {
      const loading = await bench.load('customers', {
        'customers.ndjson': `{"customer_id":"a"}\n\n${bad}\n{"customer_id":"b"}\n`,
      });
      expect(loading.loaded).toBeNull();
      expect(onlyFinding(loading)).toMatchObject({ file: '2026-10/customers.ndjson', line: 3 });
    });

    test('lines of NDJSON end with LF and nothing else', async () => {
      const loading = await bench.load('lines', {
        'lines.ndjson': `\r\n${ndjsonOf([line('1', { plan: 'one\u2028two\u2029three\u0085' })])} \t\r\n${ndjsonOf([line('2', { mrr: 'x' })])}`,
      });
      expect(onlyFinding(loading)).toMatchObject({ line: 4, column: 'mrr', value: 'x' });
    });

    test('keys of NDJSON that differ in case alone are told', async () => {
      const { faults, loaded } = await bench.load('lines', {
        'lines.ndjson': ndjsonOf([line('1'), line('2', { MRR: '5' })]),
      });
      expect(loaded).toBeNull();
      expect(faults).toMatchObject([{ code: 'BAD_ROW', message: expect.stringMatching(/lines\.ndjson.*mrr/i) }]);
    });

    test.each(['lines.csv.gz', 'lines.ndjson.gz', 'lines.parquet'])('%s that is none is told', async (name) => {
      const { faults, loaded } = await bench.load('lines', { [name]: 'this is something else entirely' });
      expect(loaded).toBeNull();
      expect(faults).toMatchObject([{ code: 'BAD_ROW', message: expect.stringContaining(`2026-10/${name}`) }]);
    });

    test('a small file that unpacks to a huge one is refused', async () => {
      const bomb = gzipSync(Buffer.concat([Buffer.from(`${header}\n`), Buffer.alloc(70 * 1024 * 1024, 'x')]));
      const { faults, loaded } = await bench.load('lines', { 'lines.csv.gz': bomb });
      expect(loaded).toBeNull();
      expect(faults).toMatchObject([
        { code: 'BAD_ROW', message: expect.stringMatching(/lines\.csv\.gz expands to more/) },
      ]);
    });
  });

  describe('rows that are wrong together', () => {
    test('at most 20 places are shown, and how many there are', async () => {
      const rows = Array.from({ length: 57 }, (_, at) => line(`${at}`, { mrr: 'x' }));
      const { faults } = await bench.load('lines', { 'lines.csv': csvOf(rows) });
      expect(faults).toMatchObject([{ code: 'BAD_ROW', total: 57, message: expect.stringContaining('57') }]);
      expect(faults[0]?.findings.map(({ line: at }) => at)).toEqual(Array.from({ length: 20 }, (_, at) => at + 2));
    });

    test('a line that is there twice, also across parts', async () => {
      const loading = await bench.load('lines', {
        'lines/1.csv': csvOf([line('1'), line('2')]),
        'lines/2.csv': csvOf([line('3'), line('1', { mrr: '5', product: 'Other' })]),
      });
      expect(loading.loaded).toBeNull();
      expect(loading.faults).toMatchObject([{ code: 'DUPLICATE_LINE', total: 1 }]);
      expect(onlyFinding(loading)).toMatchObject({ file: '2026-10/lines/2.csv', line: 3, value: 'cus_1, sub_1, 1' });
    });

    test('parts of an id that run together are no repetition', async () => {
      const { faults } = await bench.load('lines', {
        'lines.csv': csvOf([
          line('c', { customer_id: 'a', subscription_id: 'b, c' }),
          line('c, c', { customer_id: 'a', subscription_id: 'b' }),
        ]),
      });
      expect(faults).toEqual([]);
    });

    test('a line below zero', async () => {
      const loading = await bench.load('lines', {
        'lines.csv': csvOf([line('1'), line('2', { mrr: '-0.0001', status: 'canceled' }), line('3', { mrr: '0' })]),
      });
      expect(loading.faults).toMatchObject([{ code: 'NEGATIVE_MRR', total: 1 }]);
      expect(onlyFinding(loading)).toMatchObject({
        file: '2026-10/lines.csv',
        line: 3,
        column: 'mrr',
        value: '-0.0001',
      });
    });

    test.each([
      ['customers', 'customer_id'],
      ['fx', 'currency'],
    ] as const)('%s have a row once', async (table, column) => {
      const row = goodRows[table];
      const { faults, loaded } = await bench.load(table, { [`${table}.csv`]: csvOf([row, row]) });
      expect(loaded).toBeNull();
      expect(faults).toMatchObject([
        { code: 'BAD_ROW', total: 1, findings: [{ line: 3, column, value: row[column] }] },
      ]);
    });

    test('cancellations and payments may repeat', async () => {
      for (const table of ['cancellations', 'payments'] as const) {
        const { faults, loaded } = await bench.load(table, {
          [`${table}.csv`]: csvOf([goodRows[table], goodRows[table]]),
        });
        expect(faults).toEqual([]);
        expect(loaded?.rows).toBe(2);
      }
    });

    test('every kind of fault is told at once, and nothing is stored', async () => {
      const { faults, loaded, target } = await bench.load('lines', {
        'lines.csv': `${csvOf([line('1'), line('1'), line('2', { mrr: '-5' }), line('3', { currency: '€' })])}short\n`,
      });
      expect(loaded).toBeNull();
      expect(faults.map(({ code, total }) => `${code} ${total}`).sort()).toEqual([
        'BAD_ROW 2',
        'DUPLICATE_LINE 1',
        'NEGATIVE_MRR 1',
      ]);
      expect(await bench.harness().engine.has(target)).toBe(false);
      const next = await bench.load('lines', { 'lines.csv': csvOf([line('1')]) });
      expect(next.loaded?.rows).toBe(1);
    });
  });
};
