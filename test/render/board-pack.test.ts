/** The board pack: what it says is what the report says, on at most five pages that anyone can read and any archive take. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import type { Report } from '../../functions/core/report.ts';
import { boardPackPdf, mostPages } from '../../functions/render/board-pack.ts';
import { declareAccessible } from '../../functions/render/board-pack-accessible.ts';
import { chartsOf } from '../../functions/render/charts.ts';
import { readPdf } from './board-pack-reading.ts';
import { firstMonthReport, hostileReport, inYen, makeReport } from './fixture.ts';

const read = async (report: Report) => readPdf(await boardPackPdf(report));
const plain = (text: string) => text.replaceAll('\u200b', '').replaceAll('\u00a0', ' ');
const runsOf = ({ pages }: { pages: readonly (readonly string[])[] }) => pages.flat().map(plain);
/** Amounts and percentages as a person reads them, written by other means than the formats. */
const grouped = (amount: string) => amount.replace('-', '').replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ',');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the figures', () => {
  const report = makeReport();
  const written = read(report);

  it.each([
    ['Opening MRR', 'opening'],
    ['New', 'new'],
    ['Reactivation', 'reactivation'],
    ['Expansion', 'expansion'],
    ['Contraction', 'contraction'],
    ['Voluntary churn', 'voluntaryChurn'],
    ['Involuntary churn', 'involuntaryChurn'],
    ['Paused', 'pausedChurn'],
    ['Unclassified churn', 'unclassifiedChurn'],
    ['Exchange rates', 'fx'],
    ['Closing MRR', 'closing'],
  ] as const)('of the bridge stand there to the last decimal, longest window first: %s', async (label, movement) => {
    const runs = runsOf(await written);
    const { ttm, quarter, month } = report.windows;
    const at = runs.indexOf(label, runs.indexOf('From opening to closing MRR'));
    expect(runs.slice(at + 1, at + 4).map((run) => run.replace(/^[+−]/, ''))).toEqual(
      [ttm, quarter, month].map((window) => grouped(window?.bridge[movement] ?? '')),
    );
  });

  it('of losses carry a minus, of gains a plus', async () => {
    const runs = runsOf(await written);
    const { bridge } = report.windows.ttm ?? expect.unreachable();
    expect(runs).toContain(`+${grouped(bridge.expansion)}`);
    for (const loss of [bridge.contraction, bridge.voluntaryChurn, bridge.involuntaryChurn]) {
      expect(runs).toContain(`−${grouped(loss)}`);
    }
  });

  it('of every segment of the headline window stand in its row', async () => {
    const runs = runsOf(await written);
    for (const row of report.segments.filter(({ window }) => window === 'ttm')) {
      const at = runs.findIndex((run, index) => run === row.segment && runs[index + 1] === `${row.openingAccounts}`);
      expect(at, `${row.dimension} ${row.segment}`).toBeGreaterThan(0);
      expect(runs[at + 2]).toBe(grouped(row.openingMrr));
      expect(runs[at + 3]).toMatch(/^\d+\.\d%$/);
    }
  });

  it('of the accounts that moved most stand beside their names', async () => {
    const runs = runsOf(await written);
    for (const mover of report.topMovers.filter(({ window }) => window === 'ttm')) {
      const at = runs.indexOf(mover.accountName);
      expect(at, mover.accountName).toBeGreaterThan(0);
      const sign = mover.deltaMrr.startsWith('-') ? '−' : '+';
      expect(runs.slice(at, at + 6)).toContain(`${sign}${grouped(mover.deltaMrr)}`);
    }
  });

  it('are told with their month, revision, currency and page', async () => {
    const { pages } = await written;
    expect(pages).toHaveLength(5);
    for (const [index, page] of pages.entries()) {
      const runs = page.map(plain).join('\n');
      expect(runs).toContain('October 2026, revision 2');
      expect(runs.replaceAll('\n', '')).toContain(`Page ${index + 1} of 5`);
      if (index > 0) expect(runs).toContain('USD a month');
    }
  });
});

describe('the document', () => {
  const bytes = boardPackPdf(makeReport());

  it('is the same bytes every time, in another process as well', async () => {
    const hash = sha256(await bytes);
    expect(sha256(await boardPackPdf(makeReport()))).toBe(hash);
    const script = `
      import { createHash } from 'node:crypto';
      import { boardPackPdf } from '${new URL('../../functions/render/board-pack.ts', import.meta.url)}';
      import { makeReport } from '${new URL('./fixture.ts', import.meta.url)}';
      console.log(createHash('sha256').update(await boardPackPdf(makeReport())).digest('hex'));`;
    const arguments_ = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, arguments_, {
      env: { ...process.env, TZ: 'Pacific/Auckland', LANG: 'de_DE.UTF-8' },
    });
    expect(stdout.trim()).toBe(hash);
  });

  it('is dated on the last day of its month, and says in its metadata what it is', async () => {
    const text = Buffer.from(await bytes).toString('latin1');
    expect(text).toContain('/CreationDate (D:20261031120000Z)');
    const metadata = [...readPdf(await bytes).objects.values()].filter((body) => body.includes('/Type /Metadata'));
    expect(metadata).toHaveLength(1);
    for (const told of [
      '<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>',
      '<pdfuaid:part>1</pdfuaid:part>',
      'Retention report, October 2026, revision 2',
    ]) {
      expect(metadata[0]).toContain(told);
    }
  });

  it('is tagged: headings in order, headers of tables, and a sentence for every chart', async () => {
    const { tags, alternatives, objects } = readPdf(await bytes);
    const catalog = [...objects.values()].find((body) => body.includes('/Type /Catalog')) ?? '';
    for (const entry of ['/Lang (en)', '/StructTreeRoot', '/Marked true', '/DisplayDocTitle true']) {
      expect(catalog).toContain(entry);
    }
    expect(tags.get('H1')).toBe(1);
    // Bridge 4, ratios 4, segments 9 and four dimensions, movers 5, restatement 3.
    expect(tags.get('TH')).toBe(29);
    expect(tags.get('Figure')).toBe(4);
    const findings = chartsOf(makeReport(), 'ttm').map(({ alt }) => alt);
    expect([...alternatives].map(plain).sort()).toEqual(findings.map(plain).sort());
  });
});

const crowded = (): Report => {
  const report = makeReport();
  const names = Array.from({ length: 60 }, (_, index) => `Segment ${index} with a name of its own`);
  const dimensions = Array.from({ length: 9 }, (_, index) => `dimension_${index}`);
  const [row] = report.segments.filter(({ window }) => window === 'ttm');
  const [trend] = report.segmentTrend;
  if (row === undefined || trend === undefined) return expect.unreachable();
  const everySegment = dimensions.flatMap((dimension) => names.map((segment) => ({ dimension, segment })));
  return makeReport({
    segments: everySegment.map((place) => ({ ...row, ...place })),
    segmentTrend: everySegment.map((place) => ({ ...trend, ...place })),
  });
};

const oneMonth = (): Report => {
  const { windows, segments, trend, topMovers } = makeReport();
  return makeReport({
    windows: { ...windows, quarter: null, ttm: null },
    segments: segments.filter(({ window }) => window === 'month'),
    trend: trend.filter(({ window }) => window === 'month').slice(-1),
    segmentTrend: [],
    failedPaymentsTrend: [],
    topMovers: topMovers.filter(({ window }) => window === 'month'),
  });
};

const unbroken = ['x'.repeat(300), 'W'.repeat(60), '株式会社'.repeat(70), `https://example.com/${'q'.repeat(100)}`];

test.each<[string, () => Report]>([
  ['a first month', firstMonthReport],
  ['one month of history', oneMonth],
  ['a currency without decimals', inYen],
  ['540 segments', crowded],
  ['hostile names', hostileReport],
  ['names without a space', () => hostileReport(unbroken)],
])('%s: three to five pages', async (_, make) => {
  const { pages } = await read(make());
  expect(pages.length).toBeGreaterThanOrEqual(3);
  expect(pages.length).toBeLessThanOrEqual(mostPages);
});

test('a first month says why there are no figures, and shows no empty tables', async () => {
  const pdf = await read(firstMonthReport());
  expect(runsOf(pdf).join(' ')).toContain('There is no opening snapshot yet');
  expect(runsOf(pdf).filter((run) => run === 'n/a')).toHaveLength(3);
  expect(pdf.tags.has('Table')).toBe(false);
});

test('what was left out is said', async () => {
  const runs = runsOf(await read(crowded())).join(' ');
  expect(runs).toMatch(/\d+ more segments in the full report/);
  expect(runs).toContain('segments.csv has every figure of every window.');
});

const codeOfTypst = [
  '#panic("x")',
  '#import "/etc/passwd": *',
  '$x^2$ *bold* _italic_',
  '= Heading <label> @ref',
  '`raw` \\ ~ --- ...',
  '"quoted" // comment /* */',
  '#{sys.version}',
];

test('names are words, never commands of the typesetter', async () => {
  const report = hostileReport(codeOfTypst);
  const runs = runsOf(await read(report))
    .join('')
    .replaceAll(' ', '');
  for (const name of codeOfTypst) expect(runs).toContain(name.replaceAll(' ', ''));
});

test('a character that the font lacks is a box, and the reader is told', async () => {
  const runs = runsOf(await read(hostileReport(['Söhne 株式会社', 'שלום', '👩‍👩‍👧‍👦']))).join(' ');
  expect(runs).toContain('Söhne □□□□');
  expect(runs).not.toMatch(/[株ש👩]/u);
  expect(runs).toContain('stands for a character that is not in the font of this document');
  expect(runsOf(await read(makeReport())).join(' ')).not.toContain('□');
});

test('a PDF of another form is refused, not damaged', () => {
  expect(() => declareAccessible(Buffer.from('%PDF-1.7\n'))).toThrow('built in another way than expected');
});
