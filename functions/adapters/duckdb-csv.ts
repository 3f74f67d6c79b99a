/** CSV as people open it: RFC 4180, LF, nothing for NULL, and no cell that a spreadsheet would run. */
import type { DuckDBInstance } from '@duckdb/node-api';
import { quoted, quotedPath } from './duckdb.ts';

/** A column of a result; only `text` can hold a formula, a number never does. */
export type CsvColumn = { readonly name: string; readonly text: boolean };

/** Writes the rows of `from` (a table, or a query in brackets), in their order, to a new file. */
export const copyToCsv = (from: string, columns: readonly CsvColumn[], path: string): string => {
  const cells = columns.map(({ name, text }) => {
    const cell = quotedName(name);
    return text ? `${withoutFormula(cell)} AS ${cell}` : cell;
  });
  return `COPY (SELECT ${cells.join(', ')} FROM ${from}) TO ${quoted(path)} (FORMAT csv, PRESERVE_ORDER true, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"')`;
};

/** The longest row of a result that can be read back. */
const longestRowBytes = 32 * 1024 * 1024;

/**
 * Turns another engine's result, a CSV with a header and every value in quotes, into the file that DuckDB itself would
 * write of the same rows. Each cell is taken as it stands: nothing is guessed of numbers, days or line ends.
 */
export const duckdbCsvWriter =
  (instance: DuckDBInstance) =>
  async (result: string, columns: readonly CsvColumn[], path: string): Promise<void> => {
    const types = columns.map(({ name }) => `${quoted(name)}: 'VARCHAR'`);
    // Rows with line ends inside quotes are only sure to be read right, and in order, from the first byte on.
    const rows = `read_csv(${quotedPath(result)}, columns = {${types.join(', ')}}, auto_detect = false, header = true,
      delim = ',', quote = '"', escape = '"', new_line = '\\n', nullstr = '', parallel = false, null_padding = false,
      ignore_errors = false, max_line_size = ${longestRowBytes}, buffer_size = ${2 * longestRowBytes})`;
    const connection = await instance.connect();
    try {
      await connection.run(copyToCsv(rows, columns, path));
    } finally {
      connection.closeSync();
    }
  };

const quotedName = (name: string) => `"${name.replaceAll('"', '""')}"`;

// A spreadsheet runs a cell that begins with tab, CR, + - = or @. A cell that has the apostrophe itself gets a second one, so
// that the first can be taken off again; an empty cell is NULL, so that it is written without quotes.
// All of these come before A, and most cells after it: one comparison settles them.
const withoutFormula = (cell: string) =>
  `CASE WHEN ${cell} >= 'A' THEN ${cell} WHEN ${cell} = '' THEN NULL WHEN ascii(${cell}) IN (9, 13, 43, 45, 61, 64) THEN '''' || ${cell} WHEN ascii(${cell}) = 39 AND regexp_matches(${cell}, '^''+[=+@\\t\\r-]') THEN '''' || ${cell} ELSE ${cell} END`;
