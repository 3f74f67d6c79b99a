-- The first month in which each customer had a counting line, over the whole known history: last month's list and this book.
-- Grain: one row a customer that ever counted.
WITH sightings AS (
  SELECT customer_id, first_month
  FROM first_seen
  WHERE month = :previous_month AND version = :previous_version
  UNION ALL
  SELECT customer_id, month AS first_month
  FROM book
  WHERE month = :month AND version = :book_version AND mrr > 0
)
SELECT customer_id, min(first_month) AS first_month
FROM sightings
GROUP BY 1
