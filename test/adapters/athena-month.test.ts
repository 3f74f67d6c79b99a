/** A whole month measured on Athena: the same bytes as on DuckDB, from the very same files. */
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { World } from '../../functions/pipeline.ts';
import { type FakeLake, lakeBucket, openFakeLake } from '../aws/fake-athena-lake.ts';
import { bookFiles, corrected, type Files } from '../pipeline/book.ts';
import { type Folder, openFolder } from '../pipeline/folder.ts';

/** The months at which windows open and close, and names that a CSV must take care of. */
const book = (): Files => {
  const kept = ['2025-10', '2026-07', '2026-09', '2026-10'];
  const files = Object.entries(bookFiles('2025-10')).filter(([name]) => kept.includes(name.slice(0, 7)));
  const named = (was: string, now: string) => (all: Files) => corrected(all, '2025-10/customers.csv', was, now);
  return [
    named('elm,Elm', 'elm,"=HYPERLINK(""http://x.example"",""y"")\r\nElm"'),
    named('dune,Dune', 'dune,"say ""hi"",\n株式会社"'),
    named('fern,Fern', 'fern,'),
    named('gale,Gale', 'gale,\t+1'),
  ].reduce((all, change) => change(all), Object.fromEntries(files));
};

let local: Folder;
let cloud: Folder;
let lake: FakeLake;

beforeAll(async () => {
  [local, cloud, lake] = await Promise.all([openFolder(book()), openFolder(book()), openFakeLake()]);
  await mkdir(cloud.home, { recursive: true });
  await symlink(cloud.home, join(lake.root, lakeBucket));
  await local.run({ email: false });
});
afterAll(async () => {
  await Promise.all([local?.dispose(), cloud?.dispose()]);
  await lake?.dispose();
});

const archived = (folder: Folder, name: string) =>
  readFile(join(folder.home, 'archive/month=2026-10/revision=1', name), 'utf8');

test('report.json, movements.csv and segments.csv are the same, byte for byte', async () => {
  let calls = 0;
  const wrap = (world: World) => {
    calls += 1;
    return { ...world, engine: lake.engine({ run: `run-${calls}` }) };
  };
  // Half way through Athena has had enough, and the month is run again.
  lake.athena.faults.throttle = 4;
  await cloud.run({ email: false, wrap });
  expect(JSON.parse(await archived(cloud, 'manifest.json'))).toMatchObject({ engine: 'Athena engine version 3' });
  for (const name of ['report.json', 'movements.csv', 'segments.csv'])
    expect(await archived(cloud, name)).toBe(await archived(local, name));
  expect(await archived(cloud, 'movements.csv')).toMatch(/\nttm,elm,"'=HYPERLINK.*\r\nElm",churn,involuntary/);
  expect(lake.athena.executions().length).toBeGreaterThan(20);
});
