-- Sums of one window by movement and cause: for the whole book and for each segment of each dimension.
-- Grain: one row a dimension, segment, movement and cause; the dimension `total` is the whole book.
WITH combinations AS (
  -- Accounts that agree in everything first: what is left is small, however large the book.
  SELECT
    movement,
    cause,
    acv_band,
    cohort_year,
    dimension_1,
    dimension_2,
    dimension_3,
    dimension_4,
    dimension_5,
    dimension_6,
    dimension_7,
    dimension_8,
    count(*) AS accounts,
    count(*) FILTER (WHERE opening_mrr > 0) AS opening_accounts,
    sum(opening_mrr) AS opening_mrr,
    sum(closing_mrr) AS closing_mrr,
    sum(closing_mrr_at_closing_rates) AS closing_mrr_at_closing_rates
  FROM window_accounts
  WHERE month = :closing_month AND version = :version
  GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
)
SELECT
  CASE grouping(acv_band, cohort_year, dimension_1, dimension_2, dimension_3, dimension_4, dimension_5, dimension_6, dimension_7, dimension_8)
    WHEN 511 THEN 'acv_band'
    WHEN 767 THEN 'cohort_year'
    WHEN 895 THEN 'dimension_1'
    WHEN 959 THEN 'dimension_2'
    WHEN 991 THEN 'dimension_3'
    WHEN 1007 THEN 'dimension_4'
    WHEN 1015 THEN 'dimension_5'
    WHEN 1019 THEN 'dimension_6'
    WHEN 1021 THEN 'dimension_7'
    WHEN 1022 THEN 'dimension_8'
    ELSE 'total'
  END AS dimension,
  coalesce(acv_band, cohort_year, dimension_1, dimension_2, dimension_3, dimension_4, dimension_5, dimension_6, dimension_7, dimension_8, '') AS segment,
  movement,
  cause,
  CAST(sum(accounts) AS BIGINT) AS accounts,
  CAST(sum(opening_accounts) AS BIGINT) AS opening_accounts,
  CAST(CAST(sum(opening_mrr) AS DECIMAL(38, :decimals)) AS VARCHAR) AS opening_mrr,
  CAST(CAST(sum(closing_mrr) AS DECIMAL(38, :decimals)) AS VARCHAR) AS closing_mrr,
  CAST(CAST(sum(closing_mrr_at_closing_rates) AS DECIMAL(38, :decimals)) AS VARCHAR) AS closing_mrr_at_closing_rates
FROM combinations
GROUP BY GROUPING SETS (
  (movement, cause),
  (movement, cause, acv_band),
  (movement, cause, cohort_year),
  (movement, cause, dimension_1),
  (movement, cause, dimension_2),
  (movement, cause, dimension_3),
  (movement, cause, dimension_4),
  (movement, cause, dimension_5),
  (movement, cause, dimension_6),
  (movement, cause, dimension_7),
  (movement, cause, dimension_8)
)
ORDER BY 1, 2, 3, 4
