/** Charts, board pack and workbook: made the same every time, mailed as archived, and no reason to keep a report back. */
import PostalMime from 'postal-mime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Manifest, manifestSchema } from '../../functions/archive.ts';
import { makers } from '../../functions/artefacts.ts';
import type { World } from '../../functions/pipeline.ts';
import { type Folder, openFolder } from './folder.ts';

const charts = ['chart-bridge.png', 'chart-trend.png', 'chart-segments.png', 'chart-involuntary.png'];
const at = (revision: number, name: string) => `archive/month=2026-10/revision=${revision}/${name}`;

let folder: Folder;
const notes: string[] = [];
beforeEach(async () => {
  folder = await openFolder();
  notes.length = 0;
});
afterEach(() => folder.dispose());

const broken = () => Promise.reject(new Error('no such machine code'));
/** A world in which some things cannot be made. */
const without =
  (...what: (keyof typeof makers)[]) =>
  (world: World): World => ({
    ...world,
    makers: { ...makers, ...Object.fromEntries(what.map((name) => [name, broken])) },
    note: (text) => notes.push(text),
  });

const manifestOf = async (revision: number): Promise<Manifest> =>
  manifestSchema.parse(JSON.parse(await folder.text(at(revision, 'manifest.json'))));
const namesOf = async (revision: number) => (await manifestOf(revision)).files.map(({ name }) => name);
const sent = async (where: string | null | undefined) => new PostalMime().parse(await folder.text(where ?? ''));

test('every file is archived, is in the manifest, and is the same when it is made again', {
  timeout: 180_000,
}, async () => {
  await folder.run();
  const names = await namesOf(1);
  for (const name of [...charts, 'report.pdf', 'report.xlsx', 'email.eml']) expect(names).toContain(name);
  const again = await openFolder();
  try {
    await again.run();
    expect(await again.tree('archive/month=2026-10/revision=1')).toEqual(
      await folder.tree('archive/month=2026-10/revision=1'),
    );
  } finally {
    await again.dispose();
  }
});

test('the mail carries the archived charts, and the archived mail shows those beside it', async () => {
  const { deliveries } = await folder.run();
  const mail = await sent(deliveries[0]?.where);
  expect(mail.attachments.map(({ filename }) => filename)).toEqual(charts);
  const archived = await folder.tree('archive/month=2026-10/revision=1');
  for (const { contentId } of mail.attachments) expect(mail.html).toContain(`src="cid:${contentId?.slice(1, -1)}"`);
  const html = await folder.text(at(1, 'email.html'));
  for (const chart of charts) {
    expect(html).toContain(`src="${chart}"`);
    expect(Object.keys(archived)).toContain(chart);
  }
  expect(html).not.toContain('cid:');
});

test('a report goes out without what cannot be made, and says what that is', async () => {
  const outcome = await folder.run({ wrap: without('picture', 'boardPack', 'workbook') });
  const missing = [...charts, 'report.pdf', 'report.xlsx'].sort();
  expect(outcome).toMatchObject({ revision: 1, added: true, missing });
  expect(outcome.deliveries).toMatchObject([{ outcome: 'sent' }]);
  expect(notes).toEqual(missing.map((name) => `${name} could not be made: no such machine code`));
  expect((await manifestOf(1)).missing).toEqual(missing);
  expect(await namesOf(1)).toEqual([
    'report.json',
    'report.html',
    'email.html',
    'email.txt',
    'email.eml',
    'segments.csv',
    'movements.csv',
  ]);
  const page = await folder.text(at(1, 'report.html'));
  expect(page).toContain('href="movements.csv"');
  expect(page).not.toMatch(/report\.(pdf|xlsx)/);
  const mail = await sent(outcome.deliveries[0]?.where);
  expect(mail.attachments).toEqual([]);
  expect(mail.html).not.toMatch(/<img|cid:/);
});

test('what could not be made is tried again: a revision is added when it can be, and none while it cannot', async () => {
  await folder.run({ wrap: without('boardPack') });
  expect(await folder.run({ wrap: without('boardPack') })).toMatchObject({
    revision: 1,
    added: false,
    missing: ['report.pdf'],
  });
  const worse = await folder.run({ wrap: without('boardPack', 'workbook') });
  expect(worse, 'no revision for missing more').toMatchObject({ revision: 1, added: false });
  expect(worse.deliveries.map(({ outcome }) => outcome)).toEqual(['already sent']);
  const whole = await folder.run();
  expect(whole).toMatchObject({ revision: 2, added: true, missing: [] });
  expect((await folder.report(2)).restatement).toBeNull();
  expect(await folder.run()).toMatchObject({ revision: 2, added: false, missing: [] });
});

test('the site of the archive is brought up to date, and its failure costs nothing else', async () => {
  await folder.run();
  expect(JSON.parse(await folder.text('archive/index.json'))).toMatchObject({ months: [{ month: '2026-10' }] });
  const store = (world: World): World => ({
    ...world,
    note: (text) => notes.push(text),
    store: {
      ...world.store,
      put: (key, bytes, condition) =>
        key.startsWith('archive/index') ? Promise.reject(new Error('full')) : world.store.put(key, bytes, condition),
    },
  });
  await folder.write({ '2026-10/fx.csv': 'currency,rate\nEUR,1.17\n' });
  expect(await folder.run({ wrap: store })).toMatchObject({ revision: 2, added: true, missing: ['index.html'] });
  expect(notes).toEqual(['the index of the archive could not be brought up to date: full']);
  expect(await folder.run()).toMatchObject({ revision: 2, added: false, missing: [] });
  expect(JSON.parse(await folder.text('archive/index.json'))).toMatchObject({ months: [{ revision: 2 }] });
});

test('the first month of a book has no charts, and is complete without', async () => {
  const outcome = await folder.run({ month: '2025-09' });
  expect(outcome).toMatchObject({ revision: 1, missing: [], deliveries: [{ outcome: 'sent' }] });
  expect((await sent(outcome.deliveries[0]?.where)).attachments).toEqual([]);
  const files = Object.keys(await folder.tree('archive/month=2025-09/revision=1'));
  expect(files).toEqual(expect.arrayContaining(['report.pdf', 'report.xlsx', 'report.html']));
  expect(files.filter((name) => name.startsWith('chart-'))).toEqual([]);
});
