/** What a source could not know of its months, from control.json to every document that is read. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BlockedError } from '../../functions/gate-fault.ts';
import { readPdf } from '../render/board-pack-reading.ts';
import { readBook } from '../render/workbook-reading.ts';
import { bookFiles } from './book.ts';
import { type Folder, openFolder } from './folder.ts';

const months: Readonly<Record<string, { lines: number; mrr: object }>> = {
  '2026-08': { lines: 10, mrr: { EUR: '1000', USD: '11440' } },
  '2026-09': { lines: 9, mrr: { EUR: '1000', USD: '10990' } },
  '2026-10': { lines: 8, mrr: { EUR: '1000', USD: '11015' } },
};

const control = (month: string, notes?: unknown) => ({
  [`${month}/control.json`]: JSON.stringify({ ...months[month], ...(notes !== undefined && { notes }) }),
});

const rebuilt = '3 of 8 lines changed since the month’s end and were put back';
const hostile = '<script>alert(1)</script>\u202e {{{raw}}}';

let folder: Folder;
const at = 'archive/month=2026-10/revision=1';

beforeAll(async () => {
  folder = await openFolder({
    ...bookFiles('2026-08'),
    ...control('2026-08', ['is in no window of October']),
    ...control('2026-09', [hostile]),
    ...control('2026-10', [rebuilt, '=1+1 lines are metered']),
  });
  await folder.run();
});
afterAll(() => folder.dispose());

test('the report has those of its closing month and its opening months, as they were written', async () => {
  expect((await folder.report(1)).sourceNotes).toEqual([
    { month: '2026-10', note: rebuilt },
    { month: '2026-10', note: '=1+1 lines are metered' },
    { month: '2026-09', note: hostile },
  ]);
});

describe('a reader is told', () => {
  const told = `October 2026, as its source says: ${rebuilt}.`;
  const harmless = '<script>alert(1)</script> {{{raw}}}';

  test.each(['email.html', 'report.html'])('in %s, where nothing of it is markup', async (name) => {
    const html = await folder.text(`${at}/${name}`);
    expect(html).toContain(told);
    expect(html).toContain('September 2026, as its source says: &lt;script&gt;alert(1)&lt;/script&gt; {{{raw}}}.');
    expect(html).not.toContain('<script>alert');
    expect(html).not.toContain('no window of October');
  });

  test('in email.txt', async () => {
    const text = (await folder.text(`${at}/email.txt`)).replaceAll(/\s+/g, ' ');
    expect(text).toContain(told);
    expect(text).toContain(harmless);
  });

  test('in the board pack', async () => {
    const text = readPdf(await readFile(join(folder.home, at, 'report.pdf')))
      .pages.flat()
      .join('')
      .replaceAll('\u200b', '');
    expect(text.replaceAll(/\s+/g, '')).toContain(told.replaceAll(/\s+/g, ''));
  });

  test('in the workbook, where nothing of it is a formula', async () => {
    const { book } = readBook(await readFile(join(folder.home, at, 'report.xlsx')));
    const cells = Object.values(book.Sheets.Summary ?? {});
    expect(cells).toContainEqual(expect.objectContaining({ t: 's', v: told }));
    expect(cells).toContainEqual(
      expect.objectContaining({ t: 's', v: 'October 2026, as its source says: =1+1 lines are metered.' }),
    );
  });
});

test('the same notes make no new revision; other notes do, and restate nothing', async () => {
  expect((await folder.run()).added).toBe(false);
  await folder.write(control('2026-10', ['2 of 8 lines may differ']));
  expect(await folder.run()).toMatchObject({ added: true, revision: 2, report: { restatement: null } });
  await folder.write(control('2026-10'));
  expect((await folder.run()).report.sourceNotes).toEqual([{ month: '2026-09', note: hostile }]);
});

test.each<[told: string, notes: unknown, column: string]>([
  ['that is no list', 'all is well', 'notes'],
  ['that is no text', [7], 'notes.0'],
  ['that is empty', [''], 'notes.0'],
  ['of 501 letters', ['x'.repeat(501)], 'notes.0'],
  ['of which there are 21', Array.from({ length: 21 }, () => 'x'), 'notes'],
])('a note %s is a bad row', async (_, notes, column) => {
  await folder.write(control('2026-10', notes));
  const failure = await folder.run().catch((error: unknown) => error);
  const faults = failure instanceof BlockedError ? failure.faults : [];
  expect(faults.map(({ code, findings }) => [code, findings.map((found) => found.column)])).toEqual([
    ['BAD_ROW', [column]],
  ]);
});
