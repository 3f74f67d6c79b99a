-- The invoices and opportunities behind the movements of one window, each once.
-- Grain: one row an account that moved and has any.
WITH evidence AS (
  SELECT account_id, invoice_id, opportunity_id
  FROM movement_evidence
  WHERE month = :closing_month AND version = :evidence_version
),
-- Most accounts have one invoice and one opportunity; only the others need a list.
several AS (
  SELECT account_id
  FROM evidence
  GROUP BY 1
  HAVING count(*) > 1
)
SELECT evidence.account_id, evidence.invoice_id AS invoice_ids, evidence.opportunity_id AS opportunity_ids
FROM evidence
LEFT JOIN several ON several.account_id = evidence.account_id
WHERE several.account_id IS NULL
UNION ALL
SELECT
  evidence.account_id,
  array_join(array_sort(array_distinct(array_agg(evidence.invoice_id) FILTER (WHERE evidence.invoice_id IS NOT NULL))), ';') AS invoice_ids,
  array_join(array_sort(array_distinct(array_agg(evidence.opportunity_id) FILTER (WHERE evidence.opportunity_id IS NOT NULL))), ';') AS opportunity_ids
FROM evidence
JOIN several ON several.account_id = evidence.account_id
GROUP BY 1
