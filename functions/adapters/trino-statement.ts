/** One statement on Trino, by its official client: pages of rows as exact text, and failures with their next step. */
import { BasicAuth, type QueryResult, Trino } from 'trino-client';
import { dependencyError } from '../errors.ts';

export type TrinoServer = {
  /** Such as `http://127.0.0.1:8080`, without user or path. */
  readonly url: string;
  readonly user: string;
  /** Trino takes one over https alone. */
  readonly password?: string;
  readonly catalog: string;
  readonly schema: string;
};

export type TrinoColumn = { readonly name: string; readonly type: string };
export type TrinoPage = {
  readonly columns: readonly TrinoColumn[];
  readonly rows: readonly (readonly (string | null)[])[];
};

/** A whole number that the client's JSON made another one of. */
export class LossyNumber extends Error {
  readonly column: string;

  constructor(column: string) {
    super(`column ${column} has whole numbers of more than 15 digits, which Trino's client cannot carry`);
    this.column = column;
  }
}

/** A statement's pages. The columns come with the first page, also where there are no rows; leaving early cancels it. */
export type TrinoStatement = (sql: string) => AsyncGenerator<TrinoPage>;

/** Longer than any month takes, so that a statement that is stuck in a queue ends loudly. */
const longestStatement = '2h';

export const trinoStatement = ({ url, user, password, catalog, schema }: TrinoServer): TrinoStatement => {
  const trino = Trino.create({
    server: url,
    source: 'retention-report',
    catalog,
    schema,
    auth: new BasicAuth(user, password),
    session: { query_max_run_time: longestStatement },
  });

  return async function* pages(sql) {
    let id: string | null = null;
    try {
      const results = await answered(url, () => trino.query(sql));
      for (let ended = false; !ended; ) {
        const { value, done } = await answered(url, () => results.next());
        // The client ends with the last page once more; a statement that failed at once has that page alone.
        const page: QueryResult = value;
        id = page.id;
        if (page.error !== undefined) throw refused(page.error);
        ended = done === true || page.nextUri === undefined;
        if (done !== true && page.columns !== undefined) yield pageOf(page.columns, page.data ?? []);
      }
      id = null;
    } finally {
      if (id !== null) await trino.cancel(id).catch(() => {}); // already gone
    }
  };
};

/** All rows of a statement at once, for small results. */
export const allRows = async (pages: AsyncGenerator<TrinoPage>): Promise<Record<string, string | null>[]> => {
  const rows: Record<string, string | null>[] = [];
  for await (const page of pages)
    for (const row of page.rows)
      rows.push(Object.fromEntries(page.columns.map(({ name }, at) => [name, row[at] ?? null])));
  return rows;
};

const pageOf = (columns: readonly TrinoColumn[], data: readonly unknown[][]): TrinoPage => ({
  columns: columns.map(({ name, type }) => ({ name, type })),
  rows: data.map((row) => columns.map((column, at) => asText(column, row[at]))),
});

const asText = ({ name, type }: TrinoColumn, value: unknown): string | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value; // decimals and days too
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number' && /^(bigint|integer|smallint|tinyint)$/.test(type)) {
    if (!Number.isSafeInteger(value)) throw new LossyNumber(name);
    return `${value}`;
  }
  throw dependencyError(
    'QUERY_FAILED',
    `Trino answers column ${name} as ${type}, which is neither exact text nor a whole number`,
    'Cast the column in the query.',
  );
};

/** The client's own failures carry the request with its password: only what they say is kept. */
const answered = async <T>(url: string, ask: () => Promise<T>): Promise<T> => {
  try {
    return await ask();
  } catch (error) {
    const said = error instanceof Error ? error : new Error(`${error}`);
    const code = 'code' in said && typeof said.code === 'string' ? said.code : '';
    throw dependencyError(
      'QUERY_FAILED',
      `Trino at ${url} did not answer: ${[code, said.message].filter((part) => part !== '').join(', ')}`,
      'Check that the server runs, that its address is right and that the user may log in; then run again.',
    );
  }
};

/** What a person can do, by what Trino says. */
const hints: readonly (readonly [said: RegExp, hint: string])[] = [
  [
    /register_partition procedure is disabled/,
    'Set hive.allow-register-partition-procedure=true in the catalog of Trino.',
  ],
  [/non-managed/, 'Set hive.non-managed-table-writes-enabled=true in the catalog of Trino.'],
  [
    /location does not exist|No such file/,
    'Trino does not see a file of the lake: check the location it was given. Where the lake folder was deleted, drop the schema in Trino (DROP SCHEMA … CASCADE) and run again: both are built anew.',
  ],
  [
    /EXCEEDED|memory|disk/i,
    'Give Trino more memory or time (query.max-memory, query_max_run_time) or fewer queries at a time.',
  ],
];

/** What Trino calls the error, such as `ALREADY_EXISTS`; null when the failure is not of its telling. */
export const trinoErrorName = (error: unknown): string | null =>
  error instanceof Error && error.cause instanceof Error ? error.cause.name : null;

const refused = ({ message, errorName }: NonNullable<QueryResult['error']>) => {
  const [, hint] = hints.find(([said]) => said.test(`${errorName} ${message}`)) ?? [];
  return dependencyError(
    'QUERY_FAILED',
    `Trino refused a query: ${errorName}: ${message}`,
    hint ?? 'Look the query up in the web page of Trino: its failure is told there in full.',
    Object.assign(new Error(message), { name: errorName }),
  );
};
