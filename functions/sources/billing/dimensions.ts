/** What people keep with their customers, as dimension columns: one column a name, however its letters are written. */

/** Columns that have a meaning of their own, in the table or in the report. */
const taken: readonly string[] = ['customer_id', 'name', 'account_id', 'acv_band', 'cohort_year'];

/** The longest text that the contract takes. */
export const textLength = 10_000;

/**
 * Columns of the entries that have a value, sorted by name. Names that differ in case alone are one column: as
 * `dimensions` writes it where it is named there, else in lower case; of one customer the first that has a value counts.
 * `dimensions` are the names wanted, null for all; `others` have another use.
 */
export const dimensionColumns = (
  entries: readonly (readonly [name: string, value: string])[],
  dimensions: readonly string[] | null,
  others: readonly (string | null)[] = [],
): Readonly<Record<string, string>> => {
  const apart = new Set([...taken, ...others.flatMap((name) => name?.toLowerCase() ?? [])]);
  const wanted = new Map((dimensions ?? []).map((name) => [name.toLowerCase(), name]));
  const columns = new Map<string, string>();
  for (const [name, value] of entries.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const key = name.toLowerCase();
    if (key === '' || value === '' || apart.has(key) || (dimensions !== null && !wanted.has(key))) continue;
    const column = wanted.get(key) ?? key;
    if (!columns.has(column)) columns.set(column, value);
  }
  return Object.fromEntries([...columns].sort(([a], [b]) => (a < b ? -1 : 1)));
};
