/** NDR and GRR by month as two lines, each named and valued at its end; the benchmark as a band behind them. */
import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { line } from 'd3-shape';
import type { Drawing, Palette } from './drawing.ts';
import { document, element, pathOf, rectangle, stroke } from './svg.ts';
import { centred, fitted, sizes, spread, textAt, textWidth } from './text.ts';

export type RetentionSeries = {
  readonly name: string;
  /** The newest value in words, or that there is none. */
  readonly newest: string;
  readonly colour: 'balance' | 'gain';
  /** In percent, a month each; null where undefined or unknown. */
  readonly values: readonly (number | null)[];
};

export type BenchmarkBand = {
  /** In percent, of the first series. */
  readonly from: number;
  readonly to: number;
  readonly label: string;
  /** Said when the band is so far from the lines that it is not drawn. */
  readonly farLabel: string;
};

export type RetentionLines = {
  readonly label: string;
  /** Names of the months, oldest first. */
  readonly months: readonly string[];
  readonly series: readonly [RetentionSeries, RetentionSeries];
  readonly band: BenchmarkBand | null;
  readonly tickText: (percent: number) => string;
};

const width = 480;
const plot = { left: 46, right: 392, top: 12 };
const heights = { together: 226, upper: 150, lower: 84, between: 26 };

/** Points apart above which two lines in one panel would both look flat: each then gets a panel and a scale of its own. */
const togetherUpTo = 60;
/** Points between the lines and a band up to which the scale is stretched to show it. */
const bandReach = 40;

type Panel = {
  readonly series: readonly RetentionSeries[];
  readonly band: BenchmarkBand | null;
  readonly top: number;
  readonly bottom: number;
};

const known = (series: readonly RetentionSeries[]): number[] =>
  series.flatMap(({ values }) => values.filter((value) => value !== null));

const isNear = ({ from, to }: BenchmarkBand, values: readonly number[]): boolean =>
  from - Math.max(...values) <= bandReach && Math.min(...values) - to <= bandReach;

const panelsOf = ({ series, band }: RetentionLines): Panel[] => {
  const [upper, lower] = series;
  const values = known(series);
  const nearBand = (shown: readonly RetentionSeries[]) => (band !== null && isNear(band, known(shown)) ? band : null);
  const isTogether = Math.max(...values) - Math.min(...values) <= togetherUpTo;
  if (isTogether || known([upper]).length === 0 || known([lower]).length === 0) {
    return [{ series, band: nearBand(series), top: plot.top, bottom: plot.top + heights.together }];
  }
  const middle = plot.top + heights.upper;
  const top = middle + heights.between;
  return [
    { series: [upper], band: nearBand([upper]), top: plot.top, bottom: middle },
    { series: [lower], band: null, top, bottom: top + heights.lower },
  ];
};

/** Just around the lines, and enough of the band to be seen. */
const domainOf = (values: readonly number[], band: BenchmarkBand | null): [number, number] => {
  const low = Math.min(...values, ...(band === null ? [] : [band.to]));
  const high = Math.max(...values, ...(band === null ? [] : [Math.min(band.to, band.from + 5)]));
  const room = Math.max(2, (high - low) * 0.08);
  return [Math.max(0, low - room), high + room];
};

type Scale = ScaleLinear<number, number>;

const drawBand = ({ from, to }: BenchmarkBand, scale: Scale, { top, bottom }: Panel, palette: Palette): string => {
  const upper = Math.max(top, scale(to));
  const lower = Math.min(bottom, scale(from));
  const box = { x: plot.left, y: upper, width: plot.right - plot.left, height: Math.max(0, lower - upper) };
  return rectangle(box, { fill: palette.band });
};

/** 100% stands out: above it the cohort pays more than before. */
const drawTick = (tick: number, text: string, scale: Scale, palette: Palette): string => {
  const y = scale(tick);
  const isEven = tick === 100;
  const style = { fill: isEven ? palette.ink : palette.muted, weight: isEven ? 600 : 400, anchor: 'end' } as const;
  return (
    stroke(pathOf([plot.left, y], [plot.right, y]), isEven ? palette.muted : palette.line, 1) +
    textAt(plot.left - 8, centred(y, sizes.small), text, style)
  );
};

type Place = (index: number) => number;

/** A line with gaps; a dot where a month stands alone, and a larger one at the newest known. */
const drawLine = ({ values, colour }: RetentionSeries, xOf: Place, scale: Scale, palette: Palette): string => {
  const path = line<number | null>()
    .defined((value) => value !== null)
    .x((_, index) => xOf(index))
    .y((value) => scale(value ?? 0))
    .digits(2)(values);
  const last = values.findLastIndex((value) => value !== null);
  const isAlone = (index: number): boolean =>
    (values[index - 1] ?? null) === null && (values[index + 1] ?? null) === null;
  const dots = values.map((value, index) =>
    value !== null && (index === last || isAlone(index))
      ? element('circle', { cx: xOf(index), cy: scale(value), r: index === last ? 4 : 3, fill: palette[colour] })
      : '',
  );
  const rounded = { 'stroke-linejoin': 'round', 'stroke-linecap': 'round' };
  return [path === null ? '' : stroke(path, palette[colour], 2.5, rounded), ...dots].join('');
};

/** Name and newest value beside the end of each line, moved apart where the ends are close. */
const drawEnds = ({ series, top, bottom }: Panel, scale: Scale, palette: Palette): string => {
  const wanted = series.map(({ values }) => {
    const last = values.findLast((value) => value !== null);
    return last === undefined || last === null ? (top + bottom) / 2 : scale(last);
  });
  const placed = spread(wanted, 42, top + 14, bottom - 14);
  return series
    .map(({ name, newest, colour }, index) => {
      const y = placed[index] ?? top;
      const figure = { fill: palette[colour], size: sizes.figure, weight: 600 } as const;
      return (
        textAt(plot.right + 14, y - 1, name, { fill: palette.ink, weight: 600 }) +
        textAt(plot.right + 14, y + 17, newest, figure)
      );
    })
    .join('');
};

const drawPanel = (panel: Panel, xOf: Place, tickText: RetentionLines['tickText'], palette: Palette): string => {
  const { series, band, top, bottom } = panel;
  const scale = scaleLinear(domainOf(known(series), band), [bottom, top]);
  return [
    band === null ? '' : drawBand(band, scale, panel, palette),
    ...scale
      .ticks(Math.max(2, Math.round((bottom - top) / 45)))
      .map((tick) => drawTick(tick, tickText(tick), scale, palette)),
    ...series.map((one) => drawLine(one, xOf, scale, palette)),
    drawEnds(panel, scale, palette),
  ].join('');
};

/** Every sixth, third or single month, counted back from the newest. */
const drawMonths = (months: readonly string[], xOf: Place, bottom: number, palette: Palette): string => {
  const every = months.length > 12 ? 6 : months.length > 4 ? 3 : 1;
  return months
    .map((month, index) => {
      if ((months.length - 1 - index) % every !== 0) return '';
      const x = xOf(index);
      const centre = Math.max(x, textWidth(month, sizes.small) / 2);
      return (
        stroke(pathOf([x, bottom + 4], [x, bottom + 8]), palette.muted, 1) +
        textAt(centre, bottom + 22, month, { fill: palette.muted, anchor: 'middle' })
      );
    })
    .join('');
};

const drawKey = (band: BenchmarkBand, isDrawn: boolean, bottom: number, palette: Palette): string => {
  const x = isDrawn ? plot.left + 30 : 0;
  const text = fitted(isDrawn ? band.label : band.farLabel, width - x, sizes.small);
  const swatch = { x: plot.left, y: bottom + 37, width: 22, height: 12 };
  return (
    (isDrawn ? rectangle(swatch, { fill: palette.band, stroke: palette.line }) : '') +
    textAt(x, bottom + 47, text, { fill: palette.muted })
  );
};

/** At least one value of one series is known. */
export const drawRetentionLines = (input: RetentionLines, palette: Palette): Drawing => {
  const { months, label, band, tickText } = input;
  const step = (plot.right - plot.left) / Math.max(1, months.length - 1);
  const xOf: Place = (index) => (months.length > 1 ? plot.left + index * step : (plot.left + plot.right) / 2);
  const panels = panelsOf(input);
  const bottom = Math.max(...panels.map((panel) => panel.bottom));
  const isDrawn = panels.some((panel) => panel.band !== null);
  return document(
    { width, height: bottom + (band === null ? 30 : 58), label, palette },
    ...panels.map((panel) => drawPanel(panel, xOf, tickText, palette)),
    drawMonths(months, xOf, bottom, palette),
    band === null ? '' : drawKey(band, isDrawn, bottom, palette),
  );
};
