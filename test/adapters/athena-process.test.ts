/** The fake Athena as a process of its own over S3 and Glue endpoints, as an emulator of the rest of AWS is given it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AthenaClient } from '@aws-sdk/client-athena';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type FakeLake, openFakeLake, resultsLocation } from '../aws/fake-athena-lake.ts';

let lake: FakeLake;
let child: ChildProcess;
let athena: AthenaClient;
let url: string;

beforeAll(async () => {
  lake = await openFakeLake();
  const script = join(import.meta.dirname, '../aws/fake-athena.ts');
  const places = ['--glue-endpoint', lake.glue.url, '--s3-endpoint', lake.s3Url];
  child = spawn(process.execPath, [script, ...places], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [line] = await once(lines, 'line');
  url = `${line}`.replace('fake Athena at ', '');
  athena = new AthenaClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
afterAll(async () => {
  child.kill('SIGTERM');
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  athena.destroy();
  await lake.dispose();
  expect(code).toBe(0);
});

const shown = z.object({ executions: z.array(z.object({ state: z.string() })) });

const control = async (body: object) => {
  const answer = await fetch(`${url}/_fake`, { method: 'POST', body: JSON.stringify(body) });
  return shown.parse(await answer.json());
};

test('builds, reads and exports through its endpoints, and takes faults while it runs', async () => {
  const engine = lake.engine({ athena });
  await expect(engine.query('SELECT 1 AS one', [])).rejects.toMatchObject({
    message: expect.stringMatching(/No output location/),
  });
  await control({ results: resultsLocation, throttle: 2, fail: [{ reason: 'BUSY', retryable: true, orphan: true }] });
  const target = { table: 'families', month: '2026-10', version: 'v' };
  const none = { ...target, version: 'none' };
  const rows = "SELECT c AS customer_id, 'p' AS account_id FROM (VALUES ('a'), ('b')) AS t (c)";
  await engine.materialise(rows, [], target);
  await engine.materialise(`SELECT * FROM (${rows}) AS made WHERE customer_id = 'z'`, [], none);
  const sql = `SELECT customer_id, version FROM families WHERE month = '2026-10' AND version IN ('v', 'none') ORDER BY 1`;
  const path = join(lake.root, 'out.csv');
  await engine.exportCsv(sql, [target, none], path);
  expect(await readFile(path, 'utf8')).toBe('customer_id,version\na,v\nb,v\n');
  const { executions } = await control({});
  expect(executions.map(({ state }) => state)).toEqual(['FAILED', 'SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
});
