/** What every function on AWS has around it: the event is checked, a failure goes on record and is thrown on. */
import { z } from 'zod';
import { ReportError } from './errors.ts';
import { BlockedError } from './gate-fault.ts';
import { encode } from './lake/catalog.ts';
import type { ObjectStore } from './ports.ts';
import { callMark, type Failure, failureKey, runKey, runNameSchema } from './run-record.ts';

/** What Lambda tells a function about the call, in so far as it is used here. */
export type Call = {
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
};

/** A line for the log, as JSON. Never holds what comes out of a snapshot. */
export const log = (entry: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${JSON.stringify(entry)}\n`);
};

/** Counts something in CloudWatch by the log alone (embedded metric format). */
export const metric = (namespace: string, name: string, value: number, at: Date): void =>
  log({
    _aws: {
      Timestamp: at.getTime(),
      CloudWatchMetrics: [{ Namespace: namespace, Dimensions: [[]], Metrics: [{ Name: name, Unit: 'Count' }] }],
    },
    [name]: value,
  });

/**
 * The name by which the state machine knows a failure: `Busy` where it is to wait its turn, `Dependency` where a later try
 * may go well, otherwise its code.
 */
const nameOf = ({ kind, code }: Failure): string => {
  if (code === 'MONTH_BUSY') return 'Busy';
  return kind === 'dependency' ? 'Dependency' : code;
};

export const failureOf = (error: unknown): Failure => {
  if (error instanceof ReportError)
    return {
      kind: error.kind,
      code: error.code,
      message: error.message,
      hint: error.hint,
      faults:
        error instanceof BlockedError ? error.faults.map((fault) => ({ ...fault, findings: [...fault.findings] })) : [],
    };
  return {
    kind: 'unexpected',
    code: 'UNEXPECTED',
    message: error instanceof Error ? error.message : `${error}`,
    hint: 'This is a fault of the report itself: keep the log of the function and tell its maintainers.',
    faults: [],
  };
};

/** Thrown to Lambda; tells whose record it is. */
const thrown = (failure: Failure, requestId: string, cause: unknown): Error => {
  const error = new Error(`${failure.code} ${callMark(requestId)}: ${failure.message} ${failure.hint}`, {
    cause,
  });
  error.name = nameOf(failure);
  return error;
};

const runSchema = z.object({ run: runNameSchema });

/**
 * A handler that parses its event with `schema` and calls `work`. A failure is logged once and thrown on under a name that
 * the state machine can tell apart; a step of a run also leaves it in the run's folder of `store`.
 */
export const step =
  <Event, Result>(
    schema: z.ZodType<Event>,
    store: (() => ObjectStore) | null,
    work: (event: Event, call: Call) => Promise<Result>,
  ) =>
  async (event: unknown, call: Call): Promise<Result> => {
    try {
      return await work(schema.parse(event), call);
    } catch (error) {
      const failure = failureOf(error);
      const stack = failure.kind === 'unexpected' && error instanceof Error ? { stack: error.stack } : {};
      log({ level: 'ERROR', kind: failure.kind, code: failure.code, message: failure.message, ...stack });
      const { data } = runSchema.safeParse(event);
      if (data !== undefined && store !== null)
        // The record is a courtesy: a store that is out of order must not hide what happened first.
        await Promise.all(
          [failureKey(data.run, call.awsRequestId), runKey(data.run, 'failure.json')].map((key) =>
            store().put(key, encode(failure)),
          ),
        ).catch((second: unknown) =>
          log({ level: 'ERROR', message: `the failure could not be put on record: ${second}` }),
        );
      throw thrown(failure, call.awsRequestId, error);
    }
  };
