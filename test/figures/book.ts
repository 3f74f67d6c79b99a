/** A book of snapshots in memory: months of plain rows, written in a test the way a ledger is written on paper. */

/** One row: columns to text, as it would stand in a file. */
export type Fields = Readonly<Record<string, string>>;

export const bookTables = ['lines', 'customers', 'cancellations', 'payments', 'fx', 'opportunities'] as const;
export type BookTable = (typeof bookTables)[number];

export type BookMonth = {
  readonly lines: readonly Fields[];
  readonly customers?: readonly Fields[];
  readonly cancellations?: readonly Fields[];
  readonly payments?: readonly Fields[];
  readonly fx?: readonly Fields[];
  readonly opportunities?: readonly Fields[];
  /** The text of control.json. */
  readonly control?: string;
};

/** Months, `YYYY-MM`, to their snapshots. */
export type Book = Readonly<Record<string, BookMonth>>;

/** Rows of a text table: a line of column names, then one line a row; words part cells, `-` is an empty cell, `~` a space. */
export const rowsOf = (text: string): Fields[] => {
  const [header, ...rows] = text
    .split('\n')
    .map((row) => row.trim())
    .filter((row) => row !== '')
    .map((row) => row.split(/\s+/));
  if (header === undefined) return [];
  return rows.map((cells) => {
    if (cells.length !== header.length) throw new Error(`"${cells.join(' ')}" does not fit "${header.join(' ')}"`);
    return Object.fromEntries(header.map((name, at) => [name, cellOf(cells[at] ?? '')]));
  });
};

const cellOf = (word: string): string => (word === '-' ? '' : word.replaceAll('~', ' '));

/** What a line is where a table does not say: one active line in dollars of a product called core. */
const usualLine = (row: Fields, at: number): Fields => ({
  subscription_id: `sub-${row.customer_id}`,
  item_id: `item-${at}`,
  product: 'core',
  currency: 'USD',
  status: 'active',
  ...row,
});

/** A book in the making. */
type Draft = Map<string, Map<BookTable, Fields[]>>;

const put = (draft: Draft, month: string, table: BookTable, rows: readonly Fields[]): void => {
  const snapshot = draft.get(month) ?? new Map<BookTable, Fields[]>();
  draft.set(month, snapshot);
  snapshot.set(table, [...(snapshot.get(table) ?? []), ...rows]);
};

const finished = (draft: Draft): Book =>
  Object.fromEntries([...draft].map(([month, tables]) => [month, { lines: [], ...Object.fromEntries(tables) }]));

/** A book from text tables, each with a column `month` that says in which month's folder a row lies. */
export const bookOf = (tables: Readonly<Partial<Record<BookTable, string>>>): Book => {
  const draft: Draft = new Map();
  for (const table of bookTables)
    for (const [at, { month = '', ...row }] of rowsOf(tables[table] ?? '').entries())
      put(draft, month, table, [table === 'lines' ? usualLine(row, at) : row]);
  return finished(draft);
};

/** Parts put together: their months side by side, the tables of a month they share one after the other. */
export const together = (...books: readonly Book[]): Book => {
  const draft: Draft = new Map();
  for (const book of books)
    for (const [month, snapshot] of Object.entries(book))
      for (const table of bookTables) put(draft, month, table, snapshot[table] ?? []);
  return finished(draft);
};

/**
 * A book of one line an account: a row an account, a column a month, a cell an amount, `-` for no line, or an amount
 * followed by `:` and a status.
 */
export const gridOf = (grid: string, usual: Fields = {}): Book => {
  const draft: Draft = new Map();
  for (const { account: customer_id = '', ...cells } of rowsOf(grid))
    for (const [month, cell] of Object.entries(cells)) {
      const [mrr = '', status = 'active'] = cell.split(':');
      const line = usualLine({ customer_id, mrr, status, ...usual }, 0);
      put(draft, month, 'lines', mrr === '' ? [] : [line]);
    }
  return finished(draft);
};
