/** The archive's page: finished figures, links that stay within the archive, and nothing that could be run. */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { archivePage } from '../../functions/render/archive-page.ts';
import { sparkline } from '../../functions/render/archive-sparkline.ts';
import { type MonthEntry, type SiteIndex, siteIndexSchema } from '../../functions/site/index-schema.ts';

const file = (month: string, revision: number, name: string, bytes = 61_296) => ({
  name,
  bytes,
  sha256: 'a'.repeat(64),
  href: `month=${month}/revision=${revision}/${name}`,
});

const entry = (month: string, changes: Partial<MonthEntry> = {}): MonthEntry =>
  siteIndexSchema.shape.months.element.parse({
    month,
    revision: 1,
    manifestSha256: 'b'.repeat(64),
    readable: true,
    damaged: false,
    reportingCurrency: 'USD',
    headline: {
      window: 'ttm',
      openingMonth: '2025-10',
      bridge: { opening: '5305309.05', closing: '7103012.66' },
      ndr: '1.063766',
      grr: '0.905657',
      involuntaryChurnMrr: '105622.43',
      involuntaryChurnShare: '0.019909',
    },
    restated: false,
    restatement: null,
    trend: [
      { month: '2026-09', ndr: '1.012345' },
      { month: '2026-10', ndr: '1.063766' },
    ],
    files: [file(month, 1, 'report.html'), file(month, 1, 'manifest.json', 812)],
    earlierRevisions: [],
    ...changes,
  });

const index = (...months: MonthEntry[]): SiteIndex => ({ schemaVersion: 1, reportingCurrencies: ['USD'], months });

/** What a reader sees of it, without the tags. */
const seen = (html: string) =>
  html
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('\u00a0', ' ')
    .replaceAll(/\s+/g, ' ');

test('a month says NDR, GRR, involuntary churn, closing MRR and its revision', () => {
  const text = seen(archivePage(index(entry('2026-10', { revision: 3 }))));
  expect(text).toContain('NDR 106.4%');
  expect(text).toContain('GRR 90.6%');
  expect(text).toContain('Involuntary churn 2.0% USD 105,622.43');
  expect(text).toContain('Closing MRR USD 7,103,012.66');
  expect(text).toContain('Revision 3');
});

test('the change is against the month before in the archive, of the same window', () => {
  const before = entry('2026-09');
  const lower = { ...before, headline: before.headline && { ...before.headline, ndr: '1.050000' } };
  expect(seen(archivePage(index(entry('2026-10'), lower)))).toContain('▲ +1.4 pp better vs Sep 2026');
  const other = { ...lower, headline: lower.headline && { ...lower.headline, window: 'month' as const } };
  const text = seen(archivePage(index(entry('2026-10'), other)));
  expect(text).not.toContain('pp');
  // Only the trailing 12 months go without their name.
  expect(text).toMatch(/September 2026.*NDR 105\.0% Month GRR/);
});

test('a month on invoices says so, and is no measure for one that is committed', () => {
  const before = entry('2026-09', { basis: 'invoiced' });
  const lower = { ...before, headline: before.headline && { ...before.headline, ndr: '1.050000' } };
  const text = seen(archivePage(index(entry('2026-10'), lower)));
  expect(text).not.toContain('pp');
  expect(text).toMatch(/September 2026.*NDR 105\.0% invoiced GRR/);
  expect(seen(archivePage(index(entry('2026-10', { basis: 'invoiced' }), lower)))).toContain('vs Sep 2026');
  const first = entry('2026-10', { headline: null, trend: [] });
  expect(seen(archivePage(index(first, lower)))).toContain('First month that is committed: nothing to compare');
});

test('a month without an opening snapshot has n/a, not a figure', () => {
  const text = seen(archivePage(index(entry('2026-10', { headline: null, trend: [] }))));
  expect(text).toContain('NDR n/a GRR n/a Involuntary churn n/a Closing MRR n/a');
  expect(text).toContain('No trend yet');
});

test('the newest month is plotted from the first month that has an NDR, with both ends told', () => {
  const trend = [{ month: '2026-08', ndr: null }, ...entry('2026-10').trend].map((point) => ({ ...point }));
  const text = seen(
    archivePage(index(entry('2026-10', { trend: siteIndexSchema.shape.months.element.shape.trend.parse(trend) }))),
  );
  expect(text).toContain('100% Sep 2026 101.2% Oct 2026 106.4%');
  const alone = seen(archivePage(index(entry('2026-10', { trend: entry('2026-10').trend.slice(1) }))));
  expect(alone).not.toContain('NDR at the end of each month');
});

test('a page for three years groups its months by year', () => {
  const years = seen(archivePage(index(entry('2026-10'), entry('2025-10'), entry('2024-10'))));
  expect(years).toMatch(/ 2026 October 2026 .* 2025 October 2025 .* 2024 October 2024 /);
});

describe('links', () => {
  const page = archivePage(
    index(
      entry('2026-10', {
        revision: 2,
        files: ['report.html', 'board-pack.pdf', 'report.xlsx', 'notes_1.txt'].map((name) => file('2026-10', 2, name)),
        earlierRevisions: [{ revision: 1, href: null }],
      }),
    ),
  );
  const hrefs = [...page.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href.replaceAll('&#x3D;', '='));

  test('are relative and lead to files of the month, the index or this page', () => {
    expect(hrefs.length).toBeGreaterThan(5);
    for (const href of hrefs) expect(href).toMatch(/^(#reports|index\.json|month=2026-10\/revision=2\/[\w.-]+)$/);
  });

  test('call the pack and the workbook by what they are, others by their names, with their size', () => {
    const text = seen(page);
    expect(text).toContain('Read the report PDF Workbook');
    expect(text).toContain('PDF board-pack.pdf, 61 kB');
    expect(text).toContain('notes_1.txt 61 kB');
    expect(text).toContain('Revision 1 replaced');
  });
});

test('the policy allows the one style sheet by its hash, and nothing else', () => {
  const page = archivePage(index(entry('2026-10')));
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = (/Content-Security-Policy" content="([^"]+)"/.exec(page)?.[1] ?? '').replaceAll('&#x3D;', '=');
  expect(policy).toBe(`default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`);
  expect(page).not.toMatch(/<script|\son\w+=|style="|https?:\/\/|url\(/i);
});

test('what an index may not say is refused before it is shown', () => {
  const wrong = [
    { href: 'javascript:alert(1)' },
    { href: 'month=2026-10/revision=1/../../../lake/catalog.json' },
    { name: '"><script>alert(1)</script>' },
    { name: '..' },
  ];
  for (const change of wrong) {
    const files = [{ ...file('2026-10', 1, 'report.html'), ...change }];
    expect(siteIndexSchema.safeParse({ ...index(), months: [{ ...entry('2026-10'), files }] }).success).toBe(false);
  }
});

describe('the sparkline', () => {
  const points = (...ndrs: (string | null)[]) =>
    ndrs.map((ndr, at) => ({ month: `2026-${`${at + 1}`.padStart(2, '0')}`, ndr }));

  test('says in words what it shows', () => {
    expect(sparkline(points('1.010000', '0.950000', '1.200000', '1.100000'), 132, 36)?.words).toBe(
      'NDR from 101.0% in Jan 2026 to 110.0% in Apr 2026; lowest 95.0% in Feb 2026, highest 120.0% in Mar 2026',
    );
    expect(sparkline(points('1.010000'), 132, 36)?.words).toBe('NDR 101.0% in Jan 2026; no earlier month');
    expect(sparkline(points(null, null), 132, 36)).toBeNull();
  });

  test('stays in its box, rises where NDR rises, and puts 100% where it belongs', () => {
    const drawn = sparkline(points('0.800000', '1.000000', '1.400000'), 132, 36);
    expect(drawn?.line).toBe('M4 32L66 22.7L128 4');
    expect(drawn?.even).toBe('22.7');
    expect(drawn?.end).toEqual({ x: '128', y: '4' });
  });

  test('a month without NDR is a gap, not a straight line', () => {
    const drawn = sparkline(points('1.000000', '1.100000', null, '1.050000', '1.000000'), 132, 36);
    expect(drawn?.line.match(/M/g)).toHaveLength(2);
    expect(drawn?.words).toContain('some months have none');
  });

  test('a quiet year looks quiet', () => {
    const drawn = sparkline(points('1.000000', '1.001000'), 132, 36);
    const [, from = '', to = ''] = /^M4 ([\d.]+)L128 ([\d.]+)$/.exec(drawn?.line ?? '') ?? [];
    expect(Math.abs(parseFloat(from) - parseFloat(to))).toBeLessThan(1);
  });
});
