/** The chart of the bridge: as long as its amounts, in one piece from opening to closing, and with their names. */
import { describe, expect, test } from 'vitest';
import { exact } from '../../functions/core/money.ts';
import type { Report } from '../../functions/core/report.ts';
import { lightPalette } from '../../functions/render/chart-palettes.ts';
import { breakNote } from '../../templates/charts/waterfall.ts';
import { hardBooks, withBridge } from './charts-books.ts';
import { barsOf, chartOf, drawn, elementsOf, textsOf } from './charts-drawn.ts';

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
