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
    CAST(coalesce(sum(CAST(opening_mrr AS DECIMAL(18, :decimals))), 0) AS DECIMAL(18, :decimals)) AS opening_mrr,
    CAST(coalesce(sum(CAST(closing_mrr AS DECIMAL(18, :decimals))), 0) AS DECIMAL(18, :decimals)) AS closing_mrr,
    CAST(coalesce(sum(CAST(closing_mrr_at_closing_rates AS DECIMAL(18, :decimals))), 0) AS DECIMAL(18, :decimals)) AS closing_mrr_at_closing_rates,
    bool_or(paused) AS paused
  FROM family_product
  GROUP BY 1
),
-- Everybody else stands in the monthly amounts already.
opening AS (
  SELECT amounts.customer_id, amounts.at_closing AS opening_mrr
  FROM amounts
  LEFT JOIN family ON family.customer_id = amounts.customer_id
  WHERE amounts.month = :opening_month AND amounts.version = :opening_amounts AND family.customer_id IS NULL
),
closing AS (
  SELECT
    amounts.customer_id,
    CASE :window WHEN 'month' THEN amounts.at_month WHEN 'quarter' THEN amounts.at_quarter ELSE amounts.at_ttm END AS closing_mrr,
    amounts.at_closing AS closing_mrr_at_closing_rates,
    amounts.paused
  FROM amounts
  LEFT JOIN family ON family.customer_id = amounts.customer_id
  WHERE amounts.month = :closing_month AND amounts.version = :closing_amounts AND family.customer_id IS NULL
),
both_ends AS (
  SELECT
    coalesce(opening.customer_id, closing.customer_id) AS account_id,
    coalesce(opening.opening_mrr, 0) AS opening_mrr,
    coalesce(closing.closing_mrr, 0) AS closing_mrr,
    coalesce(closing.closing_mrr_at_closing_rates, 0) AS closing_mrr_at_closing_rates,
    coalesce(closing.paused, false) AS paused
  FROM opening
  FULL JOIN closing ON closing.customer_id = opening.customer_id
  UNION ALL
  SELECT account_id, opening_mrr, closing_mrr, closing_mrr_at_closing_rates, paused
  FROM family_account
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
-- The first month of an account is that of its first customer.
family_first_month AS (
  SELECT family.account_id, min(first_seen.first_month) AS first_month
  FROM first_seen
  JOIN family ON family.customer_id = first_seen.customer_id
  WHERE first_seen.month = :closing_month AND first_seen.version = :first_seen_version
  GROUP BY 1
),
first_month AS (
  SELECT first_seen.customer_id AS account_id, first_seen.first_month
  FROM first_seen
  LEFT JOIN family ON family.customer_id = first_seen.customer_id
  WHERE first_seen.month = :closing_month AND first_seen.version = :first_seen_version AND family.customer_id IS NULL
  UNION ALL
  SELECT account_id, first_month
  FROM family_first_month
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
classified AS (
  SELECT
    account_id,
    opening_mrr,
    closing_mrr,
    closing_mrr_at_closing_rates,
    paused,
    CASE
      WHEN opening_mrr = 0 AND closing_mrr = 0 THEN 'none'
      WHEN opening_mrr = 0 THEN 'joined'
      WHEN closing_mrr = 0 THEN 'churn'
      WHEN closing_mrr > opening_mrr THEN 'expansion'
      WHEN closing_mrr < opening_mrr THEN 'contraction'
      ELSE 'none'
    END AS change
  FROM both_ends
)
SELECT
  classified.account_id,
  classified.opening_mrr,
  classified.closing_mrr,
  classified.closing_mrr_at_closing_rates,
  CASE
    WHEN classified.change <> 'joined' THEN classified.change
    WHEN first_month.first_month < :opening_month THEN 'reactivation'
    ELSE 'new'
  END AS movement,
  CASE
    WHEN classified.change <> 'churn' THEN 'none'
    WHEN classified.paused THEN 'paused'
    ELSE coalesce(cancellation.cause, 'unclassified')
  END AS cause,
  CASE WHEN classified.change = 'churn' THEN cancellation.reason END AS reason,
  CASE WHEN classified.opening_mrr > 0 THEN bands.band ELSE '(none)' END AS acv_band,
  CASE WHEN classified.opening_mrr > 0 THEN coalesce(substr(first_month.first_month, 1, 4), '(none)') ELSE '(none)' END AS cohort_year,
  coalesce(element_at(segment_row.attributes, :dimension_1), '(none)') AS dimension_1,
  coalesce(element_at(segment_row.attributes, :dimension_2), '(none)') AS dimension_2,
  coalesce(element_at(segment_row.attributes, :dimension_3), '(none)') AS dimension_3,
  coalesce(element_at(segment_row.attributes, :dimension_4), '(none)') AS dimension_4,
  coalesce(element_at(segment_row.attributes, :dimension_5), '(none)') AS dimension_5,
  coalesce(element_at(segment_row.attributes, :dimension_6), '(none)') AS dimension_6,
  coalesce(element_at(segment_row.attributes, :dimension_7), '(none)') AS dimension_7,
  coalesce(element_at(segment_row.attributes, :dimension_8), '(none)') AS dimension_8
FROM classified
CROSS JOIN bands
LEFT JOIN cancellation ON cancellation.account_id = classified.account_id AND cancellation.recency = 1
LEFT JOIN first_month ON first_month.account_id = classified.account_id
LEFT JOIN segment_row ON segment_row.account_id = classified.account_id
WHERE classified.opening_mrr * 12 >= CAST(bands.lower_bound AS DECIMAL(18, 4))
  AND classified.opening_mrr * 12 < CAST(bands.upper_bound AS DECIMAL(18, 4))
