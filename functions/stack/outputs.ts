/** What a deployed stack says of itself: where its buckets, its starter and its state machine are. */
import { type CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { ReportError, usageError } from '../errors.ts';
import { asking } from './aws-error.ts';
import { deployAgain } from './deploy-again.ts';

const bucket = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is no name of a bucket');

/** Outputs that the command line uses; the stack has more. */
const outputsSchema = z.object({
  InboxBucket: bucket,
  LakeBucket: bucket,
  ArchiveBucket: bucket,
  StarterFunction: z.string().regex(/^[\w:$./-]{1,170}$/, 'is no name of a function'),
  StateMachineArn: z
    .string()
    .regex(/^arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:[\w-]{1,80}$/, 'is no ARN of a state machine'),
  /** The account that it pulls from; absent where months are uploaded. */
  BillingSource: z.string().max(1000).optional(),
  BillingSecretArn: z.string().max(2048).optional(),
  OpsTopicArn: z.string().max(2048).optional(),
  /** How many addresses were to hear alarms when it was deployed. */
  OpsRecipients: z
    .string()
    .regex(/^\d{1,6}$/)
    .optional(),
  Version: z.string().optional(),
  TimeZone: z.string().optional(),
  /** What it was deployed with, for whoever looks it over; stacks of older versions do not tell it. */
  Sender: z.string().max(320).optional(),
  SenderIdentity: z.string().max(320).optional(),
  /** One of the records that sign its mail; a stack has none where the sender's identity is managed elsewhere. */
  DkimRecord1: z.string().max(1000).optional(),
  BoardRecipients: z
    .string()
    .regex(/^\d{1,6}$/)
    .optional(),
  ReportSchedule: z.string().max(256).optional(),
  ReportByDay: z
    .string()
    .regex(/^\d{1,2}$/)
    .optional(),
});
export type StackOutputs = z.infer<typeof outputsSchema>;

/** The day of the next month by which a report must be there; the usual one where a stack does not say. */
export const reportByDayOf = ({ ReportByDay = '5' }: StackOutputs): number => parseInt(ReportByDay, 10);

export type DeployedStack = {
  readonly outputs: StackOutputs;
  /** As CloudFormation has it: `UPDATE_COMPLETE`. */
  readonly status: string;
  readonly createdAt: Date | null;
};

const stackName = /^[a-zA-Z][a-zA-Z0-9-]{0,127}$/;

const describe = async (client: CloudFormationClient, name: string): Promise<Stack | undefined> => {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName: name }))).Stacks?.[0];
  } catch (error) {
    if (error instanceof Error && /does not exist/.test(error.message)) return undefined;
    throw error;
  }
};

/** Reads a stack. A name that is none, a stack that is not there or is not ours: each with what to do. */
export const readStack = async (client: CloudFormationClient, name: string): Promise<DeployedStack> => {
  if (!stackName.test(name))
    throw usageError(
      `"${name}" is not the name of a stack`,
      'A name has letters, digits and hyphens: --stack retention-report',
    );
  const stack = await asking(`read the stack ${name}`, () => describe(client, name));
  if (stack === undefined)
    throw new ReportError(
      'usage',
      'STACK_MISSING',
      `there is no stack ${name} in this account and region`,
      [
        'See which stacks there are:  aws cloudformation describe-stacks --query "Stacks[].StackName"',
        'Another account or region:   set AWS_PROFILE or AWS_REGION',
        `Not deployed yet:            npx cdk deploy -c stackName=${name}`,
      ].join('\n'),
    );
  const outputs = Object.fromEntries(
    (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
  const parsed = outputsSchema.safeParse(outputs);
  const status = stack.StackStatus ?? 'without a status';
  if (parsed.success) return { outputs: parsed.data, status, createdAt: stack.CreationTime ?? null };
  const lacking = [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))].join(', ');
  throw new ReportError(
    'usage',
    'STACK_UNUSABLE',
    `the stack ${name} (${status}) is not a retention report, or not one of this version: it has no usable ${lacking}`,
    `Check the name. If it is the right stack, use this version. ${deployAgain(name, outputs.BillingSource)}`,
    { cause: parsed.error },
  );
};
