/** The part of the Glue Data Catalog that the lake uses, over its own wire protocol: tables and partitions, first one in wins. */
import { z } from 'zod';
import { hiveTables } from '../../functions/lake/hive.ts';
import { AwsFault, type JsonServer, serveJson } from './fake-athena-wire.ts';

const storage = z.looseObject({
  Columns: z.array(z.object({ Name: z.string(), Type: z.string() })),
  Location: z.string().optional(),
  InputFormat: z.string().optional(),
  SerdeInfo: z.looseObject({ SerializationLibrary: z.string().optional() }).optional(),
});
const partitionInput = z.looseObject({ Values: z.array(z.string().min(1)).length(2), StorageDescriptor: storage });
const inTable = z.object({ DatabaseName: z.string(), TableName: z.string() });
const named = inTable.extend({ PartitionValues: z.array(z.string()) });
const paged = inTable.extend({ NextToken: z.string().optional() });

type Entry = z.infer<typeof partitionInput>;
type Table = { readonly columns: readonly { Name: string; Type: string }[]; readonly partitions: Map<string, Entry> };

export type FakeGlue = JsonServer & {
  /** The next so many requests for one partition are too many. */
  throttle: number;
  /** Every action asked for, with its table. */
  readonly asked: { readonly action: string; readonly table: string }[];
  /** The folders of a table's partitions. */
  locations(table: string): string[];
  /** Drops every partition. */
  reset(): void;
};

const parquet = {
  InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
};
const partitionsPerPage = 100;

/** A catalog with the lake's tables, as the stack makes them. */
export const startFakeGlue = async (database: string, port?: number): Promise<FakeGlue> => {
  const tables = new Map<string, Table>(
    hiveTables.map(({ name, columns }) => [
      name,
      { columns: columns.map((column) => ({ Name: column.name, Type: column.type })), partitions: new Map() },
    ]),
  );
  const keyOf = (values: readonly string[]) => JSON.stringify(values);
  const tableOf = (input: { DatabaseName: string; TableName: string }): Table => {
    const table = input.DatabaseName === database ? tables.get(input.TableName) : undefined;
    if (table === undefined) throw new AwsFault('EntityNotFoundException', `Table ${input.TableName} not found.`);
    return table;
  };
  const shown = (name: string, table: Table) => ({
    Name: name,
    DatabaseName: database,
    TableType: 'EXTERNAL_TABLE',
    PartitionKeys: ['month', 'version'].map((key) => ({ Name: key, Type: 'string' })),
    StorageDescriptor: { Columns: table.columns, Location: `s3://lake/lake/${name}/`, ...parquet },
  });
  const create = (table: Table, entry: Entry) => {
    if (table.partitions.has(keyOf(entry.Values)))
      throw new AwsFault('AlreadyExistsException', 'Partition already exists.');
    table.partitions.set(keyOf(entry.Values), entry);
  };

  const actions: Readonly<Record<string, (input: unknown) => unknown>> = {
    GetTable(input) {
      const { DatabaseName, Name } = z.object({ DatabaseName: z.string(), Name: z.string() }).parse(input);
      return { Table: shown(Name, tableOf({ DatabaseName, TableName: Name })) };
    },
    GetTables(input) {
      const { DatabaseName } = z.object({ DatabaseName: z.string() }).parse(input);
      const all = DatabaseName === database ? [...tables] : [];
      return { TableList: all.map(([name, table]) => shown(name, table)) };
    },
    GetPartition(input) {
      const asked = named.parse(input);
      const entry = tableOf(asked).partitions.get(keyOf(asked.PartitionValues));
      if (entry === undefined) throw new AwsFault('EntityNotFoundException', 'Partition not found.');
      return { Partition: { ...entry, DatabaseName: database, TableName: asked.TableName } };
    },
    GetPartitions(input) {
      const asked = paged.parse(input);
      const from = parseInt(asked.NextToken ?? '0', 10);
      const entries = [...tableOf(asked).partitions.values()];
      const next = from + partitionsPerPage;
      return {
        Partitions: entries.slice(from, next),
        ...(next < entries.length ? { NextToken: `${next}` } : {}),
      };
    },
    CreatePartition(input) {
      const asked = inTable.extend({ PartitionInput: partitionInput }).parse(input);
      create(tableOf(asked), asked.PartitionInput);
    },
    BatchCreatePartition(input) {
      const asked = inTable.extend({ PartitionInputList: z.array(partitionInput) }).parse(input);
      const table = tableOf(asked);
      const errors = asked.PartitionInputList.flatMap((entry) => {
        try {
          create(table, entry);
          return [];
        } catch {
          return [{ PartitionValues: entry.Values, ErrorDetail: { ErrorCode: 'AlreadyExistsException' } }];
        }
      });
      return { Errors: errors };
    },
    DeletePartition(input) {
      const asked = named.parse(input);
      if (!tableOf(asked).partitions.delete(keyOf(asked.PartitionValues)))
        throw new AwsFault('EntityNotFoundException', 'Partition not found.');
    },
  };

  const asked: { action: string; table: string }[] = [];
  const server = await serveJson({
    port,
    async act(action, input) {
      asked.push({ action, table: inTable.safeParse(input).data?.TableName ?? '' });
      if (fake.throttle > 0 && /^(Get|Create)Partition$/.test(action)) {
        fake.throttle -= 1;
        throw new AwsFault('ThrottlingException', 'Rate exceeded');
      }
      const known = actions[action];
      if (known === undefined) throw new AwsFault('UnknownOperationException', action);
      return known(input);
    },
  });
  const fake: FakeGlue = {
    ...server,
    throttle: 0,
    asked,
    reset() {
      for (const { partitions } of tables.values()) partitions.clear();
      asked.length = 0;
      fake.throttle = 0;
    },
    locations: (table) =>
      [...(tables.get(table)?.partitions.values() ?? [])].map((entry) => entry.StorageDescriptor.Location ?? ''),
  };
  return fake;
};
