/** Charts: which a report has, that every drawing is sound whatever the book, and the chart of failed payments. */
import { describe, expect, test } from 'vitest';
import { windowNames } from '../../functions/core/month.ts';
import { lightPalette, pagePalette } from '../../functions/render/chart-palettes.ts';
import { chartsOf } from '../../functions/render/charts.ts';
import { hardBooks } from './charts-books.ts';
import { barsOf, chartOf, drawn, expectSound, textsOf } from './charts-drawn.ts';
import { firstMonthReport, hostileReport, makeReport } from './fixture.ts';

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
