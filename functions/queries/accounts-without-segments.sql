-- How many accounts of the book have no value in each dimension: their segment is (none).
-- Grain: one row.
WITH family AS (
  SELECT customer_id, account_id
  FROM families
  WHERE month = :families_month AND version = :families_version
),
paying AS (
  SELECT DISTINCT coalesce(family.account_id, book.customer_id) AS account_id
  FROM book
  LEFT JOIN family ON family.customer_id = book.customer_id
  WHERE book.month = :month AND book.version = :book_version AND book.mrr > 0
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
  CAST(count(*) AS BIGINT) AS accounts,
  CAST(count(*) FILTER (WHERE coalesce(segments.dimension_1, '') = '') AS BIGINT) AS without_1,
  CAST(count(*) FILTER (WHERE coalesce(segments.dimension_2, '') = '') AS BIGINT) AS without_2,
  CAST(count(*) FILTER (WHERE coalesce(segments.dimension_3, '') = '') AS BIGINT) AS without_3,
  CAST(count(*) FILTER (WHERE coalesce(segments.dimension_4, '') = '') AS BIGINT) AS without_4,
  CAST(count(*) FILTER (WHERE coalesce(segments.dimension_5, '') = '') AS BIGINT) AS without_5,
  CAST(count(*) FILTER (WHERE coalesce(segments.dimension_6, '') = '') AS BIGINT) AS without_6,
  CAST(count(*) FILTER (WHERE coalesce(segments.dimension_7, '') = '') AS BIGINT) AS without_7,
  CAST(count(*) FILTER (WHERE coalesce(segments.dimension_8, '') = '') AS BIGINT) AS without_8
FROM paying
LEFT JOIN segments ON segments.customer_id = paying.account_id
