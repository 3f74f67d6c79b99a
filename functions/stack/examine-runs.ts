/** Whether a stack's schedule starts its runs, and how the last one ended. */
import { DescribeExecutionCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { type Check, ok, warn } from '../doctor/check.ts';
import { scheduledName } from '../schedule.ts';
import { dayOf } from '../sources/billing/calendar.ts';
import { isAhead, startOfRun } from './awaited.ts';
import { asking } from './aws-error.ts';
import { type Examined, isRefused, notTold, withRight } from './examined.ts';
import { executionArnOf } from './follow.ts';
import { failureOf } from './record.ts';

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

const scheduled = async (examined: Examined): Promise<Check[]> => {
  const { sfn, stack, month, createdAt, outputs } = examined;
  const { ReportSchedule: expression, TimeZone: timeZone = 'UTC', StateMachineArn: machine } = outputs;
  const start = expression === undefined ? null : startOfRun(month, expression);
  if (expression === undefined || start === null) return [notTold('schedule', 'its schedule', examined)];
  const name = scheduledName(month);
  const each = `${expression} in ${timeZone}`;
  const run = await asking('look for the scheduled run', async () => {
    try {
      return await sfn.send(new DescribeExecutionCommand({ executionArn: executionArnOf(machine, name) }));
    } catch (error) {
      if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return null;
      throw error;
    }
  });
  if (run !== null) {
    const on = run.startDate === undefined ? '' : ` on ${dayOf(seconds(run.startDate), timeZone)}`;
    return [ok('schedule', `${each}: it started ${name}${on}`)];
  }
  const { day: due } = start;
  if (isAhead(examined)) return [ok('schedule', `${each}: it will start ${name} on ${due}`)];
  if (createdAt !== null && dayOf(seconds(createdAt), timeZone) >= due)
    return [ok('schedule', `${each}: it has had no run of ${month} to start, ${stack} is younger`)];
  return [
    warn(
      'schedule',
      `${each}: there is no ${name}, which it should have started on ${due}; runs are kept for 90 days`,
      `See in the console of EventBridge Scheduler that the schedules of the group ${stack} are enabled, and what lies in its dead-letter queue.`,
    ),
  ];
};

const last = async ({ sfn, store, stack, outputs }: Examined): Promise<Check[]> => {
  const { executions = [] } = await asking('list the runs', () =>
    sfn.send(new ListExecutionsCommand({ stateMachineArn: outputs.StateMachineArn, maxResults: 1 })),
  );
  const [newest] = executions;
  const { name, status, executionArn } = newest ?? {};
  if (name === undefined || status === undefined) return [ok('last run', 'there has been no run in the last 90 days')];
  const follow = `retention follow --stack ${stack} --execution ${name}`;
  if (status === 'SUCCEEDED') return [ok('last run', `${name} ended well`)];
  if (status !== 'FAILED' && status !== 'TIMED_OUT' && status !== 'ABORTED')
    return [ok('last run', `${name} is at work: ${follow}`)];
  const { error, cause } = await asking('ask how the last run ended', () =>
    sfn.send(new DescribeExecutionCommand({ executionArn })),
  );
  const ended = { status, error: error ?? null, cause: cause ?? null };
  const { code, message, hint } = await failureOf(store, name, ended).catch((error: unknown) => {
    if (!isRefused(error)) throw error;
    // What the run left on record says more, where it may be read.
    return failureOf({ get: async () => null }, name, ended);
  });
  // A message quotes places of the source, which it lists one a line.
  const [first = ''] = message.split('\n');
  const told = first.startsWith(`${code}: `) ? first : `${code}: ${first}`;
  return [warn('last run', `${name} ended as ${status}: ${told}`, `${hint.split('\n')[0]} All of it: ${follow}`)];
};

export const runChecks = async (examined: Examined): Promise<Check[]> => [
  ...(await withRight('schedule', 'states:DescribeExecution', () => scheduled(examined))),
  ...(await withRight('last run', 'states:ListExecutions', () => last(examined))),
];
