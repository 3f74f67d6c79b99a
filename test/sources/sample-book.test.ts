import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseMonth } from '../../functions/core/month.ts';
import { type FolderSource, openFolderSource } from '../../functions/sources/folder-source.ts';
import { writeSampleBook } from '../../functions/sources/sample-book.ts';
import { type SourceFile, type TableName, tableNames } from '../../functions/sources/source-file.ts';

let home: string;
let book: string;
let source: FolderSource;
let connection: DuckDBConnection;

const readerOf = async ({ local, form }: SourceFile): Promise<string> => {
  const path = await local();
  return form === 'csv'
    ? `read_csv('${path}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', strict_mode = true)`
    : `read_json('${path}', format = 'newline_delimited', records = true, map_inference_threshold = -1)`;
};

const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await connection.runAndReadAll(sql)).getRowObjectsJson();

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sample-'));
  book = join(home, 'book');
  await writeSampleBook(book);
  source = await openFolderSource(book);
  connection = await (await DuckDBInstance.create(':memory:')).connect();
  const selects: Record<TableName, string[]> = {
    lines: [],
    customers: [],
    cancellations: [],
    payments: [],
    fx: [],
    opportunities: [],
  };
  for (const month of source.months) {
    const { tables } = await source.read(month);
    for (const table of tableNames) {
      for (const file of tables[table])
        selects[table].push(`SELECT '${month}' AS month, * FROM ${await readerOf(file)}`);
    }
  }
  for (const table of tableNames) {
    await connection.run(`CREATE TABLE ${table} AS ${selects[table].join(' UNION ALL BY NAME ')}`);
  }
});
afterAll(async () => {
  connection.closeSync();
  await rm(home, { recursive: true, force: true });
});

const hashesOf = async (dir: string): Promise<string[]> => {
  const names = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const hash = async (path: string) =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  return (
    await Promise.all(
      names.map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return `${path.slice(dir.length)} ${await hash(path)}`;
      }),
    )
  ).sort();
};

describe('the sample book', () => {
  it('is the same bytes every time', async () => {
    const again = join(home, 'again');
    await writeSampleBook(again);
    expect(await hashesOf(again)).toEqual(await hashesOf(book));
  });

  it('is another book from another seed', async () => {
    const [one, other] = [join(home, 'one'), join(home, 'other')];
    await writeSampleBook(one, { accounts: 20, months: 2, seed: 1 });
    await writeSampleBook(other, { accounts: 20, months: 2, seed: 2 });
    const linesOf = (dir: string) => readFile(join(dir, '2026-10', 'lines.csv'), 'utf8');
    expect(await linesOf(one)).not.toBe(await linesOf(other));
  });

  it.each([
    [1, 1],
    [1, 3],
    [30, 13],
    [300, 1],
  ])('can be small: %d accounts, %d months', async (accounts, months) => {
    const dir = join(home, `small-${accounts}-${months}`);
    await writeSampleBook(dir, { accounts, months, newest: parseMonth('2025-01') });
    const small = await openFolderSource(dir);
    expect(small.months).toHaveLength(months);
    expect(small.months.at(-1)).toBe('2025-01');
    expect((await small.read(parseMonth('2025-01'))).tables.lines).toHaveLength(1);
  });

  it('has 37 months up to the newest, nothing unknown, and every form but Parquet', async () => {
    expect(source.months).toHaveLength(37);
    expect([source.months[0], source.months.at(-1)]).toEqual(['2023-10', '2026-10']);
    expect(source.warnings).toEqual([]);
    const forms = new Set<string>();
    for (const month of source.months) {
      const { tables, control, warnings } = await source.read(month);
      expect(warnings).toEqual([]);
      expect(control).not.toBeNull();
      // A CRM is exported whole: the newest month alone has it.
      for (const table of tableNames)
        expect(tables[table].length > 0).toBe(table !== 'opportunities' || month === '2026-10');
      forms.add(tables.lines.map(({ form, gzip }) => `${form}${gzip ? '.gz' : ''}`).join('+'));
    }
    expect([...forms].sort()).toEqual(['csv', 'csv+csv.gz', 'csv.gz', 'ndjson']);
    const newest = await source.read(parseMonth('2026-10'));
    expect(
      Object.values(newest.tables)
        .flat()
        .every(({ form, gzip }) => form === 'csv' && !gzip),
    ).toBe(true);
  });

  it('states control totals that are true, month by month', async () => {
    const totals = await rows(
      'SELECT month, currency, count(*) AS n, CAST(sum(CAST(mrr AS DECIMAL(18,4))) AS VARCHAR) AS total FROM lines GROUP BY ALL',
    );
    for (const month of source.months) {
      const control = JSON.parse(await readFile(join(book, month, 'control.json'), 'utf8'));
      const found = totals.filter((row) => row.month === month);
      expect(control.lines).toBe(found.reduce((count, row) => count + parseInt(`${row.n}`, 10), 0));
      const stated = Object.entries<string>(control.mrr).map(([currency, total]) => [
        currency,
        total.replace(/\.(\d+)$/, (_, digits: string) => `.${digits.padEnd(4, '0')}`),
      ]);
      expect(stated).toEqual(found.map((row) => [row.currency, row.total]).sort());
    }
  });

  it.each([
    ['a line twice', 'SELECT 1 FROM lines GROUP BY month, customer_id, subscription_id, item_id HAVING count(*) > 1'],
    ['a customer twice', 'SELECT 1 FROM customers GROUP BY month, customer_id HAVING count(*) > 1'],
    ['lines of an unknown customer', 'SELECT 1 FROM lines ANTI JOIN customers USING (month, customer_id)'],
    [
      'an account that has no row',
      'SELECT 1 FROM customers c ANTI JOIN customers a ON c.month = a.month AND c.account_id = a.customer_id WHERE c.account_id IS NOT NULL',
    ],
    [
      'an account that belongs to another',
      'SELECT 1 FROM customers c JOIN customers a ON c.month = a.month AND c.account_id = a.customer_id WHERE a.account_id <> a.customer_id',
    ],
    ['money of another form', "SELECT 1 FROM lines WHERE NOT regexp_full_match(mrr, '[0-9]+\\.[0-9]{2,4}')"],
    ['a quantity of another form', "SELECT 1 FROM lines WHERE NOT regexp_full_match(quantity, '[1-9][0-9]*')"],
    ['a rate of another form', "SELECT 1 FROM fx WHERE NOT regexp_full_match(rate, '[0-9]+\\.[0-9]{8}')"],
    [
      'an unknown status',
      "SELECT 1 FROM lines WHERE status NOT IN ('active', 'past_due', 'trialing', 'paused', 'free', 'unpaid', 'canceled')",
    ],
    ['an unknown pricing', "SELECT 1 FROM lines WHERE pricing_model NOT IN ('flat', 'seat', 'tiered', 'usage')"],
    ['a currency without a rate', "SELECT 1 FROM lines ANTI JOIN fx USING (month, currency) WHERE currency <> 'USD'"],
    ['a renewal in the past', "SELECT 1 FROM lines WHERE renews_on::DATE <= (month || '-28')::DATE"],
    ['a payment of another month', 'SELECT 1 FROM payments WHERE coalesce(resolved_on, failed_on)[:7] <> month'],
    ['a payment resolved before it failed', 'SELECT 1 FROM payments WHERE resolved_on::DATE <= failed_on::DATE'],
    ['an opportunity twice', 'SELECT Id FROM opportunities GROUP BY Id HAVING count(*) > 1'],
    [
      'an opportunity of nobody',
      'SELECT 1 FROM opportunities WHERE AccountId NOT IN (SELECT customer_id FROM customers)',
    ],
    ['a cancellation without a reason', 'SELECT 1 FROM cancellations WHERE reason IS NULL'],
    ['a late row in the newest month', "SELECT 1 FROM cancellations WHERE month = '2026-10' AND ended_on[:7] <> month"],
  ])('never has %s', async (_, sql) => {
    expect(await rows(sql)).toEqual([]);
  });

  it.each([
    ['a late cancellation', 1, 'SELECT 1 FROM cancellations WHERE ended_on[:7] < month'],
    ['every status', 7, 'SELECT DISTINCT status FROM lines'],
    ['four currencies', 4, 'SELECT DISTINCT currency FROM lines'],
    ['an industry that stays with its customer', 8, 'SELECT DISTINCT industry FROM customers'],
    ['the reasons that are known, and three that are not', 11, 'SELECT DISTINCT reason FROM cancellations'],
  ])('has %s', async (_, count, sql) => {
    expect(await rows(sql)).toHaveLength(count);
  });

  it.each([
    ['subsidiaries', "SELECT 1 FROM customers WHERE month = '2026-10' AND account_id <> customer_id"],
    [
      'accounts that are bought',
      'SELECT 1 FROM customers GROUP BY customer_id HAVING count(DISTINCT coalesce(account_id, customer_id)) > 1',
    ],
    ['plans that change', 'SELECT 1 FROM customers GROUP BY customer_id HAVING count(DISTINCT plan) > 1'],
    ['annual amounts that do not divide', "SELECT 1 FROM lines WHERE regexp_full_match(mrr, '.*\\.[0-9]{4}')"],
    ['lines that a person sold', 'SELECT 1 FROM lines WHERE opportunity_id IS NOT NULL'],
    [
      'opportunities of the CRM that lines name',
      'SELECT 1 FROM opportunities WHERE Id IN (SELECT opportunity_id FROM lines)',
    ],
    [
      'opportunities that the CRM no longer has',
      "SELECT DISTINCT opportunity_id FROM lines WHERE opportunity_id <> '' AND opportunity_id NOT IN (SELECT Id FROM opportunities)",
    ],
    ['renewals', "SELECT 1 FROM opportunities WHERE Type = 'Renewal' AND IsWon = 'true'"],
    ['renewals that were lost', "SELECT 1 FROM opportunities WHERE Type = 'Renewal' AND IsWon = 'false'"],
    ['payments given up', "SELECT 1 FROM payments WHERE state = 'exhausted'"],
  ])('has some %s', async (_, sql) => {
    expect((await rows(sql)).length).toBeGreaterThan(5);
  });

  it('has the names that break reports', async () => {
    const names = (await rows("SELECT name FROM customers WHERE month = '2026-10'")).map(({ name }) => `${name}`);
    for (const part of ['<script>', '{{mustache}}', '=HYPERLINK', '\u202e', '\r\n', '🦊', `O'Hare, "Bo"`]) {
      expect(names.filter((name) => name.startsWith(part) || name.includes(part))).not.toEqual([]);
    }
    expect(Math.max(...names.map((name) => name.length))).toBeGreaterThanOrEqual(300);
  });

  it('is a believable company: a growing book, NDR and GRR where such companies have them', async () => {
    const [found] = await rows(`
      WITH map AS (
        SELECT customer_id, coalesce(account_id, customer_id) AS account_id FROM customers WHERE month = '2026-10'
      ), account AS (
        SELECT
          account_id,
          sum(CAST(mrr AS DECIMAL(18,4)) * coalesce(CAST(rate AS DECIMAL(18,8)), 1)) FILTER (l.month = '2025-10') AS o,
          sum(CAST(mrr AS DECIMAL(18,4)) * coalesce(CAST(rate AS DECIMAL(18,8)), 1)) FILTER (l.month = '2026-10') AS c
        FROM lines l
        JOIN map USING (customer_id)
        LEFT JOIN fx ON fx.month = '2025-10' AND fx.currency = l.currency
        WHERE l.month IN ('2025-10', '2026-10') AND status IN ('active', 'past_due')
        GROUP BY 1
      )
      SELECT
        100.0 * sum(coalesce(c, 0)) FILTER (o > 0) / sum(o) AS ndr,
        100.0 * sum(least(o, coalesce(c, 0))) FILTER (o > 0) / sum(o) AS grr,
        100.0 * count(*) FILTER (c > 0) / count(*) FILTER (o > 0) AS growth,
        least(
          count(*) FILTER (o * 12 < 10000),
          count(*) FILTER (o * 12 BETWEEN 10000 AND 99999),
          count(*) FILTER (o * 12 >= 100000)
        ) AS smallest_band
      FROM account`);
    const figure = (name: string) => parseFloat(`${found?.[name]}`);
    expect(figure('ndr')).toBeGreaterThan(102);
    expect(figure('ndr')).toBeLessThan(108);
    expect(figure('grr')).toBeGreaterThan(86);
    expect(figure('grr')).toBeLessThan(92);
    expect(figure('growth')).toBeGreaterThan(110);
    expect(figure('smallest_band')).toBeGreaterThan(50);
  });
});
