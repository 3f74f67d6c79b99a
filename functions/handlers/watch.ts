/** Every day: is the report that is due archived? Silence counts as no, in the alarm that reads this. */
import { z } from 'zod';
import { archivedMonths } from '../archive.ts';
import { awsClock, awsConfig, awsMetric, awsReportByDay, awsStore } from '../compose-aws.ts';
import { log, step } from '../lambda-step.ts';
import { monthDue } from '../schedule.ts';

export const handler = step(z.unknown(), null, async () => {
  const { timeZone } = await awsConfig();
  const due = monthDue(awsClock.now(), timeZone, awsReportByDay());
  const months: readonly string[] = await archivedMonths(awsStore());
  const onTime = months.includes(due);
  awsMetric('ReportOnTime', onTime ? 1 : 0);
  log({ level: onTime ? 'INFO' : 'WARN', message: onTime ? 'the report is there' : 'the report is late', month: due });
  return {};
});
