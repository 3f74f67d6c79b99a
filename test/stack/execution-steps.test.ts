/** Events of an execution as the steps that people are shown. */
import { expect, test } from 'vitest';
import { watchSteps } from '../../functions/stack/execution-steps.ts';

const entered = (name: string) => ({ type: 'TaskStateEntered', stateEnteredEventDetails: { name } }) as const;

test('a step a state, and within a Map the parts that are done', () => {
  const steps = watchSteps();
  const after = (event: object) => {
    steps.take({ timestamp: undefined, id: undefined, type: undefined, ...event });
    const { task, done, total } = steps.shown();
    return `${task} ${done}/${total}`;
  };
  expect([
    after({ type: 'ExecutionStarted' }),
    after(entered('Pull')),
    after(entered('Validate')),
    after({ type: 'MapStateEntered', stateEnteredEventDetails: { name: 'IngestAll' } }),
    after({ type: 'MapStateStarted', mapStateStartedEventDetails: { length: 3 } }),
    after(entered('Ingest')),
    after({ type: 'MapIterationSucceeded' }),
    after({ type: 'MapIterationFailed' }),
    after({ type: 'MapIterationSucceeded' }),
    after({ type: 'MapStateSucceeded' }),
    after(entered('Measure')),
    after({ type: 'ChoiceStateEntered', stateEnteredEventDetails: { name: 'IsMeasured' } }),
    after(entered('Measure')),
    after(entered('Archive')),
    after(entered('Deliver')),
    after(entered('Failed')),
  ]).toEqual([
    'Starting 0/5',
    'Pulling from the billing system 0/5',
    'Looking through the inbox 0/5',
    'Looking through the inbox 0/5',
    'Reading snapshots 0/3',
    'Reading snapshots 0/3',
    'Reading snapshots 1/3',
    'Reading snapshots 1/3',
    'Reading snapshots 2/3',
    'Reading snapshots 1/5',
    'Measuring windows 2/5',
    'Measuring windows 2/5',
    'Measuring windows 2/5',
    'Writing the report 3/5',
    'Sending mail 4/5',
    'Failed 4/5',
  ]);
});

test('a Map of nothing has no parts to count', () => {
  const steps = watchSteps();
  for (const event of [
    entered('Validate'),
    { type: 'MapStateStarted', mapStateStartedEventDetails: { length: 0 } },
  ] as const)
    steps.take({ timestamp: undefined, id: undefined, ...event });
  expect(steps.shown()).toEqual({ task: 'Reading snapshots', done: 1, total: 5 });
});
