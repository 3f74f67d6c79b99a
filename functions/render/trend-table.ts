/** Up to 24 months in one table: the headline window drawn, the shorter windows beside it. */

import type { Exact } from '../core/money.ts';
import { zero } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Report, TrendPoint } from '../core/report.ts';
import { largestOf, percentOfLargest } from './bar.ts';
import { ratioOf as parsed, percentText, shortMonth, windowLabels } from './formats.ts';
import { headlineOf, measures } from './headline.ts';

export type TrendLine = {
  readonly month: string;
  readonly ndr: string;
  readonly ndrBar: number;
  readonly grr: string;
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

const ndrOf = (point: TrendPoint | undefined): Exact | null => (point === undefined ? null : parsed(point.ndr));

/** Newest first: the month that the report is about stands on top. */
export const trendTable = (report: Report): TrendTable | null => {
  const headline = headlineOf(report);
  if (headline === null) return null;
  const points = new Map(report.trend.map((point) => [`${point.window} ${point.month}`, point]));
  const months = [...new Set(report.trend.map(({ month }) => month))].sort().reverse();
  if (months.length === 0) return null;
  const others = (['quarter', 'month'] satisfies WindowName[]).filter((name) => name !== headline.name);
  const at = (window: WindowName, month: string) => points.get(`${window} ${month}`);
  const headlinePoints = months.flatMap((month) => at(headline.name, month) ?? []);
  const largest = largestOf(headlinePoints.flatMap((point) => [ndrOf(point) ?? zero, parsed(point.grr) ?? zero]));
  const lines = months.map((month) => {
    const point = at(headline.name, month);
    const grr = point === undefined ? null : parsed(point.grr);
    return {
      month: shortMonth(month),
      ndr: percentText(ndrOf(point)),
      ndrBar: percentOfLargest(ndrOf(point) ?? zero, largest, 100),
      grr: percentText(grr),
      grrBar: percentOfLargest(grr ?? zero, largest, 100),
      ndrExInvoluntary: percentText(point === undefined ? null : parsed(point.ndrExInvoluntary)),
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
