/** Which segments stand out in a window: the highest and lowest NDR, and the most lost to failed payments. */
import type { Exact } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Report, SegmentRow } from '../core/report.ts';
import { dimensionLabel, displayText } from './display-text.ts';
import { percentText, ratioOf } from './formats.ts';
import { measures } from './headline.ts';

export type Highlight = {
  readonly title: string;
  readonly places: readonly { readonly name: string; readonly dimension: string; readonly figure: string }[];
};

const placesShown = 3;

type Measured = { readonly row: SegmentRow; readonly figure: Exact };

const measured = (rows: readonly SegmentRow[], of: (row: SegmentRow) => Exact | null): Measured[] =>
  rows.flatMap((row) => {
    const figure = of(row);
    return figure === null ? [] : [{ row, figure }];
  });

const highlight = (title: string, ranked: readonly Measured[]): Highlight => ({
  title,
  places: ranked.slice(0, placesShown).map(({ row, figure }) => ({
    name: displayText(row.segment, 40),
    dimension: dimensionLabel(row.dimension),
    figure: percentText(figure),
  })),
});

/** A low sample says little, and stands out by nature: it is left out. Empty where too few segments remain to rank. */
export const segmentHighlights = (report: Report, window: WindowName): Highlight[] => {
  const rows = report.segments.filter((row) => row.window === window && !row.lowSample);
  const byNdr = measured(rows, (row) => ratioOf(row.ndr)).sort((one, other) => other.figure.comparedTo(one.figure));
  if (byNdr.length < 2 * placesShown) return [];
  const lost = measured(rows, measures.involuntary.of)
    .filter(({ figure }) => !figure.isZero())
    .sort((one, other) => other.figure.comparedTo(one.figure));
  return [
    highlight('Highest NDR', byNdr),
    highlight('Lowest NDR', byNdr.toReversed()),
    ...(lost.length === 0 ? [] : [highlight('Highest involuntary churn, of opening MRR', lost)]),
  ];
};
