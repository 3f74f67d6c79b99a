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
-- None without an export of the CRM: the ids of the lines are then all that is known.
linked AS (
  SELECT account_id, opportunity_ids, opportunity_types, opportunity_owners, joined_by
  FROM movement_opportunities
  WHERE month = :closing_month AND version = :opportunities_version
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
  coalesce(linked.opportunity_ids, ids.opportunity_ids, '') AS opportunity_ids,
  coalesce(linked.opportunity_types, '') AS opportunity_types,
  coalesce(linked.opportunity_owners, '') AS opportunity_owners,
  CASE WHEN ids.opportunity_ids <> '' AND :ids_that_suffice = :ids_version THEN 'id' ELSE coalesce(linked.joined_by, '') END AS opportunity_joined_by
FROM moved
LEFT JOIN ids ON ids.account_id = moved.account_id
LEFT JOIN linked ON linked.account_id = moved.account_id
LEFT JOIN names ON names.account_id = moved.account_id
ORDER BY abs(moved.closing_mrr - moved.opening_mrr) DESC NULLS LAST, moved.account_id
