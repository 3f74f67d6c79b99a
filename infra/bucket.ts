/** A bucket as all of ours are: private, versioned, TLS only, owner enforced, encrypted and logged. */
import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type IBucket,
  type LifecycleRule,
  type ObjectLockRetention,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

export type PrivateBucketProps = {
  /** Without one S3's own key is used. */
  readonly key: IKey | null;
  /** Where accesses are logged, below the bucket's id. Null for the log bucket itself. */
  readonly logs: Bucket | null;
  readonly removal: RemovalPolicy;
  readonly expires?: LifecycleRule;
  readonly lock?: { readonly objectLockEnabled: true; readonly objectLockDefaultRetention: ObjectLockRetention };
};

export const privateBucket = (scope: Construct, id: string, props: PrivateBucketProps): Bucket =>
  new Bucket(scope, id, {
    ...(props.key === null
      ? { encryption: BucketEncryption.S3_MANAGED }
      : { encryption: BucketEncryption.KMS, encryptionKey: props.key, bucketKeyEnabled: true }),
    // A Bucket is an IBucket; only exactOptionalPropertyTypes does not see it.
    ...(props.logs === null ? {} : { serverAccessLogsBucket: props.logs as IBucket, serverAccessLogsPrefix: `${id}/` }),
    ...props.lock,
    versioned: true,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    removalPolicy: props.removal,
    lifecycleRules: [
      { abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ...(props.expires === undefined ? [] : [props.expires]),
    ],
  });
