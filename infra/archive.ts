/** What boards read, kept for years: revisions nobody can change, and a policy that can do nothing but read them. */
import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type Bucket, ObjectLockRetention } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type Access, accessDocument, acknowledgeWildcards, allow, decrypt, read } from './access.ts';
import { privateBucket } from './bucket.ts';
import type { Settings } from './settings.ts';

export type ArchiveProps = {
  readonly lock: Settings['archiveLock'];
  readonly retentionDays: number;
  readonly logs: Bucket;
  readonly removal: RemovalPolicy;
};

const lockOf = (mode: Exclude<Settings['archiveLock'], 'NONE'>, days: number) => ({
  objectLockEnabled: true as const,
  objectLockDefaultRetention:
    mode === 'COMPLIANCE'
      ? ObjectLockRetention.compliance(Duration.days(days))
      : ObjectLockRetention.governance(Duration.days(days)),
});

export class Archive extends Construct {
  readonly bucket: Bucket;
  readonly key: Key;
  readonly boardPackPolicy: ManagedPolicy;

  constructor(scope: Construct, id: string, { lock, retentionDays, logs, removal }: ArchiveProps) {
    super(scope, id);
    // A key of its own, so that whoever reads board packs can decrypt nothing else.
    this.key = new Key(this, 'Key', {
      description: 'The archive of retention reports',
      enableKeyRotation: true,
      removalPolicy: removal,
    });
    this.bucket = privateBucket(this, 'Reports', {
      key: this.key,
      logs,
      removal,
      ...(lock === 'NONE' ? {} : { lock: lockOf(lock, retentionDays) }),
    });
    const access: readonly Access[] = [
      read(this.bucket, 'archive/'),
      allow(['s3:ListBucket'], [this.bucket.bucketArn], { StringLike: { 's3:prefix': ['archive/', 'archive/*'] } }),
      decrypt(this.key, 's3'),
    ];
    this.boardPackPolicy = new ManagedPolicy(this, 'BoardPackPolicy', {
      description: 'Reads the archive of retention reports, and nothing else',
      document: accessDocument(access),
    });
    acknowledgeWildcards(this.boardPackPolicy, access);
  }
}
