/** Results page by page: every value is text as Athena prints it, and NULL is a value that is not there. */
import { type AthenaClient, type ColumnInfo, type Datum, GetQueryResultsCommand } from '@aws-sdk/client-athena';
import type { Row } from '../ports.ts';
import type { Calls } from './athena-calls.ts';

const rowsPerPage = 1000;
const textTypes = new Set(['varchar', 'char', 'string']);

export type ResultColumn = { readonly name: string; readonly text: boolean };

const pageOf = (athena: AthenaClient, { call }: Calls, id: string, limit: number, token: string | undefined) =>
  call(() => athena.send(new GetQueryResultsCommand({ QueryExecutionId: id, MaxResults: limit, NextToken: token })));

const columnsOf = (columns: readonly ColumnInfo[] | undefined): ResultColumn[] => {
  if (columns === undefined || columns.length === 0) throw new TypeError('Athena names no columns of a result');
  return columns.map(({ Name, Type }) => ({ name: Name ?? '', text: textTypes.has((Type ?? '').toLowerCase()) }));
};

/** The columns of a finished SELECT. */
export const resultColumns = async (athena: AthenaClient, calls: Calls, id: string): Promise<ResultColumn[]> => {
  const { ResultSet } = await pageOf(athena, calls, id, 1, undefined);
  return columnsOf(ResultSet?.ResultSetMetadata?.ColumnInfo);
};

/** All rows of a finished SELECT, in its order. */
export const resultRows = async (athena: AthenaClient, calls: Calls, id: string): Promise<Row[]> => {
  const rows: Row[] = [];
  let columns: ResultColumn[] | null = null;
  let token: string | undefined;
  do {
    const page = await pageOf(athena, calls, id, rowsPerPage, token);
    const data = (page.ResultSet?.Rows ?? []).map((row) => row.Data ?? []);
    if (columns === null) {
      columns = columnsOf(page.ResultSet?.ResultSetMetadata?.ColumnInfo);
      // The first row of the first page is the header, and of no other.
      dropHeader(data, columns);
    }
    for (const values of data) rows.push(rowOf(columns, values));
    token = page.NextToken;
  } while (token !== undefined);
  return rows;
};

const dropHeader = (data: (readonly Datum[])[], columns: readonly ResultColumn[]) => {
  const header = data.shift() ?? [];
  if (columns.some(({ name }, at) => header[at]?.VarCharValue !== name))
    throw new TypeError('a result of Athena does not begin with the names of its columns');
};

const rowOf = (columns: readonly ResultColumn[], values: readonly Datum[]): Row => {
  if (values.length !== columns.length)
    throw new TypeError(`a row of Athena has ${values.length} values for ${columns.length} columns`);
  return Object.fromEntries(columns.map(({ name }, at) => [name, values[at]?.VarCharValue ?? null]));
};
