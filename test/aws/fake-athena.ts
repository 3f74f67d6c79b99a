/**
 * Athena's API on loopback, with DuckDB for an engine: what the adapter is tested against, and what an emulator of the
 * rest of AWS can be given where its own Athena knows no UNLOAD and no request tokens.
 *
 * In a test: `startFakeAthena({ glueEndpoint, folder | s3Endpoint, results })`. As a process of its own:
 *
 *   node test/aws/fake-athena.ts --glue-endpoint http://127.0.0.1:4566 --s3-endpoint http://127.0.0.1:4566 \
 *     [--port 4600] [--results s3://bucket/queries/] [--region us-east-1] [--delay-ms 0]
 *
 *   --glue-endpoint  whose GetTables and GetPartitions say what tables there are
 *   --s3-endpoint    holds their Parquet files, and gets results and UNLOADs; or --folder DIR, one subfolder a bucket
 *   --results        where results go, whatever the workgroup; can be told later (below), must be told before a query
 *
 * It prints `fake Athena at http://127.0.0.1:4600` once it listens; SIGTERM ends it. Point clients at it with
 * AWS_ENDPOINT_URL_ATHENA. Credentials are not looked at. While it runs:
 *
 *   curl -d '{"results":"s3://bucket/queries/"}' http://127.0.0.1:4600/_fake    set where results go
 *   curl -d '{"throttle":3}'   …/_fake     the next 3 requests are too many (TooManyRequestsException, ThrottlingException in turn)
 *   curl -d '{"fail":[{"reason":"INTERNAL_ERROR_QUERY_ENGINE","retryable":true,"orphan":true}]}'   …/_fake
 *                                          the next executions fail, one an entry; `orphan` leaves half a file of an UNLOAD
 *   curl -d '{"stall":1}'      …/_fake     the next execution never ends unless it is stopped
 *   curl -d '{"lose":1}'       …/_fake     the next start is done, and its answer is lost
 *   curl -d '{"delayMs":500}'  …/_fake     every execution takes at least so long
 *   curl -d '{"expire":true}'  …/_fake     every result so far is gone
 *   curl …/_fake                           {"faults": {…}, "executions": [{id, sql, state, reason, bytesScanned, output, starts}]}
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { GlueClient } from '@aws-sdk/client-glue';
import { z } from 'zod';
import { endpointFiles, folderFiles } from './fake-athena-files.ts';
import { athenaQueries, type Outcome, unloadOf } from './fake-athena-queries.ts';
import { AwsFault, lostAnswer, serveJson } from './fake-athena-wire.ts';

export type FakeAthenaOptions = {
  readonly glueEndpoint: string;
  /** One of these two. */
  readonly s3Endpoint?: string | undefined;
  readonly folder?: string | undefined;
  readonly results?: string | undefined;
  readonly region?: string | undefined;
  readonly port?: number | undefined;
  readonly delayMs?: number | undefined;
};

const faultsSchema = z.object({
  throttle: z.int(),
  fail: z.array(
    z.object({
      reason: z.string(),
      retryable: z.boolean(),
      orphan: z.boolean().optional(),
      cancel: z.boolean().optional(),
    }),
  ),
  stall: z.int(),
  lose: z.int(),
  delayMs: z.number(),
});
export type Faults = z.infer<typeof faultsSchema>;
const controlSchema = faultsSchema.partial().extend({ results: z.string().optional(), expire: z.boolean().optional() });

export type Execution = {
  readonly id: string;
  readonly sql: string;
  readonly database: string;
  readonly workgroup: string;
  readonly submitted: number;
  readonly output: string;
  /** Requests that were answered with this execution. */
  starts: number;
  state: 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  completed: number | null;
  reason: string | null;
  retryable: boolean;
  outcome: Outcome | null;
};

const engineVersion = 'Athena engine version 3';
const startSchema = z.object({
  QueryString: z.string().min(1).max(262_144),
  ClientRequestToken: z.string().min(32).max(128),
  WorkGroup: z.string(),
  QueryExecutionContext: z.object({ Database: z.string(), Catalog: z.string().optional() }),
});
const idSchema = z.object({ QueryExecutionId: z.string() });
const pageSchema = idSchema.extend({
  MaxResults: z.int().min(1).max(1000).default(1000),
  NextToken: z.string().optional(),
});

const invalid = (message: string, code = 'INVALID_INPUT') =>
  new AwsFault('InvalidRequestException', message, { AthenaErrorCode: code });

const parsed = <T>(schema: z.ZodType<T>, input: unknown): T => {
  const found = schema.safeParse(input);
  if (!found.success) throw invalid(z.prettifyError(found.error));
  return found.data;
};

const cell = (value: string | null) => (value === null ? '' : `"${value.replaceAll('"', '""')}"`);
/** Every value in quotes, NULL as nothing at all. */
const csvOf = ({ columns, rows }: Outcome) =>
  [columns.map(({ name }) => name), ...rows].map((row) => `${row.map(cell).join(',')}\n`).join('');

const seconds = (ms: number) => ms / 1000;

export const startFakeAthena = async (options: FakeAthenaOptions) => {
  const region = options.region ?? 'us-east-1';
  const scratch = await mkdtemp(join(tmpdir(), 'fake-athena-'));
  const { folder, s3Endpoint } = options;
  if ((folder === undefined) === (s3Endpoint === undefined))
    throw new RangeError('a folder or an S3 endpoint is needed');
  const files =
    folder === undefined ? endpointFiles(`${s3Endpoint}`, region, join(scratch, 'cache')) : folderFiles(folder);
  const glue = new GlueClient({
    endpoint: options.glueEndpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const queries = await athenaQueries(glue, files, join(scratch, 'work'));

  let results = options.results;
  let throttled = 0;
  const faults: Faults = { throttle: 0, fail: [], stall: 0, lose: 0, delayMs: options.delayMs ?? 0 };
  const executions = new Map<string, Execution>();
  const tokens = new Map<string, { readonly parameters: string; readonly id: string }>();
  const interrupts = new Map<string, () => void>();
  const working = new Set<Promise<void>>();

  const executionOf = (input: unknown): Execution => {
    const { QueryExecutionId } = parsed(idSchema, input);
    const execution = executions.get(QueryExecutionId);
    if (execution === undefined) throw invalid(`QueryExecution ${QueryExecutionId} was not found`);
    return execution;
  };

  const end = (execution: Execution, state: Execution['state'], reason: string | null = null, retryable = false) => {
    if (execution.completed !== null) return;
    Object.assign(execution, { state, reason, retryable, completed: Date.now() });
  };

  const work = async (execution: Execution, fault: Faults['fail'][number] | undefined): Promise<void> => {
    execution.state = 'RUNNING';
    await sleep(faults.delayMs);
    if (execution.completed !== null) return;
    if (fault !== undefined) {
      const unload = unloadOf(execution.sql);
      if (fault.orphan === true && unload !== null) await queries.leaveOrphan(unload);
      return end(execution, fault.cancel === true ? 'CANCELLED' : 'FAILED', fault.reason, fault.retryable);
    }
    try {
      const outcome = await queries.run(execution.sql, execution.database, (interrupt) =>
        interrupts.set(execution.id, interrupt),
      );
      const path = join(scratch, `${execution.id}.csv`);
      const manifest = outcome.written.map((location) => `${location}\n`).join('');
      await writeFile(path, outcome.columns.length > 0 ? csvOf(outcome) : manifest);
      await files.put(outcome.columns.length > 0 ? execution.output : `${execution.output}-manifest.csv`, path);
      await rm(path);
      execution.outcome = outcome;
      end(execution, 'SUCCEEDED');
    } catch (error) {
      end(execution, 'FAILED', error instanceof Error ? error.message : `${error}`);
    }
  };

  const begin = (sql: string, database: string, workgroup: string): Execution => {
    if (results === undefined) throw invalid('No output location provided.');
    const id = randomUUID();
    const output = `${results}${id}${unloadOf(sql) === null ? '.csv' : ''}`;
    const execution: Execution = {
      id,
      sql,
      database,
      workgroup,
      submitted: Date.now(),
      output,
      starts: 0,
      state: 'QUEUED',
      completed: null,
      reason: null,
      retryable: false,
      outcome: null,
    };
    executions.set(id, execution);
    if (faults.stall > 0) {
      faults.stall -= 1;
      execution.state = 'RUNNING';
      return execution;
    }
    const doing = work(execution, faults.fail.shift()).finally(() => working.delete(doing));
    working.add(doing);
    return execution;
  };

  const actions: Readonly<Record<string, (input: unknown) => Promise<unknown> | unknown>> = {
    async StartQueryExecution(input) {
      const asked = parsed(startSchema, input);
      await queries.parse(asked.QueryString).catch((error: unknown) => {
        throw invalid(`line 1:1: ${error instanceof Error ? error.message : error}`, 'MALFORMED_QUERY');
      });
      const { ClientRequestToken: token, ...rest } = asked;
      const parameters = JSON.stringify(rest);
      const known = tokens.get(token);
      if (known !== undefined && known.parameters !== parameters) throw invalid('Idempotent parameters do not match');
      const id = known?.id ?? begin(asked.QueryString, asked.QueryExecutionContext.Database, asked.WorkGroup).id;
      tokens.set(token, { parameters, id });
      const execution = executions.get(id);
      if (execution !== undefined) execution.starts += 1;
      if (faults.lose > 0) {
        faults.lose -= 1;
        throw lostAnswer;
      }
      return { QueryExecutionId: id };
    },

    GetQueryExecution(input) {
      const execution = executionOf(input);
      const { id, sql, state, reason, retryable, submitted, completed, outcome } = execution;
      const took = (completed ?? Date.now()) - submitted;
      return {
        QueryExecution: {
          QueryExecutionId: id,
          Query: sql,
          StatementType: 'DML',
          ResultConfiguration: { OutputLocation: execution.output },
          QueryExecutionContext: { Database: execution.database },
          WorkGroup: execution.workgroup,
          EngineVersion: { SelectedEngineVersion: engineVersion, EffectiveEngineVersion: engineVersion },
          Status: {
            State: state,
            SubmissionDateTime: seconds(submitted),
            ...(completed === null ? {} : { CompletionDateTime: seconds(completed) }),
            ...(reason === null ? {} : { StateChangeReason: reason }),
            ...(state !== 'FAILED'
              ? {}
              : {
                  AthenaError: {
                    ErrorCategory: retryable ? 1 : 2,
                    ErrorType: 1,
                    Retryable: retryable,
                    ErrorMessage: reason,
                  },
                }),
          },
          Statistics: {
            TotalExecutionTimeInMillis: took,
            EngineExecutionTimeInMillis: took,
            DataScannedInBytes: outcome?.bytesScanned ?? 0,
          },
        },
      };
    },

    GetQueryResults(input) {
      const { MaxResults, NextToken } = parsed(pageSchema, input);
      const { state, outcome } = executionOf(input);
      if (state === 'QUEUED' || state === 'RUNNING')
        throw invalid(`Query has not yet finished. Current state: ${state}`);
      if (state !== 'SUCCEEDED') throw invalid(`Query did not finish successfully. Final query state: ${state}`);
      if (outcome === null) throw invalid('Could not find results');
      // The header is a row of the first page, and counts.
      const all = [outcome.columns.map(({ name }) => name), ...outcome.rows];
      const from = parseInt(NextToken ?? '0', 10);
      const next = from + MaxResults;
      return {
        ResultSet: {
          ResultSetMetadata: {
            ColumnInfo: outcome.columns.map(({ name, type, precision, scale }) => ({
              CatalogName: 'hive',
              Name: name,
              Label: name,
              Type: type,
              Precision: precision,
              Scale: scale,
              Nullable: 'UNKNOWN',
              CaseSensitive: type === 'varchar',
            })),
          },
          Rows: all
            .slice(from, next)
            .map((row) => ({ Data: row.map((value) => (value === null ? {} : { VarCharValue: value })) })),
        },
        ...(next < all.length ? { NextToken: `${next}` } : {}),
      };
    },

    StopQueryExecution(input) {
      const execution = executionOf(input);
      end(execution, 'CANCELLED', 'Query cancelled by user');
      interrupts.get(execution.id)?.();
    },
  };

  const throttle = () => {
    faults.throttle -= 1;
    throttled += 1;
    throw throttled % 2 === 1
      ? new AwsFault('TooManyRequestsException', 'You have exceeded the limit for the number of queries you can run', {
          Reason: 'CONCURRENT_QUERY_LIMIT_EXCEEDED',
        })
      : new AwsFault('ThrottlingException', 'Rate exceeded');
  };

  /** Forgets every result, as a bucket does whose objects expire. */
  const expire = async () => {
    for (const execution of executions.values()) {
      execution.outcome = null;
      if (results !== undefined) await files.remove(execution.output);
    }
  };

  const server = await serveJson({
    port: options.port,
    async act(action, input) {
      if (faults.throttle > 0) throttle();
      const known = actions[action];
      if (known === undefined) throw new AwsFault('UnknownOperationException', action);
      return known(input);
    },
    async control(method, body) {
      if (method === 'POST') {
        const { results: told, expire: forget, ...changed } = parsed(controlSchema, body);
        if (told !== undefined) results = told;
        if (forget === true) await expire();
        Object.assign(faults, changed);
      }
      return {
        faults,
        executions: [...executions.values()].map(({ outcome, ...shown }) => ({
          ...shown,
          bytesScanned: outcome?.bytesScanned ?? 0,
        })),
      };
    },
  });

  return {
    url: server.url,
    faults,
    expire,
    /** In the order in which they were begun. */
    executions: () => [...executions.values()],
    /** Another place for results, as somebody may set who changes the workgroup. */
    moveResults(location: string) {
      results = location;
    },
    /** As if it had just been started. */
    async reset() {
      await Promise.all(working);
      for (const known of [executions, tokens, interrupts]) known.clear();
      Object.assign(faults, { throttle: 0, fail: [], stall: 0, lose: 0, delayMs: options.delayMs ?? 0 });
      results = options.results;
    },
    /** Athena does not remember a token for ever. */
    forgetTokens: () => tokens.clear(),
    async close() {
      await server.close();
      for (const interrupt of interrupts.values()) interrupt();
      await Promise.all(working);
      queries.close();
      glue.destroy();
      await rm(scratch, { recursive: true, force: true });
    },
  };
};

export type FakeAthena = Awaited<ReturnType<typeof startFakeAthena>>;

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      'glue-endpoint': { type: 'string' },
      's3-endpoint': { type: 'string' },
      folder: { type: 'string' },
      results: { type: 'string' },
      region: { type: 'string' },
      'delay-ms': { type: 'string' },
    },
  });
  const fake = await startFakeAthena({
    glueEndpoint: values['glue-endpoint'] ?? 'http://127.0.0.1:4566',
    s3Endpoint: values['s3-endpoint'],
    folder: values.folder,
    results: values.results,
    region: values.region,
    port: parseInt(values.port ?? '0', 10),
    delayMs: parseInt(values['delay-ms'] ?? '0', 10),
  });
  console.log(`fake Athena at ${fake.url}`);
  process.once('SIGTERM', () => fake.close().then(() => process.exit(0)));
  process.once('SIGINT', () => fake.close().then(() => process.exit(0)));
}
