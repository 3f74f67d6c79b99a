-- The won opportunities behind the movements of one window, as the CRM's export has them: those that the changed lines
-- name, and for accounts whose lines name none that the export knows, those of the account that closed in or near the window.
-- Grain: one row an account that moved and has any.
WITH family AS (
  SELECT customer_id, account_id
  FROM families
  WHERE month = :families_month AND version = :families_version
),
won AS (
  SELECT
    opportunities.opportunity_id,
    opportunities.opportunity_key,
    coalesce(family.account_id, opportunities.customer_id, opportunities.account_id) AS account_id,
    opportunities.close_day,
    coalesce(opportunities.type, '') AS opportunity_type,
    coalesce(opportunities.owner, '') AS opportunity_owner
  FROM opportunities
  LEFT JOIN family ON family.customer_id = coalesce(opportunities.customer_id, opportunities.account_id)
  WHERE opportunities.month = :opportunities_month AND opportunities.version = :opportunities_version AND opportunities.won
),
-- Ids that the changed lines bear, one by one. Most accounts have one, which costs much less.
named_id AS (
  SELECT account_id, opportunity_ids AS opportunity_id
  FROM movement_ids
  WHERE month = :closing_month AND version = :ids_version AND opportunity_ids <> '' AND strpos(opportunity_ids, ';') = 0
  UNION ALL
  SELECT movement_ids.account_id, single.opportunity_id
  FROM movement_ids
  CROSS JOIN UNNEST(array_distinct(split(movement_ids.opportunity_ids, ';'))) AS single (opportunity_id)
  WHERE movement_ids.month = :closing_month
    AND movement_ids.version = :ids_version
    AND strpos(movement_ids.opportunity_ids, ';') > 0
    AND single.opportunity_id <> ''
),
candidate AS (
  SELECT
    named_id.account_id,
    named_id.opportunity_id,
    coalesce(won.opportunity_type, '') AS opportunity_type,
    coalesce(won.opportunity_owner, '') AS opportunity_owner,
    won.opportunity_key IS NOT NULL AS is_known,
    CAST(NULL AS BIGINT) AS days_off
  FROM named_id
  LEFT JOIN won
    ON won.opportunity_key = CASE WHEN length(named_id.opportunity_id) = 18 AND substr(named_id.opportunity_id, 1, 3) = '006' THEN substr(named_id.opportunity_id, 1, 15) ELSE named_id.opportunity_id END
  UNION ALL
  -- Days from the window to the close date: none inside it. What left is explained by no sale.
  SELECT
    window_accounts.account_id,
    won.opportunity_id,
    won.opportunity_type,
    won.opportunity_owner,
    false AS is_known,
    CASE
      WHEN won.close_day <= :opening_day THEN :opening_day + 1 - won.close_day
      WHEN won.close_day > :closing_day THEN won.close_day - :closing_day
      ELSE 0
    END AS days_off
  FROM window_accounts
  JOIN won ON won.account_id = window_accounts.account_id
  WHERE window_accounts.month = :closing_month
    AND window_accounts.version = :version
    AND window_accounts.movement NOT IN ('none', 'churn')
    AND won.close_day > :opening_day - :tolerance_days
    AND won.close_day <= :closing_day + :tolerance_days
),
judged AS (
  SELECT
    account_id,
    bool_or(is_known) AS by_id,
    min(days_off) AS least_days_off,
    -- As many as may be left of them.
    CASE WHEN bool_or(is_known) THEN count(*) - count(days_off) ELSE count(*) END AS most
  FROM candidate
  GROUP BY 1
),
-- By id where the export knows one of the lines' at least; otherwise the nearest, beside the lines' ids that nobody knows.
linked AS (
  SELECT
    candidate.account_id,
    candidate.opportunity_id,
    candidate.opportunity_type,
    candidate.opportunity_owner,
    CASE WHEN judged.by_id THEN 'id' ELSE 'account_and_date' END AS joined_by,
    judged.most
  FROM candidate
  JOIN judged ON judged.account_id = candidate.account_id
  WHERE CASE
    WHEN judged.by_id THEN candidate.days_off IS NULL
    WHEN candidate.days_off IS NULL THEN judged.least_days_off IS NOT NULL
    ELSE candidate.days_off = judged.least_days_off
  END
)
-- Most accounts have one; only the others need lists.
SELECT
  account_id,
  opportunity_id AS opportunity_ids,
  opportunity_type AS opportunity_types,
  opportunity_owner AS opportunity_owners,
  joined_by
FROM linked
WHERE most = 1
UNION ALL
-- Lists go together: the second type and owner are those of the second id.
SELECT
  account_id,
  array_join(array_agg(opportunity_id ORDER BY opportunity_id), ';') AS opportunity_ids,
  array_join(array_agg(opportunity_type ORDER BY opportunity_id), ';') AS opportunity_types,
  array_join(array_agg(opportunity_owner ORDER BY opportunity_id), ';') AS opportunity_owners,
  min(joined_by) AS joined_by
FROM linked
WHERE most > 1
GROUP BY 1
