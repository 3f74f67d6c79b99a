/** What a run left on record, or its execution when it left nothing: its outcome, or the error that it ended with. */
import type { z } from 'zod';
import { blockingGates } from '../core/report.ts';
import { ReportError } from '../errors.ts';
import { causeText, readFailure, unrecorded } from '../failure-text.ts';
import { BlockedError, fault } from '../gate-fault.ts';
import { decode } from '../lake/catalog.ts';
import type { ObjectStore } from '../ports.ts';
import { type Ended, type Failure, type Outcome, outcomeSchema, runKey } from '../run-record.ts';

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

/** Why an execution did not succeed, as an error that can be thrown. */
export const failureOf = async (store: Pick<ObjectStore, 'get'>, run: string, ended: Ended): Promise<ReportError> => {
  const failure = await readFailure(run, ended, store);
  if (failure !== null) return toldBy(failure);
  const gate = blockingGates.find((code) => code === ended.error);
  return gate === undefined ? toldBy(unrecorded(run, ended)) : new BlockedError([fault(gate, causeText(ended.cause))]);
};
