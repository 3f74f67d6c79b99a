/** The mail, the page and the plain text as a reader meets them. */
import { describe, expect, test } from 'vitest';
import { exact } from '../../functions/core/money.ts';
import type { Report } from '../../functions/core/report.ts';
import { segmentsCsv } from '../../functions/render/segments-csv.ts';
import {
  firstMonthReport,
  hostileNames,
  hostileReport,
  inYen,
  makeReport,
  nothing,
  ttmOf,
  withTotal,
} from './fixture.ts';
import { type RenderedReport, renderReport } from './rendered.ts';

const forms = ({ subject, emailHtml, emailText, pageHtml }: RenderedReport) => ({
  subject,
  emailHtml,
  emailText,
  pageHtml,
});

/** What is left when a reader looks at it: no tags, no entities, no tied spaces. */
const seen = (html: string): string =>
  html
    .replace(/<(style|title|head|script|svg)\b[\s\S]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&#x27;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&#x3D;', '=')
    .replaceAll('&#x60;', '`')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&nbsp;', ' ')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');

/** The page without what it may carry by its own policy: its script, and an icon that is none. */
const withoutOwnScript = (html: string): string =>
  html.replace(/<script>[\s\S]*?<\/script>/, '').replace('<link rel="icon" href="data:,">', '');

const inAllForms = (report: Report): [string, string][] => {
  const { emailHtml, emailText, pageHtml } = renderReport(report);
  return [
    ['mail', seen(emailHtml)],
    ['page', seen(pageHtml)],
    ['text', emailText.replace(/\s+/g, ' ')],
  ];
};

const manySegments = (names: readonly string[]): Report => {
  const report = makeReport();
  const [row] = report.segments;
  if (row === undefined) throw new Error('the fixture has no segment');
  const segments = Array.from({ length: 8 * 60 }, (_, index) => ({
    ...row,
    window: 'ttm' as const,
    dimension: `${Math.floor(index / 60)}${names[index % names.length]}`,
    segment: `${names[index % names.length]} ${index}`,
    openingMrr: `${index + 1}.00`,
  }));
  return makeReport({
    segments: segments.map((each, index) => ({ ...each, dimension: segments[index - (index % 60)]?.dimension ?? '' })),
  });
};

test('the same report gives the same bytes', () => {
  expect(renderReport(makeReport())).toEqual(renderReport(makeReport()));
});

describe('the subject carries the figures', () => {
  test.each([
    ['rich', makeReport(), 'Retention, Oct 2026: NDR 106.4% (+0.8 pp), GRR 92.5%'],
    ['falling', withTotal({ ndr: '1.000000' }), 'Retention, Oct 2026: NDR 100.0% (−5.6 pp), GRR 92.5%'],
    ['first month', firstMonthReport(), 'Retention, Oct 2026: NDR n/a, no opening snapshot yet'],
    ['nothing to retain', withTotal(nothing), 'Retention, Oct 2026: NDR n/a, GRR n/a'],
    ['NDR of 400 %', withTotal({ ndr: '4.000000' }), 'Retention, Oct 2026: NDR 400.0% (+294.4 pp), GRR 92.5%'],
    ['no trend', makeReport({ trend: [] }), 'Retention, Oct 2026: NDR 106.4%, GRR 92.5%'],
    [
      'no year yet',
      makeReport({ windows: { ...makeReport().windows, ttm: null } }),
      'Retention, Oct 2026: 3-month NDR 102.8% (−0.2 pp), GRR 98.8%',
    ],
  ])('%s', (_name, report, subject) => {
    expect(renderReport(report).subject).toBe(subject);
  });
});

const everyReport: [string, Report][] = [
  ['rich', makeReport()],
  ['first month', firstMonthReport()],
  ['nothing to retain', withTotal(nothing)],
  ['NDR of 400 %', withTotal({ ndr: '4.000000' })],
  ['yen', inYen()],
  ['no trend', makeReport({ trend: [] })],
  ['no segments, no movers', makeReport({ segments: [], topMovers: [] })],
  ['only the month', makeReport({ windows: { ...makeReport().windows, ttm: null, quarter: null } })],
];

describe.each(everyReport)('%s', (_name, report) => {
  test('no form shows a hole, a placeholder or two signs', () => {
    for (const [form, text] of [...Object.entries(forms(renderReport(report))), ...inAllForms(report)]) {
      const shown = form === 'pageHtml' ? withoutOwnScript(text) : text;
      const found = /.{0,40}(undefined|\bNaN\b|\bnull\b|\{\{|\+[−-]|[−-]\+|\[object|Infinity).{0,40}/.exec(shown)?.[0];
      expect(found, form).toBeUndefined();
    }
    expect(segmentsCsv(report)).not.toMatch(/undefined|NaN|null|\[object/);
  });

  test('plain text stays within 78 columns', () => {
    for (const line of renderReport(report).emailText.split('\n'))
      expect(Array.from(line).length, line).toBeLessThanOrEqual(78);
  });

  test('neither mail nor page asks any host for anything, and both say their language', () => {
    const { emailHtml, pageHtml } = renderReport(report);
    for (const html of [emailHtml, pageHtml]) {
      expect(html).toMatch(/<html lang="en"/);
      expect(withoutOwnScript(html)).not.toMatch(/<(script|img|link|iframe|form)\b|url\((?!#)|@import/i);
    }
  });
});

describe('the answer', () => {
  test('comes first, then cards, bridge, segments, failed payments, movers, trust', () => {
    for (const [form, text] of inAllForms(makeReport()).filter(([name]) => name !== 'page')) {
      const places = [
        /Net dollar retention is 106\.4%/,
        /came from the customer’s own decision/,
        /Benchmark: strong for Mid-market/,
        /Opening MRR 8/,
        /ACV band/,
        /Lost for good/,
        /largest moves/i,
        /how far to trust this|data quality/i,
        /Constant currency/,
      ].map((pattern) => text.search(pattern));
      expect(places, form).not.toContain(-1);
      expect(places, form).toEqual(places.toSorted((one, other) => one - other));
    }
  });

  test('says which cause dominated and what failed payments cost', () => {
    const report = makeReport();
    const { total } = ttmOf(report);
    const lost = total.involuntaryChurnMrr.replace(/\B(?=(\d{3})+\.)/g, ',');
    for (const [form, text] of inAllForms(report)) {
      expect(text, form).toContain(`failed payments cost USD ${lost}`.replaceAll('\u00a0', ' '));
      expect(text, form).toContain('1.2% of opening MRR; without that, NDR would have been 107.5%');
    }
  });

  test.each([
    [
      {
        churnMrr: '0.00',
        voluntaryChurnMrr: '0.00',
        involuntaryChurnMrr: '0.00',
        pausedChurnMrr: '0.00',
        unclassifiedChurnMrr: '0.00',
      },
      'No account left',
    ],
    [
      {
        churnMrr: '10.00',
        voluntaryChurnMrr: '2.00',
        involuntaryChurnMrr: '8.00',
        pausedChurnMrr: '0.00',
        unclassifiedChurnMrr: '0.00',
      },
      'Most of the churn (80.0%) came from failed payments, which cost USD 8.00 for good',
    ],
    [
      {
        churnMrr: '10.00',
        voluntaryChurnMrr: '10.00',
        involuntaryChurnMrr: '0.00',
        pausedChurnMrr: '0.00',
        unclassifiedChurnMrr: '0.00',
      },
      'All of the churn (100.0%) came from the customer’s own decision; failed payments cost nothing for good.',
    ],
    [
      { expansionMrr: '1.00', churnMrr: '10.00', contractionMrr: '20.00' },
      'contraction of USD 20.00 and churn of USD 10.00 outweighed expansion of USD 1.00',
    ],
    [{ expansionMrr: '0.00', churnMrr: '10.00', contractionMrr: '0.00' }, 'churn of USD 10.00 met no expansion'],
    [
      { expansionMrr: '30.00', churnMrr: '10.00', contractionMrr: '20.00' },
      'exactly made up for contraction of USD 20.00 and churn of USD 10.00',
    ],
    [
      { expansionMrr: '0.00', churnMrr: '0.00', contractionMrr: '0.00' },
      'no account of the cohort changed what it pays',
    ],
  ])('rule %#', (total, told) => {
    for (const [form, text] of inAllForms(withTotal(total)))
      expect(text.replaceAll('\u00a0', ' '), form).toContain(told);
  });

  test('without an opening snapshot, says so and when the first figures come', () => {
    for (const [form, text] of inAllForms(firstMonthReport())) {
      expect(text, form).toContain('There is no opening snapshot yet');
      expect(text, form).toContain('The first figures come with November 2026');
      expect(text, form).toContain('n/a');
      expect(text, form).not.toMatch(/0\.0%|100\.0%|bridge closes/);
    }
  });

  test('where the year is missing, says which window it leads with', () => {
    const report = makeReport({ windows: { ...makeReport().windows, ttm: null } });
    for (const [form, text] of inAllForms(report))
      expect(text, form).toContain('need a snapshot of Oct 2025, which does not exist');
  });
});

describe('figures', () => {
  test('the changes on the cards are those of the trend, last month and last year', () => {
    const report = makeReport();
    const trend = report.trend.map((point) =>
      point.window === 'ttm' && point.month === '2025-10' ? { ...point, grr: '0.900000', ndr: null } : point,
    );
    for (const [form, text] of inAllForms({ ...report, trend: trend.filter(({ month }) => month !== '2026-09') })) {
      expect(text.replaceAll('\u00a0', ' '), form).toMatch(/n\/a vs Sep 2026|vs Sep 2026: n\/a/);
      expect(text.replaceAll('\u00a0', ' '), form).toMatch(
        /\+2\.5 pp better vs Oct 2025|vs Oct 2025: \+2\.5 pp, better/,
      );
    }
  });

  test('the bridge that is shown closes to the cent', () => {
    const { emailText } = renderReport(makeReport());
    const lines = emailText.split('\n');
    const from = lines.findIndex((line) => line.startsWith('Opening MRR'));
    const to = lines.findIndex((line) => line.startsWith('Closing MRR'));
    const amounts = lines
      .slice(from, to + 1)
      .map((line) => exact((line.split(/\s{2,}/)[1] ?? '').replaceAll(',', '').replace('+', '').replace('−', '-')));
    const closing = amounts.at(-1);
    expect(amounts).toHaveLength(11);
    expect(
      amounts
        .slice(0, -1)
        .reduce((sum, amount) => sum.plus(amount))
        .toFixed(2),
    ).toBe(closing?.toFixed(2));
  });

  test('a currency without a minor unit has no decimals anywhere', () => {
    for (const [form, text] of inAllForms(inYen())) {
      expect(text, form).toMatch(/JPY.[\d,]{5,}/);
      expect(text, form).not.toMatch(/JPY.[\d,]+\.\d/);
      expect(text, form).not.toContain('USD');
    }
  });

  test('low samples, benchmarks and the counterfactual are told in words', () => {
    for (const [form, text] of inAllForms(makeReport())) {
      expect(text, form).toMatch(/low sample/);
      expect(text, form).toMatch(/counterfactual/i);
      expect(text, form).toContain('published SaaS retention surveys, 2025');
      expect(text, form).toMatch(/Warning: Unclassified churn/);
      expect(text, form).toMatch(/NDR, 12 months: was 106\.49%, now 106\.\d+%/);
      expect(text, form).toContain('GRR, 12 months to Jul 2026: was 91.2%, now 91.135%');
      expect(text, form).toContain('Europe/Berlin');
    }
  });
});

test('a restatement leads with what weighs most, says what a path means, and how much more there is', () => {
  const change = (figure: string) => ({ figure, was: '1.000000', now: '1.000001' });
  const minor = Array.from({ length: 400 }, (_, index) => change(`segments.month.plan.Plan ${index}.logoRetention`));
  const changes = [
    ...minor,
    change('windows.month.total.ndr'),
    change('segments.ttm.plan.Pro 2.0.ndr'),
    change('windows.ttm.total.ndr'),
    change('windows.ttm.bridge.new'),
  ];
  for (const [form, text] of inAllForms(
    makeReport({ restatement: { previousRevision: 3, changes, earlierMonths: [] } }),
  )) {
    const places = [
      'NDR, 12 months: was 100.0%, now 100.0001%',
      'NDR, month: was',
      'NDR, Plan Pro 2.0, 12 months: was',
    ].map((part) => text.indexOf(part));
    expect(places, form).not.toContain(-1);
    expect(places, form).toEqual(places.toSorted((one, other) => one - other));
    expect(text.replaceAll('\u00a0', ' '), form).toMatch(
      /replaces revision 3\. 404 figures of this month.*\d+ more in (the full report|report\.json)/,
    );
  }
});

describe('size', () => {
  test.each([
    ['plain', ['Region']],
    ['long', ['n'.repeat(300)]],
    ['hostile', hostileNames.map((name) => `${name}&"'<>`.slice(0, 400))],
    ['all escapes', ['"\'`=&<>'.repeat(40)]],
    ['wide characters', ['👩'.repeat(100)]],
  ])('60 segments of 8 dimensions with %s names stay below 90,000 bytes', (_name, names) => {
    const report = manySegments(names);
    const noisy = hostileReport([...names, '"\'`=&<>'.repeat(100)]);
    for (const each of [report, { ...noisy, segments: report.segments }]) {
      const { emailHtml, emailText, pageHtml } = renderReport(each);
      expect(Buffer.byteLength(emailHtml)).toBeLessThanOrEqual(90_000);
      expect(seen(emailHtml)).toMatch(/\d+ more segments in the full report/);
      expect(emailText).toMatch(/\d+ more segments in the full report/);
      expect(seen(pageHtml)).not.toContain('more segments');
    }
  });

  test('the largest segments are the ones that stay', () => {
    const mail = seen(renderReport(manySegments(['Region'])).emailHtml);
    expect(mail).toContain('Region 479');
    expect(mail).not.toContain('Region 420 ');
  });

  test('a name of five megabytes costs neither size nor time', () => {
    const started = performance.now();
    const { emailHtml, pageHtml } = renderReport(hostileReport(['x'.repeat(5_000_000)]));
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(emailHtml.length + pageHtml.length).toBeLessThan(300_000);
  });
});

describe('hostile names', () => {
  const hostile = renderReport(hostileReport());
  /** The same report with names that nobody could mind: the markup must be the same, tag by tag. */
  const harmless = renderReport(hostileReport(hostileNames.map((_, index) => `Name ${index}`)));
  const skeleton = (html: string): string[] => html.match(/<[^>]*?(?=[\s>])/g) ?? [];
  /** Cohorts are in the order of their names, so that a mark of one row can be on another. */
  const tags = (html: string): string[] => skeleton(html).toSorted();

  test.each(['emailHtml', 'pageHtml'] as const)('change no tag and no attribute of %s', (form) => {
    expect(tags(hostile[form])).toEqual(tags(harmless[form]));
    expect(withoutOwnScript(hostile[form])).not.toMatch(/<script|<mj-|\sonmouseover="/i);
  });

  test('mustaches are printed as they are, and not filled in', () => {
    expect(seen(hostile.emailHtml)).toContain('{{subject}} {{{narrative}}}');
    expect(seen(hostile.pageHtml)).toContain('{{subject}} {{{narrative}}}');
    expect(hostile.emailText).toContain('{{subject}} {{{narrative}}}');
  });

  test('no form has control, bidi or broken characters', () => {
    for (const [form, text] of Object.entries(forms(hostile))) {
      expect(text, form).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200E\u200F\u061C\u2028\u2029]/);
      expect(text.replaceAll('\n', ''), form).not.toMatch(/\p{Cc}/u);
      expect(text.isWellFormed(), form).toBe(true);
    }
  });

  test('a line break in a name makes no line in the text', () => {
    expect(hostile.emailText).not.toMatch(/^\s*Bcc:/m);
  });

  test('the subject is one line without anything of a customer', () => {
    expect(hostile.subject).toBe(harmless.subject);
    expect(hostile.subject).not.toMatch(/[\r\n]/);
  });
});

test('a restated figure of a segment of an earlier month is told in words, after those of the book', () => {
  const report = makeReport({
    restatement: {
      previousRevision: 1,
      changes: [],
      earlierMonths: [
        { month: '2026-07', window: 'ttm', figure: 'segments.plan.Pro 2.0.ndr', was: '0.912000', now: '0.911000' },
        { month: '2026-07', window: 'ttm', figure: 'openingMrr', was: '10.00', now: '11.00' },
      ],
    },
  });
  const { emailText } = renderReport(report);
  expect(emailText).toContain('NDR, Plan Pro 2.0, 12 months to Jul 2026');
  expect(emailText).not.toContain('segments.plan');
  expect(emailText.indexOf('opening MRR, 12 months to Jul 2026')).toBeLessThan(emailText.indexOf('Plan Pro 2.0'));
});
