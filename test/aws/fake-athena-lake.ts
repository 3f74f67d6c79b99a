/** A whole lake on AWS for a test: S3 over a folder, Glue, Athena, and engines of real clients over them. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AthenaClient } from '@aws-sdk/client-athena';
import { GlueClient } from '@aws-sdk/client-glue';
import { S3Client } from '@aws-sdk/client-s3';
import { type AthenaQueryEngineOptions, athenaQueryEngine } from '../../functions/adapters/athena-query-engine.ts';
import { openDuckdb } from '../../functions/adapters/duckdb.ts';
import { duckdbCsvWriter } from '../../functions/adapters/duckdb-csv.ts';
import { startFakeAthena } from './fake-athena.ts';
import { startFakeS3 } from './fake-athena-s3.ts';
import { startFakeGlue } from './fake-glue.ts';

const database = 'retention';
export const lakeBucket = 'lake';
export const resultsLocation = 's3://results/queries/';

export const openFakeLake = async () => {
  const root = await mkdtemp(join(tmpdir(), 'athena-'));
  const [s3Server, glueServer] = [await startFakeS3(root), await startFakeGlue(database)];
  const athenaServer = await startFakeAthena({
    glueEndpoint: glueServer.url,
    folder: root,
    results: resultsLocation,
  });
  const instance = await openDuckdb({ scratch: join(root, 'csv-scratch'), threads: 2 });
  // The adapter's own patience is looked at, not the client's.
  const shared = {
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const athena = new AthenaClient({ ...shared, endpoint: athenaServer.url });
  const glue = new GlueClient({ ...shared, endpoint: glueServer.url });
  const s3 = new S3Client({ ...shared, endpoint: s3Server.url, forcePathStyle: true });

  return {
    /** One subfolder a bucket. */
    root,
    s3Url: s3Server.url,
    athena: athenaServer,
    glue: glueServer,
    engine: (options: Partial<AthenaQueryEngineOptions> = {}) =>
      athenaQueryEngine({
        athena,
        glue,
        s3,
        writeCsv: duckdbCsvWriter(instance),
        database,
        workgroup: 'retention',
        lake: { bucket: lakeBucket },
        results: resultsLocation,
        run: 'run-1',
        // Waits as long as it would, a hundred times faster.
        time: { now: Date.now, sleep: (ms) => sleep(ms / 100), random: Math.random },
        ...options,
      }),
    /** Empty again, for the next test. */
    async reset() {
      await athenaServer.reset();
      glueServer.reset();
      for (const bucket of [lakeBucket, 'results']) await rm(join(root, bucket), { recursive: true, force: true });
    },
    async dispose() {
      for (const client of [athena, glue, s3]) client.destroy();
      await Promise.all([athenaServer.close(), glueServer.close(), s3Server.close()]);
      instance.closeSync();
      await rm(root, { recursive: true, force: true });
    },
  };
};

export type FakeLake = Awaited<ReturnType<typeof openFakeLake>>;
