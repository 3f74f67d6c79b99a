/** Segments of a window: figures by dimension, low samples flagged, NDR set against its benchmark. */
import type { Config } from './config.ts';
import { exact } from './money.ts';
import type { Month, WindowName } from './month.ts';
import type { Benchmark, Report, Retention, SegmentRow, SegmentTrend } from './report.ts';
import { type Cell, retentionOf } from './retention.ts';

export type SegmentCells = { readonly dimension: string; readonly segment: string; readonly cells: readonly Cell[] };

/** Where a ratio stands against bounds in percent: weak below the first, elite from the third. */
export const benchmarkBand = (ndr: string, bounds: readonly [string, string, string]): Benchmark => {
  const percent = exact(ndr).times(100);
  if (percent.lessThan(exact(bounds[0]))) return 'weak';
  if (percent.lessThan(exact(bounds[1]))) return 'average';
  return percent.lessThan(exact(bounds[2])) ? 'strong' : 'elite';
};

/** Benchmarks speak of a year: other windows have none. */
const benchmarkOf = (
  window: WindowName,
  dimension: string,
  segment: string,
  ndr: string | null,
  config: Config,
): Benchmark | null => {
  const found = config.benchmarks.find(
    (benchmark) => benchmark.dimension === dimension && benchmark.segment === segment,
  );
  return window !== 'ttm' || found === undefined || ndr === null ? null : benchmarkBand(ndr, found.bounds);
};

/** Rows of the segments that have an opening amount, in the order given. */
export const segmentRows = (
  window: WindowName,
  segments: readonly SegmentCells[],
  config: Config,
  decimals: number,
): SegmentRow[] =>
  segments
    .map(({ dimension, segment, cells }) => {
      const retention = retentionOf(cells, decimals);
      return {
        window,
        dimension,
        segment,
        ...retention,
        lowSample: retention.openingAccounts < config.lowSampleBelow,
        benchmark: benchmarkOf(window, dimension, segment, retention.ndr, config),
      };
    })
    .filter(({ openingAccounts }) => openingAccounts > 0);

export type SegmentsOfMonth = { readonly month: Month; readonly segments: readonly SegmentCells[] };

/** The way to today of each of `rows`, which are of one window; `months` oldest first. */
export const segmentTrend = (
  rows: readonly SegmentRow[],
  months: readonly SegmentsOfMonth[],
  decimals: number,
): SegmentTrend[] => {
  const keyOf = ({ dimension, segment }: Pick<SegmentRow, 'dimension' | 'segment'>) =>
    JSON.stringify([dimension, segment]);
  const byMonth = months.map(({ month, segments }) => ({
    month,
    cells: new Map(segments.map((segment) => [keyOf(segment), segment.cells])),
  }));
  return rows.map((row) => ({
    window: row.window,
    dimension: row.dimension,
    segment: row.segment,
    points: byMonth.flatMap(({ month, cells }) => {
      const { openingAccounts, ndr, grr } = retentionOf(cells.get(keyOf(row)) ?? [], decimals);
      return openingAccounts === 0 ? [] : [{ month, openingAccounts, ndr, grr }];
    }),
  }));
};

/** The benchmark of the whole book: that of the ACV band in which its average account opened. */
export const bookBenchmark = (ttm: Retention | null, config: Config): Report['basis']['bookBenchmark'] => {
  if (ttm === null || ttm.ndr === null) return null;
  const averageAcv = exact(ttm.openingMrr).times(12).div(ttm.openingAccounts);
  const band = config.acvBands.findLast(({ from }) => averageAcv.greaterThanOrEqualTo(exact(from)));
  const found = config.benchmarks.find(({ dimension, segment }) => dimension === 'acv_band' && segment === band?.name);
  if (found === undefined) return null;
  return { segment: found.segment, bounds: found.bounds, band: benchmarkBand(ttm.ndr, found.bounds) };
};
