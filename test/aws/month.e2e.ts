/** The month on AWS: fired by the schedule, archived, mailed, run again, corrected; byte for byte what one machine makes. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { addMonths, parseMonth } from '../../functions/core/month.ts';
import { writeSampleBook } from '../../functions/sources/sample-book.ts';
import { type Folder, openFolder } from '../pipeline/folder.ts';
import { type Cloud, openCloud } from './cloud.ts';
import { settings } from './installation.ts';
import { type Ops, opsOf } from './runs.ts';
import { fireSchedule } from './scheduler.ts';

const monthIn = (timeZone: string) =>
  parseMonth(new Intl.DateTimeFormat('sv-SE', { timeZone, year: 'numeric', month: '2-digit' }).format(new Date()));

/** A schedule that fires now reports the month before. */
const month = addMonths(monthIn(settings.config.timeZone), -1);
const before = addMonths(month, -1);

/** Everything a revision has but its manifest, which names the engine. */
const files = ['report.json', 'report.html', 'email.html', 'email.txt', 'email.eml', 'segments.csv', 'movements.csv'];

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

const addressees = async () => (await ops.newMails()).flatMap(({ To }) => To).sort();

describe('a month', () => {
  it('is made and mailed when the schedule fires, and is what one machine makes of the same input', async () => {
    await ops.upload(folder.source, month);
    await fireSchedule(cloud, 'Monthly');
    const run = await ops.end(`scheduled-${month}`);
    expect(run).toMatchObject({ status: 'SUCCEEDED', error: null, failure: null });
    expect(run.outcome).toMatchObject({ month, archived: { revision: 1, added: true } });
    expect((await ops.keys(`archive/month=${month}/`)).sort()).toEqual(
      [
        `archive/month=${month}/current.json`,
        ...[...files, 'manifest.json'].map((name) => `archive/month=${month}/revision=1/${name}`),
      ].sort(),
    );
    await folder.run({ month, config: settings.config, email: false });
    await expectSameBytes(1);
    const mails = await ops.newMails();
    expect(mails.flatMap(({ To }) => To).sort()).toEqual([...settings.config.recipients].sort());
    expect(new Set(mails.map(({ Source }) => Source))).toEqual(new Set([settings.config.sender]));
    expect(ops.newAlerts()).toEqual([]);
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
    expect(run.outcome?.deliveries.map(({ outcome }) => outcome)).toEqual(['already sent', 'already sent']);
    expect(await addressees()).toEqual([]);
    expect(await ops.keys(`archive/month=${month}/revision=2/`)).toEqual([]);
  });

  it('goes to those who operate the stack when they run it for themselves', async () => {
    const run = await ops.run({ month, mail: { to: 'ops', resend: false } });
    expect(run.status).toBe('SUCCEEDED');
    expect(await addressees()).toEqual([settings.ops]);
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
    const { restatement } = await ops.report(month, 2);
    expect(restatement?.previousRevision).toBe(1);
    expect(restatement?.changes.length).toBeGreaterThan(0);
    await folder.run({ month, config: settings.config, email: false });
    await expectSameBytes(2);
    expect(await addressees()).toEqual([...settings.config.recipients].sort());
  });
});
