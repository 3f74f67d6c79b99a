/** An execution is followed event by event, to its end. */
import { SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { executionArnOf, followExecution } from '../../functions/stack/follow.ts';
import { type FakeStack, outputs, startFakeStack } from '../aws/fake-stack.ts';
import { toFake } from './clients.ts';

let fake: FakeStack;
let client: SFNClient;
beforeAll(async () => {
  fake = await startFakeStack();
  client = new SFNClient(toFake(fake.url));
});
afterAll(() => fake.close());

const follow = async (name: string) => {
  const shown: string[] = [];
  const ended = await followExecution(client, executionArnOf(outputs.StateMachineArn, name), (task, done, total) =>
    shown.push(`${task} ${done}/${total}`),
  );
  return { ended, shown };
};

const entered = (name: string) => ({ type: 'TaskStateEntered', stateEnteredEventDetails: { name } });
const part = { type: 'MapIterationSucceeded' };

test('every event once, over pages that are read as they grow', async () => {
  const map = [{ type: 'MapStateStarted', mapStateStartedEventDetails: { length: 6 } }, part, part, part, part, part];
  fake.addRun('scheduled-2026-10', { polls: 4, events: [entered('Validate'), ...map, part], status: 'SUCCEEDED' });
  expect(await follow('scheduled-2026-10')).toEqual({
    ended: { status: 'SUCCEEDED', error: null, cause: null },
    shown: ['Reading snapshots 0/6', 'Reading snapshots 2/6', 'Reading snapshots 4/6', 'Reading snapshots 6/6'],
  });
});

test('how it ended, with what the state machine says of it', async () => {
  fake.addRun('ops-1', { polls: 0, status: 'FAILED', error: 'BAD_ROW', cause: 'one row' });
  expect(await follow('ops-1')).toEqual({
    ended: { status: 'FAILED', error: 'BAD_ROW', cause: 'one row' },
    shown: [],
  });
});

test('a run that nobody started, and an answer that is none', async () => {
  await expect(follow('ops-none')).rejects.toMatchObject({ kind: 'usage', code: 'RUN_UNKNOWN' });
  fake.refusals.set('states', { status: 400, code: 'AccessDeniedException', message: 'states:DescribeExecution' });
  await expect(follow('ops-1')).rejects.toMatchObject({ kind: 'dependency', code: 'AWS_ACCESS_DENIED' });
  fake.refusals.clear();
});
