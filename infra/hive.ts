/** The lake's tables as Glue wants them: Hive's names for the types that queries read. */
import { type LakeTable, lakeTables } from '../functions/lake/tables.ts';

export type HiveColumn = { readonly name: string; readonly type: string };

/** The types that the lake's tables use; another one is a fault of ours, found at synth. */
export const hiveType = (type: string): string => {
  const plain = /^(DATE|BOOLEAN|DECIMAL\(\d+,\d+\))$/.exec(type);
  if (plain !== null) return type.toLowerCase();
  if (type === 'VARCHAR') return 'string';
  if (type === 'MAP(VARCHAR, VARCHAR)') return 'map<string,string>';
  throw new RangeError(`the lake has no type ${type}`);
};

export const hiveTables: readonly { readonly name: LakeTable; readonly columns: readonly HiveColumn[] }[] = (
  Object.keys(lakeTables) as LakeTable[]
).map((name) => ({
  name,
  columns: Object.entries(lakeTables[name].columns).map(([column, type]) => ({ name: column, type: hiveType(type) })),
}));
