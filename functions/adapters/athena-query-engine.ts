/** Portable queries on Athena, over Parquet files in S3 that the Glue catalog names. */
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AthenaClient } from '@aws-sdk/client-athena';
import type { GlueClient } from '@aws-sdk/client-glue';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { dependencyError, ReportError } from '../errors.ts';
import { takingTurns } from '../lake/turns.ts';
import type { QueryEngine } from '../ports.ts';
import { isNamed, patientCalls } from './athena-calls.ts';
import { athenaExecution, type Finished, type QueryCost, runAgain } from './athena-execution.ts';
import { isLakeTable } from './athena-hive.ts';
import { athenaPartitions } from './athena-partitions.ts';
import { type ResultColumn, resultColumns, resultRows } from './athena-rows.ts';
import { unloadSql, withoutComments } from './athena-sql.ts';

export type { QueryCost } from './athena-execution.ts';

/** Turns a result CSV of Athena's into the CSV that people get. */
export type CsvWriter = (result: string, columns: readonly ResultColumn[], path: string) => Promise<void>;

export type AthenaQueryEngineOptions = {
  readonly athena: AthenaClient;
  readonly glue: GlueClient;
  readonly s3: S3Client;
  /** Only `exportCsv` needs it. */
  readonly writeCsv?: CsvWriter;
  /** The Glue database with the lake's tables. */
  readonly database: string;
  /** It must enforce its settings: its own results location, Athena engine version 3. */
  readonly workgroup: string;
  readonly lake: { readonly bucket: string };
  /** Where the workgroup puts results: `s3://bucket/prefix/`. */
  readonly results: string;
  /** The name of the run. Whoever asks the same of the same run gets the same executions. */
  readonly run: string;
  /** Milliseconds that the caller has left; without it there is no end. */
  readonly remaining?: () => number;
  /** What of `remaining` is kept back for the caller to end in order. */
  readonly reserveMs?: number;
  /** Told once a statement has ended, however it ended; told again when a later call finds it. */
  readonly onQuery?: (cost: QueryCost) => Promise<void> | void;
  /** Statements under way at a time. */
  readonly concurrency?: number;
  /** A statement that is not done by then is stopped. */
  readonly stuckAfterMs?: number;
  /** Times a throttled or broken call is made. */
  readonly tries?: number;
  readonly time?: {
    /** Milliseconds since 1970. */
    readonly now: () => number;
    readonly sleep: (ms: number) => Promise<void>;
    /** From 0 to below 1. */
    readonly random: () => number;
  };
};

const settingsSchema = z.object({
  database: z.string().regex(/^[a-z0-9_]+$/),
  workgroup: z.string().regex(/^[\w.-]{1,128}$/),
  lake: z.object({ bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/) }),
  results: z.string().regex(/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\/([^\s]*\/)?$/),
  run: z.string().min(1),
  reserveMs: z.number().nonnegative().default(15_000),
  concurrency: z.int().min(1).max(100).default(8),
  // Athena itself ends a query after half an hour.
  stuckAfterMs: z
    .number()
    .positive()
    .default(20 * 60_000),
  tries: z.int().min(1).max(50).default(10),
});

const engineName = 'Athena engine version 3';
const systemTime = { now: () => Date.now(), sleep: (ms: number) => sleep(ms), random: () => Math.random() };

/** Throws a ZodError when a setting has not its form. */
export const athenaQueryEngine = (options: AthenaQueryEngineOptions): QueryEngine => {
  const { database, workgroup, lake, results, run, reserveMs, concurrency, stuckAfterMs, tries } =
    settingsSchema.parse(options);
  const { athena, glue, s3, writeCsv, remaining = () => Infinity, onQuery = () => {} } = options;
  const calls = patientCalls({ ...(options.time ?? systemTime), remaining, reserveMs, tries });
  const partitions = athenaPartitions({ glue, s3, calls, database, bucket: lake.bucket });
  const execution = athenaExecution({
    athena,
    calls,
    database,
    workgroup,
    results,
    engine: engineName,
    run,
    stuckAfterMs,
    onQuery,
  });
  const inTurn = takingTurns(concurrency);

  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw error instanceof ReportError ? error : refused(error);
    }
  };

  /** Runs a SELECT and has `use` read its result; one that has expired since is made again. */
  const select = <T>(sql: string, use: (finished: Finished) => Promise<T>): Promise<T> =>
    inTurn(1, () =>
      execution.run<T>(
        () => withoutComments(sql),
        (finished) =>
          use(finished).catch((error: unknown) => {
            if (finished.earlier && isNamed(error, ...goneNames)) return runAgain;
            throw error;
          }),
      ),
    );

  const download = async (location: string, path: string): Promise<void> => {
    const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location) ?? [];
    await calls.call(async () => {
      const { Body, ContentLength } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      if (!(Body instanceof Readable)) throw new TypeError(`${location} cannot be read`);
      const file = createWriteStream(path);
      await pipeline(Body, file);
      if (ContentLength !== undefined && file.bytesWritten !== ContentLength)
        throw Object.assign(new Error(`${location} broke off`), { code: 'ECONNRESET' });
    });
  };

  return {
    name: engineName,
    concurrency,

    has: (partition) => told(() => partitions.has(partition)),

    query: (sql, reads) =>
      told(async () => {
        await partitions.ensure(reads);
        return select(sql, ({ id }) => resultRows(athena, calls, id));
      }),

    materialise: (sql, reads, target) =>
      told(async () => {
        const { table } = target;
        if (!isLakeTable(table)) throw new RangeError(`the lake has no table ${table}`);
        await partitions.ensure(reads);
        const query = withoutComments(sql);
        const folderOf = (attempt: string) => partitions.attemptFolder(target, attempt);
        await inTurn(1, () =>
          execution.run(
            (attempt) => unloadSql(query, table, folderOf(attempt)),
            async ({ earlier }, attempt) => {
              const folder = folderOf(attempt);
              // An older execution whose folder is empty had no rows, or has lost them: only another one can tell.
              if (earlier && (await partitions.isEmpty(folder))) return runAgain;
              await partitions.publish(target, folder);
            },
          ),
        );
      }),

    exportCsv: (sql, reads, path) =>
      told(async () => {
        if (writeCsv === undefined) throw new TypeError('this engine was built without a writer of CSV');
        await partitions.ensure(reads);
        const result = `${path}.result`;
        try {
          const columns = await select(sql, async ({ id, output }) => {
            await download(output, result);
            return resultColumns(athena, calls, id);
          });
          await writeCsv(result, columns, path);
        } finally {
          await rm(result, { force: true });
        }
      }),
  };
};

/** What S3 and Athena say of a result that has expired. */
const goneNames = ['NoSuchKey', 'NotFound', 'InvalidRequestException'];

const refused = (error: unknown) => {
  const { name, message } = error instanceof Error ? error : { name: '', message: `${error}` };
  return dependencyError(
    'QUERY_REFUSED',
    `AWS refused what a query needs: ${name}: ${message}`,
    'If it names access, look at the role of the function and at the bucket, key and workgroup; if it is throttling or a fault of the service, run the month again.',
    error,
  );
};
