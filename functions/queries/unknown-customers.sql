-- Lines of the closing month whose customer no customers file knows, up to that month.
-- Grain: one row.
WITH known AS (
  SELECT customer_id
  FROM customers
  WHERE month = :customers_month AND version = :customers_version
  UNION ALL
  SELECT customer_id
  FROM stale_customers
  WHERE month = :customers_month AND version = :stale_version
)
SELECT
  CAST(count(*) AS BIGINT) AS unknown_lines,
  min(lines.customer_id) AS first_customer
FROM lines
LEFT JOIN known ON known.customer_id = lines.customer_id
WHERE lines.month = :month AND lines.version = :lines_version AND known.customer_id IS NULL
