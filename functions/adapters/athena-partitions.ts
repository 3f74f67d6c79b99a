/**
 * Which partitions there are: the Glue catalog says so, and S3 must still have their files.
 *
 * A partition whose files are gone would be read as one without rows, and nobody would notice.
 */
import {
  CreatePartitionCommand,
  GetPartitionCommand,
  type GlueClient,
  type Partition as GluePartition,
} from '@aws-sdk/client-glue';
import { HeadObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { dependencyError } from '../errors.ts';
import { type LakeTable, partitionKey } from '../lake/tables.ts';
import type { Partition } from '../ports.ts';
import { type Calls, isNamed } from './athena-calls.ts';
import { isLakeTable, parquetIn } from './athena-hive.ts';

export type AthenaPartitionsOptions = {
  readonly glue: GlueClient;
  readonly s3: S3Client;
  readonly calls: Calls;
  readonly database: string;
  readonly bucket: string;
};

/** Written by the loader, which knows nothing of catalogs: whoever reads them first enters them. */
const sourceTables: ReadonlySet<string> = new Set([
  'lines',
  'customers',
  'cancellations',
  'payments',
  'opportunities',
] satisfies LakeTable[]);

/** The number of files that a derived partition was published with. */
const filesParameter = 'retention.files';
const emptyMarker = '_empty';

const folderKey = (partition: Partition) => partitionKey(partition).replace(/[^/]*$/, '');

export const athenaPartitions = ({ glue, s3, calls, database, bucket }: AthenaPartitionsOptions) => {
  const { call } = calls;
  const root = `s3://${bucket}/`;
  /** Seen complete by this engine: stored partitions never change. */
  const complete = new Set<string>();

  const entryOf = async ({ table, month, version }: Partition): Promise<GluePartition | null> => {
    try {
      const found = await call(() =>
        glue.send(
          new GetPartitionCommand({ DatabaseName: database, TableName: table, PartitionValues: [month, version] }),
        ),
      );
      return found.Partition ?? null;
    } catch (error) {
      if (isNamed(error, 'EntityNotFoundException')) return null;
      throw error;
    }
  };

  /** Enters a partition; false when somebody has done so before. */
  const enter = async (partition: Partition, location: string, files: number): Promise<boolean> => {
    const { table, month, version } = partition;
    if (!isLakeTable(table)) throw new RangeError(`the lake has no table ${table}`);
    try {
      await call(() =>
        glue.send(
          new CreatePartitionCommand({
            DatabaseName: database,
            TableName: table,
            PartitionInput: {
              Values: [month, version],
              StorageDescriptor: parquetIn(table, location),
              Parameters: { [filesParameter]: `${files}`, classification: 'parquet' },
            },
          }),
        ),
      );
      return true;
    } catch (error) {
      if (isNamed(error, 'AlreadyExistsException')) return false;
      if (!isNamed(error, 'EntityNotFoundException')) throw error;
      throw dependencyError(
        'CATALOG_INCOMPLETE',
        `the Glue database ${database} has no table ${table}`,
        'Deploy the stack again: it makes the tables of the catalog.',
        error,
      );
    }
  };

  /** Files of a folder that an engine would read, and whether there is anything at all. */
  const listed = async (prefix: string): Promise<{ files: number; any: boolean }> => {
    let [files, any] = [0, false];
    let token: string | undefined;
    do {
      const page = await call(() =>
        s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token })),
      );
      for (const { Key = '' } of page.Contents ?? []) {
        any = true;
        if (!/^[_.]/.test(Key.slice(prefix.length))) files += 1;
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
    return { files, any };
  };

  const exists = async (key: string): Promise<boolean> => {
    try {
      await call(() => s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key })));
      return true;
    } catch (error) {
      if (isNamed(error, 'NotFound', 'NoSuchKey')) return false;
      throw error;
    }
  };

  const isSource = ({ table }: Partition) => sourceTables.has(table);

  const incomplete = (partition: Partition, hint: string) =>
    dependencyError('LAKE_INCOMPLETE', `the lake has no ${folderKey(partition)}`, hint);

  const restoreHint =
    'Restore its files from the earlier versions that the lake bucket keeps, then run the month again.';

  /** Makes sure that the catalog has a partition and S3 all its files. */
  const check = async (partition: Partition): Promise<void> => {
    const entry = await entryOf(partition);
    if (entry === null) {
      if (!isSource(partition))
        throw incomplete(partition, 'Run the month again: tables that are missing are built anew.');
      if (!(await exists(partitionKey(partition)))) throw incomplete(partition, restoreHint);
      await enter(partition, `${root}${folderKey(partition)}`, 1);
      return;
    }
    const location = entry.StorageDescriptor?.Location ?? '';
    const { files } = await listed(location.slice(root.length));
    if (!location.startsWith(root) || `${files}` !== entry.Parameters?.[filesParameter])
      throw incomplete(
        partition,
        isSource(partition)
          ? restoreHint
          : `Delete the partition ${partition.month}, ${partition.version} of ${database}.${partition.table} in Glue, then run the month again: it is built anew.`,
      );
  };

  return {
    has: async (partition: Partition): Promise<boolean> =>
      (await entryOf(partition)) !== null || (isSource(partition) && (await exists(partitionKey(partition)))),

    /** Makes sure that a query finds what it reads. */
    async ensure(reads: readonly Partition[]): Promise<void> {
      await Promise.all(
        reads.map(async (read) => {
          const key = partitionKey(read);
          if (complete.has(key)) return;
          await check(read);
          complete.add(key);
        }),
      );
    },

    /** The folder of one attempt to make a partition: `s3://…/`. */
    attemptFolder: (partition: Partition, attempt: string): string =>
      `${root}${folderKey(partition)}attempt=${attempt}/`,

    /** Whether anything at all stands in an attempt's folder. */
    async isEmpty(folder: string): Promise<boolean> {
      return !(await listed(folder.slice(root.length))).any;
    },

    /** Makes the files of one attempt the partition, unless another was first: then that one is. */
    async publish(partition: Partition, folder: string): Promise<void> {
      const prefix = folder.slice(root.length);
      const { files } = await listed(prefix);
      // No rows, no file; an object that readers skip makes the folder one that is there.
      if (files === 0)
        await call(() =>
          s3.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}${emptyMarker}`, Body: new Uint8Array() })),
        );
      await enter(partition, folder, files);
    },
  };
};
