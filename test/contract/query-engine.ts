/** What every QueryEngine promises: exact text, whole partitions, and the same SQL with the same answer. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ReportError } from '../../functions/errors.ts';
import { lakeTables } from '../../functions/lake/tables.ts';
import type { Partition, QueryEngine } from '../../functions/ports.ts';

export type QueryEngineHarness = {
  readonly engine: QueryEngine;
  /** A second engine over the same lake, as the next run has it. */
  readonly again: () => Promise<QueryEngine>;
  readonly dispose: () => Promise<void>;
};

const book = (month: string, version: string): Partition => ({ table: 'book', month, version });

/** Rows of the lake's `book` table: customer and MRR. */
const bookRows = (rows: readonly (readonly [customer: string, mrr: string])[]): string =>
  `SELECT
    CAST(customer AS VARCHAR) AS customer_id,
    CAST('Core' AS VARCHAR) AS product,
    CAST('USD' AS VARCHAR) AS currency,
    CAST(mrr AS DECIMAL(18,4)) AS mrr,
    false AS paused
  FROM (VALUES ${rows.map(([customer, mrr]) => `('${customer}', '${mrr}')`).join(', ')}) AS written (customer, mrr)`;

const failureOf = async (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);

export const queryEngineContract = (name: string, open: () => Promise<QueryEngineHarness>): void => {
  describe(`${name} as a query engine`, () => {
    let harness: QueryEngineHarness;
    let engine: QueryEngine;
    let scratch: string;

    beforeAll(async () => {
      harness = await open();
      engine = harness.engine;
      scratch = await mkdtemp(join(tmpdir(), 'query-engine-'));
    });
    afterAll(async () => {
      await harness.dispose();
      await rm(scratch, { recursive: true, force: true });
    });

    const refused = async (work: Promise<unknown>): Promise<void> => {
      const failure = await failureOf(work);
      expect(failure).toBeInstanceOf(ReportError);
      expect(failure).toMatchObject({
        kind: 'dependency',
        code: expect.stringMatching(/^[A-Z_]+$/),
        hint: expect.stringMatching(/\w/),
      });
    };

    test('says what it is, for the manifest', () => {
      expect(engine.name).toMatch(/\w.*\d/);
    });

    test('says how much it is given at a time', () => {
      expect(Number.isSafeInteger(engine.concurrency) && engine.concurrency >= 1).toBe(true);
    });

    describe('values', () => {
      test('decimals are exact text, to the 38th digit', async () => {
        const digits = '12345678901234567890123456789012345678';
        const [row] = await engine.query(
          `SELECT CAST('${digits}' AS DECIMAL(38,0)) AS whole,
             CAST('-${digits.slice(0, 30)}.${digits.slice(30)}' AS DECIMAL(38,8)) AS negative,
             CAST('0.00000001' AS DECIMAL(18,8)) AS small, CAST('1234.5' AS DECIMAL(18,4)) AS padded`,
          [],
        );
        expect(row).toEqual({
          whole: digits,
          negative: `-${digits.slice(0, 30)}.${digits.slice(30)}`,
          small: '0.00000001',
          padded: '1234.5000',
        });
      });

      test('a sum of decimals is exact: no float on the way', async () => {
        const cents = Array.from({ length: 30 }, () => "('0.1')").join(', ');
        const [row] = await engine.query(
          `SELECT sum(CAST(amount AS DECIMAL(18,2))) AS total, sum(CAST('9999999999999999.99' AS DECIMAL(18,2))) AS large
           FROM (VALUES ${cents}) AS written (amount)`,
          [],
        );
        expect(row).toEqual({ total: '3.00', large: '299999999999999999.70' });
      });

      test('counts, truths and days are text; what is not there is null', async () => {
        const [row] = await engine.query(
          `SELECT CAST(9007199254740993 AS BIGINT) AS count, 1 = 1 AS truth, CAST('2026-10-31' AS DATE) AS day,
             CAST(NULL AS VARCHAR) AS nothing, CAST(NULL AS DECIMAL(18,4)) AS no_money, '' AS empty`,
          [],
        );
        expect(row).toEqual({
          count: '9007199254740993',
          truth: 'true',
          day: '2026-10-31',
          nothing: null,
          no_money: null,
          empty: '',
        });
      });

      test('text comes back as it was stored, whatever its script', async () => {
        const texts = ["O''Hara", 'a;b -- c', '株式会社', 'שלום', '👩‍👩‍👧', 'x'.repeat(20_000)];
        const rows = await engine.query(
          `SELECT place, written FROM (VALUES ${texts.map((text, at) => `(${at}, '${text}')`).join(', ')}) AS t (place, written) ORDER BY place`,
          [],
        );
        expect(rows.map(({ written }) => written)).toEqual(texts.map((text) => text.replaceAll("''", "'")));
      });

      test('rows come in the order of the query; a query may find none', async () => {
        const sql = (where: string) =>
          `SELECT name FROM (VALUES ('b'), ('a'), (CAST(NULL AS VARCHAR)), ('c')) AS t (name) ${where} ORDER BY name DESC NULLS LAST`;
        expect(await engine.query(sql(''), [])).toEqual(['c', 'b', 'a', null].map((name) => ({ name })));
        expect(await engine.query(sql("WHERE name = 'z'"), [])).toEqual([]);
      });
    });

    describe('partitions', () => {
      beforeAll(async () => {
        await engine.materialise(bookRows([['a', '1']]), [], book('2026-09', '0012'));
        await engine.materialise(bookRows([['a', '2']]), [], book('2026-09', '1e3'));
        const third = bookRows([
          ['a', '4'],
          ['b', '8'],
        ]);
        await engine.materialise(third, [], book('2026-10', '0012'));
      });

      test('every table of the lake can be asked when nothing is read, and is empty', async () => {
        for (const [table, { columns }] of Object.entries(lakeTables)) {
          const listed = Object.keys(columns).map((column) => `"${column}"`);
          const rows = await engine.query(
            `SELECT ${listed.join(', ')} FROM ${table} WHERE month = '2026-10' AND version = 'x'`,
            [],
          );
          expect(rows).toEqual([]);
        }
      });

      test('month and version are text, also where they look like a number or a day', async () => {
        const reads = [book('2026-09', '0012'), book('2026-09', '1e3'), book('2026-10', '0012')];
        const rows = await engine.query(
          `SELECT month, version, CAST(sum(mrr) AS VARCHAR) AS mrr FROM book
           WHERE month IN ('2026-09', '2026-10') AND version IN ('0012', '1e3') GROUP BY 1, 2 ORDER BY 1, 2`,
          reads,
        );
        expect(rows).toEqual([
          { month: '2026-09', version: '0012', mrr: '1.0000' },
          { month: '2026-09', version: '1e3', mrr: '2.0000' },
          { month: '2026-10', version: '0012', mrr: '12.0000' },
        ]);
      });

      test('a query sees the version that it names and no other', async () => {
        const rows = await engine.query(
          "SELECT CAST(mrr AS VARCHAR) AS mrr FROM book WHERE month = '2026-09' AND version = '1e3'",
          [book('2026-09', '1e3')],
        );
        expect(rows).toEqual([{ mrr: '2.0000' }]);
      });

      test('a partition is made of others', async () => {
        await engine.materialise(
          `SELECT customer_id, min(month) AS first_month FROM book
           WHERE month IN ('2026-09', '2026-10') AND version = '0012' GROUP BY 1 ORDER BY 1`,
          [book('2026-09', '0012'), book('2026-10', '0012')],
          { table: 'first_seen', month: '2026-10', version: 'v' },
        );
        const rows = await engine.query(
          "SELECT customer_id, first_month FROM first_seen WHERE month = '2026-10' AND version = 'v' ORDER BY 1",
          [{ table: 'first_seen', month: '2026-10', version: 'v' }],
        );
        expect(rows).toEqual([
          { customer_id: 'a', first_month: '2026-09' },
          { customer_id: 'b', first_month: '2026-10' },
        ]);
      });

      test('the next run finds it stored', async () => {
        const next = await harness.again();
        expect(await next.has(book('2026-10', '0012'))).toBe(true);
        expect(await next.has(book('2026-10', 'other'))).toBe(false);
        expect(
          await next.query(
            "SELECT customer_id FROM book WHERE month = '2026-10' AND version = '0012' ORDER BY 1 NULLS LAST",
            [book('2026-10', '0012')],
          ),
        ).toEqual([{ customer_id: 'a' }, { customer_id: 'b' }]);
      });

      test('a partition of no rows is stored, and keeps its columns', async () => {
        const target = book('2026-01', 'empty');
        await engine.materialise(
          `SELECT * FROM (${bookRows([['a', '1']])}) AS made WHERE customer_id = 'z'`,
          [],
          target,
        );
        expect(await engine.has(target)).toBe(true);
        const [row] = await engine.query(
          "SELECT count(*) AS n, CAST(coalesce(sum(mrr), 0) AS VARCHAR) AS mrr FROM book WHERE month = '2026-01' AND version = 'empty'",
          [target],
        );
        expect(row).toMatchObject({ n: '0' });
      });

      test('a query that fails half way stores nothing', async () => {
        const target = book('2026-08', 'broken');
        const rows = Array.from({ length: 5000 }, (_, at): [string, string] => [
          `c${at}`,
          at === 4999 ? 'no number' : '1',
        ]);
        await refused(engine.materialise(bookRows(rows), [], target));
        expect(await engine.has(target)).toBe(false);
        await engine.materialise(bookRows([['a', '1']]), [], target);
        expect(await engine.has(target)).toBe(true);
      });

      test('a table that lasts for the run is read like any other', async () => {
        const target: Partition = { table: 'window_accounts', month: '2026-10', version: 'r' };
        const columns = Object.entries(lakeTables.window_accounts.columns);
        expect(await engine.has(target)).toBe(false);
        await engine.materialise(
          `SELECT ${columns.map(([column, type]) => `CAST(${column === 'account_id' ? "'a'" : 'NULL'} AS ${type}) AS ${column}`).join(', ')}`,
          [],
          target,
        );
        expect(await engine.has(target)).toBe(true);
        expect(
          await engine.query(
            "SELECT account_id, cause, month FROM window_accounts WHERE month = '2026-10' AND version = 'r'",
            [target],
          ),
        ).toEqual([{ account_id: 'a', cause: null, month: '2026-10' }]);
      });

      test('queries run side by side, each over its own partitions', async () => {
        const months = Array.from({ length: 6 }, (_, at) => `2025-0${at + 1}`);
        await Promise.all(
          months.map((month, at) => engine.materialise(bookRows([['a', `${at}`]]), [], book(month, 'side'))),
        );
        const found = await Promise.all(
          months.map((month) =>
            engine.query(`SELECT CAST(mrr AS VARCHAR) AS mrr FROM book WHERE month = '${month}' AND version = 'side'`, [
              book(month, 'side'),
            ]),
          ),
        );
        expect(found).toEqual(months.map((_, at) => [{ mrr: `${at}.0000` }]));
      });
    });

    describe('failures', () => {
      test.each([
        ['no SQL', 'SELEC 1'],
        ['no such table', 'SELECT * FROM elsewhere'],
        ['no such column', 'SELECT nothing FROM book'],
        ['a value that is none', "SELECT CAST('x' AS DECIMAL(18,2)) AS y"],
        ['more digits than there are', `SELECT CAST('${'9'.repeat(39)}' AS DECIMAL(38,0)) AS y`],
      ])('%s is a failure of a dependency with a hint', async (_, sql) => {
        await refused(engine.query(sql, []));
        await refused(engine.materialise(sql, [], book('2026-02', 'failed')));
        await refused(engine.exportCsv(sql, [], join(scratch, 'failed.csv')));
        expect(await engine.has(book('2026-02', 'failed'))).toBe(false);
      });

      test('so is a partition that is not there; the engine goes on', async () => {
        await refused(
          engine.query("SELECT * FROM book WHERE month = '2020-01' AND version = 'x'", [book('2020-01', 'x')]),
        );
        expect(await engine.query('SELECT 1 AS one', [])).toEqual([{ one: '1' }]);
      });
    });

    describe('exportCsv', () => {
      let files = 0;
      const exported = async (sql: string): Promise<string> => {
        files += 1;
        const path = join(scratch, `it's export ${files}.csv`);
        await engine.exportCsv(sql, [], path);
        return readFile(path, 'utf8');
      };

      test('has a header, LF, the rows in order, and nothing for NULL', async () => {
        const csv = await exported(
          `SELECT name, amount FROM (VALUES ('b', CAST('-1.50' AS DECIMAL(18,2))), ('a', NULL), (CAST(NULL AS VARCHAR), CAST('12.00' AS DECIMAL(18,2)))) AS t (name, amount)
           ORDER BY amount NULLS LAST`,
        );
        expect(csv).toBe('name,amount\nb,-1.50\n,12.00\na,\n');
      });

      test('has the header alone when there are no rows', async () => {
        expect(await exported("SELECT name FROM (VALUES ('a')) AS t (name) WHERE name = 'b'")).toBe('name\n');
      });

      test('an empty text is nothing, too', async () => {
        expect(await exported("SELECT '' AS a, 'x' AS b")).toBe('a,b\n,x\n');
      });

      test('quotes what needs it, and doubles quotes', async () => {
        const csv = await exported(
          `SELECT 'a,b' AS comma, 'say "hi"' AS quote, 'one' || chr(10) || 'two' AS line, 'one' || chr(13) || chr(10) || 'two' AS carriage, 'plain' AS plain`,
        );
        expect(csv).toBe('comma,quote,line,carriage,plain\n"a,b","say ""hi""","one\ntwo","one\r\ntwo",plain\n');
      });

      test.each(['=1+1', '+1', '-1', '@SUM(A1)', '=HYPERLINK("http://x","y")', '-'])(
        'the text %j cannot run as a formula',
        async (text) => {
          const csv = await exported(`SELECT '${text}' AS cell`);
          expect(
            csv
              .replace(/^cell\n/, '')
              .replace(/^"|"\n$|\n$/g, '')
              .replaceAll('""', '"'),
          ).toBe(`'${text}`);
        },
      );

      test('nor can a text that begins with a tab or a carriage return', async () => {
        expect(await exported("SELECT chr(9) || '=1' AS cell")).toMatch(/^cell\n"?'\t=1"?\n$/);
        expect(await exported("SELECT chr(13) || '=1' AS cell")).toBe('cell\n"\'\r=1"\n');
      });

      test('a text that holds such characters further on stays as it is, and so does a number', async () => {
        expect(await exported("SELECT 'a=1' AS a, ' -1' AS b, CAST('-1' AS DECIMAL(9,0)) AS c")).toMatch(
          /^a,b,c\na=1,"? -1"?,-1\n$/,
        );
      });
    });

    describe('the words that engines spell differently', () => {
      test('element_at has the value of a key, null where the key is not there', async () => {
        await engine.materialise(
          "SELECT 'c' AS customer_id, 'C' AS name, CAST(NULL AS VARCHAR) AS account_id, MAP(ARRAY['plan', 'it''s'], ARRAY['Pro', 'odd']) AS attributes",
          [],
          { table: 'customers', month: '2026-10', version: 'm' },
        );
        expect(
          await engine.query(
            `SELECT element_at(attributes, 'plan') AS plan, element_at(attributes, 'it''s') AS odd,
               element_at(attributes, 'region') AS region, element_at(attributes, CAST(NULL AS VARCHAR)) AS nothing
             FROM customers WHERE month = '2026-10' AND version = 'm'`,
            [{ table: 'customers', month: '2026-10', version: 'm' }],
          ),
        ).toEqual([{ plan: 'Pro', odd: 'odd', region: null, nothing: null }]);
      });

      test('array_join puts values into one text', async () => {
        expect(
          await engine.query(
            "SELECT array_join(array_agg(name ORDER BY name), ';') AS names FROM (VALUES ('b'), ('a')) AS t (name)",
            [],
          ),
        ).toEqual([{ names: 'a;b' }]);
      });
    });
  });
};
