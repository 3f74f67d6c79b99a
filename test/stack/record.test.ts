/** Why a run did not succeed, from its record and from what its execution says. */
import { expect, test } from 'vitest';
import type { Ended, Failure } from '../../functions/run-record.ts';
import { failureOf, readOutcome } from '../../functions/stack/record.ts';

const run = 'ops-2026-10-1';

const holding = (objects: Readonly<Record<string, unknown>>) => ({
  async get(key: string) {
    return key in objects ? { bytes: new TextEncoder().encode(JSON.stringify(objects[key])), etag: '' } : null;
  },
});

const told = (ended: Partial<Ended>, failure?: Partial<Failure>) => {
  const record = {
    kind: 'unexpected',
    code: 'X',
    message: 'm',
    hint: 'h',
    faults: [],
    ...failure,
  };
  return failureOf(holding(failure === undefined ? {} : { [`runs/${run}/failures/request-1.json`]: record }), run, {
    status: 'FAILED',
    error: null,
    cause: null,
    ...ended,
  });
};

test.each(['unexpected', 'usage', 'dependency'] as const)('a record of kind %s is told as it stands', async (kind) => {
  const record = { kind, code: 'SES_REJECTED', message: 'no such address', hint: 'Correct it.' };
  expect(await told({ error: 'Dependency', cause: 'SES_REJECTED (request request-1): …' }, record)).toMatchObject(
    record,
  );
});

test('what gates found is told with its places', async () => {
  const finding = { file: 'f', line: 2, column: 'c', value: 'v', problem: 'p' };
  const faults = [{ code: 'BAD_ROW' as const, message: 'one row', findings: [finding], total: 1 }];
  const error = await told(
    { error: 'BAD_ROW', cause: 'BAD_ROW (request request-1): …' },
    { kind: 'blocked', code: 'BAD_ROW', faults },
  );
  expect(error).toMatchObject({ kind: 'blocked', code: 'BAD_ROW', faults });
});

test('a record of an earlier try does not stand for what stopped the run', async () => {
  const record = { kind: 'dependency', code: 'S3_BUSY', message: 'slow down', hint: 'Run again.' } as const;
  expect(await told({ error: 'Sandbox.Timedout', cause: 'after 900 seconds' }, record)).toMatchObject({
    kind: 'unexpected',
    code: 'RUN_FAILED',
    message: expect.stringContaining('Sandbox.Timedout: after 900 seconds'),
  });
});

test.each<[string, Partial<Ended>, Record<string, unknown>]>([
  ['a gate', { error: 'FX_MISSING', cause: 'no rate' }, { kind: 'blocked', code: 'FX_MISSING' }],
  ['a dependency', { error: 'Dependency', cause: 'S3_BUSY' }, { kind: 'dependency', code: 'RUN_FAILED' }],
  [
    'a function’s own words, without its stack',
    { error: 'TypeError', cause: '{"errorType":"TypeError","errorMessage":"x is undefined","trace":["at y"]}' },
    { kind: 'unexpected', message: `the run ${run} failed: TypeError: x is undefined` },
  ],
  ['nothing', {}, { kind: 'unexpected', message: expect.stringContaining('no error on record') }],
  ['too long', { status: 'TIMED_OUT' }, { kind: 'dependency', code: 'RUN_TIMED_OUT' }],
  [
    'stopped',
    { status: 'ABORTED', cause: 'by me' },
    { code: 'RUN_ABORTED', message: expect.stringContaining('by me') },
  ],
])('without a record: %s', async (_, ended, error) => {
  expect(await told(ended)).toMatchObject(error);
});

test('an outcome of another form is no outcome', async () => {
  expect(await readOutcome(holding({}), run)).toBeNull();
  await expect(readOutcome(holding({ [`runs/${run}/outcome.json`]: { month: '2026-10' } }), run)).rejects.toMatchObject(
    {
      code: 'DAMAGED',
      hint: expect.stringContaining('same version'),
    },
  );
});
