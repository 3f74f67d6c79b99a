-- What a CRM's export of opportunities holds: how many are won, when they closed, and whether they say who buys.
-- Grain: one row.
SELECT
  CAST(count(*) AS BIGINT) AS opportunities,
  CAST(count(*) FILTER (WHERE won) AS BIGINT) AS won,
  CAST(count(*) FILTER (WHERE won AND close_day > :opening_day AND close_day <= :closing_day) AS BIGINT) AS won_inside,
  CAST(count(*) FILTER (WHERE won AND close_day > :closing_day) AS BIGINT) AS won_later,
  -- An export that is newer than the folder that it lies in shows it.
  CAST(count(*) FILTER (WHERE won AND close_day > :exported_day) AS BIGINT) AS won_since_folder,
  CAST(count(*) FILTER (WHERE won AND close_day IS NULL) AS BIGINT) AS won_without_day,
  CAST(count(*) FILTER (WHERE won AND coalesce(customer_id, account_id) IS NULL) AS BIGINT) AS won_without_buyer
FROM opportunities
WHERE month = :opportunities_month AND version = :opportunities_version
ORDER BY 1
