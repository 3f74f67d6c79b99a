/** The world on AWS, as each function of a run needs it. One of the two places that build adapters. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SESClient } from '@aws-sdk/client-ses';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SNSClient } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { athenaQueryEngine, type CsvWriter } from './adapters/athena-query-engine.ts';
import { openDuckdb } from './adapters/duckdb.ts';
import { duckdbCsvWriter } from './adapters/duckdb-csv.ts';
import { duckdbTableLoader } from './adapters/duckdb-table-loader.ts';
import { s3ObjectStore } from './adapters/s3-object-store.ts';
import { openS3Source } from './adapters/s3-source.ts';
import { secretKey } from './adapters/secretsmanager-key.ts';
import { sesMailer } from './adapters/ses-mailer.ts';
import { type Machine, sfnMachine } from './adapters/sfn-machine.ts';
import { snsTopic, type Topic } from './adapters/sns-topic.ts';
import { systemClock } from './adapters/system-clock.ts';
import { putKeyHint } from './billing-secret.ts';
import { type Buckets, bucketOf } from './buckets.ts';
import { readConfig } from './config-file.ts';
import { dependencyError } from './errors.ts';
import { encode } from './lake/catalog.ts';
import { type Call, log, metric } from './lambda-step.ts';
import type { World } from './pipeline.ts';
import type { Mailer, ObjectStore, TableLoader } from './ports.ts';
import type { PullWorld } from './pull-step.ts';
import { costOf, queryKey } from './run-cost.ts';
import { vendorOf } from './sources/billing/vendors.ts';
import type { BucketSource } from './sources/bucket-source.ts';

/** A variable of the function's environment. The stack sets for each function what it needs. */
const variable = <T>(name: string, schema: z.ZodType<T>): T => {
  const parsed = schema.safeParse(process.env[name]);
  if (parsed.success) return parsed.data;
  throw new TypeError(`the function's environment lacks ${name}, or has it wrong: ${parsed.error.message}`);
};
const text = z.string().min(1);

/** Of the bundle, which carries the configuration that it was deployed with. */
export const awsConfig = () => readConfig(fileURLToPath(new URL('../../retention.config.json', import.meta.url)));

export const awsClock = systemClock(undefined);

// The SDK would wait for ever for an answer that does not come.
const requestHandler = { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true };

const s3 = () => new S3Client({ requestHandler });

/** A function's environment names the buckets that it works with; another is missed when it is asked for. */
const buckets: Buckets = {
  get inbox() {
    return variable('INBOX_BUCKET', text);
  },
  get archive() {
    return variable('ARCHIVE_BUCKET', text);
  },
  get lake() {
    return variable('LAKE_BUCKET', text);
  },
};

const storeIn = (scratch: string): ObjectStore => s3ObjectStore({ client: s3(), bucketOf: bucketOf(buckets), scratch });

/** The stack's objects, for what needs no files of its own. */
export const awsStore = (): ObjectStore => storeIn(join(tmpdir(), 'objects'));

/** Runs `work` with a folder that is gone afterwards: a function that is called again must not find its disk full. */
const withScratch = async <T>(work: (scratch: string) => Promise<T>): Promise<T> => {
  const scratch = await mkdtemp(join(tmpdir(), 'run-'));
  try {
    return await work(scratch);
  } finally {
    // Work beside a failure may still be writing here, and must not take its place as the error.
    await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => {});
  }
};

const inboxOf = (store: ObjectStore, scratch: string): Promise<BucketSource> =>
  openS3Source({ client: s3(), bucket: buckets.inbox, store, scratch });

/** The inbox, for who only lists it. */
export const withInbox = <T>(work: (source: BucketSource, store: ObjectStore) => Promise<T>): Promise<T> =>
  withScratch(async (scratch) => {
    const store = storeIn(scratch);
    return work(await inboxOf(store, scratch), store);
  });

/** The billing system that the stack was deployed with, and the inbox that its months come to. */
export const withBilling = <T>(call: Call, work: (world: PullWorld) => Promise<T>): Promise<T> =>
  withScratch((scratch) => {
    const address = variable('BILLING_SOURCE', text);
    const vendor = vendorOf(address);
    if (vendor === null) throw new TypeError('the function’s environment names no billing system in BILLING_SOURCE');
    const client = new SecretsManagerClient({ requestHandler });
    const secret = variable('BILLING_SECRET', text);
    const apiKey = secretKey({ client, secret, title: vendor.title });
    const url = variable(vendor.urlVariable, z.string().default(''));
    return work({
      vendor,
      address,
      credentials: async () => ({ apiKey: await apiKey(), ...(url === '' ? {} : { url }) }),
      keyHint: putKeyHint(secret),
      store: storeIn(scratch),
      clock: awsClock,
      scratch,
      remaining: () => call.getRemainingTimeInMillis(),
      note: (message) => log({ level: 'INFO', message }),
    });
  });

/** DuckDB with half of the function's memory: files in memory, Node and what it holds have the rest. */
const withDuckdb = async <T>(
  scratch: string,
  work: (instance: Awaited<ReturnType<typeof openDuckdb>>) => Promise<T>,
): Promise<T> => {
  const megabytes = variable('AWS_LAMBDA_FUNCTION_MEMORY_SIZE', z.coerce.number().int().min(256));
  const instance = await openDuckdb({ scratch, memoryLimit: `${Math.floor(megabytes / 2)}MB` });
  try {
    return await work(instance);
  } finally {
    instance.closeSync();
  }
};

/** The inbox and DuckDB, which turns its files into tables of the lake. */
export const withLoader = <T>(
  work: (source: BucketSource, world: { store: ObjectStore; loader: TableLoader }) => Promise<T>,
): Promise<T> =>
  withScratch((scratch) =>
    withDuckdb(scratch, async (instance) => {
      const store = storeIn(scratch);
      return work(await inboxOf(store, scratch), { store, loader: duckdbTableLoader({ instance, store, scratch }) });
    }),
  );

/** Tables are loaded by a step of their own; whoever finds one missing now came too late to load it. */
const noLoader: TableLoader = {
  columns: () => Promise.reject(new TypeError('this function reads no files')),
  load: async ({ table, target }) => {
    throw dependencyError(
      'SOURCE_CHANGED',
      `${table} of ${target.month} changed in the inbox while the run was at work`,
      'Run the month again.',
    );
  },
};

/** Nobody is mailed by a step that measures or archives. */
const noMailer: Mailer = {
  name: 'none',
  repeatable: false,
  send: () => Promise.reject(new TypeError('this function sends no mail')),
  close: async () => {},
};

const withEngine = async <T>(
  run: string,
  call: Call,
  scratch: string,
  writeCsv: CsvWriter | null,
  work: (source: BucketSource, world: World) => Promise<T>,
): Promise<T> => {
  const store = storeIn(scratch);
  const engine = athenaQueryEngine({
    athena: new AthenaClient({ requestHandler }),
    glue: new GlueClient({ requestHandler }),
    s3: s3(),
    ...(writeCsv === null ? {} : { writeCsv }),
    database: variable('GLUE_DATABASE', text),
    workgroup: variable('ATHENA_WORKGROUP', text),
    lake: { bucket: buckets.lake },
    results: `s3://${variable('RESULTS_BUCKET', text)}/queries/`,
    run,
    remaining: () => call.getRemainingTimeInMillis(),
    onQuery: async (cost) => {
      await store.put(queryKey(run, cost.queryExecutionId), encode(cost));
    },
  });
  const source = await inboxOf(store, scratch);
  for (const message of source.warnings) log({ level: 'WARN', message });
  return work(source, {
    store,
    engine,
    loader: noLoader,
    mailer: noMailer,
    clock: awsClock,
    scratch,
    progress: () => {},
    note: (message) => log({ level: 'WARN', message }),
    bytesScanned: () => costOf(run, store),
  });
};

/** The inbox and Athena, for measuring. */
export const withAthena = <T>(
  run: string,
  call: Call,
  work: (source: BucketSource, world: World) => Promise<T>,
): Promise<T> => withScratch((scratch) => withEngine(run, call, scratch, null, work));

/** The inbox, Athena, and DuckDB, which writes the ledger as every engine's ledger is written. */
export const withAthenaLedger = <T>(
  run: string,
  call: Call,
  work: (source: BucketSource, world: World) => Promise<T>,
): Promise<T> =>
  withScratch((scratch) =>
    withDuckdb(scratch, (instance) => withEngine(run, call, scratch, duckdbCsvWriter(instance), work)),
  );

export const awsMailer = (): Mailer =>
  sesMailer({
    client: new SESClient({ maxAttempts: 1, requestHandler }),
    configurationSet: variable('SES_CONFIGURATION_SET', text),
    identityArn: variable('SES_IDENTITY_ARN', text),
  });

/** Who operates the stack. */
export const awsOpsRecipients = (): readonly string[] =>
  variable('OPS_RECIPIENTS', z.string().default(''))
    .split(',')
    .filter((address) => address !== '');

export const awsMachine = (): Machine =>
  sfnMachine({ client: new SFNClient({ requestHandler }), arn: variable('STATE_MACHINE_ARN', text) });

export const awsTopic = (): Topic =>
  snsTopic({ client: new SNSClient({ requestHandler }), arn: variable('OPS_TOPIC_ARN', text) });

export const awsMetric = (name: 'ReportOnTime' | 'DeliveryUnknown' | 'ReportIncomplete', value: number): void =>
  metric(variable('METRIC_NAMESPACE', text), name, value, awsClock.now());

/** The day of the month by which last month's report must be there. */
export const awsReportByDay = (): number => variable('REPORT_BY_DAY', z.coerce.number().int().min(1).max(28));
