-- The accounts that moved most in one window, with the name they go by at its close and the opportunities behind them.
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
),
ids AS (
  SELECT account_id, opportunity_ids
  FROM movement_ids
  WHERE month = :closing_month AND version = :ids_version
),
-- None without an export of the CRM: the ids of the lines are then all that is known.
linked AS (
  SELECT account_id, opportunity_ids, opportunity_types, opportunity_owners
  FROM movement_opportunities
  WHERE month = :closing_month AND version = :opportunities_version
)
SELECT
  movers.account_id,
  coalesce(names.name, '') AS account_name,
  movers.movement,
  movers.cause,
  movers.reason,
  CAST(CAST(movers.opening_mrr AS DECIMAL(18, :decimals)) AS VARCHAR) AS opening_mrr,
  CAST(CAST(movers.closing_mrr AS DECIMAL(18, :decimals)) AS VARCHAR) AS closing_mrr,
  CAST(CAST(movers.delta_mrr AS DECIMAL(18, :decimals)) AS VARCHAR) AS delta_mrr,
  coalesce(linked.opportunity_ids, ids.opportunity_ids, '') AS opportunity_ids,
  coalesce(linked.opportunity_types, '') AS opportunity_types,
  coalesce(linked.opportunity_owners, '') AS opportunity_owners
FROM movers
LEFT JOIN names ON names.account_id = movers.account_id
LEFT JOIN ids ON ids.account_id = movers.account_id
LEFT JOIN linked ON linked.account_id = movers.account_id
ORDER BY abs(movers.delta_mrr) DESC NULLS LAST, movers.account_id
