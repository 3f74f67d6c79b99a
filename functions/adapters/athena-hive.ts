/** A partition of the lake in the words of the Glue catalog. */
import type { StorageDescriptor } from '@aws-sdk/client-glue';
import { hiveColumns } from '../lake/hive.ts';
import { type LakeTable, lakeTables } from '../lake/tables.ts';

export const isLakeTable = (table: string): table is LakeTable => Object.hasOwn(lakeTables, table);

/** A folder of Parquet files as a partition of the table. */
export const parquetIn = (table: LakeTable, location: string): StorageDescriptor => ({
  Columns: hiveColumns(table).map(({ name: Name, type: Type }) => ({ Name, Type })),
  Location: location,
  InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  SerdeInfo: {
    SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
    Parameters: { 'serialization.format': '1' },
  },
});
