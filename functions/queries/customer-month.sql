-- Each customer of the book at one month: its MRR in the reporting currency at the rates of that month and at those of the
-- month in which each window that closes here opened (NULL where there is none), the month it was first seen, and its
-- segments as they stood. Amounts are rounded once a product: right for an account of one customer; accounts of several
-- are summed from the book.
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
),
amounts AS (
  SELECT
    customer_id,
    CAST(sum(at_closing) AS DECIMAL(18, 4)) AS at_closing,
    CAST(sum(at_month) AS DECIMAL(18, 4)) AS at_month,
    CAST(sum(at_quarter) AS DECIMAL(18, 4)) AS at_quarter,
    CAST(sum(at_ttm) AS DECIMAL(18, 4)) AS at_ttm,
    bool_or(paused) AS paused
  FROM rounded
  GROUP BY 1
),
sighting AS (
  SELECT customer_id, first_month
  FROM first_seen
  WHERE month = :month AND version = :first_seen_version
),
-- The newest row of a customer that is not later than this month.
newest_row AS (
  SELECT customer_id, attributes
  FROM customers
  WHERE month = :customers_month AND version = :customers_version
  UNION ALL
  SELECT customer_id, attributes
  FROM stale_customers
  WHERE month = :customers_month AND version = :stale_version
),
segments AS (
  SELECT
    customer_id,
    element_at(attributes, :dimension_1) AS dimension_1,
    element_at(attributes, :dimension_2) AS dimension_2,
    element_at(attributes, :dimension_3) AS dimension_3,
    element_at(attributes, :dimension_4) AS dimension_4,
    element_at(attributes, :dimension_5) AS dimension_5,
    element_at(attributes, :dimension_6) AS dimension_6,
    element_at(attributes, :dimension_7) AS dimension_7,
    element_at(attributes, :dimension_8) AS dimension_8
  FROM newest_row
)
SELECT
  amounts.customer_id,
  amounts.at_closing,
  amounts.at_month,
  amounts.at_quarter,
  amounts.at_ttm,
  amounts.paused,
  sighting.first_month,
  segments.dimension_1,
  segments.dimension_2,
  segments.dimension_3,
  segments.dimension_4,
  segments.dimension_5,
  segments.dimension_6,
  segments.dimension_7,
  segments.dimension_8
FROM amounts
LEFT JOIN sighting ON sighting.customer_id = amounts.customer_id
LEFT JOIN segments ON segments.customer_id = amounts.customer_id
