/** The lake's tables in the words of the Glue catalog: Hive's types, and Parquet's readers. */
import type { Column, StorageDescriptor } from '@aws-sdk/client-glue';
import { type LakeTable, lakeTables } from '../lake/tables.ts';

export const isLakeTable = (table: string): table is LakeTable => Object.hasOwn(lakeTables, table);

const hiveType = (type: string): string => {
  if (type === 'VARCHAR') return 'string';
  if (type === 'MAP(VARCHAR, VARCHAR)') return 'map<string,string>';
  if (/^(DATE|BOOLEAN|DECIMAL\(\d+,\d+\))$/.test(type)) return type.toLowerCase();
  throw new RangeError(`the lake has no type ${type}`);
};

const hiveColumns = (table: LakeTable): Column[] =>
  Object.entries(lakeTables[table].columns).map(([Name, type]) => ({ Name, Type: hiveType(type) }));

/** A folder of Parquet files as a partition of the table. */
export const parquetIn = (table: LakeTable, location: string): StorageDescriptor => ({
  Columns: hiveColumns(table),
  Location: location,
  InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  SerdeInfo: {
    SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    Parameters: { 'serialization.format': '1' },
  },
});
