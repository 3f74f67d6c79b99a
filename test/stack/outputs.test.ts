/** What the command line reads of a stack, and what it says when there is nothing to read. */
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readStack } from '../../functions/stack/outputs.ts';
import { type FakeStack, outputs, startFakeStack } from '../aws/fake-stack.ts';
import { toFake } from './clients.ts';

let fake: FakeStack;
let client: CloudFormationClient;
beforeAll(async () => {
  fake = await startFakeStack();
  client = new CloudFormationClient(toFake(fake.url));
});
afterAll(() => fake.close());

test('the outputs that are used, whatever else the stack tells', async () => {
  fake.stacks.set('acme', { ...outputs, Version: '1.2.3', Other: 'x' });
  const { ResultsBucket: _, ...used } = outputs;
  expect(await readStack(client, 'acme')).toEqual({
    outputs: { ...used, Version: '1.2.3' },
    status: 'UPDATE_COMPLETE',
    createdAt: new Date('2026-11-01T00:00:00Z'),
  });
});

test.each<[string, string, Record<string, unknown>]>([
  ['a name that is none', 'no name', { kind: 'usage', code: 'USAGE' }],
  ['a stack that is not there', 'other', { kind: 'usage', code: 'STACK_MISSING' }],
  ['a stack of something else', 'website', { kind: 'usage', code: 'STACK_UNUSABLE' }],
  ['a stack whose outputs are not what they should be', 'odd', { kind: 'usage', code: 'STACK_UNUSABLE' }],
])('%s', async (_, name, told) => {
  fake.stacks.set('website', { Url: 'https://example.com' });
  fake.stacks.set('odd', { ...outputs, StateMachineArn: 'arn:aws:iam::1:role/x' });
  await expect(readStack(client, name)).rejects.toMatchObject(told);
});

test('what is missing is named, and what can be done', async () => {
  fake.stacks.set('partly', { ...outputs, LakeBucket: '', BillingSource: "stripe:?parent=it's" });
  await expect(readStack(client, 'partly')).rejects.toMatchObject({
    message: expect.stringMatching(/partly \(UPDATE_COMPLETE\).*no usable LakeBucket$/),
    hint: expect.stringMatching(
      /every -c setting.*npx cdk deploy -c stackName=partly -c 'billingSource=stripe:\?parent=it'\\''s' …$/,
    ),
  });
  await expect(readStack(client, 'absent')).rejects.toMatchObject({
    hint: expect.stringMatching(/describe-stacks[\s\S]*AWS_REGION[\s\S]*cdk deploy/),
  });
});

test.each([
  [403, 'AccessDenied', 'User: x is not authorized to perform: cloudformation:DescribeStacks', 'AWS_ACCESS_DENIED'],
  [403, 'ExpiredToken', 'The security token included in the request is expired', 'AWS_CREDENTIALS_REFUSED'],
  [403, 'InvalidClientTokenId', 'The security token included in the request is invalid', 'AWS_CREDENTIALS_REFUSED'],
  [400, 'Throttling', 'Rate exceeded', 'AWS_FAILED'],
])('%d %s', async (status, code, message, told) => {
  fake.refusals.set('cloudformation', { status, code, message });
  await expect(readStack(client, 'acme')).rejects.toMatchObject({
    kind: 'dependency',
    code: told,
    message: expect.stringContaining(message),
    hint: expect.stringMatching(/\w/),
  });
  fake.refusals.clear();
});

test('nobody who answers', async () => {
  const nowhere = new CloudFormationClient(toFake('http://127.0.0.1:1'));
  await expect(readStack(nowhere, 'acme')).rejects.toMatchObject({ code: 'AWS_UNREACHABLE' });
});
