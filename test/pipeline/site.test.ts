/** The archive's index and page: every month, true to its current revision, whoever runs beside. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { archivedMonths } from '../../functions/archive.ts';
import { parseMonth } from '../../functions/core/month.ts';
import type { ObjectStore } from '../../functions/ports.ts';
import { type SiteIndex, siteIndexSchema } from '../../functions/site/index-schema.ts';
import { rebuildSite } from '../../functions/site/rebuild-site.ts';
import { firstMonthReport, makeReport, ttmOf } from '../render/fixture.ts';
import { archiveReport, reportOf } from './archived-reports.ts';
import { treeOf } from './folder.ts';

let home: string;
let store: ObjectStore;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'site-'));
  store = folderObjectStore(home);
});
afterEach(() => rm(home, { recursive: true, force: true }));

const text = (path: string) => readFile(join(home, 'archive', path), 'utf8');
const stored = async (): Promise<SiteIndex> => siteIndexSchema.parse(JSON.parse(await text('index.json')));
const rebuilt = async (): Promise<SiteIndex> => {
  await rebuildSite(store);
  return stored();
};
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The store, with every key it is asked for. */
const watched = (asked: string[]): ObjectStore => ({
  ...store,
  get: (key) => {
    asked.push(`get ${key}`);
    return store.get(key);
  },
  put: (key, bytes, condition) => {
    asked.push(`put ${key} ${condition === undefined ? 'anyhow' : Object.keys(condition).join()}`);
    return store.put(key, bytes, condition);
  },
});

test('every month, newest first, with the figures of its current revision and all its files', async () => {
  await archiveReport(store, reportOf('2026-08'));
  await archiveReport(store, reportOf('2026-10'));
  await archiveReport(store, reportOf('2026-09'));
  const { months, reportingCurrencies } = await rebuilt();
  expect(months.map(({ month }) => month)).toEqual(['2026-10', '2026-09', '2026-08']);
  expect(reportingCurrencies).toEqual(['USD']);

  const { total, bridge } = ttmOf(makeReport());
  const [newest] = months;
  expect(newest).toMatchObject({
    revision: 1,
    manifestSha256: sha256(await text('month=2026-10/revision=1/manifest.json')),
    readable: true,
    restated: false,
    restatement: null,
    earlierRevisions: [],
    headline: {
      window: 'ttm',
      openingMonth: '2025-10',
      bridge: { opening: bridge.opening, closing: bridge.closing },
      ndr: total.ndr,
      grr: total.grr,
      involuntaryChurnMrr: total.involuntaryChurnMrr,
    },
  });
  expect(newest?.headline?.involuntaryChurnShare).toMatch(/^0\.\d{6}$/);
  expect(newest?.trend).toHaveLength(24);
  expect(newest?.trend.at(-1)).toEqual({ month: '2026-10', ndr: total.ndr });
  expect(newest?.files.map(({ name }) => name).sort()).toEqual([
    'manifest.json',
    'movements.csv',
    'report.html',
    'report.json',
  ]);
  for (const { href, sha256: expected, bytes } of newest?.files ?? []) {
    const content = await readFile(join(home, 'archive', href));
    expect([sha256(content), content.byteLength]).toEqual([expected, bytes]);
  }
});

test('a restated month says how much, and leads to the revision before', async () => {
  const change = { figure: 'windows.ttm.total.ndr', was: '1.000000', now: '1.100000' };
  const earlier = { ...change, figure: 'ndr', month: '2026-07', window: 'ttm' } as const;
  await archiveReport(store, reportOf('2026-10'));
  await archiveReport(
    store,
    reportOf('2026-09', { restatement: { previousRevision: null, changes: [], earlierMonths: [earlier] } }),
  );
  await archiveReport(
    store,
    reportOf('2026-10', {
      revision: 2,
      restatement: { previousRevision: 1, changes: [change, change], earlierMonths: [] },
    }),
  );
  const { months } = await rebuilt();
  expect(months).toMatchObject([
    {
      month: '2026-10',
      revision: 2,
      restated: true,
      restatement: { previousRevision: 1, changes: 2, earlierMonths: 0 },
      earlierRevisions: [{ revision: 1, href: 'month=2026-10/revision=1/report.html' }],
    },
    { month: '2026-09', revision: 1, restated: false, restatement: { changes: 0, earlierMonths: 1 } },
  ]);
  const page = await text('index.html');
  expect(page).toContain('Restated, 2\u00a0figures');
  expect(page).toContain('Corrects 1\u00a0figure of earlier months');
  expect(page).toMatch(/<a href="month(=|&#x3D;)2026-10\/revision(=|&#x3D;)1\/report\.html">Revision 1<\/a>/);
});

test('a revision that no pointer names yet is no part of it', async () => {
  await archiveReport(store, reportOf('2026-10'));
  await rebuildSite(store);
  const before = await treeOf(join(home, 'archive'));
  for (const name of ['report.html', 'report.json', 'manifest.json'])
    await store.put(`archive/month=2026-10/revision=2/${name}`, new TextEncoder().encode('unfinished'));
  await store.put('archive/month=2026-11/revision=1/report.html', new TextEncoder().encode('unfinished'));
  await rebuildSite(store);
  const after = await treeOf(join(home, 'archive'));
  for (const name of ['index.json', 'index.html']) expect(after[name]).toBe(before[name]);
});

describe('the first month of a book', () => {
  test('is listed without figures', async () => {
    await archiveReport(store, { ...firstMonthReport(), revision: 1 });
    const { months } = await rebuilt();
    expect(months).toMatchObject([{ month: '2026-10', readable: true, headline: null, trend: [] }]);
    expect(await text('index.html')).toContain('First month: nothing to compare with yet');
  });
});

describe('a report of another version', () => {
  const archiveRaw = (report: object) =>
    archiveReport(store, reportOf('2026-09'), { 'report.json': JSON.stringify(report) });

  test('is read as far as it says the same', async () => {
    const { basis: _, segments: __, segmentTrend: ___, ...older } = reportOf('2026-09');
    await archiveRaw({ ...older, aFieldOfTomorrow: 1 });
    expect((await rebuilt()).months).toMatchObject([
      { readable: true, headline: { ndr: ttmOf(makeReport()).total.ndr } },
    ]);
  });

  test('is listed with its files where it says it otherwise, and looked at again', async () => {
    await archiveRaw({ schemaVersion: 2, month: '2026-09', retention: [] });
    await archiveReport(store, reportOf('2026-10'));
    const { months } = await rebuilt();
    expect(months).toMatchObject([
      { month: '2026-10', readable: true },
      { month: '2026-09', readable: false, headline: null, reportingCurrency: null },
    ]);
    expect(months[1]?.files).toHaveLength(4);
    expect(await text('index.html')).toContain('September 2026');
    const asked: string[] = [];
    await rebuildSite(watched(asked));
    expect(asked.filter((key) => key.includes('revision='))).toEqual([
      'get archive/month=2026-09/revision=1/manifest.json',
      'get archive/month=2026-09/revision=1/report.json',
    ]);
  });

  test('but a damaged one is damaged, and the others are shown', async () => {
    await archiveReport(store, reportOf('2026-10'));
    await writeFile(join(home, 'archive/month=2026-10/revision=1/report.json'), '{}');
    await archiveReport(store, reportOf('2026-09'));
    expect(await rebuildSite(store)).toEqual(['2026-10']);
    const { months } = await stored();
    expect(months[0]).toMatchObject({ month: '2026-10', damaged: true, readable: false, headline: null, files: [] });
    expect(months[1]).toMatchObject({ month: '2026-09', damaged: false, readable: true });
    expect(await text('index.html')).toContain('Not what was archived: restore it from the backup');
    expect(await text('index.html')).not.toContain('month=2026-10/revision=1');
  });
});

describe('what it costs', () => {
  test('a second time: the pointers, and nothing is written', async () => {
    for (const month of ['2026-08', '2026-09', '2026-10']) await archiveReport(store, reportOf(month));
    await rebuildSite(store);
    const asked: string[] = [];
    await rebuildSite(watched(asked));
    expect(asked.sort()).toEqual([
      'get archive/index.html',
      'get archive/index.json',
      ...['2026-08', '2026-09', '2026-10'].map((month) => `get archive/month=${month}/current.json`),
    ]);
  });

  test('after a new month: its files alone, and both writes hold to what they replace', async () => {
    await archiveReport(store, reportOf('2026-09'));
    await rebuildSite(store);
    await archiveReport(store, reportOf('2026-10'));
    const asked: string[] = [];
    await rebuildSite(watched(asked));
    expect(asked.filter((key) => key.includes('revision=') || key.startsWith('put'))).toEqual([
      'get archive/month=2026-10/revision=1/manifest.json',
      'get archive/month=2026-10/revision=1/report.json',
      'put archive/index.json ifMatch',
      'put archive/index.html ifMatch',
    ]);
  });
});

test('a revision of other bytes is read again, whatever its number', async () => {
  await archiveReport(store, reportOf('2026-10'));
  await rebuildSite(store);
  // As after a restored backup.
  await archiveReport(store, reportOf('2026-10', { reportingCurrency: 'EUR' }));
  const { months, reportingCurrencies } = await rebuilt();
  expect(months).toMatchObject([{ revision: 1, reportingCurrency: 'EUR' }]);
  expect(reportingCurrencies).toEqual(['EUR']);
});

test.each([
  ['damaged', '{"schemaVersion":1,'],
  ['of another version', '{"schemaVersion":7,"everything":[]}'],
  ['with a link that leads elsewhere', null],
])('an index that is %s is made anew', async (_how, content) => {
  await archiveReport(store, reportOf('2026-10'));
  await rebuildSite(store);
  const right = await text('index.json');
  const wrong = content ?? right.replaceAll(/"month=2026-10\/revision=1\/report.html"/g, '"javascript:alert(1)"');
  expect(wrong).not.toBe(right);
  await writeFile(join(home, 'archive/index.json'), wrong);
  await rebuildSite(store);
  expect(await text('index.json')).toBe(right);
});

test('a page that is missing or stale is written again', async () => {
  await archiveReport(store, reportOf('2026-10'));
  await rebuildSite(store);
  const right = await text('index.html');
  await writeFile(join(home, 'archive/index.html'), 'stale');
  await rebuildSite(store);
  expect(await text('index.html')).toBe(right);
  await rm(join(home, 'archive/index.html'));
  await rebuildSite(store);
  expect(await text('index.html')).toBe(right);
});

test('the same archive gives the same bytes, in whatever order it came about', async () => {
  await archiveReport(store, reportOf('2026-09'));
  await rebuildSite(store);
  await archiveReport(store, reportOf('2026-10'));
  await rebuildSite(store);
  const other = folderObjectStore(join(home, 'other'));
  await archiveReport(other, reportOf('2026-10'));
  await archiveReport(other, reportOf('2026-09'));
  await rebuildSite(other);
  for (const name of ['index.json', 'index.html'])
    expect(await text(name)).toBe(await text(`../other/archive/${name}`));
});

describe('side by side', () => {
  test('months that end at once are all listed, in the index and on the page', async () => {
    const names = ['2026-05', '2026-06', '2026-07', '2026-08', '2026-09', '2026-10'];
    await Promise.all(
      names.map(async (month) => {
        await archiveReport(store, reportOf(month));
        await rebuildSite(store);
      }),
    );
    const { months } = await stored();
    expect(months.map(({ month }) => month)).toEqual(names.toReversed());
    const page = await text('index.html');
    for (const month of ['May', 'June', 'July', 'August', 'September', 'October'])
      expect(page).toContain(`${month} 2026`);
  });

  test.each(['archive/index.json', 'archive/index.html'])(
    'a month archived just before %s is written is not lost',
    async (at) => {
      await archiveReport(store, reportOf('2026-09'));
      let rivals = 0;
      const slow: ObjectStore = {
        ...store,
        put: async (key, bytes, condition) => {
          if (key === at && rivals === 0) {
            rivals += 1;
            await archiveReport(store, reportOf('2026-10'));
            await rebuildSite(store);
          }
          return store.put(key, bytes, condition);
        },
      };
      await rebuildSite(slow);
      expect(rivals).toBe(1);
      expect((await stored()).months.map(({ month }) => month)).toEqual(['2026-10', '2026-09']);
      expect(await text('index.html')).toContain('October 2026');
    },
  );

  test('who never gets a turn says so', async () => {
    await archiveReport(store, reportOf('2026-10'));
    const refusing: ObjectStore = { ...store, put: async () => null };
    await expect(rebuildSite(refusing)).rejects.toMatchObject({ kind: 'dependency', code: 'CONFLICT' });
  });
});

test('the site is no month of the archive', async () => {
  await archiveReport(store, reportOf('2026-10'));
  await rebuildSite(store);
  expect(await archivedMonths(store)).toEqual([parseMonth('2026-10')]);
});

test('an archive without a month has a page that says so', async () => {
  expect((await rebuilt()).months).toEqual([]);
  expect(await text('index.html')).toContain('No report has been archived yet.');
});
