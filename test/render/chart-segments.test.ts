/** The heat map of segments: cells coloured as their figures read, with as many segments and months as there is room for. */
import { describe, expect, test } from 'vitest';
import type { Report } from '../../functions/core/report.ts';
import { lightPalette } from '../../functions/render/chart-palettes.ts';
import { hardBooks, withSegments } from './charts-books.ts';
import { barsOf, chartOf, drawn, textsOf } from './charts-drawn.ts';
import { makeReport } from './fixture.ts';

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
