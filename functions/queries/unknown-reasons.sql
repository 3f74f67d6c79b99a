-- Reasons of cancellations dated in given months that the reason map does not know, the most frequent ones.
-- Grain: one row a reason key; every row tells how many keys and cancellations there are in all.
WITH reasons (reason_key, cause) AS (
  VALUES :reasons
),
unmapped AS (
  SELECT cancellations.reason_key, CAST(count(*) AS BIGINT) AS cancellations
  FROM cancellations
  LEFT JOIN reasons ON reasons.reason_key = cancellations.reason_key
  WHERE cancellations.month IN :cancellation_months
    AND cancellations.version IN :cancellation_versions
    AND cancellations.ended_month IN :ended_months
    AND reasons.cause IS NULL
  GROUP BY 1
),
-- The totals go with every row: one question is enough.
counted AS (
  SELECT
    reason_key,
    cancellations,
    CAST(count(*) OVER () AS BIGINT) AS all_reasons,
    CAST(sum(cancellations) OVER () AS BIGINT) AS all_cancellations
  FROM unmapped
)
SELECT reason_key, cancellations, all_reasons, all_cancellations
FROM counted
ORDER BY cancellations DESC NULLS LAST, reason_key
LIMIT 20
