-- The first month in which each customer had a counting line, over the whole known history: last month's list, and who of
-- this book is not on it.
-- Grain: one row a customer that ever counted.
SELECT customer_id, first_month
FROM first_seen
WHERE month = :previous_month AND version = :previous_version
UNION ALL
SELECT DISTINCT book.customer_id, book.month AS first_month
FROM book
LEFT JOIN first_seen
  ON first_seen.customer_id = book.customer_id AND first_seen.month = :previous_month AND first_seen.version = :previous_version
WHERE book.month = :month AND book.version = :book_version AND book.mrr > 0 AND first_seen.customer_id IS NULL
