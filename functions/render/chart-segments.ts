/** NDR of every segment by month, for drawing: the largest segments, at most 24, under the names of their dimensions. */
import { Decimal } from 'decimal.js';
import {
  drawHeatMap,
  type Heat,
  type HeatCell,
  type HeatMap,
  type HeatRow,
  monthsThatFit,
} from '../../templates/charts/heat-map.ts';
import { type Exact, exact, zero } from '../core/money.ts';
import { type Month, monthRange, parseMonth, type WindowName } from '../core/month.ts';
import type { Report, SegmentTrend } from '../core/report.ts';
import { monthMarks, wholePercent } from './chart-labels.ts';
import type { Chart } from './charts.ts';
import { dimensionLabel, displayText } from './display-text.ts';
import { countText, longMonth, percentText, plural, ratioOf, windowLabels } from './formats.ts';
import { readingOrder } from './segment-tables.ts';

/** What one drawing holds: in brief for a mail, in full for a page that has the room. */
type Extent = { readonly width: number; readonly months: number; readonly rows: number; readonly dimensions: number };
const brief: Extent = { width: 480, months: 12, rows: 24, dimensions: 6 };
const full: Extent = { width: 860, months: 24, rows: 120, dimensions: 24 };

/** Percentage points from 100% at which a colour becomes strong: a month moves less than a year. */
const strongFrom: Readonly<Record<WindowName, string>> = { month: '2', quarter: '5', ttm: '10' };

type Point = SegmentTrend['points'][number];

/** By the figure as it is shown: a cell that says 100 is not coloured as below it. */
const heatOf = (ndr: Exact, decimals: number, window: WindowName): Heat => {
  const points = ndr.times(100).toDecimalPlaces(decimals, Decimal.ROUND_HALF_UP).minus(100);
  if (points.isNegative()) return points.abs().greaterThan(strongFrom[window]) ? -2 : -1;
  return points.greaterThanOrEqualTo(strongFrom[window]) ? 2 : 1;
};

/** How a cell says its figure, and with how many decimals. */
type Wording = { readonly text: (ndr: Exact) => string; readonly decimals: number };
const short: Wording = { text: wholePercent, decimals: 0 };
const long: Wording = { text: percentText, decimals: 1 };

const cellOf = (report: Report, window: WindowName, point: Point | undefined, wording: Wording): HeatCell | null => {
  const ndr = ratioOf(point?.ndr ?? null);
  if (point === undefined || ndr === null) return null;
  const isFaint = point.openingAccounts < report.basis.lowSampleBelow;
  return { text: wording.text(ndr), heat: isFaint ? 'faint' : heatOf(ndr, wording.decimals, window) };
};

/** The largest of every dimension in turn, so that no dimension crowds out another. */
const chosen = (report: Report, rows: readonly SegmentTrend[], extent: Extent): SegmentTrend[] => {
  const sizes = new Map<string, Map<string, Exact>>();
  for (const { window, dimension, segment, openingMrr } of report.segments) {
    if (window !== rows[0]?.window) continue;
    const own = sizes.get(dimension) ?? new Map<string, Exact>();
    sizes.set(dimension, own.set(segment, exact(openingMrr)));
  }
  const sizeOf = ({ dimension, segment }: SegmentTrend): Exact => sizes.get(dimension)?.get(segment) ?? zero;
  const ranked = [...Map.groupBy(rows, ({ dimension }) => dimension).values()]
    .slice(0, extent.dimensions)
    .flatMap((group) =>
      group.toSorted((one, other) => sizeOf(other).comparedTo(sizeOf(one))).map((row, rank) => ({ row, rank })),
    );
  const kept = new Set(
    ranked
      .toSorted((one, other) => one.rank - other.rank)
      .slice(0, extent.rows)
      .map(({ row }) => row),
  );
  // In the order of the tables, so that a reader finds a segment at the same place in both.
  return [...Map.groupBy(rows, ({ dimension }) => dimension)].flatMap(([dimension, group]) => {
    const inOrder = report.segments
      .filter((row) => row.window === group[0]?.window && row.dimension === dimension)
      .toSorted(readingOrder(report, dimension));
    const places = new Map(inOrder.map(({ segment }, place) => [segment, place]));
    const placeOf = ({ segment }: SegmentTrend): number => places.get(segment) ?? inOrder.length;
    return group.filter((row) => kept.has(row)).toSorted((one, other) => placeOf(one) - placeOf(other));
  });
};

const legendOf = (report: Report, window: WindowName, cells: readonly (HeatCell | null)[]): HeatMap['legend'] => {
  const strong = exact(strongFrom[window]);
  const low = exact('100').minus(strong).toFixed();
  const high = exact('100').plus(strong).toFixed();
  const all: HeatMap['legend'] = [
    { heat: -2, text: `below ${low}%` },
    { heat: -1, text: `${low} to 100%` },
    { heat: 1, text: `100 to ${high}%` },
    { heat: 2, text: `${high}% and more` },
    { heat: 'faint', text: `fewer than ${countText(report.basis.lowSampleBelow)} accounts` },
  ];
  return all.filter(({ heat }) => heat !== 'faint' || cells.some((cell) => cell?.heat === 'faint'));
};

const moreText = (hidden: number): string =>
  hidden === 0 ? '' : `and ${countText(hidden)} more ${hidden === 1 ? 'segment' : 'segments'} in the full report`;

const nameOf = (segment: string): string => displayText(segment, 40);

/** From the first month of any of the segments, as far back as the extent and the names leave room for. */
const monthsOf = (report: Report, rows: readonly SegmentTrend[], { months, width }: Extent): Month[] => {
  const [first = report.month] = rows.flatMap(({ points }) => points.map(({ month }) => month)).sort();
  const names = rows.map(({ segment }) => nameOf(segment));
  return monthRange(parseMonth(first), parseMonth(report.month)).slice(-Math.min(months, monthsThatFit(names, width)));
};

const mapOf = (
  report: Report,
  window: WindowName,
  rows: readonly SegmentTrend[],
  extent: Extent,
): Omit<HeatMap, 'label'> => {
  const shown = chosen(report, rows, extent);
  const months = monthsOf(report, shown, extent);
  const rowOf = ({ segment, points }: SegmentTrend): HeatRow => {
    const at = (month: string): Point | undefined => points.find((point) => point.month === month);
    return {
      name: nameOf(segment),
      cells: months.slice(0, -1).map((month) => cellOf(report, window, at(month), short)),
      newest: cellOf(report, window, at(report.month), long),
    };
  };
  const groups = [...Map.groupBy(shown, ({ dimension }) => dimension)].map(([dimension, members]) => ({
    name: dimensionLabel(dimension),
    rows: members.map(rowOf),
  }));
  const cells = groups.flatMap((group) => group.rows.flatMap((row) => [...row.cells, row.newest]));
  return {
    months: monthMarks(months),
    groups,
    legend: legendOf(report, window, cells),
    more: moreText(rows.length - shown.length),
  };
};

type Standing = { readonly told: string; readonly ndr: Exact };

/** The best and the worst segment that have enough accounts to say so, and how many shrink. */
const finding = (report: Report, rows: readonly SegmentTrend[]): string => {
  const standings = rows.flatMap(({ dimension, segment, points }): Standing[] => {
    const point = points.find(({ month }) => month === report.month);
    const ndr = ratioOf(point?.ndr ?? null);
    if (point === undefined || ndr === null || point.openingAccounts < report.basis.lowSampleBelow) return [];
    return [{ told: `${nameOf(segment)} (${dimensionLabel(dimension)}) with ${percentText(ndr)}`, ndr }];
  });
  const sorted = standings.toSorted((one, other) => other.ndr.comparedTo(one.ndr));
  const [best] = sorted;
  const worst = sorted.at(-1);
  if (best === undefined || worst === undefined) {
    return `every segment has fewer than ${plural(report.basis.lowSampleBelow, 'account')}, too few for a verdict`;
  }
  if (best === worst) return `${best.told} is the only one with enough accounts for a verdict`;
  const shrinking = sorted.filter(({ ndr }) => ndr.lessThan(1)).length;
  return `highest is ${best.told}, lowest ${worst.told}; ${countText(shrinking)} of ${plural(sorted.length, 'segment')} with enough accounts below 100%`;
};

/** Null where the report has no way of segments for the window: it has one for the window that it leads with. */
export const segmentsChart = (report: Report, name: WindowName): Chart | null => {
  const rows = report.segmentTrend.filter(({ window, points }) => window === name && points.length > 0);
  if (rows.length === 0) return null;
  const window = windowLabels[name].title.toLowerCase();
  const alt = `NDR by segment to ${longMonth(report.month)}, ${window}: ${finding(report, rows)}.`;
  return {
    name: 'segments',
    title: `NDR by segment, ${window}, in percent`,
    alt,
    draw: (palette) => drawHeatMap({ label: alt, ...mapOf(report, name, rows, brief) }, palette),
    drawInFull: (palette) => drawHeatMap({ label: alt, ...mapOf(report, name, rows, full) }, palette),
  };
};
