/** A failed run in words for those who operate the stack: what went wrong, where, and what to do next. */
import { z } from 'zod';
import { describeFaults } from './gate-fault.ts';
import { decode, encode } from './lake/catalog.ts';
import type { ObjectStore } from './ports.ts';
import { type Ended, type Failure, failureKeyOf, failureSchema, runKey } from './run-record.ts';

const lambdaCause = z.object({ errorMessage: z.string() });

/** A Lambda's cause is JSON with a stack that helps nobody here. */
export const causeText = (cause: string | null): string => {
  try {
    return lambdaCause.parse(JSON.parse(cause ?? '')).errorMessage;
  } catch {
    return cause ?? 'no cause on record';
  }
};

/** What is known of a run whose step could leave no record itself. */
export const unrecorded = (run: string, { status, error, cause }: Ended): Failure => {
  if (status === 'ABORTED')
    return {
      faults: [],
      kind: 'dependency',
      code: 'RUN_ABORTED',
      message: `somebody stopped the run ${run}${cause === null ? '' : `: ${cause}`}`,
      hint: 'What it had archived by then stands. Run the month again when you know why it was stopped.',
    };
  if (status === 'TIMED_OUT')
    return {
      faults: [],
      kind: 'dependency',
      code: 'RUN_TIMED_OUT',
      message: `the run ${run} took longer than it may`,
      hint: 'Run the month again: what is finished is not done twice. If it stays, see where it waits in the console of Step Functions.',
    };
  return {
    faults: [],
    kind: error === 'Dependency' ? 'dependency' : 'unexpected',
    code: 'RUN_FAILED',
    message: `the run ${run} failed: ${error ?? 'no error on record'}: ${causeText(cause).slice(0, 4_000)}`,
    hint: 'Its history in the console of Step Functions names the step and its log. Every step can run twice: redrive it, or run the month again.',
  };
};

/** The record that the failed call left of this very end; null when there is none. */
export const readFailure = async (
  run: string,
  ended: Ended,
  store: Pick<ObjectStore, 'get'>,
): Promise<Failure | null> => {
  const key = failureKeyOf(run, ended);
  const stored = key === null ? null : await store.get(key);
  return stored === null || key === null ? null : decode(failureSchema, stored.bytes, key, `See the log of ${run}.`);
};

/** What ended a run, as it is on record; where no step could leave a record one is made, and kept for who looks later. */
export const recordedFailure = async (run: string, ended: Ended, store: ObjectStore): Promise<Failure> => {
  const record = await readFailure(run, ended, store);
  if (record !== null) return record;
  const failure = unrecorded(run, ended);
  await store.put(runKey(run, 'failure.json'), encode(failure));
  return failure;
};

/** Subject (at most 100 plain characters, as SNS has it) and text. */
export const failureText = (
  run: string,
  failure: Failure,
  unsure: readonly string[] = [],
): { subject: string; text: string } => {
  const blocked = failure.kind === 'blocked';
  const subject = `Retention report ${blocked ? 'blocked' : 'failed'}: ${failure.code} (${run})`;
  const what = blocked ? describeFaults(failure.faults) : [`${failure.code}: ${failure.message}`];
  return {
    subject: subject.replace(/[^ -~]/g, '?').slice(0, 100),
    text: [
      `Run ${run} did not finish.`,
      '',
      ...what,
      '',
      `What to do: ${failure.hint}`,
      '',
      ...(unsure.length === 0
        ? []
        : [
            'A mail may or may not have gone out; nothing is sent again by itself. On record as being sent:',
            ...unsure,
            '',
          ]),
    ].join('\n'),
  };
};
