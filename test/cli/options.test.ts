/** Options that do not go together are refused before anything is done, with what to do instead. */
import { expect, test } from 'vitest';
import { refuseContradictions } from '../../functions/cli/options.ts';

test.each([
  ['demo', ['stack'], /this machine alone/],
  ['doctor', ['stack', 'source'], /one of the two/],
  ['doctor', [], /one of the two/],
  ['list', ['stack', 'home'], /a command works on one of them/],
  ['run', ['stack', 'month', 'config'], /was deployed with/],
  ['check', ['stack', 'source'], /check writes nothing/],
  ['run', ['pullAgain', 'month'], /--pull-again is for a billing system/],
  ['run', ['board'], /--board is for a stack/],
  ['run', ['stack', 'board', 'to'], /cannot be combined/],
  ['run', ['stack', 'board', 'email'], /cannot be combined/],
])('%s with %j', (command, given, told) => {
  expect(() => refuseContradictions(command, new Set(given))).toThrow(told);
});

test.each([
  ['demo', ['home']],
  ['run', ['home', 'config', 'source', 'to', 'email']],
  ['run', ['stack', 'source', 'board', 'resend']],
  ['run', ['stack', 'pullAgain']],
  ['run', ['source', 'pullAgain']],
  ['check', ['home', 'source']],
  ['check', ['stack', 'month']],
  ['backfill', ['stack', 'source', 'from', 'to']],
])('%s with %j is fine', (command, given) => {
  expect(() => refuseContradictions(command, new Set(given))).not.toThrow();
});
