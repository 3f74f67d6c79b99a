/** The columns of every table are of the types that the lake declares: Hive readers take the declaration's word for it. */
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exactRows } from '../../functions/adapters/duckdb.ts';
import { lakeTables } from '../../functions/lake/tables.ts';
import { renderedQueries } from './rendered.ts';

let instance: DuckDBInstance;
let connection: Awaited<ReturnType<DuckDBInstance['connect']>>;

beforeAll(async () => {
  instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  connection = await instance.connect();
  for (const macro of [
    'CREATE MACRO element_at(entries, name) AS entries[name]',
    'CREATE MACRO array_join(items, separator) AS array_to_string(items, separator)',
  ])
    await connection.run(macro);
  for (const [table, { columns }] of Object.entries(lakeTables)) {
    const declared = Object.entries({ ...columns, month: 'VARCHAR', version: 'VARCHAR' });
    await connection.run(`CREATE TABLE ${table} (${declared.map((column) => column.join(' ')).join(', ')})`);
  }
});
afterAll(() => {
  connection.closeSync();
  instance.closeSync();
});

const tables: Readonly<Record<string, { readonly columns: Readonly<Record<string, string>> }>> = lakeTables;
const made = [...renderedQueries().values()].flatMap((derived) => ('target' in derived ? [derived.query] : []));

// Minor units of no, two and three places: the declaration holds whatever a currency has.
describe.each(['JPY', 'USD', 'KWD'])('in %s', (currency) => {
  it.each(made)('%s', async (query) => {
    const derived = renderedQueries(currency).get(query);
    if (derived === undefined || !('target' in derived)) throw new Error(`${query} makes no table`);
    const described = await exactRows(connection, `DESCRIBE ${derived.sql}`);
    const spelled = (type: string) => type.replaceAll(', ', ',');
    expect(
      Object.fromEntries(described.map(({ column_name, column_type }) => [column_name, spelled(column_type ?? '')])),
    ).toEqual(
      Object.fromEntries(
        Object.entries(tables[derived.target.table]?.columns ?? {}).map(([name, type]) => [name, spelled(type)]),
      ),
    );
  });
});
