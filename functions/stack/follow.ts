/** Follows an execution until it ends. */
import { setTimeout as wait } from 'node:timers/promises';
import { DescribeExecutionCommand, GetExecutionHistoryCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { ReportError } from '../errors.ts';
import type { Progress } from '../ports.ts';
import type { Ended } from '../run-record.ts';
import { asking } from './aws-error.ts';
import { watchSteps } from './execution-steps.ts';

const firstWaitMs = 250;
const longestWaitMs = 3000;

/** The ARN of an execution of the state machine. */
export const executionArnOf = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/** Reads on in an execution's history where the last call stopped. */
const openHistory = (client: SFNClient, executionArn: string) => {
  const steps = watchSteps();
  let page: string | undefined;
  let last = 0;
  return async () => {
    for (;;) {
      const { events = [], nextToken } = await client.send(
        new GetExecutionHistoryCommand({
          executionArn,
          maxResults: 1000,
          ...(page === undefined ? {} : { nextToken: page }),
        }),
      );
      for (const event of events) {
        if ((event.id ?? 0) <= last) continue;
        last = event.id ?? last;
        steps.take(event);
      }
      // The last page has no successor yet: it is read again until it has one.
      if (nextToken === undefined) return steps.shown();
      page = nextToken;
    }
  };
};

const describe = async (client: SFNClient, executionArn: string) => {
  try {
    return await client.send(new DescribeExecutionCommand({ executionArn }));
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ExecutionDoesNotExist') throw error;
    throw new ReportError(
      'usage',
      'RUN_UNKNOWN',
      `the stack has no run ${executionArn.slice(executionArn.lastIndexOf(':') + 1)}`,
      'Runs are called scheduled-2026-10 or ops-2026-10-…; they are kept for 90 days.',
      { cause: error },
    );
  }
};

/** Tells the steps of an execution as they come, and how it ended. */
export const followExecution = async (client: SFNClient, executionArn: string, progress: Progress): Promise<Ended> => {
  const steps = openHistory(client, executionArn);
  return asking('follow the run', async () => {
    for (let pause = firstWaitMs; ; pause = Math.min(longestWaitMs, pause * 1.5)) {
      const { status, error, cause } = await describe(client, executionArn);
      if (status !== undefined && status !== 'RUNNING' && status !== 'PENDING_REDRIVE')
        return { status, error: error ?? null, cause: cause ?? null };
      const { task, done, total } = await steps();
      progress(task, done, total);
      await wait(pause);
    }
  });
};
