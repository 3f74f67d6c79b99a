/** Opens a deployed stack: its outputs, the clients of what it consists of, and its buckets as one store. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { s3ObjectStore } from '../adapters/s3-object-store.ts';
import { bucketOf } from '../buckets.ts';
import { linkTo } from '../stack/links.ts';
import { type DeployedStack, readStack } from '../stack/outputs.ts';
import { codeVersion } from '../version.ts';
import type { Place } from './place.ts';
import { safe, type Terminal } from './terminal.ts';

export type StackPlace = Place &
  DeployedStack & {
    readonly stack: string;
    /** Where machines find an object: `s3://bucket/key`. */
    readonly uri: (key: string) => string;
    readonly s3: S3Client;
    readonly lambda: LambdaClient;
    readonly sfn: SFNClient;
  };

// Region and credentials are the usual ones of AWS: environment, profile, role.
const settings = { maxAttempts: 5 };

/** Reads the outputs once, and takes down after `work` what it opened. */
export const withStack = async <T>(
  stack: string,
  { note }: Terminal,
  work: (place: StackPlace) => Promise<T>,
): Promise<T> => {
  const [cloudFormation, s3] = [new CloudFormationClient(settings), new S3Client(settings)];
  const [lambda, sfn] = [new LambdaClient(settings), new SFNClient(settings)];
  const scratch = await mkdtemp(join(tmpdir(), 'retention-stack-'));
  try {
    const deployment = await readStack(cloudFormation, stack);
    const { outputs } = deployment;
    const { Version: deployed = codeVersion } = outputs;
    if (deployed !== codeVersion)
      note(`note: ${stack} runs version ${safe(deployed)}, this command is of version ${codeVersion}`);
    const bucket = bucketOf({
      inbox: outputs.InboxBucket,
      lake: outputs.LakeBucket,
      archive: outputs.ArchiveBucket,
    });
    return await work({
      name: `of the stack ${stack}`,
      option: ` --stack ${stack}`,
      store: s3ObjectStore({ client: s3, bucketOf: bucket, scratch }),
      locate: (key) => linkTo(s3, bucket(key), key),
      uri: (key) => `s3://${bucket(key)}/${key}`,
      ...deployment,
      stack,
      s3,
      lambda,
      sfn,
    });
  } finally {
    for (const client of [cloudFormation, s3, lambda, sfn]) client.destroy();
    await rm(scratch, { recursive: true, force: true });
  }
};
