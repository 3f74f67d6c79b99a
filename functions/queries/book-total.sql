-- The whole book of one snapshot at its own month's rates, straight from the book under one account map.
-- The other side of the bridge: it shares no step with the windows that it checks.
-- Grain: one row.
WITH rates (currency, rate) AS (
  VALUES :rates
),
by_product AS (
  SELECT
    coalesce(families.account_id, book.customer_id) AS account_id,
    book.product,
    sum(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.rate AS DECIMAL(18, 8))) AS mrr
  FROM book
  JOIN rates ON rates.currency = book.currency
  LEFT JOIN families
    ON families.customer_id = book.customer_id AND families.month = :families_month AND families.version = :families_version
  WHERE book.month = :month AND book.version = :book_version
  GROUP BY 1, 2
)
SELECT
  CAST(coalesce(sum(coalesce(CAST(TRY_CAST(mrr AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals)), CAST(mrr AS DECIMAL(18, :decimals)))), 0) AS VARCHAR) AS mrr
FROM by_product
