/** What a run on AWS is asked to do and what it leaves on record: the words that starter, steps and command line share. */
import { z } from 'zod';
import { isMonth, type Month } from './core/month.ts';
import { blockingGates, gateSchema } from './core/report.ts';
import { parseAddress } from './render/mime.ts';

const month = z.custom<Month>((value) => typeof value === 'string' && isMonth(value), 'must be a month, YYYY-MM');

const address = z.string().refine((text) => {
  try {
    parseAddress(text);
    return true;
  } catch {
    return false;
  }
}, 'must be one e-mail address');

/** Who is mailed: the board (`recipients` of the configuration), those who operate the stack, or addresses. */
export const mailRequestSchema = z.strictObject({
  to: z.union([z.enum(['ops', 'recipients']), z.array(address).min(1).max(50)]),
  resend: z.boolean(),
});

/** The input of an execution. */
export const runRequestSchema = z.strictObject({
  month,
  /** Gates only: nothing is archived, nothing is mailed. */
  check: z.boolean(),
  /** Null for no mail. */
  mail: mailRequestSchema.nullable(),
  /** Asks the billing system for the month again although it was pulled. */
  pullAgain: z.boolean().optional(),
});
export type RunRequest = z.infer<typeof runRequestSchema>;

/** Names a run: the execution's own name. */
export const runNameSchema = z.string().regex(/^[A-Za-z0-9_-]{1,80}$/);

/** What the state machine hands to each step. */
export const stepEventSchema = z.object({ run: runNameSchema, request: runRequestSchema });

/** What ops ask of the starter. `requestId` makes a second call with it the same run. */
export const opsRequestSchema = z.strictObject({
  ...runRequestSchema.shape,
  requestId: z.string().regex(/^[a-zA-Z0-9-]{8,40}$/),
});
export type OpsRequest = z.infer<typeof opsRequestSchema>;

export const startedSchema = z.strictObject({ executionName: z.string(), executionArn: z.string() });
export type Started = z.infer<typeof startedSchema>;

const findingSchema = z.strictObject({
  file: z.string().nullable(),
  line: z.number().nullable(),
  column: z.string().nullable(),
  value: z.string().nullable(),
  problem: z.string(),
});

/** Why a run failed, as the ops mail and the command line tell it. */
export const failureSchema = z.strictObject({
  kind: z.enum(['unexpected', 'usage', 'blocked', 'dependency']),
  code: z.string(),
  message: z.string(),
  hint: z.string(),
  faults: z.array(
    z.strictObject({
      code: z.enum(blockingGates),
      message: z.string(),
      findings: z.array(findingSchema),
      total: z.int(),
    }),
  ),
});
export type Failure = z.infer<typeof failureSchema>;

/** How an execution ended, as Step Functions tells it: name and account of what made it fail. */
export type Ended = {
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly error: string | null;
  readonly cause: string | null;
};

/** How a failure that is thrown on names the call that has its record. */
export const callMark = (requestId: string): string => `(request ${requestId})`;

/** Where a failed call of a run keeps its record: calls side by side each have their own. */
export const failureKey = (run: string, requestId: string): string => `runs/${run}/failures/${requestId}.json`;

/** The record of the failure that ended an execution, by the call that its cause names; null when it names none. */
export const failureKeyOf = (run: string, { cause }: Pick<Ended, 'cause'>): string | null => {
  const [, requestId] = /\(request ([A-Za-z0-9-]{1,80})\)/.exec(cause ?? '') ?? [];
  return requestId === undefined ? null : failureKey(run, requestId);
};

/** What a run did, in so far as it got. */
export const outcomeSchema = z.strictObject({
  month,
  /** Null for a check. */
  archived: z.strictObject({ revision: z.int(), added: z.boolean() }).nullable(),
  gates: z.array(gateSchema),
  deliveries: z.array(
    z.strictObject({
      recipient: z.string(),
      outcome: z.enum(['sent', 'already sent', 'unknown']),
      where: z.string().nullable(),
    }),
  ),
});
export type Outcome = z.infer<typeof outcomeSchema>;

/** Where a run keeps its records in the object store. */
export const runKey = (run: string, file: 'outcome.json' | 'failure.json'): string => `runs/${run}/${file}`;
