/** A failed run in words for those who operate the stack: what went wrong, where, and what to do next. */
import { describeFaults } from './gate-fault.ts';
import { decode } from './lake/catalog.ts';
import type { ObjectStore } from './ports.ts';
import { type Failure, failureSchema, runKey } from './run-record.ts';

/** The record that the failed step left; what the state machine says of it where it could leave none. */
export const recordedFailure = async (
  run: string,
  { Error: name, Cause: cause }: { readonly Error: string; readonly Cause: string },
  store: ObjectStore,
): Promise<Failure> => {
  const key = runKey(run, 'failure.json');
  const stored = await store.get(key);
  const record = stored === null ? null : decode(failureSchema, stored.bytes, key, `See the log of ${run}.`);
  // An earlier try of the run may have left the one that is there.
  if (record !== null && cause.includes(record.requestId)) return record;
  return {
    requestId: '',
    kind: 'unexpected',
    code: name,
    message: `a step of the run was cut off: ${cause === '' ? name : cause.slice(0, 1_000)}`,
    hint: 'Every step can run twice: redrive the execution, or run the month again. If it happens again, give the function more memory.',
    faults: [],
  };
};

/** Subject (at most 100 plain characters, as SNS has it) and text. */
export const failureText = (run: string, failure: Failure): { subject: string; text: string } => {
  const blocked = failure.kind === 'blocked';
  const subject = `Retention report ${blocked ? 'blocked' : 'failed'}: ${failure.code} (${run})`;
  const what = blocked ? describeFaults(failure.faults) : [`${failure.code}: ${failure.message}`];
  return {
    subject: subject.replace(/[^ -~]/g, '?').slice(0, 100),
    text: [`Run ${run} ended without a report.`, '', ...what, '', `What to do: ${failure.hint}`, ''].join('\n'),
  };
};
