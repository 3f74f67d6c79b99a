/** Where a month lies while it is worked on: inbox, lake and query results, and the catalog that names the tables. */
import { Aws, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { hiveTables } from '../functions/lake/hive.ts';
import { privateBucket } from './bucket.ts';

export type DataLakeProps = {
  readonly database: string;
  readonly resultsExpireDays: number;
  readonly removal: RemovalPolicy;
};

export class DataLake extends Construct {
  readonly key: Key;
  readonly inbox: Bucket;
  readonly lake: Bucket;
  readonly results: Bucket;
  readonly logs: Bucket;
  readonly database: string;

  constructor(scope: Construct, id: string, { database, resultsExpireDays, removal }: DataLakeProps) {
    super(scope, id);
    this.key = new Key(this, 'Key', {
      description: 'Data on its way to the report: inbox, lake, query results, the billing source secret',
      enableKeyRotation: true,
      removalPolicy: removal,
    });
    // S3 delivers access logs only to buckets that it encrypts with its own key.
    this.logs = privateBucket(this, 'Logs', {
      key: null,
      logs: null,
      removal,
      expires: { expiration: Duration.days(400), noncurrentVersionExpiration: Duration.days(1) },
    });
    const kept = { key: this.key, logs: this.logs, removal };
    this.inbox = privateBucket(this, 'Inbox', {
      ...kept,
      expires: { noncurrentVersionExpiration: Duration.days(400) },
    });
    this.lake = privateBucket(this, 'Lake', { ...kept, expires: { noncurrentVersionExpiration: Duration.days(30) } });
    this.results = privateBucket(this, 'Results', {
      ...kept,
      expires: { expiration: Duration.days(resultsExpireDays), noncurrentVersionExpiration: Duration.days(1) },
    });
    this.database = database;
    // The catalog holds names only and is made again from the lake, so it goes with the stack.
    const glueDatabase = new CfnDatabase(this, 'Database', {
      catalogId: Aws.ACCOUNT_ID,
      databaseInput: { name: database, description: 'Tables of the retention report' },
    });
    for (const { name, columns } of hiveTables)
      new CfnTable(this, `Table-${name}`, {
        catalogId: Aws.ACCOUNT_ID,
        databaseName: database,
        tableInput: {
          name,
          tableType: 'EXTERNAL_TABLE',
          // Partitions are published one by one, first wins: no projection, which would show unfinished ones.
          parameters: { EXTERNAL: 'TRUE', classification: 'parquet' },
          partitionKeys: [
            { name: 'month', type: 'string' },
            { name: 'version', type: 'string' },
          ],
          storageDescriptor: {
            columns: [...columns],
            location: `s3://${this.lake.bucketName}/lake/${name}/`,
            inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
            outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
            serdeInfo: { serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
          },
        },
      }).addResourceDependency(glueDatabase);
  }
}
