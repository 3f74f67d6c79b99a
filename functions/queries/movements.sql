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
-- The lines of the accounts that moved, both ends side by side. A line is at most once in a snapshot.
line_ends AS (
  SELECT
    moved.account_id,
    lines.customer_id,
    lines.subscription_id,
    lines.item_id,
    max(CASE WHEN lines.status IN ('active', 'past_due') THEN lines.mrr END) FILTER (WHERE lines.month = :opening_month) AS opening_mrr,
    max(CASE WHEN lines.status IN ('active', 'past_due') THEN lines.mrr END) FILTER (WHERE lines.month = :closing_month) AS closing_mrr,
    max(lines.product) FILTER (WHERE lines.month = :opening_month) AS opening_product,
    max(lines.product) FILTER (WHERE lines.month = :closing_month) AS closing_product,
    max(lines.currency) FILTER (WHERE lines.month = :opening_month) AS opening_currency,
    max(lines.currency) FILTER (WHERE lines.month = :closing_month) AS closing_currency,
    max(lines.invoice_id) FILTER (WHERE lines.month = :opening_month) AS opening_invoice,
    max(lines.invoice_id) FILTER (WHERE lines.month = :closing_month) AS closing_invoice,
    max(lines.opportunity_id) FILTER (WHERE lines.month = :opening_month) AS opening_opportunity,
    max(lines.opportunity_id) FILTER (WHERE lines.month = :closing_month) AS closing_opportunity
  FROM lines
  LEFT JOIN family ON family.customer_id = lines.customer_id
  JOIN moved ON moved.account_id = coalesce(family.account_id, lines.customer_id)
  WHERE lines.month IN (:opening_month, :closing_month) AND lines.version IN (:opening_lines, :closing_lines)
  GROUP BY 1, 2, 3, 4
),
-- What a changed line became explains the movement; what it was, where it counts no more.
evidence AS (
  SELECT
    account_id,
    CASE WHEN closing_mrr > 0 THEN closing_invoice ELSE coalesce(opening_invoice, closing_invoice) END AS invoice_id,
    CASE WHEN closing_mrr > 0 THEN closing_opportunity ELSE coalesce(opening_opportunity, closing_opportunity) END AS opportunity_id
  FROM line_ends
  WHERE coalesce(opening_mrr, 0) <> coalesce(closing_mrr, 0)
    OR (closing_mrr > 0 AND (opening_product <> closing_product OR opening_currency <> closing_currency))
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
