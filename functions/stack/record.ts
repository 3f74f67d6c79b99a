/** What a run left on record, or its execution when it left nothing: its outcome, or the error that it ended with. */
import { z } from 'zod';
import { blockingGates } from '../core/report.ts';
import { ReportError } from '../errors.ts';
import { BlockedError, fault } from '../gate-fault.ts';
import { decode } from '../lake/catalog.ts';
import type { ObjectStore } from '../ports.ts';
import { type Failure, failureSchema, type Outcome, outcomeSchema, runKey } from '../run-record.ts';
import type { Ended } from './follow.ts';

const read = async <T>(store: Pick<ObjectStore, 'get'>, key: string, schema: z.ZodType<T>): Promise<T | null> => {
  const stored = await store.get(key);
  return stored === null
    ? null
    : decode(schema, stored.bytes, key, 'Is the stack of the same version as this command?');
};

/** What the run did, in so far as it got; null when it left no word. */
export const readOutcome = (store: Pick<ObjectStore, 'get'>, run: string): Promise<Outcome | null> =>
  read(store, runKey(run, 'outcome.json'), outcomeSchema);

const toldBy = ({ kind, code, message, hint, faults }: Failure): ReportError =>
  faults.length > 0 ? new BlockedError(faults) : new ReportError(kind, code, message, hint);

const lambdaCause = z.object({ errorMessage: z.string() });

/** A Lambda's cause is JSON with a stack that helps nobody here. */
const causeText = (cause: string | null): string => {
  try {
    return lambdaCause.parse(JSON.parse(cause ?? '')).errorMessage;
  } catch {
    return cause ?? 'no cause on record';
  }
};

/** Why an execution did not succeed, as an error that can be thrown. */
export const failureOf = async (store: Pick<ObjectStore, 'get'>, run: string, ended: Ended): Promise<ReportError> => {
  const { status, error, cause } = ended;
  if (status === 'ABORTED')
    return new ReportError(
      'dependency',
      'RUN_ABORTED',
      `somebody stopped the run ${run}${cause === null ? '' : `: ${cause}`}`,
      'What it had archived by then stands. Run the month again when you know why it was stopped.',
    );
  if (status === 'TIMED_OUT')
    return new ReportError(
      'dependency',
      'RUN_TIMED_OUT',
      `the run ${run} took longer than it may`,
      'Run the month again: what is finished is not done twice. If it stays, see where it waits in the console of Step Functions.',
    );
  const failure = await read(store, runKey(run, 'failure.json'), failureSchema);
  // The state machine ends with the code of what failed it: a record that says another is of an earlier try.
  if (failure !== null && failure.code === error) return toldBy(failure);
  const gate = blockingGates.find((code) => code === error);
  if (gate !== undefined) return new BlockedError([fault(gate, causeText(cause))]);
  return new ReportError(
    error === 'Dependency' ? 'dependency' : 'unexpected',
    'RUN_FAILED',
    `the run ${run} failed: ${error ?? 'no error on record'}: ${causeText(cause)}`,
    `Its history in the console of Step Functions names the step and its log.${
      failure === null ? '' : ` An earlier failure is on record: ${failure.code}: ${failure.message} ${failure.hint}`
    }`,
  );
};
