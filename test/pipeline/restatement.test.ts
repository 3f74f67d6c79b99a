/** What changes after a month was reported: a new revision that says what it restates, and the old one as it was. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { bookFiles, corrected } from './book.ts';
import { type Folder, openFolder } from './folder.ts';

// Four months: month and quarter windows, no ttm.
const book = bookFiles('2026-07');

let base: Folder;
const opened: Folder[] = [];

beforeAll(async () => {
  base = await openFolder(book);
  await base.run({ month: '2026-09', email: false });
  await base.run({ email: false });
});
afterEach(async () => {
  for (const folder of opened.splice(0)) await folder.dispose();
});
afterAll(() => base.dispose());

const copy = async (): Promise<Folder> => {
  const folder = await base.copy();
  opened.push(folder);
  return folder;
};

test('a corrected line adds revision 2, tells exactly what changed, and leaves revision 1 as it was', async () => {
  const folder = await copy();
  const before = await folder.tree('archive');
  await folder.write(
    corrected(book, '2026-10/lines.csv', 'birch,sub-birch,1,Core,USD,350.00', 'birch,sub-birch,1,Core,USD,340.00'),
  );
  expect(await folder.run({ email: false })).toMatchObject({ revision: 2, added: true });

  const after = await folder.tree('archive');
  for (const [name, hash] of Object.entries(before))
    if (name.includes('/revision=')) expect({ name, hash: after[name] }).toEqual({ name, hash });
  expect(JSON.parse(await folder.text('archive/month=2026-10/current.json'))).toMatchObject({ revision: 2 });

  const { restatement } = await folder.report(2);
  expect(restatement).toMatchObject({ previousRevision: 1, earlierMonths: [] });
  const month = restatement?.changes.filter(({ figure }) => figure.startsWith('windows.month.'));
  // Ten dollars of 12090.00: in September Birch paid 350.00.
  expect(month).toEqual([
    { figure: 'windows.month.total.closingMrr', was: '11915.00', now: '11905.00' },
    { figure: 'windows.month.total.retainedMrr', was: '11800.00', now: '11790.00' },
    { figure: 'windows.month.total.contractionMrr', was: '0.00', now: '10.00' },
    { figure: 'windows.month.total.ndr', was: '0.985525', now: '0.984698' },
    { figure: 'windows.month.total.grr', was: '0.976013', now: '0.975186' },
    { figure: 'windows.month.total.ndrExInvoluntary', was: '1.002068', now: '1.001241' },
    { figure: 'windows.month.bridge.contraction', was: '0.00', now: '10.00' },
    { figure: 'windows.month.bridge.closing', was: '12085.00', now: '12075.00' },
  ]);
  const touched = new Set(restatement?.changes.map(({ figure }) => figure.split('.').slice(0, 4).join('.')));
  expect([...touched].filter((figure) => figure.startsWith('segments.month')).sort()).toEqual([
    'segments.month.acv_band.SMB',
    'segments.month.cohort_year.2026',
    'segments.month.plan.Team',
    'segments.month.region.EMEA',
  ]);
  for (const { was, now } of restatement?.changes ?? []) expect(was).not.toBe(now);
});

test('a correction that is taken back is a third revision with the figures of the first', async () => {
  const folder = await copy();
  await folder.write(corrected(book, '2026-10/lines.csv', '350.00', '340.00'));
  await folder.run({ email: false });
  await folder.write(book);
  expect(await folder.run({ email: false })).toMatchObject({ revision: 3, added: true });
  const [first, third] = [await folder.report(1), await folder.report(3)];
  expect(third.windows).toEqual(first.windows);
  expect(third.restatement?.previousRevision).toBe(2);
});

test('a changed earlier month is listed with every point of the trend that its own report told otherwise', async () => {
  const folder = await copy();
  // Elm paid 250.00 in August: the windows of September that open there change, those of October do not.
  await folder.write(
    corrected(book, '2026-08/lines.csv', 'elm,sub-elm,1,Core,USD,200.00', 'elm,sub-elm,1,Core,USD,250.00'),
  );
  expect(await folder.run({ email: false })).toMatchObject({ revision: 2, added: true });
  const { restatement } = await folder.report(2);
  expect(restatement?.changes).toEqual([]);
  expect(restatement?.earlierMonths).toEqual([
    { month: '2026-09', window: 'month', figure: 'openingMrr', was: '12540.00', now: '12590.00' },
    { month: '2026-09', window: 'month', figure: 'contractionMrr', was: '150.00', now: '200.00' },
    { month: '2026-09', window: 'month', figure: 'ndr', was: '0.964115', now: '0.960286' },
    { month: '2026-09', window: 'month', figure: 'grr', was: '0.964115', now: '0.960286' },
    { month: '2026-09', window: 'month', figure: 'ndrExInvoluntary', was: '0.964115', now: '0.960286' },
  ]);
  // The month itself is restated only when it is run again.
  expect(Object.keys(await folder.tree('archive/month=2026-09/revision=2'))).toEqual([]);
  expect(await folder.run({ month: '2026-09', email: false })).toMatchObject({ revision: 2, added: true });
});

test('a cancellation that comes late is told, and the month it belongs to restates when it is run again', async () => {
  const folder = await copy();
  const late = `${book['2026-10/cancellations.csv']}jade,sub-jade,2026-10-30,expired_card,\ndune,sub-dune,2026-09-25,payment_failed,\n`;
  await folder.write({ ...book, '2026-10/cancellations.csv': late });
  const october = await folder.run({ email: false });
  expect(october.report.gates.filter(({ code }) => code === 'LATE_ROWS')).toEqual([
    { code: 'LATE_ROWS', severity: 'warn', message: expect.stringContaining('1 in 2026-09') },
  ]);
  expect(october.report.restatement?.earlierMonths).toMatchObject([
    { month: '2026-09', window: 'month', figure: 'voluntaryChurnMrr', was: '300.00', now: '0.00' },
    { month: '2026-09', window: 'month', figure: 'involuntaryChurnMrr', was: '0.00', now: '300.00' },
    { month: '2026-09', window: 'month', figure: 'ndrExInvoluntary' },
  ]);
  const september = await folder.run({ month: '2026-09', email: false });
  expect(september).toMatchObject({ revision: 2, added: true });
  expect(september.report.restatement?.changes).toContainEqual({
    figure: 'windows.month.bridge.involuntaryChurn',
    was: '0.00',
    now: '300.00',
  });
});

test('other settings are another revision; other recipients, or their order, are not', async () => {
  const folder = await copy();
  const config = { recipients: ['a@example.com', 'b@example.com'] };
  expect(await folder.run({ email: false, config })).toMatchObject({ revision: 1, added: false });
  expect(await folder.run({ email: false, config: { recipients: config.recipients.toReversed() } })).toMatchObject({
    revision: 1,
    added: false,
  });
  const outcome = await folder.run({ email: false, config: { lowSampleBelow: 3 } });
  expect(outcome).toMatchObject({ revision: 2, added: true });
  expect(outcome.report.segments.some(({ lowSample }) => !lowSample)).toBe(true);
  // Nothing that the book says has changed.
  expect(outcome.report.restatement).toBeNull();
});
