/** The command line against a deployed stack: what is asked of it, what is told of it, and the exit codes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Outcome } from '../../functions/run-record.ts';
import { codeVersion } from '../../functions/version.ts';
import { type FakeStack, outputs, type Run, startFakeStack } from '../aws/fake-stack.ts';
import { bookFiles } from '../pipeline/book.ts';
import { type Folder, openFolder } from '../pipeline/folder.ts';
import { retention, start } from './retention.ts';

const revision = 'archive/month=2026-10/revision=1';

let folder: Folder;
let fake: FakeStack;
/** What the runs of a month do. */
let runs: Map<string, Run>;

beforeAll(async () => {
  [folder, fake] = await Promise.all([openFolder(bookFiles('2026-09')), startFakeStack()]);
  await folder.run({ email: false });
  for (const path of Object.keys(await folder.tree('archive')))
    fake.s3.put(outputs.ArchiveBucket, `archive/${path}`, await readFile(join(folder.home, 'archive', path)));
  fake.onStart(({ month }) => runs.get(month) ?? { status: 'FAILED', error: 'UNSCRIPTED' });
});
afterAll(async () => {
  await fake.close();
  await folder.dispose();
});
beforeEach(() => {
  fake.started.length = 0;
});

const onStack = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  retention([...args, '--stack', 'acme'], { cwd: folder.source, environment: { ...fake.environment, ...environment } });

const delivery = { recipient: 'ops@example.com', outcome: 'sent', where: 'ses-message-1' } as const;
const outcome: Outcome = {
  month: '2026-10' as Outcome['month'],
  archived: { revision: 1, added: true },
  gates: [],
  deliveries: [delivery],
};
const succeeding = (changes: Partial<Outcome> = {}): Run => ({
  status: 'SUCCEEDED',
  leaves: { 'outcome.json': { ...outcome, ...changes } },
});

const linkForm =
  /^http:\/\/127\.0\.0\.1:\d+\/acme-archive\/archive\/month%3D2026-10\/revision%3D1\/([a-z.]+)\?.*X-Amz-Expires=3600(?!\d).*$/;

beforeAll(() => {
  runs = new Map([['2026-10', succeeding()]]);
});

test('run: sends the folder, starts, follows, and tells it as a run at home', async () => {
  const { status, stdout, stderr } = await onStack(['run', '--month', '2026-10', '--source', '.']);
  expect({ status, stderr }).toEqual({
    status: 0,
    stderr: expect.stringMatching(/^Inbox: \d+ files sent, 0 unchanged, 0 removed\.\nStarted ops-2026-10-[\w-]+\.\n$/),
  });
  const home = await retention(['show', '--month', '2026-10', '--home', folder.home]);
  const lines = stdout.split('\n');
  const headline = lines.slice(0, lines.indexOf(''));
  expect(home.stdout.split('\n').slice(0, headline.length)).toEqual(headline);
  expect(stdout).toMatch(/^Archived as revision 1\.$/m);
  expect(stdout).toMatch(/^E-mail +ses-message-1 {2}\(sent, ops@example\.com\)$/m);
  const [, link = ''] = /^Report +(.+)$/m.exec(stdout) ?? [];
  expect(link).toMatch(linkForm);
  expect(await (await fetch(link)).text()).toBe(await folder.text(`${revision}/report.html`));
  expect(fake.started).toMatchObject([{ month: '2026-10', check: false, mail: { to: 'ops', resend: false } }]);
  expect(fake.s3.buckets.get(outputs.InboxBucket)?.has('inbox/2026-10/lines.csv')).toBe(true);
});

describe('whom a run writes to', () => {
  test.for([
    [['--no-email'], null],
    [['--board', '--resend'], { to: 'recipients', resend: true }],
    [['--to', 'a@example.com,b@example.com'], { to: ['a@example.com', 'b@example.com'], resend: false }],
  ] as const)('%j', async ([args, mail]) => {
    expect(await onStack(['run', '--month', '2026-10', ...args])).toMatchObject({ status: 0 });
    expect(fake.started).toMatchObject([{ mail }]);
  });
});

test('run --json: one document, with the execution and the link', async () => {
  runs.set('2026-10', succeeding({ archived: { revision: 1, added: false } }));
  const { status, stdout } = await onStack(['run', '--month', '2026-10', '--json']);
  const name = `ops-2026-10-${fake.started[0]?.requestId}`;
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    month: '2026-10',
    revision: 1,
    added: false,
    report: `s3://acme-archive/${revision}/report.json`,
    page: expect.stringMatching(linkForm),
    deliveries: [delivery],
    gates: [],
    executionArn: `arn:aws:states:eu-central-1:123456789012:execution:acme:${name}`,
  });
});

const finding = { file: '2026-10/lines.csv', line: 7, column: 'mrr', value: '1e3\u{1b}[31m', problem: 'is no decimal' };
const faults = [{ code: 'BAD_ROW', message: '1 row of lines cannot be used', findings: [finding], total: 1 }];
const failing = (kind: string, code: string): Run => ({
  status: 'FAILED',
  error: code,
  cause: `${code} (request request-1): what ${code} says`,
  leaves: {
    'failures/request-1.json': {
      kind,
      code,
      message: `what ${code} says`,
      hint: 'What to do.',
      faults: [],
    },
  },
});
const blocked: Run = {
  status: 'FAILED',
  error: 'BAD_ROW',
  cause: 'BAD_ROW (request request-1): m',
  leaves: {
    'failures/request-1.json': { kind: 'blocked', code: 'BAD_ROW', message: 'm', hint: 'h', faults },
  },
};

describe('exit codes', () => {
  test.concurrent.for<[month: string, status: number, told: RegExp, run: Run]>([
    [
      '2020-01',
      3,
      /^BAD_ROW: 1 row of lines cannot be used\n {2}2026-10\/lines\.csv, line 7, column mrr: is no decimal .*\nCorrect the source/m,
      blocked,
    ],
    ['2020-02', 1, /^DAMAGED: what DAMAGED says\nWhat to do\.$/m, failing('unexpected', 'DAMAGED')],
    ['2020-03', 2, /^USAGE: what USAGE says$/m, failing('usage', 'USAGE')],
    ['2020-04', 4, /^SES_REJECTED: what SES_REJECTED says$/m, failing('dependency', 'SES_REJECTED')],
    ['2020-08', 1, /^RECORD_MISSING: /m, { status: 'SUCCEEDED' }],
  ])('%s ends with %d', async ([month, code, told, run]) => {
    runs.set(month, run);
    const { status, stdout, stderr } = await onStack(['run', '--month', month]);
    expect({ status, stdout }).toEqual({ status: code, stdout: '' });
    expect(stderr).toMatch(told);
    expect(stderr).not.toContain('\u{1b}');
  });

  test.concurrent('blocked, for machines', async () => {
    runs.set('2020-09', blocked);
    const { status, stdout } = await onStack(['check', '--month', '2020-09', '--json']);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'BAD_ROW', faults } });
  });

  test.concurrent('mail that failed after the report was archived: both are told', async () => {
    const { leaves } = failing('dependency', 'SES_TIMEOUT');
    runs.set('2020-12', {
      ...failing('dependency', 'SES_TIMEOUT'),
      leaves: { ...leaves, ...succeeding({ archived: { revision: 7, added: true } }).leaves },
    });
    runs.set('2020-10', {
      ...failing('dependency', 'SES_TIMEOUT'),
      leaves: { ...leaves, ...succeeding({ deliveries: [] }).leaves },
    });
    const { status, stdout, stderr } = await onStack(['run', '--month', '2020-10']);
    expect(status).toBe(4);
    expect(stdout).toContain('Archived as revision 1.');
    expect(stderr).toContain('SES_TIMEOUT: ');
    // What cannot be shown does not hide what went wrong.
    const other = await onStack(['run', '--month', '2020-12']);
    expect(other).toMatchObject({ status: 4, stdout: '', stderr: expect.stringContaining('SES_TIMEOUT: ') });
    expect(other.stderr).toContain('note: what the run archived cannot be shown');
  });

  test.concurrent('mail of which nobody knows', async () => {
    const unknown = { ...delivery, outcome: 'unknown', where: null } as const;
    runs.set('2020-11', succeeding({ deliveries: [unknown] }));
    const { status, stdout, stderr } = await onStack(['run', '--month', '2020-11']);
    expect(status).toBe(4);
    expect(stdout).toContain('(unknown, ops@example.com)');
    expect(stderr).toMatch(/^DELIVERY_UNKNOWN: .*ops@example\.com$/m);
  });
});

describe('a stack that pulls from a billing system', () => {
  beforeAll(() => {
    fake.stacks.set('pulling', { ...outputs, BillingSource: 'stripe:?parent=group' });
  });
  const run = (...args: string[]) =>
    retention(['run', '--month', '2026-10', ...args], { environment: fake.environment });

  test('pulls a month again when that is asked for, and says nothing of it otherwise', async () => {
    expect(await run('--stack', 'pulling', '--pull-again')).toMatchObject({ status: 0 });
    expect(await run('--stack', 'pulling')).toMatchObject({ status: 0 });
    expect(fake.started.map(({ pullAgain }) => pullAgain)).toEqual([true, undefined]);
    fake.started.length = 0;
    const months = ['--from', '2026-10', '--to', '2026-10', '--stack', 'pulling', '--pull-again'];
    expect(await retention(['backfill', ...months], { environment: fake.environment })).toMatchObject({ status: 0 });
    expect(fake.started).toMatchObject([{ month: '2026-10', pullAgain: true }]);
  });

  test('takes no account from this machine, and names its own', async () => {
    const { status, stderr } = await run('--stack', 'pulling', '--source', 'stripe:');
    expect([status, fake.started]).toEqual([2, []]);
    expect(stderr).toMatch(
      /pulls from Stripe by itself.*: pulling pulls from stripe:\?parent=group\nLeave --source out/,
    );
  });

  test.for([['--pull-again'], ['--source', 'stripe:']])('another one does neither: %j', async (args) => {
    const { status, stderr } = await run('--stack', 'acme', ...args);
    expect([status, fake.started]).toEqual([2, []]);
    expect(stderr).toMatch(
      /acme has no billing system.*\n.*every -c setting.*npx cdk deploy -c stackName=acme -c billingSource=stripe: /,
    );
  });
});

describe('2: an account that a stack does not take', () => {
  const refused = async (source: string) => {
    const args = ['run', '--stack', 'acme', '--month', '2026-10', '--source', source];
    return (await retention(args, { environment: fake.environment })).stderr;
  };

  test('is told with the settings that were asked for', async () => {
    expect(await refused('stripe:?parent=group')).toContain("-c 'billingSource=stripe:?parent=group'");
    expect(await refused('stripe:?basis=invoiced&parent=group')).toContain(
      "--source 'stripe:?basis=invoiced&parent=group' ",
    );
  });

  test('is not repeated where it is none: people write keys there', async () => {
    expect(await refused('stripe:rk_live_1')).not.toContain('rk_live');
  });
});

describe('2: what makes no sense on a stack', () => {
  test.concurrent.for<[args: string[], told: RegExp]>([
    [['demo', '--stack', 'acme'], /the demo runs on this machine alone\n.*retention run --stack/],
    [
      ['run', '--stack', 'acme', '--month', '2026-10', '--config', 'x'],
      /deployed with\n.*every -c setting.*npx cdk deploy -c …/,
    ],
    [
      ['run', '--stack', 'acme', '--month', '2026-10', '--source', 'invoices:exports'],
      /a stack takes months, not an export of invoice lines\n.*--source <home>\/inbox\/invoices/,
    ],
    [
      ['run', '--stack', 'acme', '--month', '2026-10', '--source', 'stripe:?basis=invoiced'],
      /a stack takes months, not the invoices.*\n.*retention backfill .*--source <home>\/inbox\/stripe-invoiced/,
    ],
    [['follow', '--stack', 'acme', '--execution', 'ops-none'], /RUN_UNKNOWN: the stack has no run ops-none/],
    [['list', '--stack', 'other'], /STACK_MISSING: there is no stack other[\s\S]*npx cdk deploy -c stackName=other/],
    [
      ['show', '--stack', 'acme', '--month', '2019-01'],
      /of the stack acme has no report of 2019-01\n.*retention list --stack acme/,
    ],
  ])('%j', async ([args, told]) => {
    const { status, stdout, stderr } = await retention(args, { environment: fake.environment });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(told);
  });

  test.concurrent.for<[string, RegExp]>([
    ['AWS_REGION', /AWS_REGION_MISSING: no AWS region is set/],
    ['AWS_ACCESS_KEY_ID', /AWS_CREDENTIALS_MISSING: .*\nSign in/],
  ])('an environment without %s', async ([name, told]) => {
    const { [name]: _, ...environment } = fake.environment;
    expect(await retention(['list', '--stack', 'acme'], { environment })).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(told),
    });
  });
});

test('4: a right that is missing is named', async () => {
  fake.refusals.set('lambda', {
    status: 403,
    code: 'AccessDeniedException',
    message: 'not authorized to perform: lambda:InvokeFunction',
  });
  const { status, stderr } = await onStack(['run', '--month', '2026-10']);
  fake.refusals.clear();
  expect(status).toBe(4);
  expect(stderr).toMatch(/^AWS_ACCESS_DENIED: could not start the run: .*lambda:InvokeFunction$/m);
});

test('4: following that breaks off says that the run goes on', async () => {
  fake.refusals.set('states', { status: 403, code: 'AccessDeniedException', message: 'states:DescribeExecution' });
  const { status, stderr } = await onStack(['run', '--month', '2026-10']);
  fake.refusals.clear();
  expect(status).toBe(4);
  expect(stderr).toMatch(/The run goes on\. Follow it again: retention follow --stack acme --execution ops-2026-10-/);
});

test('check: the gates as at home, and nothing but gates is asked for', async () => {
  const gates = [{ code: 'BOOK_SWING', severity: 'warn', message: 'the book grew' }] as const;
  runs.set('2026-11', succeeding({ archived: null, deliveries: [], gates: [...gates] }));
  const told = await onStack(['check', '--month', '2026-11']);
  expect(told).toMatchObject({
    status: 0,
    stdout: 'warn  BOOK_SWING: the book grew\n2026-10 passes every blocking gate; 1 warned.\n',
  });
  expect(fake.started).toMatchObject([{ month: '2026-11', check: true, mail: null }]);
});

test('backfill: a run a month, oldest first, without mail', async () => {
  runs.set('2026-09', succeeding());
  const { status, stdout } = await onStack(['backfill', '--from', '2026-09', '--to', '2026-10', '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toHaveLength(2);
  expect(fake.started).toMatchObject([
    { month: '2026-09', check: false, mail: null },
    { month: '2026-10', check: false, mail: null },
  ]);
});

describe('the archive, as at home', () => {
  test.concurrent.for([
    [['list']],
    [['show', '--month', '2026-10', '--json']],
    [['trace', '--month', '2026-10', '--window', 'month']],
  ])('%j', async ([args]) => {
    const [stack, home] = await Promise.all([onStack(args ?? []), retention([...(args ?? []), '--home', folder.home])]);
    expect(stack).toEqual(home);
    expect(stack.status).toBe(0);
  });

  test.concurrent('show: links in place of paths; another version of the stack is told', async () => {
    fake.stacks.set('newer', { ...outputs, Version: '99.0.0' });
    const { stdout, stderr } = await retention(['show', '--month', '2026-10', '--stack', 'newer'], {
      environment: fake.environment,
    });
    expect(stderr).toBe(`note: newer runs version 99.0.0, this command is of version ${codeVersion}\n`);
    const links = [...stdout.matchAll(/^(report\.html|movements\.csv|manifest\.json) +(http.*)$/gm)];
    expect(links.map(([, name, link = '']) => [name, linkForm.exec(link)?.[1]])).toEqual([
      ['report.html', 'report.html'],
      ['movements.csv', 'movements.csv'],
      ['manifest.json', 'manifest.json'],
    ]);
  });

  test('a ledger that is not what was archived is not read', async () => {
    const place = [outputs.ArchiveBucket, `${revision}/movements.csv`] as const;
    const before = fake.s3.buckets.get(place[0])?.get(place[1])?.bytes ?? Buffer.of();
    fake.s3.put(...place, before.toString().replace('elm', 'oak'));
    const told = await onStack(['trace', '--month', '2026-10']);
    fake.s3.put(...place, before);
    expect(told).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(`DAMAGED: ${revision}/movements.csv`),
    });
  });
});

test('follow: how the schedule’s run ended', async () => {
  fake.addRun('scheduled-2026-10', { ...succeeding(), polls: 0 });
  const { status, stdout } = await onStack(['follow', '--execution', 'scheduled-2026-10']);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^2026-10, revision 1, USD[\s\S]*Archived as revision 1\./);
});

test('Ctrl-C: the run goes on, and how to take it up again', async () => {
  runs.set('2026-12', { status: 'RUNNING' });
  const { child, told } = start(['run', '--stack', 'acme', '--month', '2026-12'], { environment: fake.environment });
  while (fake.started.length === 0) await wait(20);
  await wait(100);
  child.kill('SIGINT');
  const { status, stderr } = await told;
  const name = `ops-2026-12-${fake.started[0]?.requestId}`;
  expect(status).toBe(130);
  expect(stderr).toContain(`STOPPED: the run ${name} goes on without this command\n`);
  expect(stderr).toContain(`retention follow --stack acme --execution ${name}\n`);
});
