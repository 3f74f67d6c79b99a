import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Month, parseMonth } from '../../functions/core/month.ts';
import { openFolderSource } from '../../functions/sources/folder-source.ts';
import { makeBenchBook } from './make-book.ts';

describe('a bench book', () => {
  const book = { customers: 20_000, months: 4, newest: parseMonth('2026-10') };
  let home: string;
  let connection: DuckDBConnection;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'bench-'));
    connection = await (await DuckDBInstance.create(':memory:')).connect();
    await makeBenchBook(join(home, 'one'), book);
    await makeBenchBook(join(home, 'two'), book);
  });
  afterAll(async () => {
    connection.closeSync();
    await rm(home, { recursive: true, force: true });
  });

  const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
    (await connection.runAndReadAll(sql)).getRowObjectsJson();
  const table = (name: string, month: string, from = 'one'): string =>
    month === '2026-10'
      ? `read_csv('${join(home, from, month, name)}.csv.gz', header = true, all_varchar = true)`
      : `read_parquet('${join(home, from, month, name)}.parquet')`;
  const active = (month: string): string =>
    `(SELECT customer_id, sum(CAST(mrr AS DECIMAL(18,4))) AS mrr FROM ${table('lines', month)} GROUP BY 1)`;

  it('is a source as the contract has it', async () => {
    const source = await openFolderSource(join(home, 'one'));
    expect(source.months).toEqual(['2026-07', '2026-08', '2026-09', '2026-10']);
    for (const month of source.months) {
      const { tables, control, warnings } = await source.read(month);
      const { opportunities, ...others } = tables;
      expect(Object.values(others).map((files) => files.length)).toEqual([1, 1, 1, 1, 1]);
      expect(opportunities).toEqual([]);
      expect(control).not.toBeNull();
      expect(warnings).toEqual([]);
    }
  });

  it('is the same every time', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map(async (from) => {
        const source = await openFolderSource(join(home, from));
        const months = await Promise.all(source.months.map((month: Month) => source.read(month)));
        return months.map(({ tables }) => Object.values(tables).flatMap((files) => files.map(({ sha256 }) => sha256)));
      }),
    );
    expect(two).toEqual(one);
  });

  it('has the customers asked for, 1.26 lines each, and months that differ as told', async () => {
    const [found] = await rows(`
      SELECT
        (SELECT count(*) FROM ${active('2026-10')}) AS customers,
        (SELECT count(*) FROM ${table('lines', '2026-10')}) AS lines,
        count(*) FILTER (c.mrr IS NULL) AS gone,
        count(*) FILTER (c.mrr <> o.mrr) AS changed,
        count(*) FILTER (o.mrr IS NULL) AS come
      FROM ${active('2026-09')} o FULL JOIN ${active('2026-10')} c USING (customer_id)`);
    const figure = (name: string) => parseInt(`${found?.[name]}`, 10);
    expect(Math.abs(figure('customers') - 20_000)).toBeLessThan(300);
    expect(figure('lines') / figure('customers')).toBeCloseTo(1.26, 1);
    expect(figure('gone') / 20_000).toBeCloseTo(0.02, 2);
    expect(figure('changed') / 20_000).toBeCloseTo(0.06, 2);
    expect(figure('come') / 20_000).toBeCloseTo(0.03, 2);
  });

  it('states control totals that are true', async () => {
    for (const month of ['2026-09', '2026-10']) {
      const control = JSON.parse(await readFile(join(home, 'one', month, 'control.json'), 'utf8'));
      const found = await rows(`
        SELECT currency, count(*) AS lines, CAST(sum(CAST(mrr AS DECIMAL(18,4))) AS VARCHAR) AS mrr
        FROM ${table('lines', month)} GROUP BY 1 ORDER BY 1`);
      expect(control.lines).toBe(found.reduce((count, row) => count + parseInt(`${row.lines}`, 10), 0));
      expect(control.mrr).toEqual(Object.fromEntries(found.map((row) => [row.currency, row.mrr])));
    }
  });

  it.each([
    [
      'a line twice',
      'lines',
      'SELECT 1 FROM TABLE_NAME GROUP BY customer_id, subscription_id, item_id HAVING count(*) > 1',
    ],
    ['a customer twice', 'customers', 'SELECT 1 FROM TABLE_NAME GROUP BY customer_id HAVING count(*) > 1'],
    ['an odd id', 'customers', `SELECT 1 FROM TABLE_NAME WHERE NOT regexp_full_match(customer_id, 'cus_[0-9a-f]{14}')`],
    [
      'an event of another month',
      'cancellations',
      `SELECT 1 FROM TABLE_NAME WHERE CAST(ended_on AS VARCHAR)[:7] <> 'MONTH'`,
    ],
    [
      'a payment of another month',
      'payments',
      `SELECT 1 FROM TABLE_NAME WHERE CAST(coalesce(resolved_on, failed_on) AS VARCHAR)[:7] <> 'MONTH'`,
    ],
  ])('never has %s', async (_, name, sql) => {
    for (const month of ['2026-09', '2026-10']) {
      expect(await rows(sql.replace('TABLE_NAME', table(name, month)).replace('MONTH', month))).toEqual([]);
    }
  });

  it('has a reason for nearly every customer that left, and only for those', async () => {
    const left = `(SELECT customer_id FROM ${active('2026-09')} ANTI JOIN ${active('2026-10')} c USING (customer_id))`;
    const [found] = await rows(`
      SELECT
        (SELECT count(*) FROM ${left}) AS gone,
        (SELECT count(*) FROM ${table('cancellations', '2026-10')} SEMI JOIN ${left} l USING (customer_id)) AS told,
        (SELECT count(*) FROM ${table('cancellations', '2026-10')}) AS reasons`);
    expect(found?.told).toBe(found?.reasons);
    expect(parseInt(`${found?.told}`, 10) / parseInt(`${found?.gone}`, 10)).toBeGreaterThan(0.97);
  });

  it('has the types of the contract in Parquet', async () => {
    const found = await rows(`DESCRIBE SELECT * FROM ${table('lines', '2026-09')}`);
    const types = Object.fromEntries(found.map((row) => [row.column_name, row.column_type]));
    expect(types).toMatchObject({
      mrr: 'DECIMAL(18,4)',
      renews_on: 'DATE',
      quantity: 'VARCHAR',
      customer_id: 'VARCHAR',
    });
  });
});
