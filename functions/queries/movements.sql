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
family AS (
  SELECT customer_id, account_id
  FROM families
  WHERE month = :families_month AND version = :families_version
),
-- The lines of the accounts that moved. A line is at most once in a snapshot.
line AS (
  SELECT
    moved.account_id,
    lines.month,
    lines.customer_id,
    lines.subscription_id,
    lines.item_id,
    lines.product,
    lines.currency,
    lines.mrr,
    lines.invoice_id,
    lines.opportunity_id
  FROM lines
  LEFT JOIN family ON family.customer_id = lines.customer_id
  JOIN moved ON moved.account_id = coalesce(family.account_id, lines.customer_id)
  WHERE lines.month IN (:opening_month, :closing_month)
    AND lines.version IN (:opening_lines, :closing_lines)
    AND lines.status IN ('active', 'past_due')
    AND lines.mrr > 0
),
-- What a line became explains the movement: closing lines that did not stand the same at the opening, and opening lines
-- that count no more.
evidence AS (
  SELECT closing_line.account_id, closing_line.invoice_id, closing_line.opportunity_id
  FROM line AS closing_line
  LEFT JOIN line AS opening_line
    ON opening_line.month = :opening_month
    AND opening_line.customer_id = closing_line.customer_id
    AND opening_line.subscription_id = closing_line.subscription_id
    AND opening_line.item_id = closing_line.item_id
    AND opening_line.product = closing_line.product
    AND opening_line.currency = closing_line.currency
    AND opening_line.mrr = closing_line.mrr
  WHERE closing_line.month = :closing_month AND opening_line.customer_id IS NULL
  UNION ALL
  SELECT opening_line.account_id, opening_line.invoice_id, opening_line.opportunity_id
  FROM line AS opening_line
  LEFT JOIN line AS closing_line
    ON closing_line.month = :closing_month
    AND closing_line.customer_id = opening_line.customer_id
    AND closing_line.subscription_id = opening_line.subscription_id
    AND closing_line.item_id = opening_line.item_id
  WHERE opening_line.month = :opening_month AND closing_line.customer_id IS NULL
  UNION ALL
  -- A customer lost to failed payments: the invoices that were never paid.
  SELECT moved.account_id, payments.invoice_id, CAST(NULL AS VARCHAR) AS opportunity_id
  FROM payments
  LEFT JOIN family ON family.customer_id = payments.customer_id
  JOIN moved ON moved.account_id = coalesce(family.account_id, payments.customer_id)
  WHERE payments.month IN :payment_months
    AND payments.version IN :payment_versions
    AND payments.state = 'exhausted'
    AND moved.cause = 'involuntary'
),
-- Most accounts have one invoice and one opportunity; only the others need a list.
ids AS (
  SELECT
    account_id,
    min(invoice_id) AS first_invoice,
    max(invoice_id) AS last_invoice,
    min(opportunity_id) AS first_opportunity,
    max(opportunity_id) AS last_opportunity
  FROM evidence
  GROUP BY 1
),
id_lists AS (
  SELECT
    evidence.account_id,
    array_join(array_agg(DISTINCT evidence.invoice_id ORDER BY evidence.invoice_id) FILTER (WHERE evidence.invoice_id IS NOT NULL), ';') AS invoice_ids,
    array_join(array_agg(DISTINCT evidence.opportunity_id ORDER BY evidence.opportunity_id) FILTER (WHERE evidence.opportunity_id IS NOT NULL), ';') AS opportunity_ids
  FROM evidence
  JOIN ids ON ids.account_id = evidence.account_id
  WHERE ids.first_invoice <> ids.last_invoice OR ids.first_opportunity <> ids.last_opportunity
  GROUP BY 1
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
  moved.opening_mrr,
  moved.closing_mrr,
  moved.closing_mrr - moved.opening_mrr AS delta_mrr,
  :dimension_columns
  moved.acv_band,
  moved.cohort_year,
  coalesce(id_lists.invoice_ids, ids.first_invoice, '') AS invoice_ids,
  coalesce(id_lists.opportunity_ids, ids.first_opportunity, '') AS opportunity_ids
FROM moved
LEFT JOIN ids ON ids.account_id = moved.account_id
LEFT JOIN id_lists ON id_lists.account_id = moved.account_id
LEFT JOIN names ON names.account_id = moved.account_id
ORDER BY abs(moved.closing_mrr - moved.opening_mrr) DESC NULLS LAST, moved.account_id
