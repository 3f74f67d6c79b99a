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
-- Ids that the changed lines bear, one by one.
named_id AS (
  SELECT account_id, opportunity_ids AS opportunity_id
  FROM movement_ids
  WHERE month = :closing_month AND version = :ids_version AND strpos(opportunity_ids, ';') = 0 AND opportunity_ids <> ''
  UNION ALL
  -- A line may name several itself, one of which another line names as well.
  SELECT DISTINCT movement_ids.account_id, single.opportunity_id
  FROM movement_ids
  CROSS JOIN UNNEST(split(movement_ids.opportunity_ids, ';')) AS single (opportunity_id)
  WHERE movement_ids.month = :closing_month AND movement_ids.version = :ids_version AND strpos(movement_ids.opportunity_ids, ';') > 0 AND single.opportunity_id <> ''
),
named AS (
  SELECT named_id.account_id, named_id.opportunity_id, won.opportunity_type, won.opportunity_owner, won.opportunity_key
  FROM named_id
  LEFT JOIN won
    ON won.opportunity_key = CASE WHEN length(named_id.opportunity_id) = 18 AND substr(named_id.opportunity_id, 1, 3) = '006' THEN substr(named_id.opportunity_id, 1, 15) ELSE named_id.opportunity_id END
),
-- Accounts of whose ids the export knows one at least.
known AS (
  SELECT account_id
  FROM named
  WHERE opportunity_key IS NOT NULL
  GROUP BY 1
),
-- Days from the window to the close date: none inside it. What left is explained by no sale.
near AS (
  SELECT
    window_accounts.account_id,
    won.opportunity_id,
    won.opportunity_type,
    won.opportunity_owner,
    CASE
      WHEN won.close_day <= :opening_day THEN :opening_day + 1 - won.close_day
      WHEN won.close_day > :closing_day THEN won.close_day - :closing_day
      ELSE 0
    END AS days_off
  FROM window_accounts
  JOIN won ON won.account_id = window_accounts.account_id
  LEFT JOIN known ON known.account_id = window_accounts.account_id
  WHERE window_accounts.month = :closing_month
    AND window_accounts.version = :version
    AND window_accounts.movement NOT IN ('none', 'churn')
    AND known.account_id IS NULL
    AND won.close_day > :opening_day - :tolerance_days
    AND won.close_day <= :closing_day + :tolerance_days
),
nearest AS (
  SELECT account_id, min(days_off) AS days_off
  FROM near
  GROUP BY 1
),
linked AS (
  SELECT
    named.account_id,
    named.opportunity_id,
    coalesce(named.opportunity_type, '') AS opportunity_type,
    coalesce(named.opportunity_owner, '') AS opportunity_owner,
    'id' AS joined_by
  FROM named
  JOIN known ON known.account_id = named.account_id
  UNION ALL
  SELECT near.account_id, near.opportunity_id, near.opportunity_type, near.opportunity_owner, 'account_and_date' AS joined_by
  FROM near
  JOIN nearest ON nearest.account_id = near.account_id AND nearest.days_off = near.days_off
  UNION ALL
  -- An id that no won opportunity has stays on the ledger beside what was found in its place.
  SELECT named.account_id, named.opportunity_id, '' AS opportunity_type, '' AS opportunity_owner, 'account_and_date' AS joined_by
  FROM named
  JOIN nearest ON nearest.account_id = named.account_id
),
-- Most accounts have one; only the others need lists.
several AS (
  SELECT account_id
  FROM linked
  GROUP BY 1
  HAVING count(*) > 1
)
SELECT
  linked.account_id,
  linked.opportunity_id AS opportunity_ids,
  linked.opportunity_type AS opportunity_types,
  linked.opportunity_owner AS opportunity_owners,
  linked.joined_by
FROM linked
LEFT JOIN several ON several.account_id = linked.account_id
WHERE several.account_id IS NULL
UNION ALL
-- Lists go together: the second type and owner are those of the second id.
SELECT
  linked.account_id,
  array_join(array_agg(linked.opportunity_id ORDER BY linked.opportunity_id), ';') AS opportunity_ids,
  array_join(array_agg(linked.opportunity_type ORDER BY linked.opportunity_id), ';') AS opportunity_types,
  array_join(array_agg(linked.opportunity_owner ORDER BY linked.opportunity_id), ';') AS opportunity_owners,
  max(linked.joined_by) AS joined_by
FROM linked
JOIN several ON several.account_id = linked.account_id
GROUP BY 1
