/** Retention by segment, one table a dimension: the largest segments first in the mail, all of them on the page. */
import { exact } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Report, SegmentRow } from '../core/report.ts';
import { dimensionLabel, displayText } from './display-text.ts';
import { countText, moneyWithCode, notAvailable, percentText, plural, ratioOf } from './formats.ts';
import { measures } from './headline.ts';

export type SegmentLine = {
  readonly name: string;
  readonly accounts: string;
  readonly openingMrr: string;
  readonly ndr: string;
  readonly grr: string;
  readonly ndrExInvoluntary: string;
  readonly logoRetention: string;
  readonly involuntary: string;
  /** "low sample" and the benchmark band, in words; empty when there is nothing to say. */
  readonly flags: string;
};

export type SegmentTable = {
  readonly dimension: string;
  readonly lines: readonly SegmentLine[];
  /** "7 more segments in the full report", or empty. */
  readonly more: string;
};

export type SegmentTables = {
  readonly tables: readonly SegmentTable[];
  readonly more: string;
};

const lineOf = (row: SegmentRow, currency: string): SegmentLine => ({
  name: displayText(row.segment),
  accounts: plural(row.openingAccounts, 'account'),
  openingMrr: moneyWithCode(row.openingMrr, currency),
  ndr: percentText(ratioOf(row.ndr)),
  grr: percentText(ratioOf(row.grr)),
  ndrExInvoluntary: percentText(ratioOf(row.ndrExInvoluntary)),
  logoRetention: percentText(ratioOf(row.logoRetention)),
  involuntary: percentText(measures.involuntary.of(row)),
  flags: [...(row.lowSample ? ['low sample'] : []), ...(row.benchmark === null ? [] : [row.benchmark])].join(', '),
});

/** Code unit order: the same on every machine, unlike a locale's. */
const byText = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const bySize = (one: SegmentRow, other: SegmentRow): number =>
  exact(other.openingMrr).comparedTo(exact(one.openingMrr)) || byText(one.segment, other.segment);

/** Bands read from small to large and cohorts from old to new; anything else from large to small. */
export const readingOrder = (report: Report, dimension: string) => (one: SegmentRow, other: SegmentRow) => {
  if (dimension === 'cohort_year') return byText(one.segment, other.segment);
  if (dimension !== 'acv_band') return bySize(one, other);
  const place = (row: SegmentRow) => report.basis.acvBands.findIndex(({ name }) => name === row.segment);
  return place(one) - place(other) || bySize(one, other);
};

const tableOf = (report: Report, rows: readonly SegmentRow[], dimension: string, cap: number): SegmentTable => {
  const largest = rows.toSorted(bySize).slice(0, cap);
  const hidden = rows.length - largest.length;
  return {
    dimension: dimensionLabel(dimension),
    lines: largest.toSorted(readingOrder(report, dimension)).map((row) => lineOf(row, report.reportingCurrency)),
    more: hidden === 0 ? '' : `${countText(hidden)} more ${hidden === 1 ? 'segment' : 'segments'} in the full report`,
  };
};

/** At most `dimensions` tables of at most `rows` rows, of one window. */
export const segmentTables = (
  report: Report,
  window: WindowName,
  caps: { readonly dimensions: number; readonly rows: number },
): SegmentTables => {
  const byDimension = Map.groupBy(
    report.segments.filter((row) => row.window === window),
    ({ dimension }) => dimension,
  );
  const shown = [...byDimension].slice(0, caps.dimensions);
  const hidden = byDimension.size - shown.length;
  return {
    tables: shown.map(([dimension, rows]) => tableOf(report, rows, dimension, caps.rows)),
    more:
      hidden === 0 ? '' : `${countText(hidden)} more ${hidden === 1 ? 'dimension' : 'dimensions'} in the full report`,
  };
};

export const benchmarkRules = ({ basis }: Report): { readonly segment: string; readonly bounds: string }[] =>
  basis.benchmarks.map(({ dimension, segment, bounds: [average, strong, elite] }) => ({
    segment: `${dimensionLabel(dimension)}: ${displayText(segment, 40)}`,
    bounds: `weak below ${average}%, average from ${average}%, strong from ${strong}%, elite from ${elite}%`,
  }));

export const bandRules = ({ basis, reportingCurrency }: Report): string =>
  basis.acvBands.length === 0
    ? notAvailable
    : basis.acvBands
        .map(({ name, from }) => `${displayText(name, 40)} from ${moneyWithCode(from, reportingCurrency)}`)
        .join(', ');
