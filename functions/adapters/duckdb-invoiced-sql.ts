/**
 * The statements that make a month-end book of invoice lines. Amounts are whole ten-thousandths and rates are fractions
 * of whole numbers: nothing passes through a float, and each line is rounded once.
 */
import { invoiceStates } from '../sources/columns.ts';
import { quoted } from './duckdb.ts';

/** Clocks that change inside a period move its end by an hour. */
const hour = 3600;
const day = 86_400;
const week = 7 * day;

const secondsOf = (from: string, to: string) => `date_diff('second', ${from}, ${to})`;
const monthsOf = (from: string, to: string) => `((year(${to}) - year(${from})) * 12 + month(${to}) - month(${from}))`;
const near = (a: string, b: string) => `abs(${secondsOf(a, b)}) <= ${hour}`;

/** Whole months of a period, 0 where it is none: also those that begin or end on the last day of a short month. */
const wholeMonths = (from: string, to: string): string => {
  const months = monthsOf(from, to);
  const step = `to_months(CAST(${months} AS INTEGER))`;
  return `CASE WHEN ${months} >= 1 AND (${near(`${from} + ${step}`, to)} OR ${near(`${to} - ${step}`, from)}) THEN ${months} ELSE 0 END`;
};

/** Whole weeks of a period, 0 where it is none. */
const wholeWeeks = (from: string, to: string): string => {
  const seconds = secondsOf(from, to);
  const weeks = `((${seconds} + ${week / 2}) // ${week})`;
  return `CASE WHEN ${weeks} >= 1 AND abs(${seconds} - ${weeks} * ${week}) <= ${hour} THEN ${weeks} ELSE 0 END`;
};

/**
 * Rows whose period is to be judged, the oldest first, so that a month-end finds its own: `end_at` is the first moment
 * that is no longer served.
 */
export const served = (lastDayIsServed: boolean): string => {
  const end = lastDayIsServed
    ? "CASE WHEN period_end = date_trunc('day', period_end) THEN period_end + INTERVAL 1 DAY ELSE period_end END"
    : 'period_end';
  const counted = invoiceStates.counted.map(quoted).join(', ');
  return `SELECT
      customer_id,
      coalesce(subscription_id, 'invoiced') AS subscription_id,
      -- Lines that end together belong together where a subscription says so; without one, those of an item do.
      coalesce('s ' || subscription_id, 'i ' || item_id, 'p ' || product) AS family_id,
      coalesce(item_id, CASE WHEN length(product) <= 240 THEN product ELSE md5(product) END) AS item_id,
      product, currency, plan, pricing_model, invoice_id, opportunity_id,
      CAST(CAST(amount AS DECIMAL(38, 4)) * 10000 AS BIGINT) AS amount,
      period_start AS start_at,
      -- The last minute of a day stands for its end.
      CASE WHEN ends > date_trunc('day', ends) + INTERVAL 1439 MINUTE THEN date_trunc('day', ends) + INTERVAL 1 DAY ELSE ends END AS end_at
    FROM (SELECT *, ${end} AS ends FROM stage)
    WHERE amount <> 0 AND lower(coalesce(status, 'paid')) IN (${counted}) AND ends > period_start
    ORDER BY start_at, end_at, customer_id, invoice_id, item_id, amount`;
};

/** What the export holds, as counts and days. */
export const facts = (): string => {
  const counted = invoiceStates.counted.map(quoted).join(', ');
  const shifted = '(period_end + INTERVAL 1 DAY)';
  const isDays = "period_start = date_trunc('day', period_start) AND period_end = date_trunc('day', period_end)";
  // Of few different periods each is judged once.
  return `SELECT
      CAST(coalesce(sum(lines), 0) AS VARCHAR) AS rows,
      CAST(coalesce(sum(lines) FILTER (WHERE NOT is_owed), 0) AS VARCHAR) AS left_out,
      CAST(coalesce(sum(lines) FILTER (WHERE period_start IS NULL OR period_start = period_end), 0) AS VARCHAR) AS without_period,
      CAST(coalesce(sum(lines) FILTER (WHERE ${isDays} AND ${wholeMonths('period_start', 'period_end')} > 0), 0) AS VARCHAR) AS whole,
      CAST(coalesce(sum(lines) FILTER (WHERE ${isDays} AND ${wholeMonths('period_start', shifted)} > 0), 0) AS VARCHAR) AS whole_with_last_day
    FROM (
      SELECT period_start, period_end, lower(coalesce(status, 'paid')) IN (${counted}) AS is_owed, count(*) AS lines
      FROM stage
      GROUP BY 1, 2, 3
    )`;
};

/** First month-end that a line covers, and the month in which the newest line begins. */
export const reach = `SELECT
    strftime(min(start_at), '%Y-%m') AS first_month,
    strftime(max(start_at), '%Y-%m') AS newest_month
  FROM served`;

/**
 * The book at the moment before `until` (text of a timestamp), as a table `month_book`.
 *
 * A line counts while it serves, at its amount over its period. One that ends with a longer one of its subscription and
 * begins later is a part of it: it counts by the share of the longer period that it has. A credit that takes back all
 * that stood of an item ends it there, whatever hour of the day it was: what was charged before no longer counts, and
 * what is charged from then on counts by the share that was taken back.
 */
export const monthBook = (
  until: string,
  minorUnits: readonly (readonly [currency: string, unit: number])[],
): string => {
  const units = minorUnits.map(([currency, unit]) => `(${quoted(currency)}, CAST(${unit} AS HUGEINT))`).join(', ');
  const family = 'customer_id, subscription_id, family_id, currency, end_at';
  return `CREATE OR REPLACE TEMP TABLE month_book AS
  WITH minor_units (currency, unit) AS (VALUES ${units}),
  covering AS (
    SELECT * REPLACE (CAST(amount AS HUGEINT) AS amount),
      min(start_at) OVER (PARTITION BY ${family}, item_id) AS item_from,
      min(start_at) OVER (PARTITION BY ${family}) AS family_from
    FROM served
    WHERE start_at < TIMESTAMP ${quoted(until)} AND end_at >= TIMESTAMP ${quoted(until)}
  ),
  based AS (
    -- What an item has for whole months it is measured by; another is a part of what its family has.
    SELECT *, CASE WHEN ${wholeMonths('item_from', 'end_at')} > 0 THEN item_from ELSE family_from END AS base_from
    FROM covering
  ),
  measured AS (
    SELECT *,
      base_from < start_at AS is_part,
      CAST(${secondsOf('start_at', 'end_at')} AS HUGEINT) AS seconds,
      CAST(${secondsOf('base_from', 'end_at')} AS HUGEINT) AS base_seconds,
      CAST(${wholeMonths('start_at', 'end_at')} AS HUGEINT) AS months,
      CAST(${wholeMonths('base_from', 'end_at')} AS HUGEINT) AS base_months,
      CAST(${wholeWeeks('base_from', 'end_at')} AS HUGEINT) AS base_weeks
    FROM based
  ),
  rated AS (
    SELECT measured.*, unit,
      CASE WHEN base_months > 0 THEN 1 WHEN base_weeks > 0 THEN 52 ELSE ${365 * day} END AS numerator,
      CASE WHEN base_months > 0 THEN base_months WHEN base_weeks > 0 THEN 12 * base_weeks ELSE 12 * base_seconds END AS denominator
    FROM measured JOIN minor_units ON minor_units.currency = measured.currency
  ),
  -- What was charged and taken back of an item at one moment, and what stood of it before.
  moments AS (
    SELECT ${family}, item_id, start_at,
      any_value(item_from) AS item_from, any_value(unit) AS unit,
      any_value(seconds) AS seconds, any_value(base_seconds) AS base_seconds,
      any_value(months) AS months, any_value(base_months) AS base_months,
      count(*) AS rows,
      coalesce(sum(-amount) FILTER (WHERE amount < 0), 0) AS credit,
      sum(CASE WHEN is_part THEN amount * base_seconds // seconds ELSE amount END) AS worth
    FROM rated
    GROUP BY ALL
  ),
  standing AS (
    SELECT *,
      sum(worth) OVER earlier AS stood,
      count(*) OVER earlier AS moments_before,
      -- A day is told without its hour: a part that begins on it may be that much shorter.
      CASE WHEN start_at = date_trunc('day', start_at) THEN ${day} ELSE 60 END AS slack
    FROM moments
    WINDOW earlier AS (PARTITION BY ${family}, item_id ORDER BY start_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
  ),
  candidates AS (
    SELECT *,
      abs(credit * base_seconds - stood * seconds) <= rows * unit * base_seconds
        OR months > 0 AND base_months > 0 AND abs(credit * base_months - stood * months) <= rows * unit * base_months AS is_exact
    FROM standing
    WHERE item_from < start_at AND credit > 0 AND stood > 0
      AND 2 * credit * base_seconds >= stood * seconds
      AND (
        (credit + rows * unit) * base_seconds >= stood * greatest(seconds - slack * least(moments_before, 2), 0)
          AND (credit - rows * unit) * base_seconds <= stood * (seconds + CASE WHEN moments_before > 1 THEN slack ELSE 0 END)
        OR months > 0 AND base_months > 0 AND abs(credit * base_months - stood * months) <= rows * unit * base_months
      )
  ),
  -- To within a day a smaller credit could be the end of an item or less of it: what is charged again was not ended.
  taken_back AS (
    SELECT *
    FROM candidates
    WHERE is_exact
      OR EXISTS (
        SELECT 1 FROM rated
        WHERE rated.customer_id = candidates.customer_id AND rated.family_id = candidates.family_id
          AND rated.currency = candidates.currency AND rated.end_at = candidates.end_at
          AND rated.start_at = candidates.start_at AND rated.amount > 0
      )
      OR NOT EXISTS (
        SELECT 1 FROM served
        WHERE served.customer_id = candidates.customer_id AND served.family_id = candidates.family_id
          AND served.currency = candidates.currency AND served.item_id = candidates.item_id
          AND served.amount > 0 AND date_trunc('day', served.start_at) = date_trunc('day', candidates.end_at)
      )
  ),
  ended AS (
    SELECT ${family}, item_id, max(start_at) AS ended_at
    FROM taken_back
    GROUP BY ALL
  ),
  shares AS (
    SELECT ${family}, start_at, arg_max(credit, credit) AS share_of, arg_max(stood, credit) AS share_whole
    FROM taken_back
    GROUP BY ALL
  ),
  kept AS (
    SELECT rated.*, share_of, share_whole
    FROM rated
    LEFT JOIN ended USING (${family}, item_id)
    LEFT JOIN shares USING (${family}, start_at)
    WHERE ended_at IS NULL OR start_at > ended_at OR (start_at = ended_at AND amount > 0)
  ),
  fractions AS (
    SELECT *,
      CASE
        WHEN is_part AND share_of IS NOT NULL AND amount > 0 THEN amount * share_whole * numerator
        WHEN is_part AND months = 0 THEN amount * base_seconds * numerator
        WHEN is_part THEN amount
        ELSE amount * numerator
      END AS dividend,
      CASE
        WHEN is_part AND share_of IS NOT NULL AND amount > 0 THEN share_of * denominator
        WHEN is_part AND months = 0 THEN seconds * denominator
        WHEN is_part THEN months
        ELSE denominator
      END AS divisor
    FROM kept
  ),
  -- Half away from zero at four decimals, once a line.
  lines AS (
    SELECT *,
      CASE WHEN dividend < 0 THEN -1 ELSE 1 END * ((2 * abs(dividend) + divisor) // (2 * divisor)) AS mrr
    FROM fractions
  ),
  items AS (
    SELECT customer_id, subscription_id, item_id, currency,
      arg_max(
        {product: product, plan: plan, pricing_model: pricing_model, invoice_id: invoice_id, opportunity_id: opportunity_id},
        {positive: amount > 0, start_at: start_at, end_at: end_at, invoice_id: invoice_id, product: product}
      ) AS newest,
      sum(mrr) AS mrr,
      count(*) FILTER (WHERE NOT is_part AND amount > 0) AS whole_lines
    FROM lines
    GROUP BY ALL
  ),
  -- A credit without an item of its own is taken off what its subscription has, the largest first.
  owed AS (
    SELECT *,
      coalesce(sum(-mrr) FILTER (WHERE mrr < 0) OVER (PARTITION BY customer_id, subscription_id, currency), 0) AS credits,
      coalesce(
        sum(mrr) FILTER (WHERE mrr > 0) OVER (
          PARTITION BY customer_id, subscription_id, currency ORDER BY mrr DESC, item_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ),
        0
      ) AS before,
      coalesce(sum(mrr) OVER (PARTITION BY customer_id, subscription_id, currency), 0) AS total,
      count(*) OVER (PARTITION BY customer_id, subscription_id, item_id) AS currencies
    FROM items
  )
  SELECT customer_id, subscription_id,
    CASE WHEN currencies > 1 THEN item_id || ' ' || currency ELSE item_id END AS item_id,
    currency, newest, credits > 0 AS is_reduced, whole_lines,
    CASE WHEN mrr < 0 THEN 0 ELSE mrr - least(mrr, greatest(credits - before, 0)) END AS mrr,
    total
  FROM owed`;
};

/** Ten-thousandths as a decimal number. */
const decimal = (whole: string, digits = 38) =>
  `CAST(CAST(${whole} AS DECIMAL(38, 0)) * 0.0001 AS DECIMAL(${digits}, 4))`;

/** The rows of `month_book` that have MRR, as the contract's lines. */
export const bookLines = `SELECT
    customer_id, subscription_id, item_id, newest.product AS product, currency, ${decimal('mrr', 18)} AS mrr,
    'active' AS status, newest.plan AS plan, newest.pricing_model AS pricing_model,
    newest.invoice_id AS invoice_id, newest.opportunity_id AS opportunity_id
  FROM month_book
  WHERE mrr > 0
  ORDER BY customer_id, subscription_id, item_id`;

/** Lines and MRR by currency, and how many of them are worth a remark. */
export const bookTotals = `SELECT
    currency,
    CAST(count(*) FILTER (WHERE mrr > 0) AS VARCHAR) AS lines,
    CAST(${decimal('coalesce(sum(mrr), 0)')} AS VARCHAR) AS mrr,
    CAST(count(*) FILTER (WHERE whole_lines > 1 AND mrr > 0) AS VARCHAR) AS overlapping,
    CAST(count(*) FILTER (WHERE is_reduced AND mrr > 0) AS VARCHAR) AS reduced
  FROM month_book
  GROUP BY 1
  ORDER BY 1`;

/** Items that are worth more than a line of the contract can say. */
export const bookTooLarge = `SELECT customer_id, subscription_id, currency, CAST(${decimal('mrr')} AS VARCHAR) AS mrr,
    CAST(count(*) OVER () AS VARCHAR) AS found
  FROM month_book
  WHERE mrr >= 1000000000000000000
  ORDER BY 1, 2, 3
  LIMIT 20`;

/** Subscriptions whose credits come to more than what was charged. */
export const bookBelowZero = `SELECT
    customer_id, subscription_id, currency, CAST(${decimal('any_value(total)')} AS VARCHAR) AS mrr,
    CAST(count(*) OVER () AS VARCHAR) AS found
  FROM month_book
  WHERE total < 0
  GROUP BY 1, 2, 3
  ORDER BY 1, 2, 3
  LIMIT 20`;
