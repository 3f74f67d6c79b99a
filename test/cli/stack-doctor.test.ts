/** A deployed stack looked over: each thing that can be wrong, what puts it right, and what a right that is missing leaves unknown. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Check } from '../../functions/doctor/check.ts';
import { type FakeStack, type Health, outputs, startFakeStack, wellHealth } from '../aws/fake-stack.ts';
import { retention } from './retention.ts';

const deployed = {
  ...outputs,
  OpsRecipients: '2',
  OpsTopicArn: 'arn:aws:sns:eu-central-1:123456789012:ops',
  TimeZone: 'Europe/Berlin',
  Sender: 'report@example.com',
  SenderIdentity: 'example.com',
  BoardRecipients: '2',
  ReportSchedule: 'cron(0 7 3 * ? *)',
  ReportByDay: '5',
};
const pulling = {
  ...deployed,
  BillingSource: 'stripe:?parent=group',
  BillingSecretArn: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:key',
};

let fake: FakeStack;
beforeEach(async () => {
  fake = await startFakeStack();
  fake.stacks.set('acme', deployed);
  fake.addRun('scheduled-2026-10', { status: 'SUCCEEDED', polls: 0 });
  fake.s3.put(outputs.InboxBucket, 'inbox/2026-09/lines.csv', 'x');
  fake.s3.put(outputs.InboxBucket, 'inbox/2026-10/lines/part-1.csv', 'x');
  fake.s3.put(outputs.ArchiveBucket, 'archive/month=2026-10/current.json', '{}');
});
afterEach(() => fake.close());

let now: string;
const at = (instant: string) => {
  now = `${Date.parse(instant) / 1000}`;
};
/** November 6th: the report of October must be there. */
beforeEach(() => at('2026-11-06T09:00:00Z'));

const doctor = (...args: readonly string[]) =>
  retention(['doctor', '--stack', 'acme', ...args], { environment: { ...fake.environment, SOURCE_DATE_EPOCH: now } });

const look = async (...args: readonly string[]): Promise<{ status: number | null; checks: Map<string, Check> }> => {
  const { status, stdout, stderr } = await doctor('--json', ...args);
  expect(stderr).toBe('');
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { status, checks: new Map(checks.map((check) => [check.name, check])) };
};

const healthy = (changes: Partial<Health>) => {
  fake.health = { ...wellHealth, ...changes };
};

test('0: a stack that is well, in lines; nothing is started and nothing written', async () => {
  const before = [...fake.s3.buckets].map(([name, objects]) => [name, [...objects.keys()]]);
  const { status, stdout, stderr } = await doctor();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout.split('\n').filter((line) => /^(ok|warn|fail)/.test(line));
  expect(stdout).toMatch(/^The stack acme, at 2026-10$/m);
  expect(lines).toEqual([
    'ok    stack          acme is deployed (UPDATE_COMPLETE)',
    'ok    configuration  deployed with the sender report@example.com, 2 recipients and the time zone Europe/Berlin',
    'ok    sender         SES has verified example.com',
    'ok    dkim           mail of example.com is signed',
    'ok    sandbox        SES takes 50000 mails a day here, 3 were sent in the last',
    'ok    alarms         2 addresses confirmed',
    'ok    schedule       cron(0 7 3 * ? *) in Europe/Berlin: it started scheduled-2026-10 on 2026-11-03',
    'ok    last run       scheduled-2026-10 ended well',
    'ok    inbox          the newest month in the inbox is 2026-10; 2026-10 is there',
    'ok    report         1 month archived, the newest 2026-10',
  ]);
  expect(fake.started).toEqual([]);
  expect([...fake.s3.buckets].map(([name, objects]) => [name, [...objects.keys()]])).toEqual(before);
});

describe('mail', () => {
  test('from a sender that SES has not verified, or does not know, or that is no domain', async () => {
    healthy({ identities: { 'example.com': 'Pending' }, dkim: 'Pending' });
    const { status, checks } = await look();
    expect(status).toBe(4);
    expect(checks.get('sender')).toMatchObject({
      outcome: 'fail',
      seen: expect.stringContaining('example.com: Pending'),
    });
    expect(checks.get('dkim')).toMatchObject({ outcome: 'warn', seen: expect.stringContaining('DKIM is Pending') });
    healthy({ identities: {} });
    const stranger = await look();
    expect(stranger.checks.get('sender')).toMatchObject({
      outcome: 'warn',
      seen: expect.stringContaining('does not know'),
    });
    expect(stranger.checks.has('dkim')).toBe(false);
    fake.stacks.set('acme', { ...deployed, Sender: 'r@localhost', SenderIdentity: 'localhost' });
    const local = await look();
    expect(local).toMatchObject({ status: 2 });
    expect(local.checks.get('sender')).toMatchObject({ outcome: 'fail', kind: 'usage' });
  });

  test('from a sender that is none stops no run that mails nobody', async () => {
    const nobody = { ...deployed, BoardRecipients: '0' };
    fake.stacks.set('acme', { ...nobody, Sender: 'r@localhost', SenderIdentity: 'localhost' });
    const local = await look();
    expect([local.status, local.checks.get('sender')?.outcome]).toEqual([0, 'warn']);
    fake.stacks.set('acme', nobody);
    healthy({ identities: { 'example.com': 'Pending' } });
    const pending = await look();
    expect([pending.status, pending.checks.get('sender')?.outcome]).toEqual([0, 'warn']);
  });

  test('is put right by records where the stack has some, and at SES where the identity is managed elsewhere', async () => {
    healthy({ identities: { 'example.com': 'Pending' }, dkim: 'Pending' });
    const fixes = async () => {
      const { checks } = await look();
      return [checks.get('sender')?.fix, checks.get('dkim')?.fix];
    };
    for (const fix of await fixes()) expect(fix).toMatch(/^Look at the identity in the console of SES/);
    fake.stacks.set('acme', { ...deployed, DkimRecord1: 'x._domainkey.example.com CNAME x.dkim.amazonses.com' });
    for (const fix of await fixes()) expect(fix).toContain('DkimRecord1');
  });

  test('from the sandbox, or to nobody', async () => {
    healthy({ dailyQuota: 200 });
    fake.stacks.set('acme', { ...deployed, BoardRecipients: '0' });
    const { status, checks } = await look();
    expect(status).toBe(0);
    expect(checks.get('sandbox')).toMatchObject({ outcome: 'warn', fix: expect.stringContaining('production access') });
    expect(checks.get('configuration')).toMatchObject({ outcome: 'warn', seen: expect.stringContaining('not mailed') });
  });
});

test('alarms that nobody has confirmed to hear, or that nobody is to hear', async () => {
  healthy({ subscriptions: [...wellHealth.subscriptions, 'PendingConfirmation'] });
  expect((await look()).checks.get('alarms')).toMatchObject({
    outcome: 'warn',
    seen: '2 addresses confirmed of the 3 that are to hear alarms, 1 asked and not confirmed yet',
  });
  healthy({ subscriptions: [] });
  fake.stacks.set('acme', { ...deployed, OpsRecipients: '0' });
  expect((await look()).checks.get('alarms')).toMatchObject({ fix: expect.stringContaining('-c opsRecipients=') });
});

test('alarms of somebody whom SNS has forgotten, as nobody confirmed in time', async () => {
  for (const subscriptions of [
    wellHealth.subscriptions.slice(0, 1),
    [...wellHealth.subscriptions.slice(0, 1), 'Deleted'],
  ]) {
    healthy({ subscriptions });
    expect((await look()).checks.get('alarms')).toMatchObject({
      outcome: 'warn',
      seen: '1 address confirmed of the 2 that are to hear alarms, 0 asked and not confirmed yet',
      fix: expect.stringContaining(`aws sns subscribe --topic-arn ${deployed.OpsTopicArn} --protocol email`),
    });
  }
});

test('what is deployed again keeps its name and its billing system', async () => {
  const { ReportSchedule: _, ...older } = pulling;
  fake.stacks.set('acme', { ...older, BoardRecipients: '0' });
  const { checks } = await look();
  for (const name of ['configuration', 'schedule'])
    expect(checks.get(name)?.fix).toMatch(
      /every -c setting.*npx cdk deploy -c stackName=acme -c 'billingSource=stripe:\?parent=group' …$/,
    );
});

describe('a stack that pulls', () => {
  beforeEach(() => {
    fake.stacks.set('acme', pulling);
    fake.s3.put(outputs.InboxBucket, 'inbox/stripe-raw/2026-10/pull=1/page', 'x');
    fake.s3.put(outputs.InboxBucket, 'inbox/stripe/2026-10/pull=1/lines.csv', 'x');
  });

  test('has its key, and the month once it is published', async () => {
    fake.s3.put(outputs.InboxBucket, 'inbox/stripe/2026-10.json', '{"pull":1}');
    const { status, checks } = await look();
    expect([status, checks.get('key')?.outcome, checks.get('inbox')?.outcome]).toEqual([0, 'ok', 'ok']);
  });

  test('from another one than before keeps the months of that', async () => {
    fake.s3.buckets.get(outputs.InboxBucket)?.delete('inbox/2026-10/lines/part-1.csv');
    fake.s3.put(outputs.InboxBucket, 'inbox/recurly/2026-10.json', '{"pull":1}');
    expect((await look()).checks.get('inbox')?.outcome).toBe('ok');
    fake.stacks.set('acme', deployed);
    expect((await look()).checks.get('inbox')?.outcome).toBe('ok');
  });

  test('has a month with nothing but rates, or a pull that was not finished', async () => {
    fake.s3.buckets.get(outputs.InboxBucket)?.delete('inbox/2026-10/lines/part-1.csv');
    fake.s3.put(outputs.InboxBucket, 'inbox/2026-10/fx.csv', 'x');
    const { checks } = await look();
    expect(checks.get('inbox')).toMatchObject({
      outcome: 'warn',
      seen: 'the newest month in the inbox is 2026-09; 2026-10 has not been pulled',
    });
  });

  test('whose key nobody has put into its place, or whose secret is being deleted', async () => {
    healthy({ secret: { versions: [['AWSCURRENT'], []], deleted: false } });
    const { status, checks } = await look();
    expect(status).toBe(2);
    expect(checks.get('key')).toMatchObject({
      outcome: 'fail',
      kind: 'usage',
      fix: expect.stringContaining(`put-secret-value --secret-id ${pulling.BillingSecretArn}`),
    });
    healthy({ secret: { ...wellHealth.secret, deleted: true } });
    expect((await look()).checks.get('key')?.fix).toContain('restore-secret');
  });
});

describe('runs', () => {
  test('that the schedule did not start, unless the stack is younger', async () => {
    at('2026-12-03T06:00:00Z');
    const { checks } = await look('--month', '2026-11');
    // The fake stack was created on November 1st: October's run was its first.
    expect(checks.get('schedule')).toMatchObject({
      outcome: 'warn',
      seen: expect.stringContaining('there is no scheduled-2026-11, which it should have started on 2026-12-03'),
    });
    expect(checks.get('inbox')).toMatchObject({ outcome: 'fail' });
    expect(checks.get('report')).toMatchObject({ outcome: 'warn' });
    const before = await look('--month', '2026-09');
    expect(before.checks.get('schedule')).toMatchObject({ outcome: 'ok', seen: expect.stringContaining('younger') });
  });

  test('that are still to come, of a month that is over and of one that is not', async () => {
    const of = async (month: string) => {
      const { status, checks } = await look('--month', month);
      expect(status).toBe(0);
      return ['schedule', 'inbox', 'report'].map((name) => `${checks.get(name)?.outcome} ${checks.get(name)?.seen}`);
    };
    // A minute before seven in Berlin.
    at('2026-12-03T05:59:00Z');
    expect(await of('2026-11')).toEqual([
      'ok cron(0 7 3 * ? *) in Europe/Berlin: it will start scheduled-2026-11 on 2026-12-03',
      'warn the newest month in the inbox is 2026-10; 2026-11 has no lines yet',
      'ok 1 month archived, the newest 2026-10; the run of 2026-11 is still to come',
    ]);
    expect((await of('2026-12'))[1]).toBe('ok the newest month in the inbox is 2026-10; 2026-12 is not over');
    const { ReportSchedule: _, ...older } = deployed;
    fake.stacks.set('acme', older);
    expect((await of('2026-11'))[1]).toBe('warn the newest month in the inbox is 2026-10; 2026-11 has no lines yet');
  });

  test('of which the last failed: why, as its record has it, and how to see all of it', async () => {
    fake.addRun('ops-2026-10-1', {
      status: 'FAILED',
      polls: 0,
      error: 'FX_MISSING',
      cause: 'FX_MISSING (request request-1): m',
      leaves: {
        'failures/request-1.json': {
          kind: 'dependency',
          code: 'STRIPE_KEY',
          message: 'no key',
          hint: 'Put it.',
          faults: [],
        },
      },
    });
    const { checks } = await look();
    expect(checks.get('last run')).toMatchObject({
      outcome: 'warn',
      seen: 'ops-2026-10-1 ended as FAILED: STRIPE_KEY: no key',
      fix: 'Put it. All of it: retention follow --stack acme --execution ops-2026-10-1',
    });
  });

  test('of which one is at work', async () => {
    fake.addRun('ops-2026-10-2', { status: 'RUNNING' });
    expect((await look()).checks.get('last run')).toMatchObject({
      outcome: 'ok',
      seen: expect.stringContaining('at work'),
    });
  });
});

test('3: a month that is due and not in the inbox, and has no report', async () => {
  fake.s3.buckets.get(outputs.InboxBucket)?.delete('inbox/2026-10/lines/part-1.csv');
  fake.s3.buckets.get(outputs.ArchiveBucket)?.clear();
  const { status, checks } = await look();
  expect(status).toBe(3);
  expect(checks.get('inbox')).toMatchObject({
    outcome: 'fail',
    kind: 'blocked',
    seen: 'the newest month in the inbox is 2026-09; 2026-10 is expected and has no lines',
    fix: 'Send it: retention run --stack acme --month 2026-10 --source <folder>',
  });
  expect(checks.get('report')).toMatchObject({
    outcome: 'warn',
    seen: 'no report is archived yet; there is no report of 2026-10',
  });
});

test('a deployment that did not go through, and one of an older version that tells less of itself', async () => {
  fake.status = 'UPDATE_ROLLBACK_COMPLETE';
  fake.stacks.set('acme', outputs);
  const { status, checks } = await look();
  expect(status).toBe(0);
  expect(checks.get('stack')).toMatchObject({ outcome: 'warn', fix: expect.stringContaining('did not go through') });
  for (const name of ['configuration', 'sender', 'alarms', 'schedule'])
    expect(checks.get(name)).toMatchObject({ outcome: 'warn', fix: expect.stringContaining('npx cdk deploy') });
});

test('rights that are missing leave one thing unknown each, by name', async () => {
  const denied = { status: 403, code: 'AccessDenied', message: 'not authorized' };
  for (const service of ['ses', 'sns', 'secretsmanager', 'states'] as const) fake.refusals.set(service, denied);
  fake.stacks.set('acme', pulling);
  const { status, checks } = await look();
  expect(status).toBe(0);
  const unknown = [...checks.values()].filter(({ seen }) => seen.startsWith('not known'));
  expect(unknown.map(({ name, seen, outcome }) => `${outcome} ${name}: ${seen}`)).toEqual([
    'warn sender: not known: needs the right ses:GetIdentityVerificationAttributes',
    'warn dkim: not known: needs the right ses:GetIdentityDkimAttributes',
    'warn sandbox: not known: needs the right ses:GetSendQuota',
    'warn alarms: not known: needs the right sns:ListSubscriptionsByTopic',
    'warn key: not known: needs the right secretsmanager:DescribeSecret',
    'warn schedule: not known: needs the right states:DescribeExecution',
    'warn last run: not known: needs the right states:ListExecutions',
  ]);
  expect(checks.get('report')?.outcome).toBe('ok');
});

test.each([[[]], [['--source', 'billing']]])('2: a stack and a source, or neither: %j', async (args) => {
  const given = args.length === 0 ? ['doctor'] : ['doctor', '--stack', 'acme', ...args];
  const { status, stderr } = await retention(given, { environment: fake.environment });
  expect({ status, stderr }).toMatchObject({ status: 2, stderr: expect.stringContaining('one of the two') });
});
