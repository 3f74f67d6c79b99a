/** What is read and built again: nothing that has not changed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lakeTables } from '../../functions/lake/tables.ts';
import type { World } from '../../functions/pipeline.ts';
import { bookFiles, corrected } from './book.ts';
import { type Folder, openFolder, type RunSettings } from './folder.ts';

const book = bookFiles('2026-07');

let folder: Folder;
beforeAll(async () => {
  folder = await openFolder(book);
});
afterAll(() => folder.dispose());

/** What a run asked of the loader and of the engine. */
const watched = async (settings: RunSettings = {}) => {
  const [loads, built, asked]: string[][] = [[], [], []];
  const wrap = (world: World): World => ({
    ...world,
    loader: {
      ...world.loader,
      load(request) {
        loads?.push(`${request.target.month} ${request.table}`);
        return world.loader.load(request);
      },
    },
    engine: {
      ...world.engine,
      query(sql, reads) {
        asked?.push(sql);
        return world.engine.query(sql, reads);
      },
      materialise(sql, reads, target) {
        built?.push(`${target.table}/month=${target.month}/${target.version}`);
        return world.engine.materialise(sql, reads, target);
      },
    },
  });
  const outcome = await folder.run({ email: false, ...settings, wrap });
  return { outcome, loads: loads ?? [], built: built ?? [], asked: asked ?? [] };
};

/** Whether a table outlives its run. */
const isKept = (key: string) =>
  Object.entries(lakeTables).some(([table, { lifetime }]) => lifetime === 'lake' && key.startsWith(`${table}/`));

/** Tables of the lake that a run added, as table and month. */
const added = async (before: ReadonlySet<string>) =>
  [...(await partitions()).difference(before)].map((key) => key.split('/').slice(0, 2).join(' ')).sort();

const partitions = async () =>
  new Set(Object.keys(await folder.tree('lake')).filter((name) => name.endsWith('.parquet')));

test('the first run reads every file once', async () => {
  const { loads, built } = await watched();
  expect(loads.toSorted()).toEqual(
    Object.keys(book)
      .map((name) => name.replace('/', ' ').replace('.csv', ''))
      .sort(),
  );
  expect(built.length).toBeGreaterThan(0);
});

test('the second reads nothing, builds nothing and asks nothing', async () => {
  const before = await folder.tree();
  const { outcome, loads, built, asked } = await watched();
  expect({ added: outcome.added, loads, built, asked }).toEqual({ added: false, loads: [], built: [], asked: [] });
  expect(await folder.tree()).toEqual(before);
});

test('a changed file is read alone, and only what depends on it is built', async () => {
  const before = await partitions();
  await folder.write(corrected(book, '2026-10/lines.csv', '350.00', '340.00'));
  const { loads } = await watched();
  expect(loads).toEqual(['2026-10 lines']);
  const tables = await added(before);
  expect(tables).toContain('lines month=2026-10');
  expect(tables.length).toBeGreaterThan(1);
  for (const table of tables) expect(table).toMatch(/ month=2026-10$/);
  expect(tables).not.toContainEqual(expect.stringMatching(/^(customers|cancellations|payments|fx|families) /));
});

test('a change that is taken back finds everything where it was', async () => {
  await folder.write(book);
  const before = await partitions();
  const { outcome, loads, built } = await watched();
  expect(outcome.revision).toBe(3);
  expect(loads).toEqual([]);
  expect(built.filter(isKept)).toEqual([]);
  expect(await partitions()).toEqual(before);
});

test('a changed rate rebuilds amounts, and no book', async () => {
  const before = await partitions();
  await folder.write(corrected(book, '2026-10/fx.csv', '1.15', '1.16'));
  const { loads } = await watched();
  expect(loads).toEqual(['2026-10 fx']);
  const tables = await added(before);
  expect(tables).toContain('fx month=2026-10');
  for (const table of tables) expect(table).toMatch(/ month=2026-10$/);
  expect(tables).not.toContainEqual(expect.stringMatching(/^(lines|book|customers|families) /));
});

test('another cancellation rebuilds neither book nor amounts', async () => {
  await folder.write(book);
  const before = await partitions();
  await folder.write(corrected(book, '2026-10/cancellations.csv', 'payment_failed', 'expired_card'));
  const { loads, outcome } = await watched();
  expect(loads).toEqual(['2026-10 cancellations']);
  expect(outcome.added).toBe(true);
  expect(await added(before)).toEqual(['cancellations month=2026-10']);
});

test('a file that was written again with the same bytes is what it was', async () => {
  await folder.write(book);
  expect((await watched()).loads).toEqual([]);
  await folder.write(book);
  const { outcome, loads } = await watched();
  expect({ added: outcome.added, loads }).toEqual({ added: false, loads: [] });
});
