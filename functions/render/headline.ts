/** Which window the report leads with, and the same figures one month and one year before. */

import type { Exact } from '../core/money.ts';
import { addMonths, parseMonth, type WindowName, windowNames } from '../core/month.ts';
import type { Report, Retention, WindowReport } from '../core/report.ts';
import { ratioOf, shareOf, shortMonth, windowLabels } from './formats.ts';
import { type Better, type Signed, signedPoints } from './signed.ts';

export type Headline = { readonly name: WindowName; readonly window: WindowReport };

/** The longest window that has an opening snapshot; null in the first month of a book. */
export const headlineOf = <Window>({
  windows,
}: {
  readonly windows: Readonly<Record<WindowName, Window | null>>;
}): { readonly name: WindowName; readonly window: Window } | null => {
  for (const name of windowNames.toReversed()) {
    const window = windows[name];
    if (window !== null) return { name, window };
  }
  return null;
};

/** A figure of the book that can be followed from month to month. */
export type Measure = {
  readonly of: (retention: Retention) => Exact | null;
  readonly better: Better;
};

export const measures = {
  ndr: { of: ({ ndr }) => ratioOf(ndr), better: 'up' },
  grr: { of: ({ grr }) => ratioOf(grr), better: 'up' },
  logo: { of: ({ logoRetention }) => ratioOf(logoRetention), better: 'up' },
  involuntary: { of: (total) => shareOf(total.involuntaryChurnMrr, total.openingMrr), better: 'down' },
} as const satisfies Record<string, Measure>;

export type Comparison = { readonly since: string; readonly change: Signed };

/** The change of a measure against the same window `monthsBack` months earlier, as the trend states it. */
export const compare = (report: Report, headline: Headline, measure: Measure, monthsBack: number): Comparison => {
  const month = addMonths(parseMonth(report.month), -monthsBack);
  const point = report.trend.find((candidate) => candidate.month === month && candidate.window === headline.name);
  const before = point === undefined ? null : measure.of(point);
  return { since: shortMonth(month), change: signedPoints(measure.of(headline.window.total), before, measure.better) };
};

/** "the 12 months to Oct 2026" */
export const windowPhrase = (report: Report, name: WindowName): string =>
  `${windowLabels[name].phrase} to ${shortMonth(report.month)}`;
