/** Last step of a run that failed: tells ops what went wrong and what to do about it. */
import { z } from 'zod';
import { awsStore, awsTopic } from '../compose-aws.ts';
import { failureText, recordedFailure } from '../failure-text.ts';
import { log, step } from '../lambda-step.ts';
import { stepEventSchema } from '../run-record.ts';

const eventSchema = stepEventSchema.extend({
  request: z.unknown(),
  error: z.object({ Error: z.string().default('States.Unknown'), Cause: z.string().default('') }),
});

export const handler = step(eventSchema, null, async ({ run, error }) => {
  const failure = await recordedFailure(run, error, awsStore());
  const { subject, text } = failureText(run, failure);
  await awsTopic().publish(subject, text);
  log({ level: 'INFO', message: 'ops told', code: failure.code });
  return { code: failure.code, message: failure.message.slice(0, 4_000) };
});
