-- Every account at the two ends of one window: amounts in constant currency, movement, cause of churn, segments.
-- Grain: one row an account with MRR at either end, or with a paused line at the closing one.
WITH rates (currency, opening_rate, closing_rate) AS (
  VALUES :rates
),
reasons (reason_key, cause) AS (
  VALUES :reasons
),
bands (band, lower_bound, upper_bound) AS (
  VALUES :bands
),
family AS (
  SELECT customer_id, account_id
  FROM families
  WHERE month = :families_month AND version = :families_version
),
-- Accounts of several customers: one amount a product over all of them, rounded once.
family_product AS (
  SELECT
    family.account_id,
    book.product,
    sum(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.opening_rate AS DECIMAL(18, 8))) FILTER (WHERE book.month = :opening_month) AS opening_mrr,
    sum(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.opening_rate AS DECIMAL(18, 8))) FILTER (WHERE book.month = :closing_month) AS closing_mrr,
    sum(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.closing_rate AS DECIMAL(18, 8))) FILTER (WHERE book.month = :closing_month) AS closing_mrr_at_closing_rates,
    bool_or(book.paused AND book.month = :closing_month) AS paused
  FROM book
  JOIN family ON family.customer_id = book.customer_id
  JOIN rates ON rates.currency = book.currency
  WHERE book.month IN (:opening_month, :closing_month) AND book.version IN (:opening_book, :closing_book)
  GROUP BY 1, 2
),
family_account AS (
  SELECT
    account_id,
    CAST(coalesce(sum(coalesce(CAST(TRY_CAST(opening_mrr AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals)), CAST(opening_mrr AS DECIMAL(18, :decimals)))), 0) AS DECIMAL(18, 4)) AS opening_mrr,
    CAST(coalesce(sum(coalesce(CAST(TRY_CAST(closing_mrr AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals)), CAST(closing_mrr AS DECIMAL(18, :decimals)))), 0) AS DECIMAL(18, 4)) AS closing_mrr,
    CAST(coalesce(sum(coalesce(CAST(TRY_CAST(closing_mrr_at_closing_rates AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals)), CAST(closing_mrr_at_closing_rates AS DECIMAL(18, :decimals)))), 0) AS DECIMAL(18, 4)) AS closing_mrr_at_closing_rates,
    bool_or(paused) AS paused
  FROM family_product
  GROUP BY 1
),
-- The first month of such an account is that of its first customer.
family_first_month AS (
  SELECT family.account_id, min(first_seen.first_month) AS first_month
  FROM first_seen
  JOIN family ON family.customer_id = first_seen.customer_id
  WHERE first_seen.month = :closing_month AND first_seen.version = :first_seen_version
  GROUP BY 1
),
-- Everybody else stands in the monthly table already.
opening AS (
  SELECT
    customer_month.customer_id,
    customer_month.at_closing AS opening_mrr,
    customer_month.first_month,
    customer_month.dimension_1,
    customer_month.dimension_2,
    customer_month.dimension_3,
    customer_month.dimension_4,
    customer_month.dimension_5,
    customer_month.dimension_6,
    customer_month.dimension_7,
    customer_month.dimension_8,
    true AS has_segments
  FROM customer_month
  LEFT JOIN family ON family.customer_id = customer_month.customer_id
  WHERE customer_month.month = :opening_month AND customer_month.version = :opening_customers AND family.customer_id IS NULL
),
closing AS (
  SELECT
    customer_month.customer_id,
    CASE :window WHEN 'month' THEN customer_month.at_month WHEN 'quarter' THEN customer_month.at_quarter ELSE customer_month.at_ttm END AS closing_mrr,
    customer_month.at_closing AS closing_mrr_at_closing_rates,
    customer_month.paused,
    customer_month.first_month
  FROM customer_month
  LEFT JOIN family ON family.customer_id = customer_month.customer_id
  WHERE customer_month.month = :closing_month AND customer_month.version = :closing_customers AND family.customer_id IS NULL
),
-- The latest cancellation inside the window decides; on one day an involuntary one wins, then a voluntary one.
cancellation AS (
  SELECT
    coalesce(family.account_id, cancellations.customer_id) AS account_id,
    coalesce(reasons.cause, 'unclassified') AS cause,
    cancellations.reason,
    row_number() OVER (
      PARTITION BY coalesce(family.account_id, cancellations.customer_id)
      ORDER BY
        cancellations.ended_on DESC,
        CASE reasons.cause WHEN 'involuntary' THEN 1 WHEN 'voluntary' THEN 2 ELSE 3 END,
        cancellations.reason,
        cancellations.customer_id
    ) AS recency
  FROM cancellations
  LEFT JOIN family ON family.customer_id = cancellations.customer_id
  LEFT JOIN reasons ON reasons.reason_key = cancellations.reason_key
  WHERE cancellations.month IN :cancellation_months
    AND cancellations.version IN :cancellation_versions
    AND cancellations.ended_month > :opening_month
    AND cancellations.ended_month <= :closing_month
),
both_ends AS (
  SELECT
    coalesce(opening.customer_id, closing.customer_id) AS account_id,
    coalesce(opening.opening_mrr, 0) AS opening_mrr,
    coalesce(closing.closing_mrr, 0) AS closing_mrr,
    coalesce(closing.closing_mrr_at_closing_rates, 0) AS closing_mrr_at_closing_rates,
    coalesce(closing.paused, false) AS paused,
    coalesce(opening.first_month, closing.first_month) AS first_month,
    opening.dimension_1,
    opening.dimension_2,
    opening.dimension_3,
    opening.dimension_4,
    opening.dimension_5,
    opening.dimension_6,
    opening.dimension_7,
    opening.dimension_8,
    -- Who had no book at the opening may have had a customers row all the same.
    CASE WHEN opening.has_segments THEN CAST(NULL AS VARCHAR) ELSE closing.customer_id END AS segments_of
  FROM opening
  FULL JOIN closing ON closing.customer_id = opening.customer_id
  UNION ALL
  SELECT
    family_account.account_id,
    family_account.opening_mrr,
    family_account.closing_mrr,
    family_account.closing_mrr_at_closing_rates,
    family_account.paused,
    family_first_month.first_month,
    CAST(NULL AS VARCHAR) AS dimension_1,
    CAST(NULL AS VARCHAR) AS dimension_2,
    CAST(NULL AS VARCHAR) AS dimension_3,
    CAST(NULL AS VARCHAR) AS dimension_4,
    CAST(NULL AS VARCHAR) AS dimension_5,
    CAST(NULL AS VARCHAR) AS dimension_6,
    CAST(NULL AS VARCHAR) AS dimension_7,
    CAST(NULL AS VARCHAR) AS dimension_8,
    family_account.account_id AS segments_of
  FROM family_account
  LEFT JOIN family_first_month ON family_first_month.account_id = family_account.account_id
),
-- Segments are frozen at the opening month: the newest row of the account not later than it.
segment_row AS (
  SELECT customer_id AS account_id, attributes
  FROM customers
  WHERE month = :segments_month AND version = :segments_version
  UNION ALL
  SELECT customer_id AS account_id, attributes
  FROM stale_customers
  WHERE month = :segments_month AND version = :segments_stale_version
),
segment_columns AS (
  SELECT
    account_id,
    element_at(attributes, :dimension_1) AS dimension_1,
    element_at(attributes, :dimension_2) AS dimension_2,
    element_at(attributes, :dimension_3) AS dimension_3,
    element_at(attributes, :dimension_4) AS dimension_4,
    element_at(attributes, :dimension_5) AS dimension_5,
    element_at(attributes, :dimension_6) AS dimension_6,
    element_at(attributes, :dimension_7) AS dimension_7,
    element_at(attributes, :dimension_8) AS dimension_8
  FROM segment_row
),
classified AS (
  SELECT
    *,
    CASE
      WHEN opening_mrr = 0 AND closing_mrr = 0 THEN 'none'
      WHEN opening_mrr = 0 AND first_month < :opening_month THEN 'reactivation'
      WHEN opening_mrr = 0 THEN 'new'
      WHEN closing_mrr = 0 THEN 'churn'
      WHEN closing_mrr > opening_mrr THEN 'expansion'
      WHEN closing_mrr < opening_mrr THEN 'contraction'
      ELSE 'none'
    END AS movement
  FROM both_ends
)
SELECT
  classified.account_id,
  classified.opening_mrr,
  classified.closing_mrr,
  classified.closing_mrr_at_closing_rates,
  classified.movement,
  CASE
    WHEN classified.movement <> 'churn' THEN 'none'
    WHEN classified.paused THEN 'paused'
    ELSE coalesce(cancellation.cause, 'unclassified')
  END AS cause,
  CASE WHEN classified.movement = 'churn' THEN cancellation.reason END AS reason,
  CASE WHEN classified.opening_mrr > 0 THEN bands.band ELSE '(none)' END AS acv_band,
  CASE WHEN classified.opening_mrr > 0 THEN coalesce(substr(classified.first_month, 1, 4), '(none)') ELSE '(none)' END AS cohort_year,
  CASE WHEN :dimension_1 IS NOT NULL THEN coalesce(classified.dimension_1, segment_columns.dimension_1, '(none)') END AS dimension_1,
  CASE WHEN :dimension_2 IS NOT NULL THEN coalesce(classified.dimension_2, segment_columns.dimension_2, '(none)') END AS dimension_2,
  CASE WHEN :dimension_3 IS NOT NULL THEN coalesce(classified.dimension_3, segment_columns.dimension_3, '(none)') END AS dimension_3,
  CASE WHEN :dimension_4 IS NOT NULL THEN coalesce(classified.dimension_4, segment_columns.dimension_4, '(none)') END AS dimension_4,
  CASE WHEN :dimension_5 IS NOT NULL THEN coalesce(classified.dimension_5, segment_columns.dimension_5, '(none)') END AS dimension_5,
  CASE WHEN :dimension_6 IS NOT NULL THEN coalesce(classified.dimension_6, segment_columns.dimension_6, '(none)') END AS dimension_6,
  CASE WHEN :dimension_7 IS NOT NULL THEN coalesce(classified.dimension_7, segment_columns.dimension_7, '(none)') END AS dimension_7,
  CASE WHEN :dimension_8 IS NOT NULL THEN coalesce(classified.dimension_8, segment_columns.dimension_8, '(none)') END AS dimension_8
FROM classified
CROSS JOIN bands
LEFT JOIN cancellation ON cancellation.account_id = classified.account_id AND cancellation.recency = 1
LEFT JOIN segment_columns ON segment_columns.account_id = classified.segments_of
WHERE CAST(classified.opening_mrr AS DECIMAL(28, 4)) * 12 >= CAST(bands.lower_bound AS DECIMAL(28, 4))
  AND CAST(classified.opening_mrr AS DECIMAL(28, 4)) * 12 < CAST(bands.upper_bound AS DECIMAL(28, 4))
