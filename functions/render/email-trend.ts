/** The year in five columns, for who sees no chart: NDR and GRR of the headline window, a quarter apart. */
import { addMonths, parseMonth } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { notAvailable, percentText, shortMonth } from './formats.ts';
import { headlineOf, measures } from './headline.ts';

export type TrendInBrief = {
  readonly months: readonly string[];
  readonly rows: readonly { readonly label: string; readonly values: readonly string[] }[];
};

/** Oldest first. Null while fewer than two of the five months have a figure. */
export const trendInBrief = (report: Report): TrendInBrief | null => {
  const headline = headlineOf(report);
  if (headline === null) return null;
  const month = parseMonth(report.month);
  const columns = [12, 9, 6, 3, 0].map((back) => {
    const at = addMonths(month, -back);
    const point = report.trend.find((candidate) => candidate.month === at && candidate.window === headline.name);
    const textOf = (measure: 'ndr' | 'grr') => percentText(point === undefined ? null : measures[measure].of(point));
    return { month: shortMonth(at), ndr: textOf('ndr'), grr: textOf('grr') };
  });
  // A book that is young, or has gaps, begins with its first figure.
  const first = columns.findIndex(({ ndr, grr }) => ndr !== notAvailable || grr !== notAvailable);
  const known = first === -1 ? [] : columns.slice(first);
  if (known.length < 2) return null;
  return {
    months: known.map((column) => column.month),
    rows: [
      { label: 'NDR', values: known.map(({ ndr }) => ndr) },
      { label: 'GRR', values: known.map(({ grr }) => grr) },
    ],
  };
};
