/** Charts: every drawing is sound whatever the book, its geometry agrees with the figures, and its words with both. */
import { describe, expect, test } from 'vitest';
import { exact } from '../../functions/core/money.ts';
import { windowNames } from '../../functions/core/month.ts';
import type { Report } from '../../functions/core/report.ts';
import { compactAmount, compactChange, monthMarks, wholePercent } from '../../functions/render/chart-labels.ts';
import { lightPalette, pagePalette } from '../../functions/render/chart-palettes.ts';
import { chartsOf } from '../../functions/render/charts.ts';
import { breakNote } from '../../templates/charts/waterfall.ts';
import { hardBooks, withBridge, withSegments, withTrend } from './charts-books.ts';
import { barsOf, chartNamed, elementsOf, expectSound, textBoxes, textsOf } from './charts-drawn.ts';
import { firstMonthReport, hostileReport, makeReport } from './fixture.ts';

const chartOf = (report: Report, name: 'bridge' | 'trend' | 'segments' | 'involuntary') =>
  chartNamed(chartsOf(report, 'ttm'), name);
const drawn = (report: Report, name: 'bridge' | 'trend' | 'segments' | 'involuntary') =>
  chartOf(report, name).draw(lightPalette);

describe('the charts of a report', () => {
  test('are four, in reading order, for the window that the report leads with', () => {
    expect(chartsOf(makeReport(), 'ttm').map(({ name }) => name)).toEqual([
      'bridge',
      'trend',
      'segments',
      'involuntary',
    ]);
    expect(chartsOf(makeReport(), 'month').map(({ name }) => name)).toEqual(['bridge', 'trend', 'involuntary']);
  });

  test('are left out where there is nothing to show', () => {
    expect(chartsOf(firstMonthReport(), 'month')).toEqual([]);
    expect(chartsOf(makeReport({ segmentTrend: [] }), 'ttm').map(({ name }) => name)).not.toContain('segments');
  });

  test.each(Object.entries(hardBooks))('are sound and repeatable: %s', (_name, report) => {
    for (const { draw, drawInFull, alt } of windowNames.flatMap((window) => chartsOf(report, window))) {
      expect(alt).toMatch(/^[A-Z0-9].*\.$/s);
      expect(alt.length).toBeLessThan(420);
      expect(draw(lightPalette).width).toBe(480);
      for (const way of drawInFull === undefined ? [draw] : [draw, drawInFull]) {
        expectSound(way(lightPalette));
        expect(way(pagePalette).svg).toBe(way(pagePalette).svg);
        expect(way(lightPalette).width).toBeLessThanOrEqual(860);
      }
    }
  });

  test('are sound with hostile names, which stay text', () => {
    const report = hostileReport();
    const names = report.segmentTrend.map((_, index) => hostileReport().segments[index]!.segment);
    const hostile = {
      ...report,
      segmentTrend: report.segmentTrend.map((row, index) => ({ ...row, segment: names[index]! })),
    };
    for (const { draw, alt } of chartsOf(hostile, 'ttm')) {
      expect(alt).not.toMatch(/\p{Cc}/u);
      expectSound(draw(lightPalette));
    }
    expect(drawn(hostile, 'segments').svg).toContain('&lt;script&gt;');
  });

  test('are drawn in the colours given and no others', () => {
    for (const { draw } of chartsOf(makeReport(), 'ttm')) {
      const { svg } = draw(pagePalette);
      expect(svg).not.toMatch(/#[0-9a-f]{3,8}"/i);
      expect(svg).toMatch(/role="img" aria-label="[^"]{40,}"/);
    }
  });
});

/** Left and right end of each bar of a bridge, failed payments' outline included. */
const bridgeBars = (report: Report) =>
  barsOf(drawn(report, 'bridge')).map(({ x, width }) => ({ x, width, end: x + width }));

describe('the bridge', () => {
  const losses = hardBooks['nothing but losses']!;

  test('is as long as its amounts, on one scale', () => {
    const [opening, gained, churned, closing] = bridgeBars(
      withBridge({ opening: '1000.00', new: '1000.00', voluntaryChurn: '500.00', closing: '1500.00' }),
    );
    expect(gained!.width).toBeCloseTo(opening!.width, 1);
    expect(churned!.width).toBeCloseTo(opening!.width / 2, 1);
    expect(closing!.width).toBeCloseTo(opening!.width * 1.5, 1);
  });

  test.each(Object.keys(hardBooks))('runs from the opening to the closing level: %s', (name) => {
    const report = hardBooks[name]!;
    const bars = bridgeBars(report);
    const opening = bars[0]!;
    const closing = bars.at(-1)!;
    const { bridge } = report.windows.ttm!;
    const moves = bars.slice(1, -1);
    if (moves.length === 0) return;
    const touches = (bar: { x: number; end: number }, level: number) =>
      Math.min(Math.abs(bar.x - level), Math.abs(bar.end - level)) < 1.6;
    const levels = [
      exact(bridge.opening).isZero() ? opening.x : opening.end,
      exact(bridge.closing).isZero() ? closing.x : closing.end,
    ];
    expect(touches(moves[0]!, levels[0]!)).toBe(true);
    expect(touches(moves.at(-1)!, levels[1]!)).toBe(true);
  });

  test('keeps the proportions of movements when the axis is broken, and says so', () => {
    const [opening, contraction, voluntary, involuntary] = bridgeBars(losses);
    expect(voluntary!.width / contraction!.width).toBeCloseTo(9 / 4, 2);
    expect(involuntary!.width / contraction!.width).toBeCloseTo(6 / 4, 2);
    expect(opening!.width / contraction!.width).toBeLessThan(50 / 4);
    expect(textsOf(drawn(losses, 'bridge'))).toContain(breakNote);
  });

  test('starts at 0, without a word about it, where the movements can be seen', () => {
    const report = withBridge({ opening: '1000.00', new: '1100.00', closing: '2100.00' });
    expect(textsOf(drawn(report, 'bridge'))).not.toContain(breakNote);
  });

  test('names every movement that is not zero, in order, with its sign', () => {
    expect(
      textsOf(drawn(hardBooks['every movement']!, 'bridge')).filter((text) => !text.startsWith('The axis')),
    ).toEqual([
      'MRR, USD',
      ...['Opening, Oct 2025', '1.00k', 'New', '+100', 'Reactivation', '+90', 'Expansion', '+80', 'Contraction', '−70'],
      ...['Voluntary churn', '−60', 'Involuntary churn', '−50', 'Paused', '−40', 'Unclassified churn', '−30'],
      ...['Exchange rates', '−20', 'Closing, Oct 2026', '1.00k'],
    ]);
  });

  test('folds small movements into one and says which, but never failed payments', () => {
    const report = withBridge({
      opening: '10000.00',
      new: '9000.00',
      reactivation: '12.00',
      involuntaryChurn: '3.00',
      pausedChurn: '4.00',
      closing: '19005.00',
    });
    const texts = textsOf(drawn(report, 'bridge'));
    expect(texts).toEqual(expect.arrayContaining(['Involuntary churn', '−3', 'Other', '+8']));
    expect(texts).toContain('Other: reactivation +12, paused −4.');
    expect(texts).not.toContain('Paused');
  });

  test('hatches failed payments, so that they are known without colour', () => {
    const hatched = (report: Report) =>
      elementsOf(drawn(report, 'bridge')).filter(({ attributes }) => attributes.stroke === lightPalette.failed);
    expect(hatched(losses).map(({ name }) => name)).toEqual(['rect', 'path']);
    expect(hatched(hardBooks['everyone left']!)).toEqual([]);
  });

  test('says what moved most, exactly', () => {
    expect(chartOf(losses, 'bridge').alt).toBe(
      'Bridge from October 2025 to October 2026: MRR fell to USD\u00a030,950.00 from USD\u00a050,000.00; the largest loss is voluntary churn (−9,000.00); failed payments cost USD\u00a06,000.00.',
    );
    expect(chartOf(hardBooks['nothing moved']!, 'bridge').alt).toContain(
      'MRR stayed at USD\u00a05,000.00; nothing moved',
    );
  });
});

/** The points of each line, straight runs in turn. */
const linesOf = (report: Report) => {
  const colours = [lightPalette.balance, lightPalette.gain];
  const paths = elementsOf(drawn(report, 'trend')).filter(({ name }) => name === 'path');
  return colours.map((colour) =>
    paths
      .filter(({ attributes }) => attributes.stroke === colour)
      .flatMap(({ attributes }) => attributes.d!.split('M').slice(1))
      .map((run) =>
        run
          .replace('Z', '')
          .split('L')
          .map((point) => point.split(',').map(Number) as [number, number]),
      ),
  );
};

const dotsOf = (report: Report) => elementsOf(drawn(report, 'trend')).filter(({ name }) => name === 'circle');

describe('the trend', () => {
  test('places values by the ticks of its axis', () => {
    const report = withTrend((point, index) => ({
      ...point,
      ndr: index % 2 ? '1.100000' : '1.000000',
      grr: '0.900000',
    }));
    const tick = (text: string) => {
      const box = textBoxes(drawn(report, 'trend')).find((candidate) => candidate.text === text)!;
      return (box.top + box.bottom) / 2;
    };
    const [[ndr], [grr]] = linesOf(report) as [[number, number][][], [number, number][][]];
    expect(Math.abs(ndr![0]![1] - tick('100%'))).toBeLessThan(1);
    expect(Math.abs(ndr![1]![1] - tick('110%'))).toBeLessThan(1);
    expect(Math.abs(grr![0]![1] - tick('90%'))).toBeLessThan(1);
    expect(ndr).toHaveLength(24);
  });

  test('leaves a gap for a month that is missing or has no ratio', () => {
    expect(linesOf(hardBooks['missing months']!).map((runs) => runs.map((run) => run.length))).toEqual([
      [9, 11],
      [9, 11],
    ]);
    const texts = textsOf(drawn(hardBooks['months without a ratio']!, 'trend'));
    expect(texts.filter((text) => text === 'n/a')).toHaveLength(2);
  });

  test('is two dots with their figures in the first month', () => {
    expect(dotsOf(hardBooks['one month of trend']!)).toHaveLength(2);
    expect(textsOf(drawn(hardBooks['one month of trend']!, 'trend'))).toEqual(
      expect.arrayContaining(['NDR', 'GRR', 'Oct 2026']),
    );
  });

  test('gives GRR a scale of its own where NDR would flatten it', () => {
    const height = (report: Report) => {
      const ys = linesOf(report)[1]!
        .flat()
        .map(([, y]) => y);
      return Math.max(...ys) - Math.min(...ys);
    };
    expect(height(hardBooks['one month of 400%']!)).toBeGreaterThan(45);
    expect(height(hardBooks['growth to 400%']!)).toBeGreaterThan(45);
    const [ndr, grr] = linesOf(hardBooks['growth to 400%']!).map((runs) => runs.flat().map(([, y]) => y));
    expect(Math.max(...ndr!)).toBeLessThan(Math.min(...grr!));
  });

  test('shades the benchmark of the year, and names it when it is too far off to draw', () => {
    const shaded = (report: Report, window: 'ttm' | 'month') =>
      barsOf(chartNamed(chartsOf(report, window), 'trend').draw(lightPalette)).filter(
        ({ fill }) => fill === lightPalette.band,
      );
    expect(shaded(makeReport(), 'ttm')).toHaveLength(2);
    expect(shaded(makeReport(), 'month')).toEqual([]);
    expect(shaded(hardBooks['far below the benchmark']!, 'ttm')).toEqual([]);
    expect(textsOf(drawn(hardBooks['far below the benchmark']!, 'trend')).join()).toContain(
      'outside the chart: NDR of 105%',
    );
  });

  test('says where both stand and since when', () => {
    const report = withTrend((point, index) => ({
      ...point,
      ndr: index === 0 ? '1.010000' : '1.064000',
      grr: '0.900000',
    }));
    expect(chartOf(report, 'trend').alt).toBe(
      '24 months of retention to October 2026, trailing 12 months: NDR 106.4% (+5.4\u00a0pp since Nov 2024), GRR 90.0% (as in Nov 2024); NDR is strong for Mid-market.',
    );
  });
});

describe('the heat map', () => {
  const withNdr = (...ratios: string[]): Report => {
    const report = withSegments(1, 1, () => 'Team');
    const [row] = report.segmentTrend;
    return makeReport({
      segmentTrend: [
        {
          ...row!,
          points: row!.points
            .slice(-ratios.length)
            .map((point, at) => ({ ...point, openingAccounts: 60, ndr: ratios[at]! })),
        },
      ],
    });
  };
  const cells = (report: Report) => {
    const drawing = drawn(report, 'segments');
    return barsOf(drawing)
      .filter(({ height }) => height === 22)
      .map(({ fill }) => (fill === lightPalette.gain ? 'above' : fill === lightPalette.loss ? 'below' : 'faint'));
  };

  test('colours a cell as its figure reads, and prints the newest in full', () => {
    const report = withNdr('0.994900', '0.996000', '1.200000', '0.999600');
    expect(cells(report)).toEqual(['below', 'above', 'above', 'above']);
    expect(textsOf(drawn(report, 'segments'))).toEqual(expect.arrayContaining(['99', '100', '120', '100.0%']));
    expect(cells(withNdr('0.999400'))).toEqual(['below']);
  });

  test('says in words what the colours mean, and takes them from segments with few accounts', () => {
    const texts = textsOf(
      drawn(
        withSegments(6, 1, (index) => `S${index}`),
        'segments',
      ),
    );
    expect(texts).toEqual(
      expect.arrayContaining(['below 90%', '90 to 100%', '100 to 110%', '110% and more', 'fewer than 50 accounts']),
    );
    expect(cells(withSegments(1, 1, () => 'S'))).toEqual(Array(12).fill('faint'));
    expect(textsOf(drawn(withNdr('1.000000'), 'segments'))).not.toContain('fewer than 50 accounts');
  });

  test('keeps to 24 segments of every dimension, and says how many more there are', () => {
    const texts = textsOf(drawn(hardBooks['60 segments with long names']!, 'segments'));
    expect(texts.filter((text) => text.startsWith('Wholesale'))).toHaveLength(24);
    expect(texts.filter((text) => text.startsWith('Dimension'))).toHaveLength(4);
    expect(texts).toContain('and 36 more segments in the full report');
    const inFull = chartOf(hardBooks['60 segments with long names']!, 'segments').drawInFull!(lightPalette);
    expect(textsOf(inFull).filter((text) => text.startsWith('Wholesale'))).toHaveLength(60);
  });

  test('gives up months before it cuts names', () => {
    const [short, long] = ['one segment', '60 segments with long names'].map((name) =>
      textsOf(drawn(hardBooks[name]!, 'segments')),
    );
    const months = (texts: string[]) => texts.filter((text) => /^[A-Z][a-z]{2}$/.test(text)).length;
    expect(months(short!)).toBe(12);
    expect(months(long!)).toBeLessThan(12);
    expect(months(long!)).toBeGreaterThanOrEqual(6);
    expect(long).toContain('Wholesale, services and more, group 12');
  });

  test('says who is highest and lowest of those that can be judged', () => {
    const report = makeReport({
      segmentTrend: ['1.200000', '0.500000', '9.000000'].map((ndr, index) => ({
        window: 'ttm',
        dimension: 'plan',
        segment: ['Team', 'Starter', 'Tiny'][index]!,
        points: [{ month: '2026-10', openingAccounts: index === 2 ? 3 : 80, ndr, grr: '0.500000' }],
      })),
    });
    expect(chartOf(report, 'segments').alt).toBe(
      'NDR by segment to October 2026, trailing 12 months: highest is Team (Plan) with 120.0%, lowest Starter (Plan) with 50.0%; 1 of 2\u00a0segments with enough accounts below 100%.',
    );
  });
});

describe('failed payments', () => {
  test('stand as high as their amounts, recovered and in grace on one scale', () => {
    const report = makeReport();
    const bars = barsOf(drawn(report, 'involuntary'));
    const heights = (fill: string) => bars.filter((bar) => bar.fill === fill).map(({ height }) => height);
    const recovered = heights(lightPalette.gain);
    const inGrace = heights(lightPalette.even);
    const amounts = report.failedPaymentsTrend.map(({ recoveredAmount }) => Number(recoveredAmount));
    expect(recovered).toHaveLength(12);
    for (const [at, height] of recovered.entries())
      expect(height / recovered[11]!).toBeCloseTo(amounts[at]! / amounts[11]!, 2);
    expect(inGrace.at(-1)! / recovered[11]!).toBeCloseTo(
      Number(report.failedPaymentsTrend[11]!.inGraceAmount) / amounts[11]!,
      2,
    );
  });

  test('say what each strip counts, and that the bases differ', () => {
    const texts = textsOf(drawn(makeReport(), 'involuntary')).join(' ');
    expect(texts).toContain('MRR that ended in the month, USD');
    expect(texts).toContain('invoiced amounts, USD');
    expect(texts).toContain('the two are different bases');
    expect(textsOf(drawn(hardBooks['no payments']!, 'involuntary')).join(' ')).not.toContain('invoice');
  });

  test('tell a month without figures from a month without a loss', () => {
    const report = makeReport();
    const gap = makeReport({ trend: report.trend.filter(({ month }) => month !== '2026-05') });
    expect(textsOf(drawn(gap, 'involuntary')).filter((text) => text === 'n/a')).toHaveLength(1);
    expect(textsOf(drawn(hardBooks['nothing lost']!, 'involuntary'))).toContain('Nothing was lost in these months.');
  });

  test('say what the month cost and when it cost most', () => {
    const [may, october] = ['5104.41', '110.89'];
    const report = makeReport({
      trend: makeReport().trend.map((point) => ({
        ...point,
        involuntaryChurnMrr: point.month === '2026-05' ? may : point.month === '2026-10' ? october : '0.00',
      })),
    });
    expect(chartOf(report, 'involuntary').alt).toBe(
      'Failed payments by month: USD\u00a0110.89 of MRR was lost for good in October 2026; the most in 12 months was USD\u00a05,104.41 in May 2026; USD\u00a09,510.40 of invoices was recovered in the month; USD\u00a05,310.75 is still in grace.',
    );
    expect(chartOf(hardBooks['nothing lost']!, 'involuntary').alt).toContain('no MRR was lost for good');
  });
});

describe('labels', () => {
  test.each([
    ['0.00', '0'],
    ['0.40', '0.40'],
    ['945.47', '945'],
    ['999.60', '1.00k'],
    ['8343.59', '8.34k'],
    ['174999.50', '175k'],
    ['999950.00', '1.00m'],
    ['-103967.00', '−104k'],
    ['5305309.05', '5.31m'],
    ['123456789012.00', '123bn'],
    ['1234567890123456', '1,230tn'],
  ])('%s is %s in short', (amount, text) => expect(compactAmount(amount)).toBe(text));

  test('a change carries its sign', () => {
    expect(['12.00', '-12.00', '0.00'].map(compactChange)).toEqual(['+12', '−12', '0']);
  });

  test('a cell has room for three digits', () => {
    expect(['0.9949', '0.995', '9.99', '10', '0'].map((ratio) => wholePercent(exact(ratio)))).toEqual([
      '99',
      '100',
      '999',
      '>999',
      '0',
    ]);
  });

  test('a year stands where it begins, and never over its neighbour', () => {
    expect(monthMarks(['2025-11', '2025-12', '2026-01']).map(({ year }) => year)).toEqual(['2025', '', '2026']);
    expect(monthMarks(['2025-12', '2026-01']).map(({ year }) => year)).toEqual(['', '2026']);
  });
});
