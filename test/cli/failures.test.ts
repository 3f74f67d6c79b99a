/** What goes wrong, and the exit code that says whose turn it is. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { bookFiles, corrected } from '../pipeline/book.ts';
import { type Folder, openFolder } from '../pipeline/folder.ts';
import { openMailServer } from '../pipeline/mail-server.ts';
import { retention } from './retention.ts';

const book = bookFiles('2026-09');

let folder: Folder;
let root: string;
beforeAll(async () => {
  folder = await openFolder(book);
  root = join(folder.home, '..');
});
afterAll(() => folder.dispose());

const run = (...args: string[]) =>
  retention(['run', '--month', '2026-10', '--source', folder.source, '--home', folder.home, ...args], { cwd: root });

describe('2: wrong usage', () => {
  test.each<[string, string[], RegExp]>([
    ['no command', [], /Usage: retention/],
    ['an unknown command', ['report'], /unknown command 'report'/],
    ['an unknown option', ['list', '--all'], /unknown option '--all'/],
    ['a missing month', ['show'], /required option '--month/],
    ['a month that is none', ['show', '--month', '2026-13'], /"2026-13" is not a month/],
    [
      'a segment without =',
      ['trace', '--month', '2026-10', '--segment', 'EMEA'],
      /"EMEA" is not a segment[\s\S]*dimension=value/,
    ],
    ['a window that is none', ['trace', '--month', '2026-10', '--window', 'year'], /month, quarter, ttm/],
    ['a revision that is none', ['show', '--month', '2026-10', '--revision', '0'], /"0" is not a revision/],
    ['a limit that is none', ['trace', '--month', '2026-10', '--limit', '-1'], /not a number of rows/],
    ['a recipient that is none', ['run', '--month', '2026-10', '--to', 'cfo@example.com,"x" <y@z>'], /plain address/],
    [
      'a recipient with a line end',
      ['run', '--month', '2026-10', '--to', 'cfo@example.com\r\nBcc: x@example.com'],
      /address/,
    ],
    ['a month nobody has', ['show', '--month', '2026-10', '--home', '/nowhere'], /no report of 2026-10/],
    ['a source that is not there', ['check', '--month', '2026-10', '--source', '/nowhere'], /\/nowhere cannot be read/],
    [
      'settings that are not there',
      ['check', '--month', '2026-10', '--config', '/nowhere.json'],
      /nowhere\.json cannot be read/,
    ],
  ])('%s', async (_, args, told) => {
    const { status, stdout, stderr } = await retention(args, { cwd: root });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(told);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test('with --json a machine is told on standard output, by whatever part of the program', async () => {
    for (const args of [
      ['list', '--all', '--json'],
      ['show', '--month', '2026-13', '--json'],
    ]) {
      const { status, stdout } = await retention(args, { cwd: root });
      expect(status).toBe(2);
      expect(JSON.parse(stdout)).toEqual({
        error: { code: 'USAGE', message: expect.any(String), hint: expect.stringMatching(/\w/), faults: [] },
      });
    }
  });

  test('every fault of the settings is told at once', async () => {
    const path = join(root, 'faulty.json');
    const faulty = {
      reportingCurrency: 'usd',
      timeZone: 'Mars/Olympus',
      dimension: ['plan'],
      lowSampleBelow: -1,
      acvBands: [{ name: 'All', from: '5' }],
      reasonMap: { price: 'sad' },
      recipients: ['cfo@example.com', 'nobody', 'a@b.c, d@e.f'],
      gates: { bookSwing: '30%' },
    };
    await writeFile(path, JSON.stringify(faulty));
    const { status, stderr } = await run('--config', path);
    expect(status).toBe(2);
    for (const told of [
      /reportingCurrency/,
      /timeZone/,
      /"dimension"/,
      /lowSampleBelow/,
      /acvBands/,
      /reasonMap\.price/,
      /bookSwing/,
      /nobody/,
      /a@b\.c, d@e\.f/,
    ])
      expect(stderr).toMatch(told);
  });

  test.each([
    ['a broken file', '{"recipients": [}', /is not valid JSON/],
    ['a list', '[]', /not a valid configuration/],
  ])('settings in %s', async (_, text, told) => {
    await writeFile(join(root, 'retention.config.json'), text);
    expect(await run()).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(told) });
    await writeFile(join(root, 'retention.config.json'), '{}');
  });

  test.each([
    [{ SOURCE_DATE_EPOCH: 'yesterday' }, /SOURCE_DATE_EPOCH/],
    [{ RETENTION_MEMORY: 'lots' }, /RETENTION_MEMORY[\s\S]*|640MB/],
    [{ RETENTION_SMTP_URL: 'http://mail' }, /not an smtp:\/\/ URL/],
  ])('the environment %j', async (environment, told) => {
    const args = ['run', '--month', '2026-10', '--source', folder.source, '--home', folder.home];
    expect(await retention(args, { cwd: root, environment })).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(told),
    });
  });
});

describe('3: blocked', () => {
  test('the codes, and each place with file, line, column and value; nothing on standard output', async () => {
    let files = corrected(
      book,
      '2026-10/lines.csv',
      'fern,sub-fern,1,Core,USD,750.00',
      'fern,sub-fern,1,Core,USD,7.5e2',
    );
    files = corrected(files, '2026-10/fx.csv', '1.15', '1,15');
    await folder.write(files);
    for (const command of ['run', 'check']) {
      const told = await retention([command, '--month', '2026-10', '--source', folder.source, '--home', folder.home], {
        cwd: root,
      });
      expect(told).toMatchObject({ status: 3, stdout: '' });
      expect(told.stderr).toMatch(/^BAD_ROW: 1 row of lines cannot be used$/m);
      expect(told.stderr).toMatch(
        /^ {2}2026-10\/lines\.csv, line \d+, column mrr: must be a decimal number.*\(found "7\.5e2"\)$/m,
      );
      expect(told.stderr).toMatch(/^ {2}2026-10\/fx\.csv, line 2/m);
      expect(told.stderr).toContain('Nothing was archived or sent; the last good report stands.');
    }
    const machine = await run('--json');
    expect(machine.status).toBe(3);
    expect(JSON.parse(machine.stdout)).toMatchObject({
      error: {
        code: 'BAD_ROW',
        faults: [
          { code: 'BAD_ROW', total: 1, findings: [{ file: '2026-10/lines.csv', column: 'mrr', value: '7.5e2' }] },
          { code: 'BAD_ROW', total: 1, findings: [{ file: '2026-10/fx.csv', line: 2 }] },
        ],
      },
    });
    await folder.write(book);
  });

  test('a month that nobody has', async () => {
    const told = await retention(
      ['run', '--month', '2027-05', '--source', folder.source, '--home', join(root, 'new')],
      { cwd: root },
    );
    expect(told).toMatchObject({ status: 3, stdout: '', stderr: expect.stringContaining('SNAPSHOT_MISSING') });
  });
});

describe('4: something that the run depends on', () => {
  test('a home that is a file', async () => {
    const home = join(root, 'file');
    await writeFile(home, 'not a folder');
    const args = ['run', '--month', '2026-10', '--source', folder.source, '--home', home, '--json'];
    const { status, stdout, stderr } = await retention(args, { cwd: root });
    expect(status).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'DISK', hint: expect.stringContaining('--home') } });
    expect(stderr).toContain('cannot be made');
  });

  test('a place in the home that cannot be written', async () => {
    const home = join(root, 'odd');
    await mkdir(home);
    await writeFile(join(home, 'lake'), 'not a folder');
    const told = await retention(['run', '--month', '2026-10', '--source', folder.source, '--home', home], {
      cwd: root,
    });
    expect(told).toMatchObject({ status: 4, stdout: '', stderr: expect.stringContaining('DISK') });
  });

  test('that which still writes when a run fails does not take the place of why', async () => {
    const home = join(root, 'writing');
    const quiet = { home, dryRun: false, environment: {}, progress: () => {}, note: () => {} };
    let writing = Promise.resolve();
    const failed = withLocalWorld(quiet, async ({ scratch }) => {
      writing = (async () => {
        const until = performance.now() + 500;
        for (let at = 0; performance.now() < until; at++) {
          const folder = join(scratch, `${at % 7}`);
          // What it writes into may be taken away under it.
          await mkdir(folder, { recursive: true })
            .then(() => writeFile(join(folder, `${at}`), ''))
            .catch(() => {});
        }
      })();
      throw new Error('the disk is full');
    });
    await expect(failed).rejects.toThrow('the disk is full');
    await writing;
  });

  test('another run that is at work', async () => {
    const quiet = { home: folder.home, dryRun: false, environment: {}, progress: () => {}, note: () => {} };
    const told = await withLocalWorld(quiet, () => run());
    expect(told).toMatchObject({
      status: 4,
      stdout: '',
      stderr: expect.stringContaining('BUSY: another run is at work'),
    });
  });

  test('a mail server that may or may not have taken the message, until a person says so', async () => {
    const server = await openMailServer();
    const send = (...args: string[]) =>
      retention(
        [
          'run',
          '--month',
          '2026-10',
          '--source',
          folder.source,
          '--home',
          folder.home,
          '--to',
          'cfo@example.com',
          ...args,
        ],
        {
          cwd: root,
          environment: { RETENTION_SMTP_URL: server.url },
        },
      );
    server.dropped.add('cfo@example.com');
    expect(await send()).toMatchObject({ status: 4, stderr: expect.stringContaining('SMTP_OUTCOME_UNKNOWN') });
    server.dropped.clear();
    const second = await send('--json');
    expect(second.status).toBe(4);
    expect(JSON.parse(second.stdout)).toMatchObject({
      error: { code: 'DELIVERY_UNKNOWN', hint: expect.stringContaining('--resend') },
    });
    expect(server.arrived).toHaveLength(1);
    expect(await send('--resend')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('(sent, cfo@example.com)'),
    });
    expect(server.arrived).toHaveLength(2);
    await server.close();
  });
});

test('1: what should never happen says so, and keeps its stack for the report', async () => {
  await run('--no-email');
  const copy = await folder.copy();
  await writeFile(join(copy.home, 'archive/month=2026-10/current.json'), 'damaged');
  const told = await retention(['show', '--month', '2026-10', '--home', copy.home], { cwd: root });
  expect(told).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('DAMAGED') });
  await copy.dispose();
});
