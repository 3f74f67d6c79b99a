/** What the template says about work: the functions, the order of the steps, what is tried again, and when it starts. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type HandlerName, handlerNames } from '../../infra/handler-names.ts';
import { synthesize } from './synthesize.ts';

const billingSource = 'stripe:?parent=group';
const stack = synthesize({ opsRecipients: 'ops@example.com, oncall@example.com', billingSource });
const one = (name: HandlerName) =>
  stack.all('AWS::Lambda::Function').find(({ id }) => new RegExp(`^Functions${name}[0-9A-F]{8}$`).test(id));
const propertiesOf = (name: HandlerName) => one(name)?.properties ?? {};
const functionArn = (name: HandlerName) => stack.arn(one(name)?.id ?? name);

describe('the functions', () => {
  it.each<[HandlerName, { MemorySize: number; Timeout: number; disk: number; layers: number }]>([
    ['starter', { MemorySize: 512, Timeout: 60, disk: 512, layers: 0 }],
    ['pull', { MemorySize: 3008, Timeout: 900, disk: 10_240, layers: 0 }],
    ['validate', { MemorySize: 512, Timeout: 300, disk: 512, layers: 0 }],
    ['ingest', { MemorySize: 3008, Timeout: 900, disk: 10_240, layers: 1 }],
    ['measure', { MemorySize: 1024, Timeout: 900, disk: 512, layers: 0 }],
    ['archive', { MemorySize: 3008, Timeout: 900, disk: 10_240, layers: 2 }],
    ['deliver', { MemorySize: 512, Timeout: 900, disk: 512, layers: 0 }],
    ['failed', { MemorySize: 512, Timeout: 60, disk: 512, layers: 0 }],
    ['watch', { MemorySize: 512, Timeout: 60, disk: 512, layers: 0 }],
  ])('%s has room and time', (name, { disk, layers, ...rest }) => {
    const properties = propertiesOf(name);
    expect(properties).toMatchObject({ ...rest, EphemeralStorage: { Size: disk } });
    expect(z.array(z.string()).default([]).parse(properties.Layers)).toHaveLength(layers);
  });

  it.each<[HandlerName, readonly string[]]>([
    ['starter', ['OPS_RECIPIENTS', 'STATE_MACHINE_ARN']],
    ['pull', ['BILLING_SECRET', 'BILLING_SOURCE', 'INBOX_BUCKET', 'LAKE_BUCKET']],
    ['validate', ['INBOX_BUCKET', 'LAKE_BUCKET']],
    ['ingest', ['INBOX_BUCKET', 'LAKE_BUCKET']],
    [
      'measure',
      ['ARCHIVE_BUCKET', 'ATHENA_WORKGROUP', 'GLUE_DATABASE', 'INBOX_BUCKET', 'LAKE_BUCKET', 'RESULTS_BUCKET'],
    ],
    [
      'archive',
      [
        'ARCHIVE_BUCKET',
        'ATHENA_WORKGROUP',
        'GLUE_DATABASE',
        'INBOX_BUCKET',
        'LAKE_BUCKET',
        'METRIC_NAMESPACE',
        'RESULTS_BUCKET',
      ],
    ],
    [
      'deliver',
      [
        'ARCHIVE_BUCKET',
        'LAKE_BUCKET',
        'METRIC_NAMESPACE',
        'OPS_RECIPIENTS',
        'SES_CONFIGURATION_SET',
        'SES_IDENTITY_ARN',
      ],
    ],
    ['failed', ['LAKE_BUCKET', 'METRIC_NAMESPACE', 'OPS_TOPIC_ARN']],
    ['watch', ['ARCHIVE_BUCKET', 'METRIC_NAMESPACE', 'REPORT_BY_DAY']],
  ])('%s is told what it needs', (name, variables) => {
    const { Variables } = z
      .object({ Variables: z.record(z.string(), z.unknown()) })
      .parse(propertiesOf(name).Environment);
    expect(Object.keys(Variables).sort()).toEqual(variables);
  });

  it.each(handlerNames)('%s runs on Node 24, from its bundle', (name) => {
    expect(propertiesOf(name)).toMatchObject({
      Runtime: 'nodejs24.x',
      Handler: 'functions/queries/index.handler',
      Architectures: ['x86_64'],
    });
  });

  it('run on arm64 where that is asked for, layer and all', () => {
    const arm = synthesize({ architecture: 'arm64' });
    const architectures = [
      ...arm.all('AWS::Lambda::Function').map(({ properties }) => properties.Architectures),
      ...arm.all('AWS::Lambda::LayerVersion').map(({ properties }) => properties.CompatibleArchitectures),
    ];
    expect(new Set(architectures.flat())).toEqual(new Set(['arm64']));
  });

  it('write logs that expire and are encrypted', () => {
    const key = stack.arn(stack.one('AWS::KMS::Key', 'OpsKey').id);
    const logs = stack
      .all('AWS::Logs::LogGroup')
      .map(({ properties }) => [properties.RetentionInDays, properties.KmsKeyId]);
    expect(logs.length).toBeGreaterThan(handlerNames.length);
    expect(logs.filter(([days, id]) => days !== 365 || id !== key)).toEqual([]);
  });

  it('leave a letter when the starter cannot start', () => {
    expect(stack.one('AWS::Lambda::EventInvokeConfig', 'starter').properties).toMatchObject({
      FunctionName: one('starter')?.id,
      DestinationConfig: { OnFailure: { Destination: stack.arn(stack.one('AWS::SQS::Queue').id) } },
    });
  });
});

const machine = stack.one('AWS::StepFunctions::StateMachine').properties;

const retrySchema = z.object({ ErrorEquals: z.array(z.string()), MaxAttempts: z.number(), JitterStrategy: z.string() });
const stateSchema = z.object({
  Type: z.string(),
  Resource: z.string().optional(),
  Next: z.string().optional(),
  Default: z.string().optional(),
  ResultPath: z.string().nullable().optional(),
  MaxConcurrency: z.number().optional(),
  Parameters: z.record(z.string(), z.string()).optional(),
  ItemSelector: z.record(z.string(), z.string()).optional(),
  Choices: z.array(z.looseObject({ Variable: z.string(), Next: z.string() })).optional(),
  Retry: z.array(retrySchema).default([]),
  Catch: z.array(z.object({ ErrorEquals: z.array(z.string()), ResultPath: z.string(), Next: z.string() })).default([]),
  ErrorPath: z.string().optional(),
  CausePath: z.string().optional(),
});
const { States: states, ...definition } = z
  .object({ StartAt: z.string(), TimeoutSeconds: z.number(), States: z.record(z.string(), stateSchema) })
  .parse(JSON.parse(z.string().parse(machine.DefinitionString)));
const ingest = stateSchema.parse(
  z
    .object({
      States: z.object({
        IngestAll: z.object({ ItemProcessor: z.object({ States: z.record(z.string(), z.unknown()) }) }),
      }),
    })
    .parse(JSON.parse(z.string().parse(machine.DefinitionString))).States.IngestAll.ItemProcessor.States.Ingest,
);

type State = z.infer<typeof stateSchema>;

const next = (state: State | undefined, answers: Readonly<Record<string, unknown>>): string | undefined =>
  state?.Choices?.find(({ Variable, BooleanEquals, IsNull }) =>
    IsNull === true ? answers[Variable] === null : answers[Variable] === BooleanEquals,
  )?.Next ??
  state?.Default ??
  state?.Next;

/** The states that an input with these answers passes through. */
const walk = (answers: Readonly<Record<string, unknown>>): readonly string[] => {
  const path: string[] = [];
  for (let at: string | undefined = definition.StartAt; at !== undefined && path.length < 30; ) {
    path.push(at);
    at = next(states[at], answers);
  }
  return path;
};

describe('the state machine', () => {
  it('is STANDARD: executions have names, and last', () => expect(machine.StateMachineType).toBe('STANDARD'));
  it('ends after six hours', () => expect(definition.TimeoutSeconds).toBe(6 * 3600));
  it('logs all, without the addresses in its input', () => {
    expect(machine.LoggingConfiguration).toMatchObject({ Level: 'ALL', IncludeExecutionData: false });
  });
  it('is traced', () => expect(machine.TracingConfiguration).toEqual({ Enabled: true }));

  it('mails a month that is asked to be mailed', () => {
    expect(walk({ '$.measured.done': true, '$.check': false, '$.mail': {} })).toEqual([
      'Pull',
      'IsPulled',
      'Validate',
      'IngestAll',
      'Measure',
      'IsMeasured',
      'Archive',
      'WantsMail',
      'Deliver',
      'Done',
    ]);
  });
  it('archives without mail', () => {
    expect(walk({ '$.measured.done': true, '$.check': false, '$.mail': null }).slice(-3)).toEqual([
      'Archive',
      'WantsMail',
      'Done',
    ]);
  });
  it('neither archives nor mails a check', () => {
    expect(walk({ '$.measured.done': true, '$.check': true, '$.mail': {} }).slice(-2)).toEqual(['IsMeasured', 'Done']);
  });
  it('goes on measuring until it is done', () => {
    const path = walk({ '$.measured.done': false, '$.check': true, '$.mail': null });
    expect(path.slice(4, 8)).toEqual(['Measure', 'IsMeasured', 'Measure', 'IsMeasured']);
  });

  it('goes on pulling until the month is there', () => {
    const path = walk({ '$.pulled.done': false });
    expect(path.slice(0, 5)).toEqual(['Pull', 'IsPulled', 'Pull', 'IsPulled', 'Pull']);
  });

  it.each<[string, HandlerName]>([
    ['Pull', 'pull'],
    ['Validate', 'validate'],
    ['Measure', 'measure'],
    ['Archive', 'archive'],
    ['Deliver', 'deliver'],
  ])('%s calls %s', (state, name) => expect(states[state]?.Resource).toBe(functionArn(name)));

  it('ingests eight parts at a time', () => {
    expect([states.IngestAll?.MaxConcurrency, ingest.Resource]).toEqual([8, functionArn('ingest')]);
  });
  it('hands each part its run, month and table, and nothing else', () => {
    expect(states.IngestAll?.ItemSelector).toEqual({
      'run.$': '$$.Execution.Name',
      'month.$': '$$.Map.Item.Value.month',
      'table.$': '$$.Map.Item.Value.table',
    });
  });
  it('keeps no result of ingesting: only keys travel', () => expect(states.IngestAll?.ResultPath).toBeNull());
  it.each(['Pull', 'Validate', 'Measure', 'Archive', 'Deliver'])('%s is given the request as it came in', (state) => {
    expect(states[state]?.Parameters).toMatchObject({
      'run.$': '$$.Execution.Name',
      'request.$': '$$.Execution.Input',
    });
  });
  it('hands the mailing what was archived', () => {
    expect(states.Deliver?.Parameters?.['archived.$']).toBe('$.archived');
  });

  it.each(['Pull', 'Validate', 'IngestAll', 'Measure', 'Archive', 'Deliver'])(
    'a redrive goes on at %s: nothing is caught',
    (state) => {
      expect(states[state]?.Catch).toEqual([]);
    },
  );
  it('has no state that only fails: a redrive would go on there', () => {
    expect(Object.values(states).filter(({ Type }) => Type === 'Fail')).toEqual([]);
  });

  const retried = (state: z.infer<typeof stateSchema> | undefined) =>
    state?.Retry.flatMap(({ ErrorEquals }) => ErrorEquals) ?? [];
  it.each([
    ['Pull', states.Pull],
    ['Validate', states.Validate],
    ['Ingest', ingest],
    ['Measure', states.Measure],
    ['Archive', states.Archive],
  ])('%s is tried again after a dependency, Lambda, or its own life failed', (_name, state) => {
    expect(retried(state)).toEqual(
      expect.arrayContaining([
        'Dependency',
        'Lambda.ServiceException',
        'Lambda.TooManyRequestsException',
        'Lambda.Unknown',
      ]),
    );
  });
  it('archiving waits its turn for longer than another run can take', () => {
    expect(retried(states.Archive)[0]).toBe('Busy');
    expect(states.Archive?.Retry[0]?.MaxAttempts).toBeGreaterThan(16);
  });
  it('pulling waits its turn for as long as a run may take', () => {
    expect(retried(states.Pull)[0]).toBe('Busy');
    // A wait is thirty seconds on the average.
    expect((states.Pull?.Retry[0]?.MaxAttempts ?? 0) * 30).toBeGreaterThanOrEqual(definition.TimeoutSeconds);
  });
  it('no retry is in step with others', () => {
    const strategies = [...Object.values(states), ingest].flatMap(({ Retry }) =>
      Retry.map((one) => one.JitterStrategy),
    );
    expect(new Set(strategies)).toEqual(new Set(['FULL']));
  });
  it('nothing is tried again after a gate has blocked', () => {
    const errors = [...Object.values(states), ingest].flatMap(retried);
    expect(errors.filter((error) => error === 'States.ALL' || error === 'States.TaskFailed')).toEqual([]);
  });
  it('a mailing is tried again only where it cannot have begun', () => {
    expect(retried(states.Deliver)).toEqual(['Lambda.TooManyRequestsException']);
  });
});

describe('an execution that ends badly', () => {
  const rule = stack.one('AWS::Events::Rule').properties;

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED'])('%s is told to the function that tells ops', (status) => {
    expect(rule.EventPattern).toMatchObject({
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { status: expect.arrayContaining([status]) },
    });
    expect(rule.Targets).toMatchObject([{ Arn: functionArn('failed') }]);
  });
  it('of this machine alone', () => {
    expect(rule.EventPattern).toMatchObject({
      detail: { stateMachineArn: [stack.arn(stack.one('AWS::StepFunctions::StateMachine').id)] },
    });
  });
  it('and not one that succeeded', () => {
    expect(JSON.stringify(rule.EventPattern)).not.toMatch(/SUCCEEDED|RUNNING/);
  });
  it('leaves a letter where nobody could be told', () => {
    const letters = stack.all('AWS::Lambda::EventInvokeConfig').map(({ properties }) => properties.FunctionName);
    expect(letters).toContain(one('failed')?.id);
  });
});

describe('the schedules', () => {
  const monthly = stack.one('AWS::Scheduler::Schedule', 'Monthly').properties;
  const watch = stack.one('AWS::Scheduler::Schedule', 'Watch').properties;

  it('report on the third at seven', () => expect(monthly.ScheduleExpression).toBe('cron(0 7 3 * ? *)'));
  it('report when the context says', () => {
    const later = synthesize({ reportDay: '5', reportHour: '18', reportByDay: '8' });
    expect(later.one('AWS::Scheduler::Schedule', 'Monthly').properties.ScheduleExpression).toBe('cron(0 18 5 * ? *)');
  });
  it.each([
    ['the report', monthly],
    ['the watch', watch],
  ])('%s keeps the reporting time zone', (_name, { ScheduleExpressionTimezone }) => {
    expect(ScheduleExpressionTimezone).toBe('Europe/Berlin');
  });
  it('look several times a day', () => expect(watch.ScheduleExpression).toBe('cron(30 1,7,13,19 * * ? *)'));
  it('start exactly then', () => expect(monthly.FlexibleTimeWindow).toEqual({ Mode: 'OFF' }));
  it('start the starter, with the time that was meant', () => {
    expect(monthly.Target).toMatchObject({
      Arn: functionArn('starter'),
      Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}',
      RoleArn: stack.arn(stack.one('AWS::IAM::Role', 'ScheduleRole').id),
    });
  });
  it('start the watch', () => expect(watch.Target).toMatchObject({ Arn: functionArn('watch') }));
  it('try again for hours, then leave a letter', () => {
    expect(monthly.Target).toMatchObject({
      RetryPolicy: { MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 20 },
      DeadLetterConfig: { Arn: stack.arn(stack.one('AWS::SQS::Queue').id) },
    });
  });
});

describe('the outputs', () => {
  it.each([
    'InboxBucket',
    'LakeBucket',
    'ArchiveBucket',
    'ResultsBucket',
    'StarterFunction',
    'StateMachineArn',
    'GlueDatabase',
    'AthenaWorkgroup',
    'OpsTopicArn',
    'BoardPackPolicyArn',
    'DmarcRecord',
    'BillingSource',
    'BillingSecretArn',
    'TimeZone',
    'Version',
    'Sender',
    'SenderIdentity',
    'BoardRecipients',
    'ReportSchedule',
    'ReportByDay',
  ])('tell %s', (name) => {
    expect(stack.outputs.get(name)).toEqual(expect.stringMatching(/./));
  });
  it('tell how many are to hear alarms', () => expect(stack.outputs.get('OpsRecipients')).toBe('2'));
  it('tell the time zone as it is configured', () => expect(stack.outputs.get('TimeZone')).toBe('Europe/Berlin'));
  it('tell the account as it was deployed, and where its key has its place', () => {
    expect(stack.outputs.get('BillingSource')).toBe(billingSource);
    expect(stack.outputs.get('BillingSecretArn')).toBe(stack.arn(stack.one('AWS::SecretsManager::Secret').id));
  });
  it('tell when the report is made, as the scheduler has it', () => {
    const monthly = stack.all('AWS::Scheduler::Schedule').map(({ properties }) => properties.ScheduleExpression);
    expect(monthly).toContain(stack.outputs.get('ReportSchedule'));
  });
  it('name the archive, and not another bucket', () => {
    expect(stack.outputs.get('ArchiveBucket')).toBe(stack.one('AWS::S3::Bucket', 'ArchiveReports').id.toLowerCase());
  });
});

describe('a stack without a billing system', () => {
  const plain = synthesize();

  it('has no function that pulls, and no secret to pay for', () => {
    const names = plain.all('AWS::Lambda::Function').map(({ id }) => id);
    expect(names).toHaveLength(handlerNames.length - 1);
    expect(names.filter((name) => name.startsWith('Functionspull'))).toEqual([]);
    expect(plain.all('AWS::SecretsManager::Secret')).toEqual([]);
    expect([plain.outputs.has('BillingSource'), plain.outputs.has('BillingSecretArn')]).toEqual([false, false]);
  });
  it('begins with what lies in the inbox', () => {
    const text = z.string().parse(plain.one('AWS::StepFunctions::StateMachine').properties.DefinitionString);
    const { StartAt, States } = z
      .object({ StartAt: z.string(), States: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse(text));
    expect([StartAt, Object.keys(States).filter((name) => /pull/i.test(name))]).toEqual(['Validate', []]);
  });
});

it('two stacks of an account share no name', () => {
  const other = synthesize({ stackName: 'retention-Test2' });
  const names = (of: typeof stack) => [
    of.outputs.get('GlueDatabase'),
    of.outputs.get('AthenaWorkgroup'),
    of.one('AWS::Scheduler::ScheduleGroup').properties.Name,
    of.one('AWS::CloudWatch::Dashboard').properties.DashboardName,
  ];
  expect(names(other)).toEqual(['retention_test2', 'retention-Test2', 'retention-Test2', 'retention-Test2']);
  expect(names(stack).filter((name) => names(other).includes(name))).toEqual([]);
});
