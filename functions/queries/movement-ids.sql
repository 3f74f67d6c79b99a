-- The invoices and opportunities behind the movements of one window: those of the lines that changed.
-- Grain: one row an account that moved and has any.
WITH family AS (
  SELECT customer_id, account_id
  FROM families
  WHERE month = :families_month AND version = :families_version
),
-- What a line became explains a movement: closing lines that did not stand the same at the opening, and opening lines that
-- count no more. A line is at most once in a snapshot.
changed_line AS (
  SELECT closing_line.customer_id, closing_line.invoice_id, closing_line.opportunity_id
  FROM lines AS closing_line
  LEFT JOIN lines AS opening_line
    ON opening_line.month = :opening_month
    AND opening_line.version = :opening_lines
    AND opening_line.status IN ('active', 'past_due')
    AND opening_line.customer_id = closing_line.customer_id
    AND opening_line.subscription_id = closing_line.subscription_id
    AND opening_line.item_id = closing_line.item_id
    AND opening_line.product = closing_line.product
    AND opening_line.currency = closing_line.currency
    AND opening_line.mrr = closing_line.mrr
  WHERE closing_line.month = :closing_month
    AND closing_line.version = :closing_lines
    AND closing_line.status IN ('active', 'past_due')
    AND closing_line.mrr > 0
    AND opening_line.customer_id IS NULL
  UNION ALL
  SELECT opening_line.customer_id, opening_line.invoice_id, opening_line.opportunity_id
  FROM lines AS opening_line
  LEFT JOIN lines AS closing_line
    ON closing_line.month = :closing_month
    AND closing_line.version = :closing_lines
    AND closing_line.status IN ('active', 'past_due')
    AND closing_line.mrr > 0
    AND closing_line.customer_id = opening_line.customer_id
    AND closing_line.subscription_id = opening_line.subscription_id
    AND closing_line.item_id = opening_line.item_id
  WHERE opening_line.month = :opening_month
    AND opening_line.version = :opening_lines
    AND opening_line.status IN ('active', 'past_due')
    AND opening_line.mrr > 0
    AND closing_line.customer_id IS NULL
),
evidence AS (
  SELECT coalesce(family.account_id, changed_line.customer_id) AS account_id, changed_line.invoice_id, changed_line.opportunity_id
  FROM changed_line
  LEFT JOIN family ON family.customer_id = changed_line.customer_id
  UNION ALL
  -- A customer lost to failed payments: the invoices that were never paid.
  SELECT window_accounts.account_id, payments.invoice_id, CAST(NULL AS VARCHAR) AS opportunity_id
  FROM payments
  LEFT JOIN family ON family.customer_id = payments.customer_id
  JOIN window_accounts ON window_accounts.account_id = coalesce(family.account_id, payments.customer_id)
  WHERE payments.month IN :payment_months
    AND payments.version IN :payment_versions
    AND payments.state = 'exhausted'
    AND window_accounts.month = :closing_month
    AND window_accounts.version = :version
    AND window_accounts.cause = 'involuntary'
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
invoices AS (
  SELECT DISTINCT evidence.account_id, evidence.invoice_id
  FROM evidence
  JOIN ids ON ids.account_id = evidence.account_id
  WHERE ids.first_invoice <> ids.last_invoice AND evidence.invoice_id IS NOT NULL
),
invoice_lists AS (
  SELECT account_id, array_join(array_agg(invoice_id ORDER BY invoice_id), ';') AS invoice_ids
  FROM invoices
  GROUP BY 1
),
opportunities AS (
  SELECT DISTINCT evidence.account_id, evidence.opportunity_id
  FROM evidence
  JOIN ids ON ids.account_id = evidence.account_id
  WHERE ids.first_opportunity <> ids.last_opportunity AND evidence.opportunity_id IS NOT NULL
),
opportunity_lists AS (
  SELECT account_id, array_join(array_agg(opportunity_id ORDER BY opportunity_id), ';') AS opportunity_ids
  FROM opportunities
  GROUP BY 1
)
SELECT
  ids.account_id,
  coalesce(invoice_lists.invoice_ids, ids.first_invoice) AS invoice_ids,
  coalesce(opportunity_lists.opportunity_ids, ids.first_opportunity) AS opportunity_ids
FROM ids
LEFT JOIN invoice_lists ON invoice_lists.account_id = ids.account_id
LEFT JOIN opportunity_lists ON opportunity_lists.account_id = ids.account_id
WHERE ids.first_invoice IS NOT NULL OR ids.first_opportunity IS NOT NULL
