/** What the template says about data: buckets, keys, the archive's lock, the catalog, the workgroup, the secret. */
import { describe, expect, it } from 'vitest';
import { hiveType } from '../../functions/lake/hive.ts';
import { synthesize } from './synthesize.ts';

const stack = synthesize({ billingSource: 'stripe:' });
const bucketNames = ['DataInbox', 'DataLake', 'DataResults', 'DataLogs', 'ArchiveReports'] as const;
const bucket = (name: string) => stack.one('AWS::S3::Bucket', name);
const keyArn = (part: string) => stack.arn(stack.one('AWS::KMS::Key', part).id);

describe.each(bucketNames)('the bucket %s', (name) => {
  const { properties, deletionPolicy, id } = bucket(name);

  it('lets nobody in from outside', () => {
    expect(properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
  });
  it('has one owner', () => {
    expect(properties.OwnershipControls).toEqual({ Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] });
  });
  it('keeps what is overwritten', () => {
    expect(properties.VersioningConfiguration).toEqual({ Status: 'Enabled' });
  });
  it('outlives the stack', () => expect(deletionPolicy).toBe('Retain'));
  it('clears away uploads that were never finished', () => {
    expect(properties.LifecycleConfiguration).toMatchObject({
      Rules: expect.arrayContaining([
        expect.objectContaining({ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 }, Status: 'Enabled' }),
      ]),
    });
  });
  it('is spoken to by TLS alone', () => {
    const policy = stack.all('AWS::S3::BucketPolicy').find((one) => one.properties.Bucket === id.toLowerCase());
    expect(policy?.properties.PolicyDocument).toMatchObject({
      Statement: expect.arrayContaining([
        expect.objectContaining({
          Effect: 'Deny',
          Action: 's3:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      ]),
    });
  });
});

it.each([
  ['DataInbox', 'DataKey'],
  ['DataLake', 'DataKey'],
  ['DataResults', 'DataKey'],
  ['ArchiveReports', 'ArchiveKey'],
])('%s is encrypted by %s, with a bucket key, and logged', (name, key) => {
  expect(bucket(name).properties).toMatchObject({
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        {
          BucketKeyEnabled: true,
          ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: keyArn(key) },
        },
      ],
    },
    LoggingConfiguration: { DestinationBucketName: bucket('DataLogs').id.toLowerCase() },
  });
});

it('the log bucket is encrypted by S3, which delivers logs to no other', () => {
  expect(bucket('DataLogs').properties.BucketEncryption).toEqual({
    ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
  });
});

it.each(['DataKey', 'ArchiveKey', 'OpsKey'])('%s is turned over every year and outlives the stack', (key) => {
  const { properties, deletionPolicy } = stack.one('AWS::KMS::Key', key);
  expect([properties.EnableKeyRotation, deletionPolicy]).toEqual([true, 'Retain']);
});

it('query results expire', () => {
  expect(bucket('DataResults').properties.LifecycleConfiguration).toMatchObject({
    Rules: expect.arrayContaining([expect.objectContaining({ ExpirationInDays: 30 })]),
  });
});

it.each(['ArchiveReports', 'DataLake', 'DataInbox'])('nothing current in %s ever expires', (name) => {
  expect(JSON.stringify(bucket(name).properties.LifecycleConfiguration)).not.toContain('ExpirationInDays');
});

describe('the lock of the archive', () => {
  const lockOf = (stackOf: typeof stack) => {
    const { ObjectLockEnabled, ObjectLockConfiguration } = stackOf.one('AWS::S3::Bucket', 'ArchiveReports').properties;
    return { ObjectLockEnabled, ObjectLockConfiguration };
  };
  const locked = (Mode: string, Days: number) => ({
    ObjectLockEnabled: true,
    ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode, Days } } },
  });

  it('is GOVERNANCE for seven years unless told otherwise', () => {
    expect(lockOf(stack)).toEqual(locked('GOVERNANCE', 2557));
  });
  it('is COMPLIANCE when asked for', () => {
    const strict = synthesize({ archiveLock: 'COMPLIANCE', archiveRetentionDays: '3650' });
    expect(lockOf(strict)).toEqual(locked('COMPLIANCE', 3650));
  });
  it('can be left off', () => {
    expect(lockOf(synthesize({ archiveLock: 'NONE' }))).toEqual({});
  });
});

it('a stack for trying out takes its data with it', () => {
  const stackForTrying = synthesize({ removal: 'destroy' });
  const kept = stackForTrying.resources.filter(({ deletionPolicy }) => deletionPolicy === 'Retain');
  expect(kept.map(({ id }) => id)).toEqual([]);
});

describe('the catalog', () => {
  const table = (name: string) =>
    stack.all('AWS::Glue::Table').find(({ properties }) => JSON.stringify(properties).includes(`"Name":"${name}"`))
      ?.properties.TableInput;

  it('has the columns of a table in their order, by Hive types', () => {
    expect(table('customers')).toMatchObject({
      StorageDescriptor: {
        Columns: [
          { Name: 'customer_id', Type: 'string' },
          { Name: 'name', Type: 'string' },
          { Name: 'account_id', Type: 'string' },
          { Name: 'attributes', Type: 'map<string,string>' },
        ],
      },
    });
  });
  it('reads Parquet below the lake', () => {
    expect(table('lines')).toMatchObject({
      TableType: 'EXTERNAL_TABLE',
      StorageDescriptor: {
        Location: `s3://${bucket('DataLake').id.toLowerCase()}/lake/lines/`,
        InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
        SerdeInfo: { SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe' },
      },
    });
  });
  it('is partitioned by month, then version', () => {
    expect(table('book')).toMatchObject({
      PartitionKeys: [
        { Name: 'month', Type: 'string' },
        { Name: 'version', Type: 'string' },
      ],
    });
  });
  it('projects no partitions, which would show unfinished ones', () => {
    expect(JSON.stringify(stack.all('AWS::Glue::Table'))).not.toContain('projection');
  });
  it.each([
    ['VARCHAR', 'string'],
    ['DECIMAL(18,4)', 'decimal(18,4)'],
    ['DATE', 'date'],
    ['BOOLEAN', 'boolean'],
    ['MAP(VARCHAR, VARCHAR)', 'map<string,string>'],
  ])('spells %s as %s', (type, hive) => expect(hiveType(type)).toBe(hive));
  it('takes no type that it does not know', () => expect(() => hiveType('DOUBLE')).toThrow('DOUBLE'));
});

describe('the workgroup', () => {
  const settings = stack.one('AWS::Athena::WorkGroup').properties.WorkGroupConfiguration;

  it('pins the engine', () => {
    expect(settings).toMatchObject({ EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' } });
  });
  it('cannot be talked out of its settings', () => {
    expect(settings).toMatchObject({ EnforceWorkGroupConfiguration: true });
  });
  it('encrypts what it writes', () => {
    expect(settings).toMatchObject({
      ResultConfiguration: {
        EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: keyArn('DataKey') },
        OutputLocation: `s3://${bucket('DataResults').id.toLowerCase()}/queries/`,
      },
    });
  });
  it('stops a query that reads too much', () => {
    expect(settings).toMatchObject({ BytesScannedCutoffPerQuery: 200_000_000_000 });
  });
  it('is measured', () => expect(settings).toMatchObject({ PublishCloudWatchMetricsEnabled: true }));
});

it('the billing secret is encrypted by our key and outlives the stack', () => {
  const { properties, deletionPolicy } = stack.one('AWS::SecretsManager::Secret', 'Billing');
  expect([properties.KmsKeyId, deletionPolicy]).toEqual([keyArn('DataKey'), 'Retain']);
  // An empty key until people put theirs there, and never one in the template.
  expect(properties.GenerateSecretString).toMatchObject({ SecretStringTemplate: '{"apiKey":""}' });
  expect(properties.SecretString).toBeUndefined();
});
