/** Benchmarks and the rows of segments. */
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../functions/core/config.ts';
import { exact } from '../../functions/core/money.ts';
import type { Cell } from '../../functions/core/retention.ts';
import { benchmarkBand, bookBenchmark, segmentRows } from '../../functions/core/segments.ts';

const cell = (openingAccounts: number, opening: string, closing: string, movement = 'none'): Cell => ({
  movement,
  cause: 'none',
  accounts: openingAccounts,
  openingAccounts,
  opening: exact(opening),
  closing: exact(closing),
  closingAtClosingRates: exact(closing),
});

describe('a benchmark', () => {
  it.each([
    ['0.849999', 'weak'],
    ['0.850000', 'average'],
    ['0.949999', 'average'],
    ['0.950000', 'strong'],
    ['1.049999', 'strong'],
    ['1.050000', 'elite'],
    ['3.000000', 'elite'],
    ['0.000000', 'weak'],
  ])('of 85, 95, 105 finds an NDR of %s %s', (ndr, band) => expect(benchmarkBand(ndr, ['85', '95', '105'])).toBe(band));

  it('is asked of a year only, of a known segment only, and of an NDR that exists', () => {
    const smb = { dimension: 'acv_band', segment: 'SMB', cells: [cell(60, '100', '100')] };
    const benchmarks = (window: 'ttm' | 'month', segments: (typeof smb)[]) =>
      segmentRows(window, segments, defaultConfig, 2).map(({ benchmark }) => benchmark);
    expect(benchmarks('ttm', [smb])).toEqual(['strong']);
    expect(benchmarks('month', [smb])).toEqual([null]);
    expect(benchmarks('ttm', [{ ...smb, segment: 'Nano' }])).toEqual([null]);
  });

  it('of the book is that of its average account', () => {
    const [row] = segmentRows(
      'ttm',
      [{ dimension: 'd', segment: 's', cells: [cell(2, '2000', '2100', 'expansion')] }],
      defaultConfig,
      2,
    );
    expect(row === undefined ? null : bookBenchmark(row, defaultConfig)).toEqual({
      segment: 'Mid-market',
      bounds: ['95', '105', '115'],
      band: 'strong',
    });
    expect(bookBenchmark(null, defaultConfig)).toBeNull();
  });
});

describe('a row of a segment', () => {
  it.each([
    [49, true],
    [50, false],
  ])('of %i accounts is a low sample: %s', (accounts, lowSample) => {
    const rows = segmentRows(
      'month',
      [{ dimension: 'd', segment: 's', cells: [cell(accounts, '1', '1')] }],
      defaultConfig,
      2,
    );
    expect(rows.map((row) => row.lowSample)).toEqual([lowSample]);
  });

  it('is left out where nobody was at the opening', () => {
    const segments = [{ dimension: 'd', segment: '(none)', cells: [cell(0, '0', '5', 'new')] }];
    expect(segmentRows('month', segments, defaultConfig, 2)).toEqual([]);
  });
});
