/** Up to 24 months in one table: the headline window drawn, the shorter windows beside it. */
import { type Exact, exact, zero } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Report, TrendPoint } from '../core/report.ts';
import { type BarCell, divergingBar, largestOf, percentOfLargest } from './bar.ts';
import { percentText, ratioOf, shortMonth, windowLabels } from './formats.ts';
import { type Headline, headlineOf, measures } from './headline.ts';

export type TrendLine = {
  readonly month: string;
  readonly ndr: string;
  /** From 100% on: growth to the right, shrinkage to the left. */
  readonly ndrBar: readonly BarCell[];
  readonly grr: string;
  /** Whole percent of the full width, which is 100%. */
  readonly grrBar: number;
  readonly ndrExInvoluntary: string;
  readonly involuntary: string;
  readonly others: readonly string[];
};

export type TrendTable = {
  readonly window: string;
  readonly otherTitles: readonly string[];
  readonly lines: readonly TrendLine[];
};

const one = exact('1');

const ndrOf = (point: TrendPoint | undefined): Exact | null => (point === undefined ? null : ratioOf(point.ndr));

/** Newest first: the month that the report is about stands on top. */
export const trendTable = (report: Report, headline: Headline | null = headlineOf(report)): TrendTable | null => {
  if (headline === null) return null;
  const points = new Map(report.trend.map((point) => [`${point.window} ${point.month}`, point]));
  const months = [...new Set(report.trend.map(({ month }) => month))].sort().reverse();
  if (months.length === 0) return null;
  const others = (['quarter', 'month'] satisfies WindowName[]).filter(
    (name) => name !== headline.name && report.trend.some(({ window }) => window === name),
  );
  const at = (window: WindowName, month: string) => points.get(`${window} ${month}`);
  const growthOf = (point: TrendPoint | undefined) => ndrOf(point)?.minus(1) ?? zero;
  const largest = largestOf(months.map((month) => growthOf(at(headline.name, month))));
  const lines = months.map((month) => {
    const point = at(headline.name, month);
    const grr = point === undefined ? null : ratioOf(point.grr);
    return {
      month: shortMonth(month),
      ndr: percentText(ndrOf(point)),
      ndrBar: divergingBar(growthOf(point), largest),
      grr: percentText(grr),
      grrBar: percentOfLargest(grr ?? zero, one, 100),
      ndrExInvoluntary: percentText(point === undefined ? null : ratioOf(point.ndrExInvoluntary)),
      involuntary: percentText(point === undefined ? null : measures.involuntary.of(point)),
      others: others.map((name) => percentText(ndrOf(at(name, month)))),
    };
  });
  return {
    window: windowLabels[headline.name].title,
    otherTitles: others.map((name) => windowLabels[name].short),
    lines,
  };
};
