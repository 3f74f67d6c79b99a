/** First step: what the inbox has up to the month, and which of it no run has read yet. */
import { awsConfig, awsStore, withInbox } from '../compose-aws.ts';
import { log, step } from '../lambda-step.ts';
import { stepEventSchema } from '../run-record.ts';
import { tasksOf } from '../steps.ts';

export const handler = step(stepEventSchema, awsStore, ({ request }) =>
  withInbox(async (source, store) => {
    for (const message of source.warnings) log({ level: 'WARN', message });
    return { tasks: await tasksOf(request.month, source, await awsConfig(), store) };
  }),
);
