/** `retention doctor --stack`: looks a deployed stack over by requests that only read, and says what is to be put right. */
import type { Month } from '../core/month.ts';
import { type Check, ok, warn } from '../doctor/check.ts';
import type { Diagnosis } from '../doctor/doctor.ts';
import { monthDue } from '../schedule.ts';
import { alarmChecks } from './examine-alarms.ts';
import { keyChecks } from './examine-key.ts';
import { mailChecks } from './examine-mail.ts';
import { monthChecks } from './examine-months.ts';
import { runChecks } from './examine-runs.ts';
import type { Examined } from './examined.ts';
import { reportByDayOf, type StackOutputs } from './outputs.ts';

/** The newest month whose report must be there by now. */
export const dueMonth = (now: Date, outputs: StackOutputs): Month =>
  monthDue(now, outputs.TimeZone ?? 'UTC', reportByDayOf(outputs));

const stackCheck = ({ stack, status, outputs }: Examined): Check => {
  const seen = `${stack} is deployed (${status})${outputs.Version === undefined ? '' : `, version ${outputs.Version}`}`;
  if (status === 'CREATE_COMPLETE' || status === 'UPDATE_COMPLETE') return ok('stack', seen);
  return warn(
    'stack',
    seen,
    status.endsWith('_IN_PROGRESS')
      ? 'Wait until the deployment has ended, then ask the doctor again.'
      : 'The last deployment did not go through: see its events in the console of CloudFormation, and deploy again.',
  );
};

/** Every check of a stack. What the caller's rights do not show is told as not known. */
export const examineStack = async (examined: Examined): Promise<Diagnosis> => ({
  source: examined.stack,
  month: examined.month,
  checks: [
    stackCheck(examined),
    ...(await mailChecks(examined)),
    ...(await alarmChecks(examined)),
    ...(await keyChecks(examined)),
    ...(await runChecks(examined)),
    ...(await monthChecks(examined)),
  ],
});
