/** The segments of a window as the page sorts and filters them: every figure as it is shown, and as exact text beside it. */

import { exact, zero } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Report, SegmentRow } from '../core/report.ts';
import { type BarCell, divergingBar, largestOf } from './bar.ts';
import { dimensionLabel, displayText } from './display-text.ts';
import { amountText, countText, percentText, ratioOf } from './formats.ts';
import { measures } from './headline.ts';
import { readingOrder } from './segment-tables.ts';

/** `value` is exact decimal text to sort by; empty where a ratio is undefined. */
export type PageFigure = { readonly text: string; readonly value: string };

export type PageSegment = {
  readonly name: string;
  readonly ndr: PageFigure;
  /** From 100% on: growth to the right, shrinkage to the left. */
  readonly ndrBar: readonly BarCell[];
  readonly grr: PageFigure;
  readonly involuntary: PageFigure;
  readonly ndrExInvoluntary: PageFigure;
  readonly logoRetention: PageFigure;
  readonly accounts: PageFigure;
  readonly openingMrr: PageFigure;
  /** Closing less opening MRR of the segment's accounts: what its movements must add up to. */
  readonly change: string;
  readonly benchmark: string;
  readonly isLowSample: boolean;
  /** Where the embedded ledger keeps its movements, as `dimension.value`; empty when it has none. */
  readonly place: string;
};

export type PageDimension = {
  readonly label: string;
  /** Position among all dimensions of the report: the same in each window. */
  readonly at: number;
  readonly segments: readonly PageSegment[];
};

/** Dimensions of the report in its own order, whatever the window. */
export const dimensionsOf = ({ segments }: Report): string[] => [
  ...new Set(segments.map(({ dimension }) => dimension)),
];

const ratioFigure = (ratio: string | null): PageFigure => ({ text: percentText(ratioOf(ratio)), value: ratio ?? '' });

const growthOf = ({ ndr }: SegmentRow) => ratioOf(ndr)?.minus(1) ?? zero;

const shareFigure = (row: SegmentRow): PageFigure => {
  const share = measures.involuntary.of(row);
  return { text: percentText(share), value: share === null ? '' : share.toFixed(6) };
};

/** One group a dimension. `placeOf` tells where the embedded ledger keeps a segment's movements. */
export const pageSegments = (
  report: Report,
  window: WindowName,
  placeOf: (dimension: string, segment: string) => string,
): PageDimension[] => {
  const rows = report.segments.filter((row) => row.window === window);
  const largest = largestOf(rows.map(growthOf));
  return dimensionsOf(report).flatMap((dimension, at) => {
    const own = rows.filter((row) => row.dimension === dimension).toSorted(readingOrder(report, dimension));
    if (own.length === 0) return [];
    const segments = own.map((row) => ({
      name: displayText(row.segment),
      ndr: ratioFigure(row.ndr),
      ndrBar: divergingBar(growthOf(row), largest),
      grr: ratioFigure(row.grr),
      involuntary: shareFigure(row),
      ndrExInvoluntary: ratioFigure(row.ndrExInvoluntary),
      logoRetention: ratioFigure(row.logoRetention),
      accounts: { text: countText(row.openingAccounts), value: `${row.openingAccounts}` },
      openingMrr: { text: amountText(row.openingMrr), value: row.openingMrr },
      change: exact(row.closingMrr).minus(exact(row.openingMrr)).toFixed(),
      benchmark: row.benchmark ?? '',
      isLowSample: row.lowSample,
      place: placeOf(dimension, row.segment),
    }));
    return [{ label: dimensionLabel(dimension), at, segments }];
  });
};
