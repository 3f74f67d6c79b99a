/** A failed run in words for those who operate the stack: what went wrong, where, and what to do next. */
import { z } from 'zod';
import { describeFaults } from './gate-fault.ts';
import { decode, encode } from './lake/catalog.ts';
import type { ObjectStore } from './ports.ts';
import { type Ended, type Failure, failureSchema, isOf, runKey } from './run-record.ts';

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
  const nobodys = { requestId: '', faults: [] };
  if (status === 'ABORTED')
    return {
      ...nobodys,
      kind: 'dependency',
      code: 'RUN_ABORTED',
      message: `somebody stopped the run ${run}${cause === null ? '' : `: ${cause}`}`,
      hint: 'What it had archived by then stands. Run the month again when you know why it was stopped.',
    };
  if (status === 'TIMED_OUT')
    return {
      ...nobodys,
      kind: 'dependency',
      code: 'RUN_TIMED_OUT',
      message: `the run ${run} took longer than it may`,
      hint: 'Run the month again: what is finished is not done twice. If it stays, see where it waits in the console of Step Functions.',
    };
  return {
    ...nobodys,
    kind: error === 'Dependency' ? 'dependency' : 'unexpected',
    code: 'RUN_FAILED',
    message: `the run ${run} failed: ${error ?? 'no error on record'}: ${causeText(cause).slice(0, 4_000)}`,
    hint: 'Its history in the console of Step Functions names the step and its log. Every step can run twice: redrive it, or run the month again.',
  };
};

/** The record that the failed step left of this very end; otherwise one is made, and kept for who looks later. */
export const recordedFailure = async (run: string, ended: Ended, store: ObjectStore): Promise<Failure> => {
  const key = runKey(run, 'failure.json');
  const stored = await store.get(key);
  const record = stored === null ? null : decode(failureSchema, stored.bytes, key, `See the log of ${run}.`);
  if (record !== null && isOf(record, ended)) return record;
  const failure = unrecorded(run, ended);
  await store.put(key, encode(failure));
  return failure;
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
