/** A stack that is being looked over, and how what may not be read is told. */
import type { S3Client } from '@aws-sdk/client-s3';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SESClient } from '@aws-sdk/client-ses';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { SNSClient } from '@aws-sdk/client-sns';
import type { Month } from '../core/month.ts';
import { type Check, failure, warn } from '../doctor/check.ts';
import { ReportError } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import { deployAgain } from './deploy-again.ts';
import type { DeployedStack } from './outputs.ts';

export type Examined = DeployedStack & {
  readonly stack: string;
  /** The month whose input and report are looked for. */
  readonly month: Month;
  readonly now: Date;
  readonly store: ObjectStore;
  readonly s3: S3Client;
  readonly sfn: SFNClient;
  readonly ses: SESClient;
  readonly sns: SNSClient;
  readonly secrets: SecretsManagerClient;
};

const refusals = ['AWS_ACCESS_DENIED', 'S3_ACCESS_DENIED', 'S3_KMS'];

/** Whether the caller's rights do not reach. */
export const isRefused = (error: unknown): error is ReportError =>
  error instanceof ReportError && refusals.includes(error.code);

/** One thing looked at with a right of the caller's own. Without it that thing is not known; the others are. */
export const withRight = async (name: string, right: string, work: () => Promise<Check[]>): Promise<Check[]> => {
  try {
    return await work();
  } catch (error) {
    if (isRefused(error))
      return [
        warn(
          name,
          `not known: needs the right ${right}`,
          'Ask whoever owns the account for it, or look in the console.',
        ),
      ];
    return [failure(name, error)];
  }
};

/** How the stack is deployed again; `changes` are settings that are new. */
export const deployedAgain = ({ stack, outputs }: Examined, changes: readonly string[] = []): string =>
  deployAgain(stack, outputs.BillingSource, changes);

/** What a stack of an older version does not say of itself. */
export const notTold = (name: string, what: string, examined: Examined): Check =>
  warn(name, `not known: this stack does not tell ${what}`, `Use this version. ${deployedAgain(examined)}`);
