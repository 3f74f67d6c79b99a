/** Which step an execution is at, from the events of its history. */
import type { HistoryEvent } from '@aws-sdk/client-sfn';

export type Shown = { readonly task: string; readonly done: number; readonly total: number };

/** Steps in the order of the state machine, in the words of a local run. */
const steps = [
  ['Validate', 'Looking through the inbox'],
  ['Ingest', 'Reading snapshots'],
  ['Measure', 'Measuring windows'],
  ['Archive', 'Writing the report'],
  ['Deliver', 'Sending mail'],
] as const;

/** Steps that not every stack has: they are told, and not counted. */
const uncounted = new Map([['Pull', 'Pulling from the billing system']]);

/** Takes events in their order and says where that leaves the execution; parts of a Map are counted. */
export const watchSteps = (): { take(event: HistoryEvent): void; shown(): Shown } => {
  let step: Shown = { task: 'Starting', done: 0, total: steps.length };
  let parts: Shown | null = null;
  const enter = (name: string): Shown => {
    const at = steps.findIndex(([state]) => state === name);
    // A step that is not on the way, such as the one that records a failure, moves nothing on.
    return at < 0
      ? { ...step, task: uncounted.get(name) ?? name }
      : { ...step, task: steps[at]?.[1] ?? name, done: at };
  };
  return {
    take(event) {
      const { type, stateEnteredEventDetails: entered, mapStateStartedEventDetails: map } = event;
      if (type === 'MapStateStarted') {
        step = enter('Ingest');
        parts = { ...step, done: 0, total: map?.length ?? 0 };
      }
      if (type === 'MapIterationSucceeded' && parts !== null) parts = { ...parts, done: parts.done + 1 };
      else if (type === 'MapStateSucceeded' || type === 'MapStateFailed' || type === 'MapStateAborted') parts = null;
      // Inside a Map the parts are told, not their states.
      else if (type === 'TaskStateEntered' && parts === null) step = enter(entered?.name ?? '');
    },
    shown: () => (parts !== null && parts.total > 0 ? parts : step),
  };
};
