/** What people do today with the same two snapshots, for comparison: rows in a JavaScript loop, and window functions over all months. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { Decimal } from 'decimal.js';

/** TTM NDR and GRR customer by customer in JavaScript, with exact decimals; every row crosses into JavaScript. */
export const rowsInJavaScript = async (
  connection: DuckDBConnection,
  opening: string,
  closing: string,
): Promise<string> => {
  const read = async (path: string) => {
    const totals = new Map<string, Decimal>();
    const result = await connection.stream(
      `SELECT customer_id, CAST(mrr AS VARCHAR) AS mrr FROM read_parquet('${path}') WHERE status IN ('active', 'past_due')`,
    );
    for await (const rows of result.yieldRowsJson())
      for (const [customer, mrr] of rows)
        totals.set(`${customer}`, (totals.get(`${customer}`) ?? new Decimal(0)).plus(`${mrr}`));
    return totals;
  };
  const [before, after] = [await read(opening), await read(closing)];
  let [base, kept, retained] = [new Decimal(0), new Decimal(0), new Decimal(0)];
  for (const [customer, o] of before) {
    const c = after.get(customer) ?? new Decimal(0);
    base = base.plus(o);
    kept = kept.plus(c);
    retained = retained.plus(Decimal.min(o, c));
  }
  return `${kept.div(base).toFixed(6)} ${retained.div(base).toFixed(6)}`;
};

/** The usual warehouse model: a spine of customers and months, movements by LAG over all of it. */
export const windowFunctions = (files: readonly string[]): string => `
WITH months AS (${files.map((path, at) => `SELECT ${at} AS month, customer_id, sum(mrr) AS mrr FROM read_parquet('${path}') WHERE status IN ('active', 'past_due') GROUP BY 2`).join(' UNION ALL ')}),
spine AS (SELECT c.customer_id, m.month FROM (SELECT DISTINCT customer_id FROM months) c CROSS JOIN (SELECT DISTINCT month FROM months) m),
filled AS (SELECT s.customer_id, s.month, coalesce(m.mrr, 0) AS mrr FROM spine s LEFT JOIN months m ON m.customer_id = s.customer_id AND m.month = s.month),
moved AS (SELECT *, lag(mrr, 12) OVER (PARTITION BY customer_id ORDER BY month) AS opening FROM filled)
SELECT CAST(sum(mrr) AS VARCHAR) AS closing, CAST(sum(opening) AS VARCHAR) AS opening, CAST(sum(least(mrr, opening)) AS VARCHAR) AS retained
FROM moved WHERE month = ${files.length - 1} AND opening > 0`;
