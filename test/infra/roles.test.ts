/** Each role: what it must do is allowed, and what it must not is denied. */
import { describe, expect, it } from 'vitest';
import { lakeTables } from '../../functions/lake/tables.ts';
import type { HandlerName } from '../../infra/handler-names.ts';
import { account, region } from './resolve.ts';
import { isAllowed, policiesOf, type Request } from './simulate.ts';
import { synthesize, testSender } from './synthesize.ts';

const stack = synthesize({ billingSource: 'stripe:?parent=group' });
const idOf = (type: string, part: string) => stack.one(type, part).id;
const bucket = (part: string) => stack.arn(idOf('AWS::S3::Bucket', part));
const key = (part: string) => stack.arn(idOf('AWS::KMS::Key', part));
const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;

const inbox = bucket('DataInbox');
const lake = bucket('DataLake');
const results = bucket('DataResults');
const logs = bucket('DataLogs');
const archive = bucket('ArchiveReports');
const reports = `${archive}/archive/month=2026-10`;
const secret = stack.arn(idOf('AWS::SecretsManager::Secret', 'Billing'));
const topic = stack.arn(idOf('AWS::SNS::Topic', 'Ops'));
const deadLetters = stack.arn(idOf('AWS::SQS::Queue', 'DeadLetters'));
const machine = stack.arn(idOf('AWS::StepFunctions::StateMachine', 'Machine'));
const functionArn = (name: HandlerName) => stack.arn(stack.all('AWS::Lambda::Function', `Functions${name}`)[0]!.id);
const workgroup = arn('athena', 'workgroup/retention');
const glueTables = [
  arn('glue', 'catalog'),
  arn('glue', 'database/retention'),
  ...Object.keys(lakeTables).map((table) => arn('glue', `table/retention/${table}`)),
];
const identity = arn('ses', 'identity/finance.example.com');
const configurationSet = arn('ses', `configuration-set/${idOf('AWS::SES::ConfigurationSet', '')}`);

const via = (service: string) => ({ 'kms:ViaService': `${service}.${region}.amazonaws.com` });
const to = (action: string, ...resources: readonly string[]): readonly Request[] =>
  resources.map((resource) => ({ action, resource }));
const sendAs = (from: string, resource = identity): readonly Request[] => [
  { action: 'ses:SendRawEmail', resource, context: { 'ses:FromAddress': from } },
];
const decrypt = (part: string, service: string): Request => ({
  action: 'kms:Decrypt',
  resource: key(part),
  context: via(service),
});
const encrypt = (part: string, service: string): readonly Request[] => [
  decrypt(part, service),
  { action: 'kms:GenerateDataKey', resource: key(part), context: via(service) },
];

/** Nothing of ours may ever: take away, shorten a lock, let others in, or become somebody else. */
const neverForAnybody: readonly Request[] = [
  ...[archive, lake, inbox, results].flatMap((one) => [
    ...to('s3:DeleteObject', `${one}/archive/x`, `${one}/lake/x`, `${one}/inbox/x`, `${one}/runs/x`),
    ...to('s3:DeleteObjectVersion', `${one}/archive/x`),
    ...to('s3:PutBucketPolicy', one),
    ...to('s3:DeleteBucket', one),
  ]),
  ...to('s3:BypassGovernanceRetention', `${reports}/current.json`),
  ...to('s3:PutObjectRetention', `${reports}/current.json`),
  ...to('s3:PutObjectLegalHold', `${reports}/current.json`),
  ...to('s3:PutBucketObjectLockConfiguration', archive),
  ...to('s3:PutLifecycleConfiguration', archive),
  ...to('s3:GetObject', `${logs}/Lake/x`),
  ...to('kms:ScheduleKeyDeletion', key('ArchiveKey')),
  ...to('kms:Decrypt', key('ArchiveKey'), key('DataKey')),
  ...to('glue:DeletePartition', ...glueTables),
  ...to('glue:DeleteTable', ...glueTables),
  ...to('athena:StartQueryExecution', arn('athena', 'workgroup/primary')),
  ...to('states:StopExecution', arn('states', 'execution:any:scheduled-2026-10')),
  ...to('iam:PassRole', `arn:aws:iam::${account}:role/any`),
];

const everyday = {
  readInbox: [...to('s3:GetObject', `${inbox}/inbox/2026-10/lines.csv`), ...to('s3:ListBucket', inbox)],
  keepNotes: [
    ...to('s3:GetObject', `${lake}/runs/scheduled-2026-10/outcome.json`),
    ...to('s3:PutObject', `${lake}/runs/scheduled-2026-10/outcome.json`),
    // Without it an absent key would be a 403 and not a 404.
    ...to('s3:ListBucket', lake),
    ...encrypt('DataKey', 's3'),
  ],
  workInLake: [
    ...to('s3:GetObject', `${lake}/lake/catalog.json`),
    ...to('s3:PutObject', `${lake}/lake/catalog.json`),
    ...to('s3:AbortMultipartUpload', `${lake}/lake/lines/x.parquet`),
  ],
  readArchive: [
    ...to('s3:GetObject', `${reports}/current.json`),
    ...to('s3:ListBucket', archive),
    decrypt('ArchiveKey', 's3'),
  ],
  query: [
    ...to('athena:StartQueryExecution', workgroup),
    ...to('glue:GetDatabase', arn('glue', 'database/default')),
    ...to('athena:GetQueryExecution', workgroup),
    ...to('athena:GetQueryResults', workgroup),
    ...to('athena:StopQueryExecution', workgroup),
    ...to('glue:GetTable', ...glueTables),
    ...to('glue:GetPartition', ...glueTables),
    ...to('glue:CreatePartition', ...glueTables),
    ...to('s3:GetBucketLocation', results, lake),
    ...to('s3:ListBucket', results),
    ...to('s3:ListBucketMultipartUploads', results, lake),
    ...to('s3:GetObject', `${results}/queries/x.csv`),
    ...to('s3:PutObject', `${results}/queries/x.csv`),
    ...to('s3:ListMultipartUploadParts', `${results}/queries/x.csv`, `${lake}/lake/book/x.parquet`),
  ],
  readPulled: [
    ...to('s3:GetObject', `${inbox}/inbox/stripe/2026-10.json`, `${inbox}/inbox/stripe-raw/2026-10.pull.json`),
    ...to('s3:ListBucket', inbox),
  ],
  writePulled: to('s3:PutObject', `${inbox}/inbox/stripe/2026-10.json`, `${inbox}/inbox/stripe-raw/2026-10.pull.json`),
  readSecret: [...to('secretsmanager:GetSecretValue', secret), decrypt('DataKey', 'secretsmanager')],
  writeArchive: [...to('s3:PutObject', `${reports}/revision=1/report.json`, `${reports}/current.json`)],
  mail: sendAs(testSender),
  startRuns: to('states:StartExecution', machine),
  tellOps: [...to('sns:Publish', topic)],
  ledger: [
    ...to('s3:GetObject', `${lake}/deliveries/month=2026-10/x.json`),
    ...to('s3:PutObject', `${lake}/deliveries/month=2026-10/x.json`),
  ],
} as const;
type Deed = keyof typeof everyday;

const own: Readonly<Record<HandlerName, readonly Deed[]>> = {
  starter: ['startRuns'],
  pull: ['readPulled', 'writePulled', 'readSecret', 'keepNotes'],
  validate: ['readInbox', 'readPulled', 'keepNotes', 'workInLake'],
  ingest: ['readInbox', 'readPulled', 'keepNotes', 'workInLake'],
  measure: ['readInbox', 'readPulled', 'keepNotes', 'workInLake', 'query'],
  archive: ['readInbox', 'readPulled', 'keepNotes', 'workInLake', 'query', 'readArchive', 'writeArchive'],
  deliver: ['readArchive', 'keepNotes', 'ledger', 'mail'],
  failed: ['keepNotes', 'tellOps'],
  watch: ['readArchive'],
};

const further: Readonly<Partial<Record<HandlerName, readonly Request[]>>> = {
  starter: [...to('sqs:SendMessage', deadLetters), ...encrypt('OpsKey', 'sqs')],
  measure: to('s3:ListBucket', archive),
  archive: encrypt('ArchiveKey', 's3'),
  // In the sandbox the recipient's identity is asked for too.
  deliver: [...sendAs(testSender, configurationSet), ...sendAs(testSender, arn('ses', 'identity/cfo@example.com'))],
  failed: [
    ...to('s3:GetObject', `${lake}/deliveries/month=2026-10/x.json`),
    ...encrypt('OpsKey', 'sns'),
    ...to('sqs:SendMessage', deadLetters),
    ...encrypt('OpsKey', 'sqs'),
  ],
};

/** What comes close to a role's own work, and is none of it. */
const denied: Readonly<Partial<Record<HandlerName, readonly Request[]>>> = {
  pull: [
    ...to('s3:PutObject', `${inbox}/inbox/2026-10/lines.csv`, `${lake}/lake/catalog.json`),
    ...to('secretsmanager:PutSecretValue', secret),
    ...to('secretsmanager:GetSecretValue', arn('secretsmanager', 'secret:another-AbCdEf')),
  ],
  ingest: [...to('s3:PutObject', `${lake}/deliveries/x.json`), ...to('s3:PutObject', `${inbox}/inbox/2026-10/x.csv`)],
  measure: [...to('s3:GetObject', `${reports}/current.json`), ...encrypt('ArchiveKey', 's3')],
  archive: to('s3:PutObject', `${lake}/deliveries/x.json`, `${archive}/elsewhere/x.json`),
  deliver: [
    ...sendAs('ceo@finance.example.com'),
    ...to('s3:PutObject', `${lake}/lake/catalog.json`),
    { action: 'kms:GenerateDataKey', resource: key('ArchiveKey'), context: via('s3') },
  ],
  failed: to('s3:PutObject', `${lake}/lake/catalog.json`, `${lake}/deliveries/x.json`),
  watch: [{ action: 'kms:GenerateDataKey', resource: key('ArchiveKey'), context: via('s3') }],
};

const told = ({ action, resource, context }: Request) =>
  `${action} on ${resource}${context === undefined ? '' : ` with ${JSON.stringify(context)}`}`;

const answers = async (policies: ReturnType<typeof policiesOf>, requests: readonly Request[]) => {
  const given = await Promise.all(
    requests.map(async (request) => ({ request, yes: await isAllowed(stack, policies, request) })),
  );
  return {
    allowed: given.filter(({ yes }) => yes).map(({ request }) => told(request)),
    denied: given.filter(({ yes }) => !yes).map(({ request }) => told(request)),
  };
};

it('nobody reads or writes without TLS', async () => {
  const policies = policiesOf(stack, stack.one('AWS::IAM::Role', 'Functionsarchiverole'));
  const plain = [...everyday.readArchive.slice(0, 2), ...everyday.writeArchive, ...everyday.readInbox].map(
    (request) => ({
      ...request,
      context: { 'aws:SecureTransport': 'false' },
    }),
  );
  expect((await answers(policies, plain)).allowed).toEqual([]);
});

const deeds = Object.keys(everyday) as Deed[];
const names = Object.keys(own) as HandlerName[];

describe.each(names)('the role of %s', (name) => {
  const policies = policiesOf(stack, stack.one('AWS::IAM::Role', `Functions${name}role`));

  it('may write its log', async () => {
    const stream = `arn:aws:logs:${region}:${account}:log-group:${idOf('AWS::Logs::LogGroup', `Functions${name}logs`)}:log-stream:x`;
    expect((await answers(policies, to('logs:PutLogEvents', stream))).denied).toEqual([]);
  });

  const work = [...own[name].flatMap((deed) => everyday[deed]), ...(further[name] ?? [])];
  const mine = new Set(work.map(told));

  it('may do its work', async () => {
    expect((await answers(policies, work)).denied).toEqual([]);
  });

  it('may not do the work of others', async () => {
    const theirs = [...Object.values(everyday).flat(), ...Object.values(further).flat()];
    const foreign = theirs.filter((request) => !mine.has(told(request)));
    expect((await answers(policies, [...foreign, ...(denied[name] ?? [])])).allowed).toEqual([]);
  });

  it('may not take away, unlock, open up or pass on anything', async () => {
    expect((await answers(policies, neverForAnybody)).allowed).toEqual([]);
  });
});

describe('the role of the state machine', () => {
  const policies = policiesOf(stack, stack.one('AWS::IAM::Role', 'PipelineRole'));
  const steps = ['pull', 'validate', 'ingest', 'measure', 'archive', 'deliver'] as const;

  it('may call the steps', async () => {
    expect((await answers(policies, to('lambda:InvokeFunction', ...steps.map(functionArn)))).denied).toEqual([]);
  });

  it('may call nothing else', async () => {
    const others = [
      functionArn('starter'),
      functionArn('watch'),
      functionArn('failed'),
      arn('lambda', 'function:other'),
    ];
    expect((await answers(policies, [...to('lambda:InvokeFunction', ...others), ...neverForAnybody])).allowed).toEqual(
      [],
    );
  });
});

describe('the role of the schedules', () => {
  const policies = policiesOf(stack, stack.one('AWS::IAM::Role', 'ScheduleRole'));

  it('may start runs, look whether they are there, and leave a dead letter', async () => {
    const work = [
      ...to('lambda:InvokeFunction', functionArn('starter'), functionArn('watch')),
      ...to('sqs:SendMessage', deadLetters),
      ...encrypt('OpsKey', 'sqs'),
    ];
    expect((await answers(policies, work)).denied).toEqual([]);
  });

  it('may not call a step, or start the machine past its starter', async () => {
    const work = [...to('lambda:InvokeFunction', functionArn('deliver')), ...everyday.startRuns, ...neverForAnybody];
    expect((await answers(policies, work)).allowed).toEqual([]);
  });
});

describe('the policy for board packs', () => {
  const { PolicyDocument } = stack.one('AWS::IAM::ManagedPolicy', 'BoardPackPolicy').properties;
  const policies = [{ name: 'board packs', policy: PolicyDocument }];
  const listing = (prefix: string): Request => ({
    action: 's3:ListBucket',
    resource: archive,
    context: { 's3:prefix': prefix },
  });

  it('reads and lists the archive', async () => {
    const work = [
      ...to('s3:GetObject', `${reports}/revision=1/report.html`),
      listing('archive/'),
      listing('archive/month=2026-10/'),
      decrypt('ArchiveKey', 's3'),
    ];
    expect((await answers(policies, work)).denied).toEqual([]);
  });

  it('can do nothing else', async () => {
    const work = [
      ...deeds.filter((deed) => deed !== 'readArchive').flatMap((deed) => everyday[deed]),
      ...to('s3:GetObject', `${archive}/elsewhere/x`),
      listing(''),
      ...to('s3:ListBucket', archive),
      ...encrypt('ArchiveKey', 's3').slice(1),
      ...neverForAnybody,
    ];
    expect((await answers(policies, work)).allowed).toEqual([]);
  });
});
