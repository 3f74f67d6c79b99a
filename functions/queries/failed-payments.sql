-- Failed payments of the year up to the closing month, each in the newest state that a payments file gives it.
-- Grain: one row a state, month of that state and currency.
WITH reports AS (
  SELECT
    customer_id,
    invoice_id,
    state,
    currency,
    amount,
    substr(CAST(coalesce(resolved_on, failed_on) AS VARCHAR), 1, 7) AS state_month,
    row_number() OVER (
      PARTITION BY customer_id, invoice_id
      ORDER BY
        month DESC,
        coalesce(resolved_on, failed_on) DESC,
        CASE state WHEN 'exhausted' THEN 1 WHEN 'recovered' THEN 2 ELSE 3 END,
        amount DESC,
        currency
    ) AS recency
  FROM payments
  WHERE month IN :payment_months AND version IN :payment_versions
)
SELECT
  state,
  state_month,
  currency,
  CAST(count(*) AS BIGINT) AS invoices,
  CAST(sum(amount) AS VARCHAR) AS amount
FROM reports
WHERE recency = 1
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3
