-- How much of what moved in one window is traced to an invoice, to an opportunity, and to both.
-- Grain: one row.
WITH moved AS (
  SELECT account_id, abs(closing_mrr - opening_mrr) AS moved_mrr
  FROM window_accounts
  WHERE month = :closing_month AND version = :version AND movement <> 'none'
),
evidence AS (
  SELECT
    account_id,
    coalesce(invoice_ids <> '', false) AS has_invoice,
    -- Without an export of the CRM an id on the lines is all that can be had.
    coalesce(opportunity_ids <> '' AND version = :ids_that_suffice, false) AS has_opportunity
  FROM movement_ids
  WHERE month = :closing_month AND version = :ids_version
),
linked AS (
  SELECT account_id
  FROM movement_opportunities
  WHERE month = :closing_month AND version = :opportunities_version
),
traced AS (
  SELECT
    moved.moved_mrr,
    coalesce(evidence.has_invoice, false) AS by_invoice,
    coalesce(evidence.has_opportunity, false) OR linked.account_id IS NOT NULL AS by_opportunity
  FROM moved
  LEFT JOIN evidence ON evidence.account_id = moved.account_id
  LEFT JOIN linked ON linked.account_id = moved.account_id
)
SELECT
  CAST(CAST(coalesce(sum(moved_mrr), 0) AS DECIMAL(38, :decimals)) AS VARCHAR) AS moved_mrr,
  CAST(CAST(coalesce(sum(moved_mrr) FILTER (WHERE by_invoice), 0) AS DECIMAL(38, :decimals)) AS VARCHAR) AS by_invoice_mrr,
  CAST(CAST(coalesce(sum(moved_mrr) FILTER (WHERE by_opportunity), 0) AS DECIMAL(38, :decimals)) AS VARCHAR) AS by_opportunity_mrr,
  CAST(CAST(coalesce(sum(moved_mrr) FILTER (WHERE by_invoice AND by_opportunity), 0) AS DECIMAL(38, :decimals)) AS VARCHAR) AS traced_mrr
FROM traced
ORDER BY 1
