/** How a step's failure is logged, recorded, thrown on and told. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { parseMonth } from '../../functions/core/month.ts';
import { sendsUnderWay } from '../../functions/deliver.ts';
import { dependencyError } from '../../functions/errors.ts';
import { failureText, recordedFailure } from '../../functions/failure-text.ts';
import { BlockedError, fault } from '../../functions/gate-fault.ts';
import { failureOf, step } from '../../functions/lambda-step.ts';
import { failureSchema } from '../../functions/run-record.ts';

const eventSchema = z.object({ run: z.string() });
const call = (awsRequestId: string) => ({ awsRequestId, getRemainingTimeInMillis: () => 1_000 });
const finding = { file: '2026-10/lines.csv', line: 3, column: 'mrr', value: '-5.00', problem: 'a line below zero' };
const blocked = new BlockedError([fault('NEGATIVE_MRR', '1 line below zero', [finding])]);

let dir: string;
let logged: string[];
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'failures-'));
  logged = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    logged.push(`${text}`);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dir, { recursive: true, force: true });
});

const failing = (error: unknown, requestId = 'request-1') =>
  step(
    eventSchema,
    () => folderObjectStore(dir),
    () => Promise.reject(error),
  )({ run: 'one' }, call(requestId)).then(
    () => {
      throw new Error('it did not fail');
    },
    (thrown: unknown) => {
      if (!(thrown instanceof Error)) throw thrown;
      return { status: 'FAILED', error: thrown.name, cause: JSON.stringify({ errorMessage: thrown.message }) } as const;
    },
  );
const record = async () => failureSchema.parse(JSON.parse(await readFile(join(dir, 'runs/one/failure.json'), 'utf8')));

describe('a step that fails', () => {
  it('is known to the state machine by its code, or as a dependency that may come back', async () => {
    expect((await failing(blocked)).error).toBe('NEGATIVE_MRR');
    expect((await failing(dependencyError('S3_SLOW', 'slow', 'Wait.'))).error).toBe('Dependency');
    expect((await failing(new TypeError('x is not a function'))).error).toBe('UNEXPECTED');
  });

  it('leaves what a person needs on record', async () => {
    await failing(blocked);
    expect(await record()).toMatchObject({ kind: 'blocked', code: 'NEGATIVE_MRR', faults: [{ findings: [finding] }] });
  });

  it('is logged once, without what stood in the snapshot', async () => {
    await failing(blocked);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('NEGATIVE_MRR');
    expect(logged[0]).not.toContain('-5.00');
  });

  it('throws what happened even where the record cannot be kept', async () => {
    const nowhere = () => {
      const store = folderObjectStore(dir);
      return { ...store, put: () => Promise.reject(new Error('no bucket')) };
    };
    const handler = step(eventSchema, nowhere, () => Promise.reject(blocked));
    await expect(handler({ run: 'one' }, call('1'))).rejects.toThrow('NEGATIVE_MRR');
  });

  it('an event of another form is refused', async () => {
    const handler = step(eventSchema, null, async () => 'done');
    await expect(handler({ walk: 'one' }, call('1'))).rejects.toMatchObject({ name: 'UNEXPECTED' });
    expect(await handler({ run: 'one' }, call('1'))).toBe('done');
  });
});

describe('what ops are told', () => {
  it('of a gate: the place to look at and what to do', async () => {
    const error = await failing(blocked);
    const { subject, text } = failureText('one', await recordedFailure('one', error, folderObjectStore(dir)));
    expect(subject).toBe('Retention report blocked: NEGATIVE_MRR (one)');
    expect(text).toContain('2026-10/lines.csv, line 3, column mrr: a line below zero (found "-5.00")');
    expect(text).toContain('What to do: Correct the source');
  });

  it('of a step that was killed: that, and not what an earlier try had', async () => {
    await failing(blocked, 'request-1');
    const killed = { status: 'FAILED', error: 'Lambda.Unknown', cause: 'Runtime exited: signal: killed' } as const;
    const { subject, text } = failureText('one', await recordedFailure('one', killed, folderObjectStore(dir)));
    expect(subject).toBe('Retention report failed: RUN_FAILED (one)');
    expect(text).toContain('Lambda.Unknown: Runtime exited: signal: killed');
    expect(await record(), 'and it is on record from then on').toMatchObject({ code: 'RUN_FAILED' });
    expect(text).not.toContain('NEGATIVE_MRR');
  });

  it('of a mail that was under way when the step died', async () => {
    const killed = { status: 'FAILED', error: 'Sandbox.Timedout', cause: 'timed out' } as const;
    const store = folderObjectStore(dir);
    const entry = (state: string) =>
      new TextEncoder().encode(JSON.stringify({ state, at: '2026-11-03T07:00:00.000Z', where: null }));
    await store.put('deliveries/month=2026-10/revision=1/ses/one.json', entry('sending'));
    await store.put('deliveries/month=2026-10/revision=1/ses/two.json', entry('sent'));
    const unsure = await sendsUnderWay(parseMonth('2026-10'), store);
    expect(unsure).toEqual(['deliveries/month=2026-10/revision=1/ses/one.json']);
    expect(failureText('one', await recordedFailure('one', killed, store), unsure).text).toContain('ses/one.json');
  });

  it('waits its turn where another run has the month', async () => {
    expect((await failing(dependencyError('MONTH_BUSY', 'busy', 'Wait.'))).error).toBe('Busy');
  });

  it.each(['TIMED_OUT', 'ABORTED'] as const)('of a run that %s', async (status) => {
    const ended = { status, error: null, cause: null };
    const { subject } = failureText('one', await recordedFailure('one', ended, folderObjectStore(dir)));
    expect(subject).toBe(`Retention report failed: RUN_${status} (one)`);
  });

  it('of the call that ended it, where several failed side by side', async () => {
    const ended = await failing(blocked, 'request-1');
    await failing(dependencyError('S3_SLOW', 'slow', 'Wait.'), 'request-2');
    const { subject } = failureText('one', await recordedFailure('one', ended, folderObjectStore(dir)));
    expect(subject).toBe('Retention report blocked: NEGATIVE_MRR (one)');
  });

  it('in a subject that SNS takes', () => {
    const code = `Boom\r\nBcc: all@example.com é${'x'.repeat(200)}`;
    const { subject } = failureText('one', { ...failureOf(blocked), code });
    expect(subject).toMatch(/^[ -~]{1,100}$/);
  });
});
