/** Brings the month from the billing system into the inbox. Returns `done: false` when it has to be called again to go on. */
import { awsConfig, awsStore, withBilling } from '../compose-aws.ts';
import { step } from '../lambda-step.ts';
import { pullStep } from '../pull-step.ts';
import { stepEventSchema } from '../run-record.ts';

export const handler = step(stepEventSchema, awsStore, async ({ run, request }, call) => {
  const { timeZone } = await awsConfig();
  return withBilling(call, (world) => pullStep(run, request, timeZone, world));
});
