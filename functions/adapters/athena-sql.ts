/** What is added to a portable query, or taken from it, before Athena gets it. */
import { type LakeTable, lakeTables } from '../lake/tables.ts';

/** Athena takes no more in one statement. */
export const longestStatementBytes = 262_144;

// Strings and quoted names are stepped over: what looks like a comment in them is none.
const tokens = /'[^']*'|"[^"]*"|--[^\n]*/g;

/** The query without its comments, which say nothing to an engine and count as length. */
export const withoutComments = (sql: string): string =>
  sql
    .replace(tokens, (token) => (token.startsWith('--') ? '' : token))
    .replace(/^(\s*\n)+/, '')
    .trimEnd();

/**
 * Writes a query's rows to an empty folder. Each column is cast to the type that the table has in the catalog: a file of
 * another type is one that Athena may refuse to read.
 */
export const unloadSql = (sql: string, table: LakeTable, folder: string): string => {
  const columns = Object.entries(lakeTables[table].columns).map(
    ([name, type]) => `CAST(made."${name}" AS ${type}) AS "${name}"`,
  );
  return `UNLOAD (SELECT ${columns.join(', ')} FROM (\n${sql}\n) AS made) TO '${folder.replaceAll("'", "''")}' WITH (format = 'PARQUET', compression = 'ZSTD')`;
};
