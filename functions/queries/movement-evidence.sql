-- The evidence of the movements of one window: invoice and opportunity of each line that changed, and the invoices that
-- were never paid of those who were lost to failed payments.
-- Grain: one row a changed line or unpaid invoice of an account that moved.
WITH family AS (
  SELECT customer_id, account_id
  FROM families
  WHERE month = :families_month AND version = :families_version
),
-- The customers of the accounts that moved: nobody else's lines are looked at. What counts is asked in one condition below:
-- an engine that takes each of several for rare holds the lines in memory rather than the few ids.
moved_customer AS (
  SELECT coalesce(family.customer_id, window_accounts.account_id) AS customer_id
  FROM window_accounts
  LEFT JOIN family ON family.account_id = window_accounts.account_id
  WHERE window_accounts.month = :closing_month AND window_accounts.version = :version AND window_accounts.movement <> 'none'
),
opening_lines AS (
  SELECT lines.customer_id, lines.subscription_id, lines.item_id, lines.product, lines.currency, lines.mrr, lines.invoice_id, lines.opportunity_id
  FROM lines
  JOIN moved_customer ON moved_customer.customer_id = lines.customer_id
  WHERE lines.month = :opening_month
    AND lines.version = :opening_lines
    AND CASE WHEN lines.status IN ('active', 'past_due') THEN lines.mrr > 0 ELSE false END
),
closing_lines AS (
  SELECT lines.customer_id, lines.subscription_id, lines.item_id, lines.product, lines.currency, lines.mrr, lines.invoice_id, lines.opportunity_id
  FROM lines
  JOIN moved_customer ON moved_customer.customer_id = lines.customer_id
  WHERE lines.month = :closing_month
    AND lines.version = :closing_lines
    AND CASE WHEN lines.status IN ('active', 'past_due') THEN lines.mrr > 0 ELSE false END
),
-- What a line became explains a movement: closing lines that did not stand the same at the opening, and opening lines that
-- count no more. A line is at most once in a snapshot.
changed_line AS (
  SELECT
    coalesce(closing_lines.customer_id, opening_lines.customer_id) AS customer_id,
    CASE WHEN closing_lines.customer_id IS NULL THEN opening_lines.invoice_id ELSE closing_lines.invoice_id END AS invoice_id,
    CASE WHEN closing_lines.customer_id IS NULL THEN opening_lines.opportunity_id ELSE closing_lines.opportunity_id END AS opportunity_id
  FROM closing_lines
  FULL JOIN opening_lines
    ON opening_lines.customer_id = closing_lines.customer_id
    AND opening_lines.subscription_id = closing_lines.subscription_id
    AND opening_lines.item_id = closing_lines.item_id
  WHERE closing_lines.customer_id IS NULL
    OR opening_lines.customer_id IS NULL
    OR opening_lines.mrr <> closing_lines.mrr
    OR opening_lines.product <> closing_lines.product
    OR opening_lines.currency <> closing_lines.currency
)
SELECT coalesce(family.account_id, changed_line.customer_id) AS account_id, changed_line.invoice_id, changed_line.opportunity_id
FROM changed_line
LEFT JOIN family ON family.customer_id = changed_line.customer_id
WHERE coalesce(changed_line.invoice_id, changed_line.opportunity_id) IS NOT NULL
UNION ALL
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
