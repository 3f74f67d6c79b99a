/** NDR and GRR by month as two lines, each named and valued at its end; the benchmark as a band behind them. */
import { scaleLinear } from 'd3-scale';
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

export type RetentionLines = {
  readonly label: string;
  /** Names of the months, oldest first. */
  readonly months: readonly string[];
  readonly series: readonly [RetentionSeries, RetentionSeries];
  /** In percent, of the first series. */
  readonly band: { readonly from: number; readonly to: number; readonly label: string } | null;
  readonly tickText: (percent: number) => string;
};

const width = 480;
const plot = { left: 44, right: 392 };
const panelGap = 26;

/** Points apart above which two lines in one panel would both look flat. */
const togetherUpTo = 60;
/** Points between the data and a band above or below which the band is told, not drawn. */
const bandReach = 40;

type Panel = {
  readonly series: readonly RetentionSeries[];
  readonly band: RetentionLines['band'];
  readonly top: number;
  readonly height: number;
};

const known = (series: readonly RetentionSeries[]): number[] =>
  series.flatMap(({ values }) => values.filter((value) => value !== null));

const panelsOf = ({ series, band }: RetentionLines): Panel[] => {
  const [upper, lower] = series;
  const values = known(series);
  if (Math.max(...values) - Math.min(...values) <= togetherUpTo) return [{ series, band, top: 12, height: 226 }];
  return [
    { series: [upper], band, top: 12, height: 150 },
    { series: [lower], band: null, top: 12 + 150 + panelGap, height: 84 },
  ];
};

const bandNear = (values: readonly number[], band: RetentionLines['band']): RetentionLines['band'] =>
  band !== null && band.from - Math.max(...values) <= bandReach && Math.min(...values) - band.to <= bandReach
    ? band
    : null;

/** Whole tens around the data, and enough of the band to be seen. */
const domainOf = (values: readonly number[], band: RetentionLines['band']): [number, number] => {
  const low = Math.min(...values, ...(band === null ? [] : [band.to]));
  const high = Math.max(...values, ...(band === null ? [] : [Math.min(band.to, band.from + 5)]));
  const room = Math.max(2, (high - low) * 0.08);
  return [Math.max(0, low - room), high + room];
};

/** Every sixth, third or single month, counted back from the newest. */
const isNamed = (index: number, count: number): boolean =>
  (count - 1 - index) % (count > 12 ? 6 : count > 4 ? 3 : 1) === 0;

const lastKnown = (values: readonly (number | null)[]): { readonly index: number; readonly value: number } | null => {
  const index = values.findLastIndex((value) => value !== null);
  const value = values[index];
  return value === undefined || value === null ? null : { index, value };
};

export const drawRetentionLines = (input: RetentionLines, palette: Palette): Drawing => {
  const { months, label, tickText } = input;
  const step = months.length > 1 ? (plot.right - plot.left) / (months.length - 1) : 0;
  const xOf = (index: number): number => (months.length > 1 ? plot.left + index * step : (plot.left + plot.right) / 2);
  const panels = panelsOf(input);

  const drawPanel = ({ series, band: wanted, top, height }: Panel): string => {
    const values = known(series);
    const band = bandNear(values, wanted);
    const bottom = top + height;
    const scale = scaleLinear(values.length === 0 ? [90, 110] : domainOf(values, band), [bottom, top]);
    const [low, high] = scale.domain() as [number, number];
    const ticks = scale.ticks(height > 120 ? 5 : 3);
    const parts: string[] = [];
    if (band !== null) {
      const upper = scale(Math.min(band.to, high));
      const lower = scale(Math.max(band.from, low));
      parts.push(
        rectangle(
          { x: plot.left, y: upper, width: plot.right - plot.left, height: lower - upper },
          { fill: palette.band },
        ),
      );
    }
    for (const tick of ticks) {
      const even = tick === 100;
      parts.push(
        stroke(pathOf([plot.left, scale(tick)], [plot.right, scale(tick)]), even ? palette.muted : palette.line, 1),
        textAt(plot.left - 8, centred(scale(tick), sizes.small), tickText(tick), {
          fill: even ? palette.ink : palette.muted,
          weight: even ? 600 : 400,
          anchor: 'end',
        }),
      );
    }
    const ends = spread(
      series.map(({ values: own }) => scale(lastKnown(own)?.value ?? (low + high) / 2)),
      42,
      top + 14,
      bottom - 14,
    );
    series.forEach(({ name, newest, colour, values: own }, at) => {
      const path = line<number | null>()
        .defined((value) => value !== null)
        .x((_, index) => xOf(index))
        .y((value) => scale(value ?? 0))
        .digits(2)(own);
      const alone = own.map(
        (value, index) => value !== null && (own[index - 1] ?? null) === null && (own[index + 1] ?? null) === null,
      );
      parts.push(
        path === null
          ? ''
          : stroke(path, palette[colour], 2.5, { 'stroke-linejoin': 'round', 'stroke-linecap': 'round' }),
      );
      own.forEach((value, index) => {
        const isEnd = index === lastKnown(own)?.index;
        if (value === null || !(alone[index] || isEnd)) return;
        parts.push(element('circle', { cx: xOf(index), cy: scale(value), r: isEnd ? 4 : 3, fill: palette[colour] }));
      });
      const middle = ends[at] ?? bottom;
      parts.push(
        textAt(plot.right + 14, middle - 1, name, { fill: palette.ink, weight: 600 }),
        textAt(plot.right + 14, middle + 17, newest, { fill: palette[colour], size: sizes.figure, weight: 600 }),
      );
    });
    return parts.join('');
  };

  const bottom = Math.max(...panels.map(({ top, height }) => top + height));
  const names = months.flatMap((month, index) =>
    isNamed(index, months.length)
      ? [
          stroke(pathOf([xOf(index), bottom + 4], [xOf(index), bottom + 8]), palette.muted, 1),
          textAt(Math.max(xOf(index), textWidth(month, sizes.small) / 2), bottom + 22, month, {
            fill: palette.muted,
            anchor: 'middle',
          }),
        ]
      : [],
  );
  const note =
    input.band === null
      ? []
      : [
          rectangle(
            { x: plot.left, y: bottom + 37, width: 22, height: 12 },
            { fill: palette.band, stroke: palette.line },
          ),
          textAt(plot.left + 30, bottom + 47, fitted(input.band.label, width - plot.left - 30, sizes.small), {
            fill: palette.muted,
          }),
        ];
  return document(
    { width, height: bottom + (input.band === null ? 28 : 56), label, palette },
    ...panels.map(drawPanel),
    ...names,
    ...note,
  );
};
