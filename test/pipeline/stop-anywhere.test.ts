/** A run that stops before any one of its writes: the archive stays readable, and the next run makes it whole. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readArchived } from '../../functions/archive.ts';
import { openHome } from '../../functions/compose-local.ts';
import type { World } from '../../functions/pipeline.ts';
import { bookFiles, closing, corrected } from './book.ts';
import { type Folder, openFolder } from './folder.ts';

const book = bookFiles('2026-09');
const later = corrected(book, '2026-10/lines.csv', '350.00', '340.00');

let base: Folder;
let whole: Record<string, string>;
let writes: string[];

/** A world that ends before its write number `last`; without one it only notes what is written. */
const ending = (noted: string[], last = Number.POSITIVE_INFINITY) => {
  const next = (key: string): void => {
    if (noted.length === last) throw new Error('the power is gone');
    noted.push(key);
  };
  return (world: World): World => ({
    ...world,
    store: {
      ...world.store,
      async put(key, bytes, condition) {
        next(key);
        return world.store.put(key, bytes, condition);
      },
      async putFile(key, path) {
        next(key);
        return world.store.putFile(key, path);
      },
    },
  });
};

const promised = async (folder: Folder) => ({
  ...(await folder.tree('archive')),
  ...(await folder.tree('outbox')),
  ...(await folder.tree('deliveries')),
});

beforeAll(async () => {
  base = await openFolder(book);
  await base.run();
  await base.write(later);
  const undisturbed = await base.copy();
  writes = [];
  await undisturbed.run({ wrap: ending(writes) });
  whole = await promised(undisturbed);
  await undisturbed.dispose();
});
afterAll(() => base.dispose());

test('the order is: facts and results, catalog, files, manifest, pointer, site, mail', () => {
  const kinds = writes.map((key) => key.replace(/\/month=.*\/([^/]+)$/, ' $1').replace(/ [0-9a-f]{24,}/, ''));
  expect(kinds.slice(kinds.indexOf('lake/catalog.json'))).toEqual([
    'lake/catalog.json',
    ...[
      ...['report.json', 'report.html', 'email.html', 'email.txt', 'email.eml'],
      ...['chart-bridge.png', 'chart-trend.png', 'chart-segments.png', 'chart-involuntary.png'],
      ...['report.pdf', 'report.xlsx', 'segments.csv', 'movements.csv'],
    ].map((name) => `archive ${name}`),
    'archive manifest.json',
    'archive current.json',
    'archive/index.json',
    'archive/index.html',
    'deliveries.json',
    'deliveries.json',
  ]);
});

test('before whichever write it stops', async () => {
  // Before the catalog all writes are alike, facts and results that are whole or not there; so are the archive's files.
  const first = writes.indexOf('lake/catalog.json');
  const pointer = writes.findIndex((key) => key.endsWith('/current.json'));
  const places = writes
    .map((_, at) => at)
    .filter((at) => at >= first && !/(html|txt|eml|png|pdf|xlsx)$/.test(writes[at] ?? ''));
  for (const last of [0, ...places]) {
    const folder = await base.copy();
    await expect(folder.run({ wrap: ending([], last) })).rejects.toThrow('the power is gone');
    const standing = await readArchived(openHome(folder.home), closing);
    expect({ last, revision: standing?.revision }).toEqual({ last, revision: last > pointer ? 2 : 1 });
    await folder.run();
    expect({ last, ...(await promised(folder)) }).toEqual({ last, ...whole });
    await folder.dispose();
  }
}, 240_000);
