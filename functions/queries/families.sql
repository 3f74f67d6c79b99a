-- Customers that share an account with another: everyone with a parent, and the parents themselves.
-- Grain: one row a customer of such an account. Everybody else is an account of one.
WITH children AS (
  SELECT customer_id, account_id
  FROM customers
  WHERE month = :customers_month AND version = :customers_version AND account_id <> customer_id
),
parents AS (
  SELECT DISTINCT account_id FROM children
),
-- A parent that itself names a parent belongs to that one: its own row in the map decides.
lone_parents AS (
  SELECT parents.account_id
  FROM parents
  LEFT JOIN children ON children.customer_id = parents.account_id
  WHERE children.customer_id IS NULL
)
SELECT customer_id, account_id FROM children
UNION ALL
SELECT account_id AS customer_id, account_id FROM lone_parents
