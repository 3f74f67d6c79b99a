/**
 * What a role may do, written by hand: exact actions on exact resources.
 *
 * The grant methods of CDK give more than is needed: deletes, retention, every version of a function.
 */
import { Aws, type CfnElement, Stack, Validations } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';

/** Statements, and the wildcards in them as cdk-nag names them. */
export type Access = {
  readonly statements: readonly PolicyStatement[];
  readonly wildcards: readonly { readonly id: string; readonly reason: string }[];
};

type Conditions = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

export const allow = (actions: readonly string[], resources: readonly string[], conditions?: Conditions): Access => ({
  statements: [
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: [...actions],
      resources: [...resources],
      ...(conditions === undefined ? {} : { conditions: { ...conditions } }),
    }),
  ],
  wildcards: [],
});

const below = (actions: readonly string[], bucket: Bucket, prefixes: readonly string[]): Access => {
  const logicalId = Stack.of(bucket).getLogicalId(bucket.node.defaultChild as CfnElement);
  return {
    ...allow(
      actions,
      prefixes.map((prefix) => bucket.arnForObjects(`${prefix}*`)),
    ),
    wildcards: prefixes.map((prefix) => ({
      id: `Resource::<${logicalId}.Arn>/${prefix}*`,
      reason: 'Keys below one prefix of one bucket, whose names are made at run time.',
    })),
  };
};

/** Without s3:ListBucket on the whole bucket S3 answers 403, not 404, for a key that is absent. */
export const list = (bucket: Bucket): Access => allow(['s3:ListBucket'], [bucket.bucketArn]);
export const read = (bucket: Bucket, ...prefixes: readonly string[]): Access =>
  below(['s3:GetObject'], bucket, prefixes);
/** Writes, whole or in parts. Never deletes: nothing of ours does. */
export const write = (bucket: Bucket, ...prefixes: readonly string[]): Access =>
  below(['s3:PutObject', 's3:AbortMultipartUpload'], bucket, prefixes);
/** What Athena does in the caller's name beyond reading and writing. */
export const athenaIn = (bucket: Bucket, prefix: string): readonly Access[] => [
  allow(['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], [bucket.bucketArn]),
  below(['s3:ListMultipartUploadParts'], bucket, [prefix]),
];

/** A key, through one service only. */
export const decrypt = (key: IKey, service: string): Access => viaService(key, service, ['kms:Decrypt']);
export const encrypt = (key: IKey, service: string): Access =>
  viaService(key, service, ['kms:Decrypt', 'kms:GenerateDataKey']);
const viaService = (key: IKey, service: string, actions: readonly string[]) =>
  allow(actions, [key.keyArn], { StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.amazonaws.com` } });

/** The ARN of a log group stands for its streams. */
export const logTo = (group: ILogGroup): Access =>
  allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [group.logGroupArn]);

export type RoleProps = {
  readonly service: string;
  readonly description: string;
  readonly access: readonly Access[];
  readonly trust?: Conditions;
};

export const accessDocument = (access: readonly Access[]) =>
  new PolicyDocument({ statements: access.flatMap(({ statements }) => statements) });

/** Accepts, one by one, the wildcards that statements cannot do without. */
export const acknowledgeWildcards = (target: Construct, access: readonly Access[]): void => {
  const reasons = new Map(access.flatMap(({ wildcards }) => wildcards.map(({ id, reason }) => [id, reason] as const)));
  for (const [id, reason] of reasons) Validations.of(target).acknowledge({ id: `AwsSolutions-IAM5[${id}]`, reason });
};

export const roleFor = (scope: Construct, id: string, { service, description, access, trust }: RoleProps): Role => {
  const principal = new ServicePrincipal(service);
  const role = new Role(scope, id, {
    description,
    assumedBy: trust === undefined ? principal : principal.withConditions({ ...trust }),
    inlinePolicies: { access: accessDocument(access) },
  });
  acknowledgeWildcards(role, access);
  return role;
};
