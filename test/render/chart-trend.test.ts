/** The chart of the trend: points where its axis has them, gaps where months are missing, and what it says in words. */
import { describe, expect, test } from 'vitest';
import type { Report } from '../../functions/core/report.ts';
import { lightPalette } from '../../functions/render/chart-palettes.ts';
import { chartsOf } from '../../functions/render/charts.ts';
import { hardBooks, withTrend } from './charts-books.ts';
import { barsOf, chartNamed, chartOf, drawn, elementsOf, textBoxes, textsOf } from './charts-drawn.ts';
import { makeReport } from './fixture.ts';

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
