-- The ledger of one window: every account that moved, with the invoices and opportunities of the lines that changed.
-- Grain: one row an account that moved, largest movement first.
WITH moved AS (
  SELECT
    account_id,
    :dimension_slots
    movement,
    cause,
    reason,
    opening_mrr,
    closing_mrr,
    acv_band,
    cohort_year
  FROM window_accounts
  WHERE month = :closing_month AND version = :version AND movement <> 'none'
),
ids AS (
  SELECT account_id, invoice_ids, opportunity_ids
  FROM movement_ids
  WHERE month = :closing_month AND version = :ids_version
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
  :window AS "window",
  moved.account_id,
  coalesce(names.name, '') AS account_name,
  moved.movement,
  CASE WHEN moved.movement = 'churn' THEN moved.cause ELSE '' END AS cause,
  coalesce(moved.reason, '') AS reason,
  CAST(moved.opening_mrr AS DECIMAL(18, :decimals)) AS opening_mrr,
  CAST(moved.closing_mrr AS DECIMAL(18, :decimals)) AS closing_mrr,
  CAST(moved.closing_mrr - moved.opening_mrr AS DECIMAL(18, :decimals)) AS delta_mrr,
  :dimension_columns
  moved.acv_band,
  moved.cohort_year,
  coalesce(ids.invoice_ids, '') AS invoice_ids,
  coalesce(ids.opportunity_ids, '') AS opportunity_ids
FROM moved
LEFT JOIN ids ON ids.account_id = moved.account_id
LEFT JOIN names ON names.account_id = moved.account_id
ORDER BY abs(moved.closing_mrr - moved.opening_mrr) DESC NULLS LAST, moved.account_id
