/** Portable queries: plain .sql files with `:name` parameters, filled with checked, typed literals for every engine alike. */
import { readFileSync } from 'node:fs';

/** The queries that a report is made of. */
export const reportQueryNames = [
  'book',
  'book-total',
  'cells',
  'customer-month',
  'failed-payments',
  'families',
  'first-seen',
  'movement-evidence',
  'movement-ids',
  'movement-opportunities',
  'movements',
  'stale-customers',
  'top-movers',
  'traced',
  'unknown-customers',
  'window-accounts',
] as const;

/** The queries that look a source over and have no part in a report. */
export const doctorQueryNames = [
  'accounts-without-segments',
  'crm-export',
  'crm-ids-on-lines',
  'crm-strangers',
  'unknown-reasons',
] as const;

export const queryNames = [...reportQueryNames, ...doctorQueryNames] as const;
export type QueryName = (typeof queryNames)[number];

/** The text of a query, as written. */
export const queryText = (name: QueryName): string => {
  const text = texts.get(name) ?? readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8');
  texts.set(name, text);
  return text;
};

const texts = new Map<QueryName, string>();

/**
 * A parameter: text or null, a whole number, a list for IN, rows for VALUES, or columns of a SELECT (each followed by a comma).
 * Values become text literals, whatever they hold; columns are names of ours, checked by form.
 */
export type SqlValue =
  | { readonly text: string | null }
  | { readonly digits: number }
  | { readonly list: readonly string[] }
  | { readonly rows: readonly (readonly (string | null)[])[] }
  | { readonly columns: readonly string[] };

export type SqlParameters = Readonly<Record<string, SqlValue>>;

export const text = (value: string | null): SqlValue => ({ text: value });
export const digits = (value: number): SqlValue => ({ digits: value });
export const list = (values: readonly string[]): SqlValue => ({ list: values });
export const columns = (names: readonly string[]): SqlValue => ({ columns: names });
export const rows = (values: readonly (readonly (string | null)[])[]): SqlValue => ({ rows: values });

const literal = (value: string | null): string => {
  if (value === null) return 'CAST(NULL AS VARCHAR)';
  if (value.includes('\0')) throw new RangeError('a query parameter holds a NUL character');
  return `'${value.replaceAll("'", "''")}'`;
};

const rendered = (name: string, value: SqlValue): string => {
  if ('text' in value) return literal(value.text);
  if ('digits' in value) {
    if (!Number.isSafeInteger(value.digits) || value.digits < 0) throw new RangeError(`:${name} is not a whole number`);
    return `${value.digits}`;
  }
  // No list and no VALUES may be empty: a value that nothing equals stands in.
  if ('list' in value) return `(${(value.list.length > 0 ? value.list : ['']).map(literal).join(', ')})`;
  if ('columns' in value) {
    const foreign = value.columns.find((column) => !/^[a-z_]+(_\d)?(\.[a-z_]+(_\d)?)?$/.test(column));
    if (foreign !== undefined) throw new RangeError(`:${name} cannot be the column ${foreign}`);
    return value.columns.map((column) => `${column},`).join(' ');
  }
  if (value.rows.length === 0) throw new RangeError(`:${name} has no rows`);
  return value.rows.map((row) => `(${row.map(literal).join(', ')})`).join(', ');
};

// Strings, quoted names and comments are stepped over; only then can a colon start a parameter.
const tokens = /'(?:[^']|'')*'|"[^"]*"|--[^\n]*|:([a-z][a-z0-9_]*)/g;

/** Fills a query's parameters. Throws RangeError when one is missing or is not used. */
export const renderSql = (query: string, parameters: SqlParameters): string => {
  const unused = new Set(Object.keys(parameters));
  const sql = query.replace(tokens, (token: string, name: string | undefined) => {
    if (name === undefined) return token;
    const value = parameters[name];
    if (value === undefined) throw new RangeError(`the query needs :${name}`);
    unused.delete(name);
    return rendered(name, value);
  });
  if (unused.size > 0) throw new RangeError(`the query has no :${[...unused].join(', :')}`);
  return sql;
};
