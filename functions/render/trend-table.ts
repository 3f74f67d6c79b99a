/** Up to 24 months of one window, as a table. */
import type { Report } from '../core/report.ts';
import { percentText, ratioOf, shortMonth } from './formats.ts';
import { type Headline, measures } from './headline.ts';

export type TrendLine = {
  readonly month: string;
  readonly ndr: string;
  readonly grr: string;
  readonly ndrExInvoluntary: string;
  readonly involuntary: string;
};

/** Newest first: the month that the report is about stands on top. A month that another window alone has is n/a. */
export const trendLines = (report: Report, { name }: Headline): readonly TrendLine[] => {
  const points = new Map(report.trend.filter(({ window }) => window === name).map((point) => [point.month, point]));
  const months = [...new Set(report.trend.map(({ month }) => month))].sort().reverse();
  return months.map((month) => {
    const point = points.get(month);
    return {
      month: shortMonth(month),
      ndr: percentText(point === undefined ? null : ratioOf(point.ndr)),
      grr: percentText(point === undefined ? null : ratioOf(point.grr)),
      ndrExInvoluntary: percentText(point === undefined ? null : ratioOf(point.ndrExInvoluntary)),
      involuntary: percentText(point === undefined ? null : measures.involuntary.of(point)),
    };
  });
};
