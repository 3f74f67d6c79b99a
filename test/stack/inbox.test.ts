/** The inbox after a folder was brought to it. */
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseMonth } from '../../functions/core/month.ts';
import { openFolderSource } from '../../functions/sources/folder-source.ts';
import { syncInbox } from '../../functions/stack/inbox.ts';
import { type FakeS3, openFakeS3 } from '../aws/fake-s3.ts';

const bucket = 'inbox';

let fake: FakeS3;
let client: S3Client;
let dir: string;
beforeEach(async () => {
  fake = await openFakeS3({ buckets: [bucket], pageSize: 2 });
  client = fake.client();
  dir = await mkdtemp(join(tmpdir(), 'inbox-'));
  for (const month of ['2026-09', '2026-10', '2026-11']) {
    await mkdir(join(dir, month));
    await writeFile(join(dir, month, 'lines.csv'), `lines of ${month}`);
  }
  await mkdir(join(dir, '2026-10', 'customers'));
  await writeFile(join(dir, '2026-10', 'customers', 'part-1.csv'), 'customers');
  await writeFile(join(dir, '2026-10', 'control.json'), '{}');
});
afterEach(async () => {
  await fake.close();
  await rm(dir, { recursive: true });
});

const sync = async (until = '2026-10') => {
  const notes: string[] = [];
  const note = (text: string) => notes.push(text);
  const inbox = { client, bucket, progress: () => {}, note };
  const counts = await syncInbox(await openFolderSource(dir), parseMonth(until), inbox);
  return { ...counts, notes };
};

const at = (name: string) => `inbox/${name}`;
const stored = () => fake.buckets.get(bucket) ?? new Map();
const sentSince = (mark: number) => fake.asked.slice(mark).filter((asked) => !/^(Get|Head|List)/.test(asked));

test('every file up to the month, with its hash', async () => {
  expect(await sync()).toEqual({ sent: 4, unchanged: 0, removed: 0, notes: [] });
  expect([...stored().keys()].sort()).toEqual(
    ['2026-09/lines.csv', '2026-10/control.json', '2026-10/customers/part-1.csv', '2026-10/lines.csv'].map(at),
  );
  const { bytes, headers } = stored().get(at('2026-10/lines.csv'));
  expect(bytes.toString()).toBe('lines of 2026-10');
  expect(headers['x-amz-meta-sha256']).toBe(createHash('sha256').update(bytes).digest('hex'));
});

test('a second time nothing is sent; then what changed, and only that', async () => {
  await sync();
  let mark = fake.asked.length;
  expect(await sync()).toEqual({ sent: 0, unchanged: 4, removed: 0, notes: [] });
  expect(sentSince(mark)).toEqual([]);
  // As long as before: only its hash tells.
  await writeFile(join(dir, '2026-10', 'lines.csv'), 'LINES of 2026-10');
  mark = fake.asked.length;
  expect(await sync()).toMatchObject({ sent: 1, unchanged: 3 });
  expect(sentSince(mark)).toEqual([`PutObject ${at('2026-10/lines.csv')}`]);
});

test('a file that somebody else put there is replaced, for nobody knows its hash', async () => {
  fake.put(bucket, at('2026-09/lines.csv'), 'lines of 2026-09');
  expect(await sync()).toMatchObject({ sent: 4, unchanged: 0 });
});

test('files that a month no longer has are removed and told; other months and other files stay', async () => {
  await sync();
  fake.put(bucket, at('2026-08/lines.csv'), 'a month that the folder does not have');
  fake.put(bucket, at('2026-10/README.txt'), 'no file of a snapshot');
  fake.put(bucket, at('2026-10/lines/part-1.csv'), 'lines once came in parts');
  await rm(join(dir, '2026-10', 'customers'), { recursive: true });
  const mark = fake.asked.length;
  const { removed, notes } = await sync();
  expect(removed).toBe(2);
  expect(sentSince(mark)).toEqual(
    ['2026-10/customers/part-1.csv', '2026-10/lines/part-1.csv'].map((name) => `DeleteObject ${at(name)}`),
  );
  expect(notes).toEqual([
    expect.stringMatching(/^2026-10\/customers\/part-1\.csv .*removed.*old versions/),
    expect.stringMatching(/^2026-10\/lines\/part-1\.csv .*removed/),
  ]);
  expect(stored().has(at('2026-08/lines.csv'))).toBe(true);
  expect(stored().has(at('2026-10/README.txt'))).toBe(true);
});

test('a link in the last month is refused before anything is sent', async () => {
  await symlink('/etc/passwd', join(dir, '2026-10', 'fx.csv'));
  await expect(sync()).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('symbolic link') });
  expect(sentSince(0)).toEqual([]);
});

test('a large file goes in parts, whole', async () => {
  const bytes = Buffer.alloc(17 * 1024 * 1024, 'retention');
  await writeFile(join(dir, '2026-09', 'lines.csv'), bytes);
  await sync('2026-09');
  expect(fake.asked.filter((asked) => asked.startsWith('UploadPart'))).toHaveLength(3);
  const whole = stored().get(at('2026-09/lines.csv'));
  expect(whole?.bytes.equals(bytes)).toBe(true);
  expect(whole?.headers['x-amz-meta-sha256']).toBe(createHash('sha256').update(bytes).digest('hex'));
});

test.each([10, 9 * 1024 * 1024])('a file of %d bytes that changes after it was hashed is not kept', async (size) => {
  await writeFile(join(dir, '2026-09', 'lines.csv'), Buffer.alloc(size, 'a'));
  const source = await openFolderSource(dir);
  const changing = {
    ...source,
    async read(month: Parameters<typeof source.read>[0]) {
      const found = await source.read(month);
      await appendFile(join(dir, '2026-09', 'lines.csv'), 'more');
      return found;
    },
  };
  const inbox = { client, bucket, progress: () => {}, note: () => {} };
  await expect(syncInbox(changing, parseMonth('2026-09'), inbox)).rejects.toMatchObject({
    code: 'BAD_ROW',
    message: expect.stringContaining('2026-09/lines.csv changed'),
  });
  expect(stored().size).toBe(0);
  expect(fake.uploads.size).toBe(0);
});
