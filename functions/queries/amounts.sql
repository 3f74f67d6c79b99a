-- MRR of each customer at one month's snapshot in the reporting currency: at the rates of that month and at the rates
-- of the month in which each window that closes here opened. Rounded once a product; NULL where no such month exists.
-- Right as it stands for an account of one customer; accounts of several are summed from the book.
-- Grain: one row a customer of the book.
WITH rates (currency, closing_rate, month_rate, quarter_rate, ttm_rate) AS (
  VALUES :rates
),
by_product AS (
  SELECT
    book.customer_id,
    book.product,
    sum(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.closing_rate AS DECIMAL(18, 8))) AS at_closing,
    sum(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.month_rate AS DECIMAL(18, 8))) AS at_month,
    sum(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.quarter_rate AS DECIMAL(18, 8))) AS at_quarter,
    sum(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.ttm_rate AS DECIMAL(18, 8))) AS at_ttm,
    bool_or(book.paused) AS paused
  FROM book
  JOIN rates ON rates.currency = book.currency
  WHERE book.month = :month AND book.version = :book_version
  GROUP BY 1, 2
),
-- A cast from 18 digits rounds half away from zero like one from 38, at a tenth of the cost; what does not fit takes the long way.
rounded AS (
  SELECT
    customer_id,
    coalesce(CAST(TRY_CAST(at_closing AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals)), CAST(at_closing AS DECIMAL(18, :decimals))) AS at_closing,
    coalesce(CAST(TRY_CAST(at_month AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals)), CAST(at_month AS DECIMAL(18, :decimals))) AS at_month,
    coalesce(CAST(TRY_CAST(at_quarter AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals)), CAST(at_quarter AS DECIMAL(18, :decimals))) AS at_quarter,
    coalesce(CAST(TRY_CAST(at_ttm AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals)), CAST(at_ttm AS DECIMAL(18, :decimals))) AS at_ttm,
    paused
  FROM by_product
)
SELECT
  customer_id,
  CAST(sum(at_closing) AS DECIMAL(18, :decimals)) AS at_closing,
  CAST(sum(at_month) AS DECIMAL(18, :decimals)) AS at_month,
  CAST(sum(at_quarter) AS DECIMAL(18, :decimals)) AS at_quarter,
  CAST(sum(at_ttm) AS DECIMAL(18, :decimals)) AS at_ttm,
  bool_or(paused) AS paused
FROM rounded
GROUP BY 1
ORDER BY 1
