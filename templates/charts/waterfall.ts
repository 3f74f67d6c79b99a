/** The bridge as a waterfall that falls down the page: a row a movement, so that its name can be read in full. */
import { scaleLinear } from 'd3-scale';
import type { Drawing, Palette } from './drawing.ts';
import { type Box, document, hatch, pathOf, rectangle, stroke } from './svg.ts';
import { centred, fitted, sizes, textAt, wrapped } from './text.ts';

/** `from` and `to` are the running level before and after, in units of money; a balance stands on 0. */
export type WaterfallBar = {
  readonly label: string;
  readonly amount: string;
  readonly from: number;
  readonly to: number;
  readonly kind: 'balance' | 'gain' | 'loss' | 'failed' | 'even';
};

export type Waterfall = {
  readonly label: string;
  /** What the amounts are, over their column. */
  readonly unit: string;
  /** Opening first, closing last. */
  readonly bars: readonly WaterfallBar[];
  readonly notes: readonly string[];
};

const width = 480;
const rowHeight = 30;
const barHeight = 18;
const lineHeight = 17;
const top = 26;
const plot = { from: 146, to: 410 };

/** A bar is seen however small it is. */
const thinnest = 1.5;

/** Below this share of the largest level the movements would be slivers on an axis from 0. */
const breakBelow = 0.5;

export const breakNote = 'The axis does not start at 0: bars with a cut are longer than drawn.';

type Axis = { readonly low: number; readonly high: number; readonly broken: boolean };

/** Starts at 0, or just below the lowest level when the balances dwarf what happened between them. */
const axisOf = (bars: readonly WaterfallBar[]): Axis => {
  const levels = bars.flatMap(({ from, to, kind }) => (kind === 'balance' ? [to] : [from, to]));
  const low = Math.min(...levels);
  const high = Math.max(...levels);
  const span = high - low;
  if (low > 0 && span > 0 && span < breakBelow * high) return { low: low - span * 0.35, high, broken: true };
  return { low: Math.min(0, low), high: Math.max(high, low <= 0 && high <= 0 ? 1 : 0), broken: false };
};

/** A zigzag out of a bar: what is left of it is not to scale. */
const cut = (x: number, y: number, palette: Palette): string => {
  const steps = [-2, 4.5, 11, 17.5, 24].map((down, index): [number, number] => [x + (index % 2) * 5, y - 1 + down]);
  return stroke(pathOf(...steps), palette.background, 3);
};

const fillOf = (box: Box, kind: WaterfallBar['kind'], palette: Palette): string =>
  kind === 'failed'
    ? rectangle(box, { fill: palette.failed, 'fill-opacity': 0.25, stroke: palette.failed, 'stroke-width': 1.5 }) +
      stroke(hatch(box, 5), palette.failed, 1.2)
    : rectangle(box, { fill: palette[kind] });

export const drawWaterfall = ({ label, unit, bars, notes }: Waterfall, palette: Palette): Drawing => {
  const { low, high, broken } = axisOf(bars);
  const scale = scaleLinear([low, high], [plot.from, plot.to]);
  const foot = (bar: WaterfallBar): number => (bar.kind === 'balance' ? Math.max(low, 0) : bar.from);
  const row = (bar: WaterfallBar, index: number): string => {
    const y = top + index * rowHeight;
    const isBalance = bar.kind === 'balance';
    const [left, right] = [foot(bar), bar.to].map((level) => scale(level)).sort((a, b) => a - b) as [number, number];
    const box = { x: left, y, width: Math.max(right - left, thinnest), height: barHeight };
    const baseline = centred(y + barHeight / 2, sizes.label);
    const weight = isBalance || bar.kind === 'failed' ? 600 : 400;
    const style = { fill: palette.ink, size: sizes.label, weight } as const;
    const level = scale(bar.to);
    return [
      textAt(0, baseline, fitted(bar.label, plot.from - 12, sizes.label, weight), style),
      fillOf(box, bar.kind, palette),
      isBalance && broken ? cut(plot.from + 12, y, palette) : '',
      index === bars.length - 1
        ? ''
        : stroke(pathOf([level, y + barHeight], [level, y + rowHeight]), palette.muted, 1, { 'stroke-opacity': 0.5 }),
      textAt(width, baseline, bar.amount, { ...style, anchor: 'end' }),
    ].join('');
  };
  const told = [...(broken ? [breakNote] : []), ...notes].flatMap((note) => wrapped(note, width, sizes.small));
  const below = top + (bars.length - 1) * rowHeight + barHeight + 10;
  return document(
    { width, height: below + told.length * lineHeight + 8, label, palette },
    textAt(width, 12, unit, { fill: palette.muted, anchor: 'end' }),
    ...bars.map(row),
    ...told.map((line, index) => textAt(0, below + 12 + index * lineHeight, line, { fill: palette.muted })),
  );
};
