/** Runs the gates and has Athena measure the month. Returns `done: false` when it has to be called again to go on. */
import { awsConfig, awsStore, withAthena } from '../compose-aws.ts';
import { ReportError } from '../errors.ts';
import { log, step } from '../lambda-step.ts';
import { stepEventSchema } from '../run-record.ts';
import { measureStep } from '../steps.ts';

export const handler = step(stepEventSchema, awsStore, async ({ run, request }, call) => {
  const config = await awsConfig();
  try {
    await withAthena(run, call, (source, world) => measureStep(run, request, source, config, world));
    return { done: true };
  } catch (error) {
    if (!(error instanceof ReportError) || error.code !== 'QUERY_UNFINISHED') throw error;
    log({ level: 'INFO', message: 'out of time with a query under way: the next call goes on with it' });
    return { done: false };
  }
});
