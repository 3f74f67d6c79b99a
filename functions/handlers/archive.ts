/** Computes, renders and archives the month that has been measured. */
import { awsConfig, awsMetric, awsStore, withAthenaLedger } from '../compose-aws.ts';
import { step } from '../lambda-step.ts';
import { stepEventSchema } from '../run-record.ts';
import { archiveStep } from '../steps.ts';

export const handler = step(stepEventSchema, awsStore, async ({ run, request }, call) => {
  const config = await awsConfig();
  const { missing, ...archived } = await withAthenaLedger(run, call, (source, world) =>
    archiveStep(run, request, source, config, world),
  );
  awsMetric('ReportIncomplete', missing.length);
  return archived;
});
