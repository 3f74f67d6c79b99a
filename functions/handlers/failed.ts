/** Called when a run did not finish: puts on record what no step could, and tells ops what to do. */
import { z } from 'zod';
import { awsMetric, awsStore, awsTopic } from '../compose-aws.ts';
import { sendsUnderWay } from '../deliver.ts';
import { failureText, recordedFailure } from '../failure-text.ts';
import { log, step } from '../lambda-step.ts';
import { runNameSchema, runRequestSchema } from '../run-record.ts';

/** The event of Step Functions, in so far as it is used here. */
const eventSchema = z.object({
  detail: z.object({
    name: runNameSchema,
    status: z.enum(['FAILED', 'TIMED_OUT', 'ABORTED']),
    error: z.string().nullish(),
    cause: z.string().nullish(),
    /** The run's request, as text; absent where it is too long for an event. */
    input: z.string().nullish(),
  }),
});

const requestOf = (input: string | null | undefined) => {
  try {
    return runRequestSchema.parse(JSON.parse(input ?? ''));
  } catch {
    return null;
  }
};

export const handler = step(eventSchema, null, async ({ detail }) => {
  const { name: run, status, error, cause, input } = detail;
  const store = awsStore();
  const failure = await recordedFailure(run, { status, error: error ?? null, cause: cause ?? null }, store);
  const request = requestOf(input);
  // A function that was killed in the middle of a mail could tell nobody.
  const unsure = request?.mail == null ? [] : await sendsUnderWay(request.month, store);
  if (unsure.length > 0) awsMetric('DeliveryUnknown', unsure.length);
  const { subject, text } = failureText(run, failure, unsure);
  await awsTopic().publish(subject, text);
  log({ level: 'INFO', message: 'ops told', run, code: failure.code });
  return { code: failure.code };
});
