/**
 * The month as Step Functions runs it, in Amazon States Language. Only keys travel from state to state. Nothing is caught:
 * a redrive goes on at the state that failed, and after a catch that would be the one that only says so.
 */
import type { HandlerName } from './handler-names.ts';

export type StateMachineProps = {
  /** ARN of each function. */
  readonly functionArn: (name: HandlerName) => string;
  readonly timeoutSeconds: number;
  /** Whether each month begins with being pulled from a billing system. */
  readonly pulls: boolean;
};

/** What Lambda says when it is the one to blame; nothing of ours has run. */
const lambdaErrors = [
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.TooManyRequestsException',
];

/** A function that was killed half-way. Every step but the mail may simply run again. */
const killed = ['Lambda.Unknown', 'Sandbox.Timedout', 'Runtime.ExitError', 'Runtime.OutOfMemory'];

const retry = (errors: readonly string[], attempts: number) => ({
  ErrorEquals: errors,
  IntervalSeconds: 2,
  BackoffRate: 2,
  MaxAttempts: attempts,
  MaxDelaySeconds: 60,
  JitterStrategy: 'FULL',
});

const again = [retry(['Dependency', ...lambdaErrors], 4), retry(killed, 2)];

// Another run is archiving the month: it has it for a quarter of an hour at most.
const inTurn = { ErrorEquals: ['Busy'], IntervalSeconds: 60, BackoffRate: 1, MaxAttempts: 20, JitterStrategy: 'FULL' };

// Another run pulls the month, a quarter of an hour a call: whoever waits may wait for as long as a run may take.
const inTurnToPull = { ...inTurn, MaxAttempts: 720 };

// A throttled function has not run. Of any other end of a mailing nobody knows what was sent: that goes to a person.
const mailAgain = [retry(['Lambda.TooManyRequestsException'], 4)];

const run = { 'run.$': '$$.Execution.Name' };
const request = { 'request.$': '$$.Execution.Input' };

/** Concurrent parts of a month: each has a gigabyte or more of memory and disk, and the account has a ceiling. */
const maxConcurrency = 8;

/** The month is pulled, a little with each call. */
const pulling = (functionArn: StateMachineProps['functionArn']) => ({
  Pull: {
    Type: 'Task',
    Resource: functionArn('pull'),
    Parameters: { ...run, ...request },
    ResultPath: '$.pulled',
    Retry: [inTurnToPull, ...again],
    Next: 'IsPulled',
  },
  IsPulled: {
    Type: 'Choice',
    // It stopped before its time ran out; the pages that it kept are not asked for again.
    Choices: [{ Variable: '$.pulled.done', BooleanEquals: false, Next: 'Pull' }],
    Default: 'Validate',
  },
});

export const stateMachine = ({ functionArn, timeoutSeconds, pulls }: StateMachineProps) => ({
  Comment: 'A month from snapshot to mail',
  StartAt: pulls ? 'Pull' : 'Validate',
  TimeoutSeconds: timeoutSeconds,
  States: {
    ...(pulls ? pulling(functionArn) : {}),
    Validate: {
      Type: 'Task',
      Resource: functionArn('validate'),
      Parameters: { ...run, ...request },
      ResultPath: '$.plan',
      Retry: again,
      Next: 'IngestAll',
    },
    IngestAll: {
      Type: 'Map',
      ItemsPath: '$.plan.tasks',
      ItemSelector: { ...run, 'month.$': '$$.Map.Item.Value.month', 'table.$': '$$.Map.Item.Value.table' },
      MaxConcurrency: maxConcurrency,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'INLINE' },
        StartAt: 'Ingest',
        States: { Ingest: { Type: 'Task', Resource: functionArn('ingest'), Retry: again, End: true } },
      },
      ResultPath: null,
      Next: 'Measure',
    },
    Measure: {
      Type: 'Task',
      Resource: functionArn('measure'),
      Parameters: { ...run, ...request },
      ResultPath: '$.measured',
      Retry: again,
      Next: 'IsMeasured',
    },
    IsMeasured: {
      Type: 'Choice',
      Choices: [
        // It stopped before its time ran out; what it finished is not done again.
        { Variable: '$.measured.done', BooleanEquals: false, Next: 'Measure' },
        { Variable: '$.check', BooleanEquals: true, Next: 'Done' },
      ],
      Default: 'Archive',
    },
    Archive: {
      Type: 'Task',
      Resource: functionArn('archive'),
      Parameters: { ...run, ...request },
      ResultPath: '$.archived',
      Retry: [inTurn, ...again],
      Next: 'WantsMail',
    },
    WantsMail: {
      Type: 'Choice',
      Choices: [{ Variable: '$.mail', IsNull: true, Next: 'Done' }],
      Default: 'Deliver',
    },
    Deliver: {
      Type: 'Task',
      Resource: functionArn('deliver'),
      Parameters: { ...run, ...request, 'archived.$': '$.archived' },
      ResultPath: '$.delivered',
      Retry: mailAgain,
      Next: 'Done',
    },
    Done: { Type: 'Succeed' },
  },
});
