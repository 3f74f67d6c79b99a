/** The month on AWS: fired by the schedule, archived, mailed, run again, corrected; byte for byte what one machine makes. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { addMonths, parseMonth } from '../../functions/core/month.ts';
import { monthDue } from '../../functions/schedule.ts';
import { siteIndexSchema } from '../../functions/site/index-schema.ts';
import { writeSampleBook } from '../../functions/sources/sample-book.ts';
import { retention } from '../cli/retention.ts';
import { type Folder, openFolder } from '../pipeline/folder.ts';
import { type Cloud, openCloud } from './cloud.ts';
import { functionFigures, printFigures, transitionsOf } from './figures.ts';
import { settings } from './installation.ts';
import { type Ended, type Ops, opsOf } from './runs.ts';
import { fireSchedule } from './scheduler.ts';

const monthIn = (timeZone: string) =>
  parseMonth(new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit' }).format(new Date()));

/** A schedule that fires now reports the month before. */
const month = addMonths(monthIn(settings.config.timeZone), -1);
const before = addMonths(month, -1);

/** Everything a revision has but its manifest, which names the engine. */
const files = [
  ...['report.json', 'report.html', 'report.pdf', 'report.xlsx'],
  ...['chart-bridge.png', 'chart-trend.png', 'chart-segments.png', 'chart-involuntary.png'],
  ...['email.html', 'email.txt', 'email.eml', 'segments.csv', 'movements.csv'],
];

let cloud: Cloud;
let ops: Ops;
let folder: Folder;

beforeAll(async () => {
  cloud = await openCloud(inject('assembly'));
  ops = opsOf(cloud);
  folder = await openFolder({});
  await writeSampleBook(folder.source, { accounts: 240, months: 14, newest: month });
});

afterAll(async () => {
  if (cloud !== undefined) {
    printFigures('Functions in the emulator', await functionFigures(cloud, inject('assembly')));
    printFigures('Runs', [['run', 'seconds', 'state transitions', 'queries', 'bytes scanned'], ...runs]);
    printFigures(
      'Deploying, milliseconds',
      Object.entries(cloud.seconds).map(([step, seconds]) => [step, seconds * 1000]),
    );
  }
  await cloud?.close();
  await folder?.dispose();
});

const expectSameBytes = async (revision: number) => {
  for (const name of files) {
    const path = `archive/month=${month}/revision=${revision}/${name}`;
    const here = await readFile(join(folder.home, path));
    const there = await ops.read(path);
    expect(there?.equals(here), `${path} is the same in both`).toBe(true);
  }
};

const runs: (string | number)[][] = [];

/** What a run took and cost, for the figures. */
const note = async (title: string, run: Ended): Promise<void> => {
  const costs = await Promise.all((await ops.keys(`runs/${run.name}/queries/`)).map((key) => ops.read(key)));
  const bytes = costs.map((cost) => z.object({ bytesScanned: z.number() }).parse(JSON.parse(`${cost}`)).bytesScanned);
  const total = bytes.reduce((sum, part) => sum + part, 0);
  runs.push([title, run.seconds, transitionsOf(run.events), bytes.length, total]);
};

const cli = () => ({ environment: cloud.environment });

const addressees = async () => (await ops.newMails()).flatMap(({ To }) => To).sort();

describe('a month', () => {
  it('is made and mailed when the schedule fires, and is what one machine makes of the same input', async () => {
    await ops.upload(folder.source, month);
    await fireSchedule(cloud, 'Monthly');
    const run = await ops.end(`scheduled-${month}`);
    expect(run).toMatchObject({ status: 'SUCCEEDED', error: null, failure: null });
    await note('first month of a book of 14', run);
    expect(run.outcome).toMatchObject({ month, archived: { revision: 1, added: true } });
    expect((await ops.keys(`archive/month=${month}/`)).sort()).toEqual(
      [
        `archive/month=${month}/current.json`,
        ...[...files, 'manifest.json'].map((name) => `archive/month=${month}/revision=1/${name}`),
      ].sort(),
    );
    await folder.run({ month, config: settings.config, email: false });
    await expectSameBytes(1);
    const site = siteIndexSchema.parse(JSON.parse(`${await ops.read('archive/index.json')}`));
    expect(site.months.map((entry) => entry.month)).toEqual([month]);
    expect(`${await ops.read('archive/index.html')}`).toContain(`month&#x3D;${month}/revision&#x3D;1/report.html`);
    const mails = await ops.newMails();
    expect(mails.flatMap(({ To }) => To).sort()).toEqual([...settings.config.recipients].sort());
    expect(new Set(mails.map(({ Source }) => Source))).toEqual(new Set([settings.config.sender]));
    expect(ops.alerts(run.name)).toEqual([]);
  });

  it('runs once for a schedule event that is delivered twice', async () => {
    const runs = await ops.executions();
    const again = await ops.start({ scheduledTime: new Date().toISOString() });
    expect(again.executionName).toBe(`scheduled-${month}`);
    expect(await ops.executions()).toEqual(runs);
    expect(await addressees()).toEqual([]);
  });

  it('adds nothing and mails nobody twice when it is run again', async () => {
    const run = await ops.run({ month, mail: { to: 'recipients', resend: false } });
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: { archived: { revision: 1, added: false } } });
    await note('unchanged', run);
    expect(run.outcome?.deliveries.map(({ outcome }) => outcome)).toEqual(['already sent', 'already sent']);
    expect(await addressees()).toEqual([]);
    expect(await ops.keys(`archive/month=${month}/revision=2/`)).toEqual([]);
  });

  it('goes to those who operate the stack when they run it from the command line, with a link to the page', async () => {
    const args = ['--stack', settings.stackName, '--json'];
    const told = await retention(['run', '--month', month, '--source', folder.source, ...args], cli());
    expect(told, told.stderr).toMatchObject({ status: 0 });
    const { page, ...outcome } = z.looseObject({ page: z.string() }).parse(JSON.parse(told.stdout));
    expect(outcome).toMatchObject({
      revision: 1,
      added: false,
      deliveries: [{ recipient: settings.ops, outcome: 'sent' }],
    });
    const archived = await ops.read(`archive/month=${month}/revision=1/report.html`);
    expect(Buffer.from(await (await fetch(page)).arrayBuffer()).equals(archived ?? Buffer.alloc(0))).toBe(true);
    expect(await addressees()).toEqual([settings.ops]);
  });

  it('is listed and traced from the command line as on one machine', async () => {
    for (const command of [['list'], ['trace', '--month', month, '--window', 'ttm', '--limit', '3']]) {
      const there = await retention([...command, '--stack', settings.stackName, '--json'], cli());
      const here = await retention([...command, '--home', folder.home, '--json']);
      expect(there, there.stderr).toMatchObject({ status: 0, stdout: here.stdout });
    }
  });

  it('is looked over by the doctor', async () => {
    const told = await retention(['doctor', '--stack', settings.stackName, '--month', month], cli());
    expect(told, told.stderr).toMatchObject({ status: 0, stderr: '' });
    const lines = told.stdout.split('\n').filter((line) => /^(ok|warn|fail) /.test(line));
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 2).join(' '))).toEqual([
      ...['ok stack', 'ok configuration', 'ok sender'],
      // The emulator signs nothing.
      ...['warn dkim', 'ok sandbox', 'ok alarms', 'ok schedule', 'ok last run', 'ok inbox', 'ok report'],
    ]);
    expect(told.stdout).toContain(`it started scheduled-${month} on `);
  });

  it('stands in a bucket where a version cannot be deleted before its time', async () => {
    const place = { Bucket: cloud.outputs.ArchiveBucket, Key: `archive/month=${month}/revision=1/report.json` };
    const { VersionId, ObjectLockMode } = await cloud.s3.send(new HeadObjectCommand(place));
    expect(ObjectLockMode).toBe('GOVERNANCE');
    await expect(cloud.s3.send(new DeleteObjectCommand({ ...place, VersionId }))).rejects.toThrow(
      /AccessDenied|Access Denied/,
    );
  });

  it('is seen by the watch that looks whether the report is there', async () => {
    const due = monthDue(new Date(), settings.config.timeZone, 5);
    const { error, log } = await ops.call('watch', {});
    expect(error).toBeNull();
    expect(log).toContain(`"ReportOnTime":${due === month ? 1 : 0}`);
  });

  it('is a new revision with a restatement when the input is corrected', async () => {
    const lines = join(folder.source, before, 'lines.csv');
    const [header = '', first = '', ...rest] = (await readFile(lines, 'utf8')).split('\n');
    const cells = first.split(',').with(header.split(',').indexOf('mrr'), '4321.00');
    await writeFile(lines, [header, cells.join(','), ...rest].join('\n'));
    // The totals of the export that it replaces.
    await rm(join(folder.source, before, 'control.json'), { force: true });
    await ops.upload(folder.source, month);
    const run = await ops.run({ month, mail: { to: 'recipients', resend: false } });
    expect(run).toMatchObject({ status: 'SUCCEEDED', outcome: { archived: { revision: 2, added: true } } });
    await note('the month before corrected', run);
    const { restatement } = await ops.report(month, 2);
    expect(restatement?.previousRevision).toBe(1);
    expect(restatement?.changes.length).toBeGreaterThan(0);
    await folder.run({ month, config: settings.config, email: false });
    await expectSameBytes(2);
    expect(await addressees()).toEqual([...settings.config.recipients].sort());
  });
});
