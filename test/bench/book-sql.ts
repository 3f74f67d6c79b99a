/** The rows of one month of a bench book, as DuckDB's SQL over `client(i, birth, death)`. Every figure comes from `i`. */
import { addMonths, type Month } from '../../functions/core/month.ts';

/**
 * `stir`: a number below 2^24 that looks like chance; the hash is the same as long as DuckDB's version is.
 * `code`: 14 hexadecimal digits, others for every number below 2^34: an odd factor keeps the low 36 bits apart,
 * and a 1 at the top keeps the length.
 */
export const macros = [
  'CREATE MACRO stir(x, salt) AS CAST(hash(CAST(x AS BIGINT), salt) >> 40 AS BIGINT)',
  `CREATE MACRO code(x) AS lower(to_hex(
    36028797018963968 + ((stir(x, 20) & 524287) << 36) + ((CAST(x AS BIGINT) * 479001599) & 68719476735)))`,
];

const currency = `CASE WHEN stir(i, 3) % 100 < 58 THEN 'USD' WHEN stir(i, 3) % 100 < 80 THEN 'EUR'
  WHEN stir(i, 3) % 100 < 92 THEN 'GBP' ELSE 'JPY' END`;

const plan = `CASE WHEN stir(i, 2) % 100 < 62 THEN 'Team' WHEN stir(i, 2) % 100 < 89 THEN 'Business' ELSE 'Enterprise' END`;

/** Ten-thousandths a month at the start: 20 to 800 for most, up to 40,000 for some. */
const firstAmount = `CASE WHEN stir(i, 2) % 100 < 62 THEN 200000 + (stir(i, 6) % 780) * 10000
  WHEN stir(i, 2) % 100 < 89 THEN 9000000 + (stir(i, 6) % 7100) * 10000
  ELSE 85000000 + (stir(i, 6) % 31500) * 10000 END * CASE WHEN stir(i, 3) % 100 < 92 THEN 1 ELSE 150 END`;

const failedForGood = 'stir(i, 8) % 100 < 30';

/** A payment has failed by the end of month `at`: some recover, and nobody leaves for that cause without it. */
const pastDue = (at: number): string =>
  `(stir(i * 512 + ${at}, 9) % 1000 < 12 OR (death = ${at + 1} AND ${failedForGood}))`;

const invoice = (at: number): string => `'in_' || code(i * 512 + ${at} + 7)`;

/** Those there at the end of month `at`, with what they pay. Every 17th month, each in its own, the amount changes. */
const active = (at: number): string => `
  SELECT
    i,
    code(i) AS code,
    ${invoice(at)} AS invoice_id,
    ${currency} AS currency,
    ${plan} AS plan,
    CASE WHEN stir(i * 512 + ${at}, 10) % 1000 < 4 THEN 'paused' WHEN ${pastDue(at)} THEN 'past_due' ELSE 'active' END
      AS status,
    ${firstAmount} * (88 + stir(i * 64 + step, 7) % 36 + 2 * step) // 100 * CASE WHEN stir(i, 4) % 5 < 2 THEN 10 ELSE 12 END
      // 12 AS amount
  FROM (SELECT *, (${at} + stir(i, 5) % 17) // 17 AS step FROM client WHERE birth <= ${at} AND ${at} < death)`;

const decimal = (amount: string): string =>
  `CAST(CAST(${amount} AS DECIMAL(14,0)) * CAST(0.0001 AS DECIMAL(4,4)) AS DECIMAL(18,4))`;

/** 126 lines for 100 customers. */
export const linesOf = (at: number, month: Month): string => `
  SELECT
    'cus_' || code AS customer_id,
    'sub_' || code AS subscription_id,
    'si_' || code || item AS item_id,
    CASE item WHEN 1 THEN 'platform-' || lower(plan) ELSE 'analytics' END AS product,
    currency,
    ${decimal('amount * CASE item WHEN 1 THEN 100 ELSE 10 + i % 20 END // 100')} AS mrr,
    status,
    CAST(1 + i % 40 AS VARCHAR) AS quantity,
    plan,
    CASE i % 4 WHEN 0 THEN 'flat' WHEN 1 THEN 'usage' ELSE 'seat' END AS pricing_model,
    CAST('${addMonths(month, 1)}-01' AS DATE) + CAST(i % 28 AS INTEGER) AS renews_on,
    invoice_id,
    CASE WHEN plan = 'Enterprise' THEN '006' || code END AS opportunity_id
  FROM (SELECT *, unnest(CASE WHEN stir(i, 11) % 100 < 26 THEN [1, 2] ELSE [1] END) AS item FROM (${active(at)}))`;

export const customersOf = (at: number): string => `
  SELECT
    'cus_' || code(i) AS customer_id,
    'Customer ' || i AS name,
    CASE WHEN i % 20 = 7 THEN 'cus_' || code(i - 1) END AS account_id,
    ${plan} AS plan,
    CASE stir(i, 12) % 4 WHEN 0 THEN 'Europe' WHEN 1 THEN 'Asia-Pacific' ELSE 'Americas' END AS region
  FROM client
  WHERE birth <= ${at}`;

const dayIn = (month: Month, from: string): string => `CAST('${month}-01' AS DATE) + CAST(${from} % 28 AS INTEGER)`;

export const cancellationsOf = (at: number, month: Month): string => `
  SELECT
    'cus_' || code(i) AS customer_id,
    'sub_' || code(i) AS subscription_id,
    ${dayIn(month, 'stir(i, 13)')} AS ended_on,
    CASE
      WHEN ${failedForGood} THEN CASE WHEN i % 5 = 0 THEN 'not_paid' ELSE 'payment_failed' END
      WHEN stir(i, 8) % 100 < 98 THEN CASE WHEN i % 3 = 0 THEN 'too_expensive' ELSE 'cancellation_requested' END
      ELSE 'OTHER'
    END AS reason
  FROM client
  WHERE death = ${at} AND stir(i, 8) % 100 < 99`;

const payment = (at: number, month: Month, state: string, amount: string, resolved: string): string => `
  SELECT
    'cus_' || code(i) AS customer_id,
    ${invoice(at)} AS invoice_id,
    ${dayIn(month, 'i')} AS failed_on,
    CAST(${decimal(amount)} AS VARCHAR) AS amount,
    ${currency} AS currency,
    CASE WHEN i % 3 = 0 THEN 'expired_card' ELSE 'insufficient_funds' END AS decline_code,
    ${state} AS state,
    ${resolved} AS resolved_on
  FROM client
  WHERE birth <= ${at} AND ${at} < death AND ${pastDue(at)}`;

/** Failures of the month, still in grace, and the end of those of the month before. */
export const paymentsOf = (at: number, month: Month): string => {
  const before = addMonths(month, -1);
  const ended = `CASE WHEN death = ${at} THEN 'exhausted' ELSE 'recovered' END`;
  const now = payment(at, month, `'in_grace'`, firstAmount, 'CAST(NULL AS DATE)');
  return `${now} UNION ALL ${payment(at - 1, before, ended, firstAmount, dayIn(month, 'stir(i, 13)'))}`;
};
