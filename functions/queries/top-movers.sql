-- The accounts that moved most in one window, with the name they go by at its close.
-- Grain: one row an account.
WITH movers AS (
  SELECT account_id, movement, cause, reason, opening_mrr, closing_mrr, closing_mrr - opening_mrr AS delta_mrr
  FROM window_accounts
  WHERE month = :closing_month AND version = :version AND movement <> 'none'
  ORDER BY abs(closing_mrr - opening_mrr) DESC NULLS LAST, account_id
  LIMIT 10
),
names AS (
  SELECT customer_id AS account_id, name
  FROM customers
  WHERE month = :customers_month AND version = :customers_version
  UNION ALL
  SELECT customer_id AS account_id, name
  FROM stale_customers
  WHERE month = :customers_month AND version = :stale_version
)
SELECT
  movers.account_id,
  coalesce(names.name, '') AS account_name,
  movers.movement,
  movers.cause,
  movers.reason,
  CAST(CAST(movers.opening_mrr AS DECIMAL(18, :decimals)) AS VARCHAR) AS opening_mrr,
  CAST(CAST(movers.closing_mrr AS DECIMAL(18, :decimals)) AS VARCHAR) AS closing_mrr,
  CAST(CAST(movers.delta_mrr AS DECIMAL(18, :decimals)) AS VARCHAR) AS delta_mrr
FROM movers
LEFT JOIN names ON names.account_id = movers.account_id
ORDER BY abs(movers.delta_mrr) DESC NULLS LAST, movers.account_id
