/** NDR of every segment by month, for drawing: the largest segments, at most 24, under the names of their dimensions. */
import { drawHeatMap, type HeatCell, type HeatMap, type HeatRow } from '../../templates/charts/heat-map.ts';
import { type Exact, exact, zero } from '../core/money.ts';
import { addMonths, type Month, monthRange, parseMonth, type WindowName } from '../core/month.ts';
import type { Report, SegmentTrend } from '../core/report.ts';
import { wholePercent } from './chart-labels.ts';
import type { Chart } from './charts.ts';
import { dimensionLabel, displayText } from './display-text.ts';
import { countText, longMonth, percentText, plural, ratioOf, shortMonth, windowLabels } from './formats.ts';

/** What one drawing holds: in brief for a mail, in full for a page that has the room. */
type Extent = { readonly months: number; readonly rows: number; readonly dimensions: number };
const brief: Extent = { months: 12, rows: 24, dimensions: 6 };
const full: Extent = { months: 24, rows: 120, dimensions: 24 };

/** Percentage points from 100% at which a colour becomes strong: a month moves less than a year. */
const strongFrom: Readonly<Record<WindowName, string>> = { month: '2', quarter: '5', ttm: '10' };

type Point = SegmentTrend['points'][number];

const heatOf = (ndr: Exact, window: WindowName): 1 | 2 | -1 | -2 => {
  const points = ndr.minus(1).times(100);
  const isStrong = points.abs().greaterThanOrEqualTo(strongFrom[window]);
  if (points.isNegative()) return points.abs().greaterThan(strongFrom[window]) ? -2 : -1;
  return isStrong ? 2 : 1;
};

const cellOf = (
  report: Report,
  window: WindowName,
  point: Point | undefined,
  text: (ndr: Exact) => string,
): HeatCell | null => {
  const ndr = ratioOf(point?.ndr ?? null);
  if (point === undefined || ndr === null) return null;
  const isFaint = point.openingAccounts < report.basis.lowSampleBelow;
  return { text: text(ndr), heat: isFaint ? 'faint' : heatOf(ndr, window) };
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
  return rows.filter((row) => kept.has(row));
};

const legendOf = (report: Report, window: WindowName, cells: readonly (HeatCell | null)[]): HeatMap['legend'] => {
  const strong = exact(strongFrom[window]);
  const low = `${exact('100').minus(strong).toFixed()}%`;
  const high = `${exact('100').plus(strong).toFixed()}%`;
  const all: HeatMap['legend'] = [
    { heat: -2, text: `below ${low}` },
    { heat: -1, text: `below 100%` },
    { heat: 1, text: `100% or more` },
    { heat: 2, text: `from ${high}` },
    { heat: 'faint', text: `fewer than ${countText(report.basis.lowSampleBelow)} accounts` },
  ];
  return all.filter(({ heat }) => heat !== 'faint' || cells.some((cell) => cell?.heat === 'faint'));
};

const moreText = (hidden: number): string =>
  hidden === 0 ? '' : `and ${countText(hidden)} more ${hidden === 1 ? 'segment' : 'segments'} in the table`;

const mapOf = (
  report: Report,
  window: WindowName,
  rows: readonly SegmentTrend[],
  extent: Extent,
): Omit<HeatMap, 'label'> => {
  const last = parseMonth(report.month);
  const [firstKnown = report.month] = rows.flatMap(({ points }) => points.map(({ month }) => month)).sort();
  const earliest = addMonths(last, 1 - extent.months);
  const first = firstKnown > earliest ? parseMonth(firstKnown) : earliest;
  const months: Month[] = monthRange(first, last).slice(0, -1);
  const shown = chosen(report, rows, extent);
  const rowOf = ({ segment, points }: SegmentTrend): HeatRow => {
    const at = (month: string): Point | undefined => points.find((point) => point.month === month);
    return {
      name: displayText(segment, 40),
      cells: months.map((month) => cellOf(report, window, at(month), wholePercent)),
      newest: cellOf(report, window, at(report.month), percentText),
    };
  };
  const groups = [...Map.groupBy(shown, ({ dimension }) => dimension)].map(([dimension, members]) => ({
    name: dimensionLabel(dimension),
    rows: members.map(rowOf),
  }));
  const cells = groups.flatMap((group) => group.rows.flatMap((row) => [...row.cells, row.newest]));
  return {
    months: months.map((month, index) => ({
      name: shortMonth(month).slice(0, 3),
      year: index === 0 || month.endsWith('-01') ? month.slice(0, 4) : '',
    })),
    newestMonth: {
      name: shortMonth(report.month).slice(0, 3),
      year: report.month.slice(0, 4),
    },
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
    return [{ told: `${displayText(segment, 40)} (${dimensionLabel(dimension)}) with ${percentText(ndr)}`, ndr }];
  });
  const sorted = standings.toSorted((one, other) => other.ndr.comparedTo(one.ndr));
  const [best] = sorted;
  const worst = sorted.at(-1);
  if (best === undefined || worst === undefined) {
    return `no segment has ${plural(report.basis.lowSampleBelow, 'account')}, too few for a verdict`;
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
