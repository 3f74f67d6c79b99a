/** Called when a run has ended without its report: puts on record what no step could, and tells ops what to do. */
import { z } from 'zod';
import { awsStore, awsTopic } from '../compose-aws.ts';
import { failureText, recordedFailure } from '../failure-text.ts';
import { log, step } from '../lambda-step.ts';
import { runNameSchema } from '../run-record.ts';

/** The event of Step Functions, in so far as it is used here. */
const eventSchema = z.object({
  detail: z.object({
    name: runNameSchema,
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
});

export const handler = step(eventSchema, null, async ({ detail }) => {
  const { name: run, status, error, cause } = detail;
  const failure = await recordedFailure(run, { status, error: error ?? null, cause: cause ?? null }, awsStore());
  const { subject, text } = failureText(run, failure);
  await awsTopic().publish(subject, text);
  log({ level: 'INFO', message: 'ops told', run, code: failure.code });
  return { code: failure.code };
});
