-- Opportunities won in a year whose buyer is no customer: neither in the newest customers file nor on a line of the months
-- at which the windows of the year open and close. The newest five.
-- Grain: one row an opportunity; every row tells how many there are in all.
WITH billed AS (
  SELECT customer_id
  FROM customers
  WHERE month = :customers_month AND version = :customers_version
  UNION
  SELECT account_id AS customer_id
  FROM customers
  WHERE month = :customers_month AND version = :customers_version AND account_id IS NOT NULL
  UNION
  SELECT customer_id
  FROM lines
  WHERE month IN :line_months AND version IN :line_versions
),
strangers AS (
  SELECT opportunities.opportunity_id, opportunities.close_day
  FROM opportunities
  LEFT JOIN billed ON billed.customer_id = coalesce(opportunities.customer_id, opportunities.account_id)
  WHERE opportunities.month = :opportunities_month
    AND opportunities.version = :opportunities_version
    AND opportunities.won
    AND opportunities.close_day > :opening_day
    AND opportunities.close_day <= :closing_day
    AND coalesce(opportunities.customer_id, opportunities.account_id) IS NOT NULL
    AND billed.customer_id IS NULL
),
counted AS (
  SELECT opportunity_id, close_day, CAST(count(*) OVER () AS BIGINT) AS all_strangers
  FROM strangers
)
SELECT opportunity_id, all_strangers
FROM counted
ORDER BY close_day DESC NULLS LAST, opportunity_id
LIMIT 5
