-- Opportunities that the lines of a month name, by how the CRM's export knows them: won, there but not won, or not at all.
-- Five of each.
-- Grain: one row a standing and id; every row tells how many ids and lines its standing has.
WITH named AS (
  SELECT
    opportunity_id,
    CASE WHEN length(opportunity_id) = 18 AND substr(opportunity_id, 1, 3) = '006' THEN substr(opportunity_id, 1, 15) ELSE opportunity_id END AS opportunity_key,
    count(*) AS named_lines
  FROM lines
  WHERE month = :month AND version = :lines_version AND opportunity_id IS NOT NULL
  GROUP BY 1, 2
),
known AS (
  SELECT opportunity_key, won
  FROM opportunities
  WHERE month = :opportunities_month AND version = :opportunities_version
),
judged AS (
  SELECT
    named.opportunity_id,
    named.named_lines,
    CASE WHEN known.opportunity_key IS NULL THEN 'unknown' WHEN known.won THEN 'won' ELSE 'not won' END AS standing
  FROM named
  LEFT JOIN known ON known.opportunity_key = named.opportunity_key
),
numbered AS (
  SELECT
    standing,
    opportunity_id,
    row_number() OVER (PARTITION BY standing ORDER BY opportunity_id) AS nth,
    CAST(count(*) OVER (PARTITION BY standing) AS BIGINT) AS ids,
    CAST(sum(named_lines) OVER (PARTITION BY standing) AS BIGINT) AS named_lines
  FROM judged
)
SELECT standing, opportunity_id, ids, named_lines
FROM numbered
WHERE nth <= 5
ORDER BY standing, opportunity_id
