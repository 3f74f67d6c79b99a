/** Which pull of a month counts: the newest that is whole. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderObjectStore } from '../../../functions/adapters/folder-object-store.ts';
import { parseMonth } from '../../../functions/core/month.ts';
import type { ObjectStore } from '../../../functions/ports.ts';
import {
  publishedBy,
  publishedPrefix,
  publishersOf,
  publishMonth,
} from '../../../functions/sources/billing/published-month.ts';

const month = parseMonth('2026-10');

let dir: string;
let store: ObjectStore;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'published-'));
  store = folderObjectStore(join(dir, 'store'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const publish = async (pull: number, into: ObjectStore = store): Promise<void> => {
  const folder = join(dir, `made-${pull}`);
  await mkdir(join(folder, 'lines'), { recursive: true });
  await writeFile(join(folder, 'control.json'), '{}');
  await writeFile(join(folder, 'lines/part-00001.ndjson'), `${pull}`);
  await publishMonth({ name: 'stripe', month, pull }, folder, into);
};
const prefix = () => publishedPrefix('stripe', month, store);

it('the newest counts, whichever ends last; older ones stay where they are', async () => {
  expect([await prefix(), await publishersOf(month, store)]).toEqual([null, []]);
  await publish(2);
  await publish(1);
  expect(await prefix()).toBe('inbox/stripe/2026-10/pull=2/');
  await publish(3);
  expect([await prefix(), await publishersOf(month, store)]).toEqual(['inbox/stripe/2026-10/pull=3/', ['stripe']]);
  expect(await Array.fromAsync(store.list('inbox/stripe/2026-10/'))).toEqual(
    [2, 3].flatMap((pull) =>
      ['control.json', 'lines/part-00001.ndjson'].map((name) => `inbox/stripe/2026-10/pull=${pull}/${name}`),
    ),
  );
});

it('of two that end in the same moment one is told to look again', async () => {
  const rival: ObjectStore = {
    ...store,
    async putFile(key, path) {
      await store.putFile(key, path);
      if (key.endsWith('control.json') && key.includes('pull=1')) await publish(2);
    },
  };
  await expect(publish(1, rival)).rejects.toMatchObject({ code: 'MONTH_BUSY', kind: 'dependency' });
  expect(await prefix()).toBe('inbox/stripe/2026-10/pull=2/');
});

it('what does not say which pull counts is damage, and names the way out', async () => {
  await store.put('inbox/stripe/2026-10.json', new TextEncoder().encode('{"pull":"../../lake"}'));
  await expect(prefix()).rejects.toMatchObject({ code: 'DAMAGED', hint: expect.stringContaining('--pull-again') });
  await publish(4);
  expect(await prefix()).toBe('inbox/stripe/2026-10/pull=4/');
});

it.each([
  ['2026-10.json', '2026-10'],
  ['2026-10/', null],
  ['2026-13.json', null],
  ['notes.json', null],
  ['2026-10.json/', null],
])('%s publishes %s', (name, told) => expect(publishedBy(name)).toBe(told));
