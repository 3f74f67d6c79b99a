/** NDR and GRR of a window by month, for drawing: up to 24 months, with the benchmark of the book behind the yearly one. */
import {
  drawRetentionLines,
  type RetentionLines,
  type RetentionSeries,
} from '../../templates/charts/retention-lines.ts';
import { type Exact, exact } from '../core/money.ts';
import { monthRange, parseMonth, type WindowName } from '../core/month.ts';
import type { Report, TrendPoint } from '../core/report.ts';
import { tickPercent } from './chart-labels.ts';
import type { Chart } from './charts.ts';
import { displayText } from './display-text.ts';
import { longMonth, percentText, ratioOf, shortMonth, windowLabels } from './formats.ts';
import { signedPoints } from './signed.ts';

const monthsShown = 24;

type Values = readonly (Exact | null)[];

/** Every month from the first to the one of the report: a month without a point is a gap, not a shorter way. */
const monthsOf = (report: Report, points: readonly TrendPoint[]): string[] => {
  const [first] = points.map(({ month }) => month).sort();
  if (first === undefined) return [];
  return monthRange(parseMonth(first), parseMonth(report.month)).slice(-monthsShown);
};

const bandOf = ({ basis: { bookBenchmark } }: Report): RetentionLines['band'] => {
  if (bookBenchmark === null) return null;
  const [, strong, elite] = bookBenchmark.bounds;
  const segment = displayText(bookBenchmark.segment, 24);
  const told = `NDR of ${strong}% to ${elite}% is strong for ${segment}`;
  return {
    from: exact(strong).toNumber(),
    to: exact(elite).toNumber(),
    label: `Benchmark: ${told}`,
    farLabel: `Benchmark, outside the chart: ${told}`,
  };
};

const seriesOf = (name: string, colour: RetentionSeries['colour'], values: Values): RetentionSeries => ({
  name,
  colour,
  newest: percentText(values.at(-1) ?? null),
  values: values.map((value) => value?.times(100).toNumber() ?? null),
});

const since = (values: Values, months: readonly string[]): string => {
  const now = values.at(-1) ?? null;
  const at = values.findIndex((value) => value !== null);
  const first = values[at];
  const month = months[at];
  if (now === null || first === undefined || month === undefined || at === values.length - 1) return '';
  const change = signedPoints(now, first, 'up');
  return change.verdict === 'no change'
    ? ` (as in ${shortMonth(month)})`
    : ` (${change.plain} since ${shortMonth(month)})`;
};

const standing = ({ basis: { bookBenchmark } }: Report): string =>
  bookBenchmark === null ? '' : `; NDR is ${bookBenchmark.band} for ${displayText(bookBenchmark.segment, 24)}`;

/** Null where no month of the window has a ratio. */
export const trendChart = (report: Report, name: WindowName): Chart | null => {
  const points = report.trend.filter(({ window }) => window === name);
  const months = monthsOf(report, points);
  const byMonth = new Map(points.map((point) => [point.month, point]));
  const valuesOf = (ratio: 'ndr' | 'grr'): Values =>
    months.map((month) => ratioOf(byMonth.get(month)?.[ratio] ?? null));
  const ndr = valuesOf('ndr');
  const grr = valuesOf('grr');
  if ([...ndr, ...grr].every((value) => value === null)) return null;
  const said = (word: string, values: Values): string =>
    `${word} ${percentText(values.at(-1) ?? null)}${since(values, months)}`;
  const window = windowLabels[name].title.toLowerCase();
  const band = name === 'ttm' ? bandOf(report) : null;
  const isUnknown = (ndr.at(-1) ?? null) === null;
  const alt = `${months.length === 1 ? 'One month' : `${months.length} months`} of retention to ${longMonth(report.month)}, ${window}: ${said('NDR', ndr)}, ${said('GRR', grr)}${name === 'ttm' && !isUnknown ? standing(report) : ''}.`;
  return {
    name: 'trend',
    title: `NDR and GRR, ${window}`,
    alt,
    draw: (palette) =>
      drawRetentionLines(
        {
          label: alt,
          months: months.map(shortMonth),
          series: [seriesOf('NDR', 'balance', ndr), seriesOf('GRR', 'gain', grr)],
          band,
          tickText: tickPercent,
        },
        palette,
      ),
  };
};
