/** The lake's tables in the words of Hive, which Glue keeps and Athena reads. */
import { type LakeTable, lakeTables } from './tables.ts';

export type HiveColumn = { readonly name: string; readonly type: string };

/** The types that the lake's tables use; RangeError for another. */
export const hiveType = (type: string): string => {
  if (type === 'VARCHAR') return 'string';
  if (type === 'MAP(VARCHAR, VARCHAR)') return 'map<string,string>';
  if (/^(DATE|BOOLEAN|BIGINT|DECIMAL\(\d+,\d+\))$/.test(type)) return type.toLowerCase();
  throw new RangeError(`the lake has no type ${type}`);
};

export const hiveColumns = (table: LakeTable): readonly HiveColumn[] =>
  Object.entries(lakeTables[table].columns).map(([name, type]) => ({ name, type: hiveType(type) }));

export const hiveTables: readonly { readonly name: LakeTable; readonly columns: readonly HiveColumn[] }[] = (
  Object.keys(lakeTables) as LakeTable[]
).map((name) => ({ name, columns: hiveColumns(name) }));
