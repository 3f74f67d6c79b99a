/** Starts a run: for the schedule, or for ops. A second call with the same words finds the run already started. */
import { z } from 'zod';
import { awsConfig, awsMachine } from '../compose-aws.ts';
import { log, step } from '../lambda-step.ts';
import { opsRequestSchema } from '../run-record.ts';
import { scheduledRun } from '../schedule.ts';

const eventSchema = z.union([z.strictObject({ scheduledTime: z.iso.datetime() }), opsRequestSchema]);

export const handler = step(eventSchema, null, async (event) => {
  const { name, request } =
    'scheduledTime' in event
      ? scheduledRun(new Date(event.scheduledTime), (await awsConfig()).timeZone)
      : (({ requestId, ...request }) => ({ name: `ops-${request.month}-${requestId}`, request }))(event);
  const started = await awsMachine().start(name, request);
  log({ level: 'INFO', message: 'started', ...started });
  return started;
});
