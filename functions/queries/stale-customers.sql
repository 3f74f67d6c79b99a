-- Customers that the newest customers file no longer lists, with the newest row that an earlier file had of them.
-- Grain: one row a customer.
WITH newest AS (
  SELECT customer_id
  FROM customers
  WHERE month = :customers_month AND version = :customers_version
),
earlier AS (
  SELECT customer_id, name, attributes
  FROM customers
  WHERE month = :previous_month AND version = :previous_version
  UNION ALL
  SELECT customer_id, name, attributes
  FROM stale_customers
  WHERE month = :previous_month AND version = :previous_stale_version
)
SELECT earlier.customer_id, earlier.name, earlier.attributes
FROM earlier
LEFT JOIN newest ON newest.customer_id = earlier.customer_id
WHERE newest.customer_id IS NULL
