/** Starts a run: for the schedule, or for ops. A second call with the same words finds the run already started. */
import { z } from 'zod';
import { awsConfig, awsMachine, awsOpsRecipients } from '../compose-aws.ts';
import type { Config } from '../core/config.ts';
import { log, step } from '../lambda-step.ts';
import { recipientsOf } from '../recipients.ts';
import { type OpsRequest, opsRequestSchema } from '../run-record.ts';
import { scheduledRun } from '../schedule.ts';

const eventSchema = z.union([z.strictObject({ scheduledTime: z.iso.datetime() }), opsRequestSchema]);

/** A schedule makes the report also where nobody is configured to be mailed. */
const scheduled = (time: string, config: Config) => {
  const run = scheduledRun(new Date(time), config.timeZone);
  if (config.recipients.length > 0) return run;
  log({ level: 'WARN', message: 'the configuration has no recipients: the report is archived and not mailed' });
  return { ...run, request: { ...run.request, mail: null } };
};

const asked = ({ requestId, ...request }: OpsRequest) => ({ name: `ops-${request.month}-${requestId}`, request });

export const handler = step(eventSchema, null, async (event) => {
  const config = await awsConfig();
  const { name, request } = 'scheduledTime' in event ? scheduled(event.scheduledTime, config) : asked(event);
  // What cannot be mailed in the end is better not begun.
  if (request.mail !== null) recipientsOf(request.mail, config, awsOpsRecipients());
  const started = await awsMachine().start(name, request);
  log({ level: 'INFO', message: 'started', ...started });
  return started;
});
