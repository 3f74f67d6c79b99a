/**
 * One statement on Athena, from start to end: started under a token that says what it is, so that whoever asks again,
 * in this process or after it was killed, gets the same execution and not a second one.
 */
import { createHash } from 'node:crypto';
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import { dependencyError } from '../errors.ts';
import { type Calls, isNamed } from './athena-calls.ts';
import { longestStatementBytes } from './athena-sql.ts';

/** What a finished statement cost. */
export type QueryCost = {
  readonly queryExecutionId: string;
  readonly bytesScanned: number;
  /** From submission to end, waiting in Athena's queue included. */
  readonly milliseconds: number;
};

export type AthenaExecutionOptions = {
  readonly athena: AthenaClient;
  readonly calls: Calls;
  readonly database: string;
  readonly workgroup: string;
  /** `s3://…/`, where the workgroup puts every result. */
  readonly results: string;
  readonly engine: string;
  readonly run: string;
  readonly stuckAfterMs: number;
  readonly onQuery: (cost: QueryCost) => Promise<void> | void;
};

export type Finished = {
  readonly id: string;
  /** Where the result is: `s3://…`. */
  readonly output: string;
  /** It had ended before it was asked for now: what it wrote may be gone since. */
  readonly earlier: boolean;
};

/** Said by `use` when what an earlier execution wrote is gone: it has to run once more. */
export const runAgain = Symbol('run again');

/** Attempts that may fail while somebody waits for them, and attempts in all the calls of a run. */
const freshAttempts = 3;
const attemptsOfRun = 40;
const [shortestPollMs, longestPollMs] = [200, 3000];

const ended = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED']);

export const athenaExecution = (options: AthenaExecutionOptions) => {
  const { athena, calls, database, workgroup, results, run, stuckAfterMs, onQuery } = options;
  const { call } = calls;

  const get = async (id: string): Promise<QueryExecution> => {
    const { QueryExecution } = await call(() => athena.send(new GetQueryExecutionCommand({ QueryExecutionId: id })));
    if (QueryExecution === undefined) throw new TypeError(`Athena answers nothing of query ${id}`);
    return QueryExecution;
  };

  const start = async (statement: string, token: string): Promise<string> => {
    const begun = await call(() =>
      athena.send(
        new StartQueryExecutionCommand({
          QueryString: statement,
          ClientRequestToken: token,
          WorkGroup: workgroup,
          QueryExecutionContext: { Database: database },
        }),
      ),
    );
    if (begun.QueryExecutionId === undefined) throw new TypeError('Athena began a query without an id');
    return begun.QueryExecutionId;
  };

  const stop = async (id: string): Promise<QueryExecution> => {
    await call(() => athena.send(new StopQueryExecutionCommand({ QueryExecutionId: id })));
    return get(id);
  };

  /** Follows an execution to its end; one that does not end is stopped. */
  const follow = async (id: string): Promise<QueryExecution> => {
    for (let waitMs = shortestPollMs; ; waitMs = Math.min(longestPollMs, waitMs * 1.5)) {
      const execution = await get(id);
      if (ended.has(stateOf(execution))) return execution;
      const began = execution.Status?.SubmissionDateTime?.getTime() ?? calls.now();
      if (calls.now() - began > stuckAfterMs) {
        const stopped = await stop(id);
        if (stateOf(stopped) === 'SUCCEEDED') return stopped;
        await onQuery(costOf(id, stopped));
        throw timedOut(id, stuckAfterMs);
      }
      await calls.pause(waitMs);
    }
  };

  /** The workgroup must have had its way: results where only it may put them, on the engine that the manifest names. */
  const verified = (id: string, execution: QueryExecution): string => {
    const output = execution.ResultConfiguration?.OutputLocation ?? '';
    const engine = execution.EngineVersion?.EffectiveEngineVersion ?? options.engine;
    if (output.startsWith(results) && engine === options.engine) return output;
    throw dependencyError(
      'WORKGROUP_CHANGED',
      `query ${id} ran on "${engine}" and wrote to ${output || 'nowhere'}, not on "${options.engine}" to ${results}`,
      `Deploy the stack again: the workgroup ${workgroup} must enforce its settings.`,
    );
  };

  return {
    /**
     * Runs a statement until it has succeeded and `use` has what it wants of it.
     *
     * `statementOf` gets a name that is the attempt's own. A failure that may pass gets another attempt, and so does one
     * that is older than this call: whoever asks again has seen to its cause.
     */
    async run<T>(
      statementOf: (attempt: string) => string,
      use: (finished: Finished, attempt: string) => Promise<T | typeof runAgain>,
    ): Promise<T> {
      const identity = JSON.stringify([run, workgroup, database, statementOf('')]);
      let [fresh, reason] = [0, ''];
      for (let at = 1; at <= attemptsOfRun; at += 1) {
        calls.checkTime();
        const token = createHash('sha256').update(`${identity}\n${at}`).digest('hex');
        const attempt = token.slice(0, 32);
        const statement = statementOf(attempt);
        checkLength(statement);
        const asked = calls.now();
        const id = await start(statement, token).catch((error: unknown) => {
          if (isNamed(error, 'InvalidRequestException')) throw failed('', messageOf(error), error);
          throw error;
        });
        const execution = await follow(id);
        const earlier = (execution.Status?.CompletionDateTime?.getTime() ?? asked) < asked;
        await onQuery(costOf(id, execution));
        reason = execution.Status?.StateChangeReason ?? execution.Status?.AthenaError?.ErrorMessage ?? '';

        if (stateOf(execution) === 'SUCCEEDED') {
          const used = await use({ id, output: verified(id, execution), earlier }, attempt);
          if (used !== runAgain) return used;
          continue;
        }
        // An attempt whose folder is not empty is one that Athena has forgotten, and we have not.
        if (earlier || /HIVE_PATH_ALREADY_EXISTS/.test(reason)) continue;
        if (stateOf(execution) === 'CANCELLED') throw cancelled(id, reason);
        fresh += 1;
        if (execution.Status?.AthenaError?.Retryable !== true || fresh >= freshAttempts) throw failed(id, reason);
        await calls.pause(shortestPollMs * 4 ** fresh);
      }
      throw failed('', `${attemptsOfRun} attempts, the last one: ${reason}`);
    },
  };
};

const stateOf = (execution: QueryExecution): string => execution.Status?.State ?? 'QUEUED';

const costOf = (id: string, { Statistics }: QueryExecution): QueryCost => ({
  queryExecutionId: id,
  bytesScanned: Statistics?.DataScannedInBytes ?? 0,
  milliseconds: Statistics?.TotalExecutionTimeInMillis ?? Statistics?.EngineExecutionTimeInMillis ?? 0,
});

const messageOf = (error: unknown) => (error instanceof Error ? error.message : `${error}`);

const checkLength = (statement: string) => {
  const bytes = Buffer.byteLength(statement);
  if (bytes > longestStatementBytes)
    throw failed('', `it has ${bytes} bytes, and Athena takes ${longestStatementBytes} at most`);
};

const failed = (id: string, reason: string, cause?: unknown) =>
  dependencyError(
    'QUERY_FAILED',
    `Athena refused a query${id === '' ? '' : ` (${id})`}: ${reason || 'no reason given'}`,
    'Read the reason; if it names access or a limit, change that, then run the month again: what is done is not done twice.',
    cause,
  );

const cancelled = (id: string, reason: string) =>
  dependencyError(
    'QUERY_CANCELLED',
    `Athena query ${id} was cancelled: ${reason || 'no reason given'}`,
    'Somebody stopped it, or it read more than the workgroup allows: raise the limit on bytes scanned, then run the month again.',
  );

const timedOut = (id: string, ms: number) =>
  dependencyError(
    'QUERY_TIMED_OUT',
    `Athena query ${id} had not ended after ${Math.round(ms / 60_000)} minutes and was stopped`,
    'Look at the query in the Athena console and at the service health of the region, then run the month again.',
  );
