/** Mistakes that retention reports are known for, each as a change of the query in which it would be made. */
export type Mutant = {
  readonly mistake: string;
  /** Text of one of the queries, there exactly once and in no other. */
  readonly find: string;
  readonly plant: string;
  /** Whether the product itself refuses to report it, or only the second implementation knows better. */
  readonly caughtBy: 'BRIDGE_OPEN' | 'reference';
};

export const mutants: readonly Mutant[] = [
  {
    mistake: 'a CASE whose order makes reactivation unreachable',
    find: "WHEN opening_mrr = 0 AND first_month < :opening_month THEN 'reactivation'",
    plant: "WHEN opening_mrr = 0 THEN 'new' WHEN opening_mrr = 0 AND first_month < :opening_month THEN 'reactivation'",
    caughtBy: 'reference',
  },
  {
    mistake: 'reactivation for whoever counted at the opening or later',
    find: 'first_month < :opening_month',
    plant: 'first_month <= :closing_month',
    caughtBy: 'reference',
  },
  {
    mistake: 'a churn row for every customer in the last month',
    find: 'customer_month.version = :closing_customers AND',
    plant: 'customer_month.version = :closing_customers AND 1 = 0 AND',
    caughtBy: 'BRIDGE_OPEN',
  },
  {
    mistake: 'no spine: who is absent at the opening is nowhere',
    find: 'FULL JOIN closing',
    plant: 'LEFT JOIN closing',
    caughtBy: 'BRIDGE_OPEN',
  },
  {
    mistake: 'no spine: who is absent at the closing is nowhere',
    find: 'FULL JOIN closing',
    plant: 'RIGHT JOIN closing',
    caughtBy: 'BRIDGE_OPEN',
  },
  {
    mistake: 'currency movement booked as expansion',
    find: "WHEN 'month' THEN customer_month.at_month",
    plant: "WHEN 'month' THEN customer_month.at_closing",
    caughtBy: 'reference',
  },
  {
    mistake: 'currency movement of families booked as expansion',
    find: 'CAST(rates.opening_rate AS DECIMAL(18, 8))) FILTER (WHERE book.month = :closing_month) AS closing_mrr,',
    plant: 'CAST(rates.closing_rate AS DECIMAL(18, 8))) FILTER (WHERE book.month = :closing_month) AS closing_mrr,',
    caughtBy: 'reference',
  },
  {
    mistake: 'who joined and left inside the window is churn',
    find: '  FULL JOIN closing ON closing.customer_id = opening.customer_id\n',
    plant: `  FULL JOIN closing ON closing.customer_id = opening.customer_id
  UNION ALL
  SELECT first_seen.customer_id, 1, 0, 0, false, first_seen.first_month, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM first_seen
  LEFT JOIN customer_month ON customer_month.customer_id = first_seen.customer_id
  WHERE first_seen.month = :closing_month AND first_seen.first_month > :opening_month AND customer_month.customer_id IS NULL
`,
    caughtBy: 'BRIDGE_OPEN',
  },
  {
    mistake: 'who joined and was paused inside the window is churn',
    find: "WHEN opening_mrr = 0 AND closing_mrr = 0 THEN 'none'",
    plant: "WHEN opening_mrr = 0 AND closing_mrr = 0 THEN 'churn'",
    caughtBy: 'reference',
  },
  {
    mistake: 'a plan swap read as churn plus new',
    find: '    book.customer_id,\n    book.product,',
    plant:
      "    CASE WHEN book.product IN ('basic', 'pro') THEN book.customer_id || ' ' || book.product ELSE book.customer_id END AS customer_id,\n    book.product,",
    caughtBy: 'reference',
  },
  {
    mistake: 'a trial counted',
    find: "CASE WHEN status IN ('active', 'past_due')",
    plant: "CASE WHEN status IN ('active', 'past_due', 'trialing')",
    caughtBy: 'reference',
  },
  {
    mistake: 'a paused line counted',
    find: "CASE WHEN status IN ('active', 'past_due')",
    plant: "CASE WHEN status IN ('active', 'past_due', 'paused')",
    caughtBy: 'reference',
  },
  {
    mistake: 'a failed payment in its grace period taken for churn',
    find: "CASE WHEN status IN ('active', 'past_due')",
    plant: "CASE WHEN status IN ('active')",
    caughtBy: 'reference',
  },
  {
    mistake: 'every line rounded on its own',
    find: 'sum(counting_mrr)',
    plant: 'sum(CAST(counting_mrr AS DECIMAL(18, 2)))',
    caughtBy: 'reference',
  },
  {
    mistake: 'every currency of a product rounded on its own',
    find: 'sum(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.month_rate AS DECIMAL(18, 8))) AS at_month',
    plant:
      'sum(CAST(CAST(book.mrr AS DECIMAL(38, 4)) * CAST(rates.month_rate AS DECIMAL(18, 8)) AS DECIMAL(18, :decimals))) AS at_month',
    caughtBy: 'reference',
  },
  {
    mistake: 'an amount cut off instead of rounded',
    find: 'CAST(TRY_CAST(at_closing AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals))',
    plant:
      "CAST(TRY_CAST(at_closing AS DECIMAL(18, 12)) - CAST('0.00499' AS DECIMAL(18, 12)) AS DECIMAL(18, :decimals))",
    caughtBy: 'BRIDGE_OPEN',
  },
  {
    mistake: 'customers of one parent taken for accounts of their own',
    find: 'AND account_id <> customer_id',
    plant: 'AND account_id <> customer_id AND 1 = 0',
    caughtBy: 'reference',
  },
  {
    mistake: 'a parent apart from its children',
    find: 'SELECT account_id AS customer_id, account_id FROM lone_parents',
    plant: 'SELECT account_id AS customer_id, account_id FROM lone_parents WHERE 1 = 0',
    caughtBy: 'reference',
  },
  {
    mistake: 'a cancellation taken for more than a pause',
    find: "WHEN classified.paused THEN 'paused'",
    plant: "WHEN classified.paused AND cancellation.cause IS NULL THEN 'paused'",
    caughtBy: 'reference',
  },
  {
    mistake: 'the first cancellation instead of the latest',
    find: 'cancellations.ended_on DESC',
    plant: 'cancellations.ended_on',
    caughtBy: 'reference',
  },
  {
    mistake: 'an involuntary cancellation that loses a tie',
    find: "WHEN 'involuntary' THEN 1 WHEN 'voluntary' THEN 2",
    plant: "WHEN 'involuntary' THEN 2 WHEN 'voluntary' THEN 1",
    caughtBy: 'reference',
  },
  {
    mistake: 'an unknown reason folded into voluntary',
    find: "coalesce(reasons.cause, 'unclassified') AS cause",
    plant: "coalesce(reasons.cause, 'voluntary') AS cause",
    caughtBy: 'reference',
  },
  {
    mistake: 'a cancellation before the opening snapshot',
    find: 'ended_month > :opening_month',
    plant: 'ended_month >= :opening_month',
    caughtBy: 'reference',
  },
  {
    mistake: 'a cancellation of any time after the opening',
    find: 'ended_month <= :closing_month',
    plant: "ended_month <= '9999-12'",
    caughtBy: 'reference',
  },
  {
    mistake: 'a segment as it is at the closing',
    find: 'WHEN classified.opening_mrr > 0 THEN bands.band',
    plant:
      "WHEN classified.closing_mrr > 100 AND classified.opening_mrr > 0 THEN 'Mid-market' WHEN classified.opening_mrr > 0 THEN bands.band",
    caughtBy: 'reference',
  },
  {
    mistake: 'a band that ends with its bound',
    find: '* 12 < CAST',
    plant: '* 12 <= CAST',
    caughtBy: 'BRIDGE_OPEN',
  },
  {
    mistake: 'the year of the newest customer of a family',
    find: 'min(first_seen.first_month)',
    plant: 'max(first_seen.first_month)',
    caughtBy: 'reference',
  },
  {
    mistake: 'the last month of an account for its first',
    find: 'SELECT customer_id, first_month\nFROM first_seen',
    plant:
      'SELECT customer_id, CASE WHEN customer_id IN (SELECT book.customer_id FROM book WHERE book.mrr > 0) THEN :month ELSE first_month END AS first_month FROM first_seen',
    caughtBy: 'reference',
  },
  {
    mistake: 'a pause taken for the first month',
    find: 'AND book.mrr > 0',
    plant: '',
    caughtBy: 'reference',
  },
  {
    mistake: 'customers forgotten when a newer file leaves them out',
    find: 'WHERE newest.customer_id IS NULL',
    plant: 'WHERE newest.customer_id IS NULL AND 1 = 0',
    caughtBy: 'reference',
  },
  {
    mistake: 'an invoice in the state that an older file gives it',
    find: '        month DESC,',
    plant: '        month,',
    caughtBy: 'reference',
  },
  {
    mistake: 'the causes of churn left out of a dimension',
    find: '(movement, cause, acv_band)',
    plant: '(movement, acv_band)',
    caughtBy: 'BRIDGE_OPEN',
  },
];
