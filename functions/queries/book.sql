-- The recurring book of one snapshot: what counts as MRR, by customer, product and currency.
-- Grain: one row a customer, product and currency that counts, or that has a paused line.
WITH lines_of_month AS (
  SELECT
    customer_id,
    product,
    currency,
    status,
    CASE WHEN status IN ('active', 'past_due') THEN mrr ELSE CAST('0' AS DECIMAL(18, 4)) END AS counting_mrr
  FROM lines
  WHERE month = :month AND version = :lines_version
)
SELECT
  customer_id,
  product,
  currency,
  CAST(sum(counting_mrr) AS DECIMAL(18, 4)) AS mrr,
  bool_or(status = 'paused') AS paused
FROM lines_of_month
WHERE counting_mrr > 0 OR status = 'paused'
GROUP BY 1, 2, 3
