/**
 * What breaks on the way: S3, Athena, SES, and the functions themselves. Each run ends right, or it ends loudly with a code,
 * a record and a word to ops; nothing is lost, and nobody gets a mail twice.
 */
import { UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import type { HandlerName } from '../../infra/handler-names.ts';
import { bookFiles, corrected } from '../pipeline/book.ts';
import { type Folder, openFolder } from '../pipeline/folder.ts';
import { type Cloud, openCloud } from './cloud.ts';
import type { AwsCall, Fault, Injected } from './fault-proxy.ts';
import { functionFigures, printFigures } from './figures.ts';
import { settings } from './installation.ts';
import { until } from './processes.ts';
import { type Ended, type Ops, opsOf } from './runs.ts';

const month = '2026-10';
const cfo = 'cfo@example.com';
const toCfo = { month, mail: { to: [cfo], resend: false } } as const;

let cloud: Cloud;
let ops: Ops;
let folder: Folder;
let revision = 0;
let corrections = 0;
let injected: Injected[] = [];

/** Breaks calls for the length of a test. */
const breaks = (
  when: (call: AwsCall) => boolean,
  fault: Fault,
  options?: { times?: number; skip?: number },
): Injected => {
  const rule = cloud.proxy.inject(when, fault, options);
  injected.push(rule);
  return rule;
};

const by =
  (name: HandlerName, service: string, more: Partial<AwsCall> = {}) =>
  (call: AwsCall) =>
    cloud.caller(call) === name &&
    call.service === service &&
    Object.entries(more).every(([key, value]) => call[key as keyof AwsCall] === value);

/** The book with another amount, so that there is work to do at every step. */
const correctInput = async (): Promise<void> => {
  corrections += 1;
  const amount = `${9600 + corrections}.00`;
  await folder.write(corrected(bookFiles('2026-09'), `${month}/lines.csv`, '9600.00', amount));
  await ops.upload(folder.source, month);
};

const currentRevision = async (): Promise<number> =>
  z.object({ revision: z.int() }).parse(JSON.parse(`${await ops.read(`archive/month=${month}/current.json`)}`))
    .revision;

/** What one machine makes of the same input, revision by revision, is what stands in the archive. */
const expectArchived = async (): Promise<void> => {
  revision += 1;
  const here = await folder.run({ month, config: settings.config, email: false });
  expect(here.revision).toBe(revision);
  for (const name of ['report.json', 'movements.csv', 'report.html']) {
    const path = `archive/month=${month}/revision=${revision}/${name}`;
    expect((await ops.read(path))?.toString('utf8'), path).toBe(await folder.text(path));
  }
  expect(await currentRevision()).toBe(revision);
};

const mailed = async () => (await ops.newMails()).flatMap(({ To }) => To);

const expectRight = async (run: Ended): Promise<void> => {
  expect(run).toMatchObject({ status: 'SUCCEEDED', error: null });
  await expectArchived();
  expect(await mailed()).toEqual([cfo]);
  expect(ops.alerts(run.name)).toEqual([]);
};

/** It failed, ops were told of it once, and the record says why. */
const expectLoud = async (run: Ended, code: string, words = ''): Promise<void> => {
  expect(run.status).toBe('FAILED');
  const alerts = await until(`word of ${run.name}`, async () => {
    const told = ops.alerts(run.name);
    return told.length === 0 ? null : told;
  });
  expect(alerts.map(({ subject }) => subject)).toEqual([expect.stringContaining(code)]);
  expect(alerts[0]?.text).toContain('What to do:');
  expect(alerts[0]?.text).toContain(words);
  expect(await ops.failure(run.name)).toMatchObject({ code });
};

const failedSteps = ({ events }: Ended): string[] =>
  events.flatMap(({ type, taskFailedEventDetails }) =>
    type === 'TaskFailed' ? [taskFailedEventDetails?.error ?? ''] : [],
  );

beforeAll(async () => {
  cloud = await openCloud(inject('assembly'));
  ops = opsOf(cloud);
  folder = await openFolder(bookFiles('2026-09'));
  await ops.upload(folder.source, month);
  const first = await ops.run(toCfo);
  await expectRight(first);
});

afterAll(async () => {
  if (cloud !== undefined)
    printFigures('Functions in the emulator, small book, faults', await functionFigures(cloud, inject('assembly')));
  await cloud?.close();
  await folder?.dispose();
});

beforeEach(async () => {
  await ops.newMails();
  await correctInput();
});

afterEach(async () => {
  for (const rule of injected) rule.lift();
  injected = [];
  // A test that failed half-way must not fail those after it.
  const archived = await currentRevision();
  if (archived > revision) await folder.run({ month, config: settings.config, email: false });
  revision = archived;
});

describe('S3', () => {
  const unavailable = { refuse: { status: 503, code: 'SlowDown' } } as const;

  it('that is busy now and then delays a run, and so do the catalog and Step Functions', async () => {
    const steps = ['validate', 'ingest', 'measure', 'archive', 'deliver'] as const;
    const rules = steps.map((name) => breaks(by(name, 's3'), unavailable, { times: 2 }));
    const throttled = { refuse: { status: 400, code: 'ThrottlingException' } } as const;
    rules.push(breaks(by('measure', 'glue'), throttled, { times: 2 }));
    rules.push(breaks(by('starter', 'states'), throttled, { times: 2 }));
    const run = await ops.run(toCfo);
    expect(failedSteps(run)).toEqual([]);
    await expectRight(run);
    expect(rules.map(({ hits }) => hits.length)).toEqual(rules.map(() => 2));
  });

  it('that fails a step for good once is asked again by the machine', async () => {
    const broken = { refuse: { status: 500, code: 'InternalError' } } as const;
    const ingest = breaks(by('ingest', 's3', { action: 'PutObject' }), broken, { times: 3 });
    const archive = breaks(by('archive', 's3', { action: 'PutObject' }), broken, { times: 3 });
    const run = await ops.run(toCfo);
    expect([ingest.hits.length, archive.hits.length]).toEqual([3, 3]);
    expect(failedSteps(run)).toEqual(['Dependency', 'Dependency']);
    await expectRight(run);
  });

  it('that says two writers met is asked until one has won', async () => {
    const conflict = { refuse: { status: 409, code: 'ConditionalRequestConflict' } } as const;
    const archive = breaks((call) => by('archive', 's3')(call) && call.condition !== null, conflict, { times: 2 });
    const deliver = breaks((call) => by('deliver', 's3')(call) && call.condition !== null, conflict, { times: 2 });
    await expectRight(await ops.run(toCfo));
    expect([archive.hits.length, deliver.hits.length]).toEqual([2, 2]);
  });

  it('that says another was first makes the run look again before it writes', async () => {
    const pointer = (call: AwsCall) =>
      by('archive', 's3', { action: 'PutObject' })(call) && call.key.endsWith('/current.json');
    const lost = breaks(pointer, { refuse: { status: 412, code: 'PreconditionFailed' } }, { times: 1 });
    const run = await ops.run(toCfo);
    expect(lost.hits.length).toBe(1);
    expect(failedSteps(run)).toEqual(['Dependency']);
    await expectRight(run);
  });

  it('whose answer to a conditional write is lost is not taken for a rival', async () => {
    const pointer = breaks(
      (call) => by('archive', 's3')(call) && call.key.endsWith('/current.json') && call.condition !== null,
      'lose answer',
      { times: 1 },
    );
    const ledger = breaks((call) => by('deliver', 's3')(call) && call.condition === 'absent', 'lose answer', {
      times: 1,
    });
    const run = await ops.run(toCfo);
    expect([pointer.hits.length, ledger.hits.length]).toEqual([1, 1]);
    expect(failedSteps(run)).toEqual([]);
    await expectRight(run);
  });

  it('that is out of order ends the run loudly, and the next one makes the month', async () => {
    const down = breaks(by('measure', 's3'), unavailable);
    const run = await ops.run(toCfo);
    expect(down.hits.length).toBeGreaterThan(0);
    await expectLoud(run, 'RUN_FAILED', 'S3_BUSY');
    down.lift();
    expect(await mailed()).toEqual([]);
    await expectRight(await ops.run(toCfo));
  });
});

describe('Athena', () => {
  it('that is throttled, loses an answer and fails queries that may pass is asked again', async () => {
    const before = (await cloud.athena.executions()).length;
    await cloud.athena.tell({
      throttle: 6,
      lose: 1,
      fail: [
        { reason: 'GENERIC_INTERNAL_ERROR: worker lost', retryable: true, orphan: true },
        { reason: 'INTERNAL_ERROR_QUERY_ENGINE', retryable: true, orphan: false },
      ],
    });
    const run = await ops.run(toCfo);
    expect(failedSteps(run)).toEqual([]);
    await expectRight(run);
    const executions = (await cloud.athena.executions()).slice(before);
    expect(executions.filter(({ state }) => state === 'FAILED')).toHaveLength(2);
    expect(executions.some(({ starts }) => starts > 1)).toBe(true);
  });

  it('that fails a query for good fails the step, which is tried again', async () => {
    await cloud.athena.tell({ fail: [{ reason: 'HIVE_BAD_DATA: by wish', retryable: false }] });
    const run = await ops.run(toCfo);
    expect(failedSteps(run)).toEqual(['Dependency']);
    await expectRight(run);
  });

  it('that goes on failing ends the run loudly with its reason', async () => {
    await cloud.athena.tell({
      fail: Array.from({ length: 60 }, () => ({ reason: 'HIVE_BAD_DATA: by wish', retryable: false })),
    });
    const run = await ops.run(toCfo);
    await cloud.athena.tell({ fail: [] });
    await expectLoud(run, 'QUERY_FAILED', 'HIVE_BAD_DATA: by wish');
    expect(await mailed()).toEqual([]);
    await expectRight(await ops.run(toCfo));
  });

  it('whose query is stuck is left before the function’s time ends, and taken up by the next call', async () => {
    const FunctionName = cloud.functionNames.get('measure');
    const limit = (Timeout: number) =>
      cloud.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout }));
    await limit(20);
    const before = (await cloud.athena.executions()).length;
    await cloud.athena.tell({ stall: 1 });
    const { executionName } = await ops.start(toCfo);
    const stuck = await until('a second call that takes the query up', async () => {
      const executions = (await cloud.athena.executions()).slice(before);
      return executions.find(({ state, starts }) => state === 'RUNNING' && starts > 1) ?? null;
    });
    await cloud.athena.stop(stuck.id);
    const run = await ops.end(executionName);
    await limit(900);
    expect(
      run.events.filter(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name === 'Measure').length,
    ).toBeGreaterThan(1);
    await expectRight(run);
  });
});

describe('SES', () => {
  const send = (call: AwsCall) => by('deliver', 'ses', { action: 'SendRawEmail' })(call);

  it('that is too busy is offered the mail again', async () => {
    const busy = breaks(send, { refuse: { status: 400, code: 'Throttling' } }, { times: 2 });
    await expectRight(await ops.run(toCfo));
    expect(busy.hits.length).toBe(2);
  });

  it('that refuses the mail ends the run loudly; the next one sends it', async () => {
    const refused = breaks(send, { refuse: { status: 400, code: 'MessageRejected' } });
    const run = await ops.run(toCfo);
    expect(refused.hits.length).toBe(1);
    await expectLoud(run, 'SES_REJECTED');
    await expectArchived();
    expect(await mailed()).toEqual([]);
    refused.lift();
    expect(await ops.run(toCfo)).toMatchObject({ status: 'SUCCEEDED', outcome: { archived: { added: false } } });
    expect(await mailed()).toEqual([cfo]);
  });

  it.each([
    ['takes the mail and its answer is lost', 'lose answer', 1],
    ['stumbles, and nobody knows whether it took the mail', { refuse: { status: 500, code: 'InternalFailure' } }, 0],
  ] as const)('that %s leaves it to a person', async (_told, fault, sent) => {
    breaks(send, fault, { times: 1 });
    const run = await ops.run(toCfo);
    await expectLoud(run, 'SES_OUTCOME_UNKNOWN');
    await expectArchived();
    expect(await mailed()).toHaveLength(sent);

    const again = await ops.run(toCfo);
    await expectLoud(again, 'DELIVERY_UNKNOWN');
    expect(await mailed()).toEqual([]);

    // A person has looked, and has it sent again.
    expect(await ops.run({ ...toCfo, mail: { to: [cfo], resend: true } })).toMatchObject({ status: 'SUCCEEDED' });
    expect(await mailed()).toEqual([cfo]);
  });
});

describe('a function that is killed half-way', () => {
  /** Kills a function while it waits for the answer to a call. */
  const killed = async (
    name: HandlerName,
    when: (call: AwsCall) => boolean,
    options: { skip?: number } = {},
  ): Promise<Ended> => {
    const held = breaks(when, 'hold', { times: 1, ...options });
    const { executionName } = await ops.start(toCfo);
    await Promise.race([
      held.first,
      ops.end(executionName).then(() => Promise.reject(new Error(`${name} was never held`))),
    ]);
    const pids = cloud.emulator.workers(cloud.functionNames.get(name) ?? '');
    expect(pids.length).toBeGreaterThan(0);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await held.dropped;
    held.lift();
    return ops.end(executionName);
  };

  it.each([
    ['validate', (call: AwsCall) => by('validate', 's3', { action: 'GetObject' })(call), 3],
    ['ingest', (call: AwsCall) => by('ingest', 's3', { action: 'PutObject' })(call), 1],
    ['measure', (call: AwsCall) => by('measure', 'glue', { action: 'CreatePartition' })(call), 2],
    [
      'archive',
      (call: AwsCall) => by('archive', 's3', { action: 'PutObject' })(call) && call.key.startsWith('archive/'),
      3,
    ],
  ] as const)('while it does %s is started again', async (name, when, skip) => {
    const run = await killed(name, when, { skip });
    expect(failedSteps(run)).toContain('Runtime.ExitError');
    await expectRight(run);
  });

  it('after it mailed and before it noted so is not started again: nobody is mailed twice', async () => {
    const noted = (call: AwsCall) =>
      by('deliver', 's3', { action: 'PutObject' })(call) &&
      call.key.startsWith('deliveries/') &&
      call.condition === 'match';
    const run = await killed('deliver', noted);
    expect(failedSteps(run)).toEqual(['Runtime.ExitError']);
    await expectLoud(run, 'RUN_FAILED', 'Runtime.ExitError');
    await expectArchived();
    expect(await mailed()).toEqual([cfo]);
    await expectLoud(await ops.run(toCfo), 'DELIVERY_UNKNOWN');
    expect(await mailed()).toEqual([]);
  });
});

describe('the word to ops', () => {
  it('is given again when the topic is out of order', async () => {
    breaks(by('deliver', 'ses'), { refuse: { status: 400, code: 'MessageRejected' } });
    const broken = breaks(by('failed', 'sns'), { refuse: { status: 500, code: 'InternalError' } }, { times: 2 });
    const run = await ops.run(toCfo);
    await expectLoud(run, 'SES_REJECTED');
    expect(broken.hits.length).toBe(2);
    await expectArchived();
    expect(await mailed()).toEqual([]);
  });
});

describe('bad input', () => {
  it('stops the run before anything is archived or mailed, and says where it is', async () => {
    await folder.write(corrected(bookFiles('2026-09'), `${month}/lines.csv`, '9600.00', '-9600.00'));
    await ops.upload(folder.source, month);
    const archived = await ops.keys('archive/');
    const run = await ops.run(toCfo);
    expect(run.failure).toMatchObject({ kind: 'blocked', code: 'NEGATIVE_MRR' });
    expect(run.failure?.faults[0]?.findings[0]).toMatchObject({
      file: `${month}/lines.csv`,
      line: 2,
      value: expect.stringMatching(/^-9600\.0+$/),
    });
    await expectLoud(run, 'NEGATIVE_MRR');
    expect(await ops.keys('archive/')).toEqual(archived);
    expect(await mailed()).toEqual([]);
  });
});

describe('two runs of a month at once', () => {
  it('make one revision and one mail', async () => {
    const [one, two] = await Promise.all([ops.run(toCfo), ops.run(toCfo)]);
    const ended = [one, two].map(({ status, error }) => error ?? status).sort();
    // One may find the month taken, or the mail of the other under way: it says so and leaves both alone.
    expect(['DELIVERY_UNKNOWN', 'MONTH_BUSY', 'CONFLICT', 'SUCCEEDED']).toContain(ended[0]);
    expect(ended).toContain('SUCCEEDED');
    await expectArchived();
    expect(await mailed()).toEqual([cfo]);
    expect(await ops.run(toCfo)).toMatchObject({
      status: 'SUCCEEDED',
      outcome: { archived: { revision, added: false } },
    });
    expect(await mailed()).toEqual([]);
  });
});
