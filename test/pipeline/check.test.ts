/** A check tries everything and writes nothing, not even a home that is not there yet. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { openSnapshots } from '../../functions/compose-sources.ts';
import { defaultConfig } from '../../functions/core/config.ts';
import { checkMonth } from '../../functions/pipeline.ts';
import { bookFiles, closing, corrected } from './book.ts';
import { type Folder, openFolder } from './folder.ts';

const book = bookFiles('2026-08');

let folder: Folder;
beforeAll(async () => {
  folder = await openFolder(book);
});
afterAll(() => folder.dispose());

const check = () =>
  withLocalWorld(
    { home: folder.home, dryRun: true, environment: {}, progress: () => {}, note: () => {} },
    async (world) => {
      const snapshots = await openSnapshots(folder.source, world.store);
      const gates = await checkMonth(closing, snapshots.source, defaultConfig, world);
      await snapshots.remember();
      return gates;
    },
  );

const scratchFolders = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('.run-'));

test('a home that does not exist still does not', async () => {
  const before = await scratchFolders();
  expect((await check()).every(({ severity }) => severity === 'warn')).toBe(true);
  expect(existsSync(folder.home)).toBe(false);
  expect((await scratchFolders()).filter((name) => !before.includes(name))).toEqual([]);
});

test('a home keeps every byte, whether the gates pass, warn or block', async () => {
  await folder.run({ month: '2026-09' });
  const before = await folder.tree();
  await check();
  expect(await folder.tree()).toEqual(before);

  await folder.write(corrected(book, '2026-10/cancellations.csv', 'elm,', 'dune,sub-dune,2026-09-25,other,\nelm,'));
  expect((await check()).map(({ code }) => code)).toContain('LATE_ROWS');
  await folder.write(corrected(book, '2026-10/lines.csv', '750.00', '-750.00'));
  await expect(check()).rejects.toMatchObject({ code: 'NEGATIVE_MRR' });
  await folder.write(book);
  expect(await folder.tree()).toEqual(before);
});

test('a check needs no lock: it may look while a run is at work', async () => {
  await withLocalWorld(
    { home: folder.home, dryRun: false, environment: {}, progress: () => {}, note: () => {} },
    async () => {
      expect(await check()).toBeInstanceOf(Array);
    },
  );
});
