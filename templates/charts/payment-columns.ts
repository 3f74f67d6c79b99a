/** Failed payments by month: strips of columns under each other on one time axis, each strip named with its own unit. */
import { scaleLinear } from 'd3-scale';
import type { Drawing, Palette } from './drawing.ts';
import { type Box, document, hatch, pathOf, rectangle, stroke } from './svg.ts';
import { fitted, sizes, type TextStyle, textAt, textWidth, wrapped } from './text.ts';

export type PaymentStrip = {
  readonly name: string;
  /** What the amounts are. */
  readonly unit: string;
  readonly kind: 'failed' | 'gain' | 'even';
  /** One a month, oldest first; null where nothing is known. */
  readonly values: readonly ({ readonly amount: number; readonly text: string } | null)[];
  /** The amount that fills a strip: the same in strips that can be compared. */
  readonly full: number;
  /** Said instead of columns when there are none. */
  readonly none: string;
};

export type PaymentColumns = {
  readonly label: string;
  /** Oldest first: the name, and the year where one begins. */
  readonly months: readonly { readonly name: string; readonly year: string }[];
  readonly strips: readonly PaymentStrip[];
  readonly note: string;
};

const width = 480;
const columnHeight = 46;
const head = 40;
const stripHeight = head + columnHeight + 16;
const columnShare = 0.62;
const lineHeight = 18;
/** Fewer months do not get wider columns than these. */
const fewestMonths = 6;

/** The newest month stands out. */
const emphasis = (isNewest: boolean, palette: Palette): TextStyle => ({
  fill: isNewest ? palette.ink : palette.muted,
  weight: isNewest ? 600 : 400,
  anchor: 'middle',
});

/** The newest first, then the largest: a label is left out where it would touch one already placed. */
const labelled = (values: PaymentStrip['values'], pitch: number): number[] => {
  const bySize = values
    .map((value, index) => ({ index, amount: value?.amount ?? 0 }))
    .filter(({ amount }) => amount > 0)
    .sort((a, b) => b.amount - a.amount || b.index - a.index);
  const newest = bySize.filter(({ index }) => index === values.length - 1);
  const placed: number[] = [];
  for (const { index } of [...newest, ...bySize.slice(0, 2)]) {
    const half = (at: number): number => textWidth(values[at]?.text ?? '', sizes.small, 600) / 2;
    if (placed.every((other) => Math.abs(other - index) * pitch > half(other) + half(index) + 6)) placed.push(index);
  }
  return placed;
};

type Columns = { readonly start: number; readonly pitch: number; readonly floor: number };

/** Hatched where a payment failed for good, so that it is known without its colour. */
const drawColumn = (box: Box, kind: PaymentStrip['kind'], palette: Palette): string =>
  kind === 'failed'
    ? rectangle(box, { fill: palette.failed, 'fill-opacity': 0.25, stroke: palette.failed, 'stroke-width': 1.5 }) +
      stroke(hatch(box, 5), palette.failed, 1.2)
    : rectangle(box, { fill: palette[kind] });

const drawColumns = (
  { kind, values, full }: PaymentStrip,
  { start, pitch, floor }: Columns,
  palette: Palette,
): string => {
  const scale = scaleLinear([0, full > 0 ? full : 1], [0, columnHeight]);
  const shown = labelled(values, pitch);
  const parts = values.map((value, index) => {
    const middle = start + (index + 0.5) * pitch;
    if (value === null) return textAt(middle, floor - 6, 'n/a', { fill: palette.muted, anchor: 'middle' });
    if (value.amount === 0) return '';
    const height = Math.max(1.5, scale(value.amount));
    const box = { x: middle - (pitch * columnShare) / 2, y: floor - height, width: pitch * columnShare, height };
    const column = drawColumn(box, kind, palette);
    if (!shown.includes(index)) return column;
    const half = textWidth(value.text, sizes.small, 600) / 2;
    const newest = emphasis(index === values.length - 1, palette);
    return column + textAt(Math.min(Math.max(middle, half), width - half), floor - height - 5, value.text, newest);
  });
  return parts.join('');
};

const drawStrip = (strip: PaymentStrip, columns: Columns, palette: Palette): string => {
  const { name, unit, values, none } = strip;
  const { floor } = columns;
  const top = floor - columnHeight - head;
  const room = width - textWidth(name, sizes.label, 600) - 16;
  const isEmpty = values.every((value) => value === null || value.amount === 0);
  return [
    textAt(0, top + 14, name, { fill: palette.ink, size: sizes.label, weight: 600 }),
    textAt(width, top + 14, fitted(unit, room, sizes.small), { fill: palette.muted, anchor: 'end' }),
    stroke(pathOf([0, floor], [width, floor]), palette.line, 1),
    isEmpty ? textAt(0, floor - 8, none, { fill: palette.muted }) : drawColumns(strip, columns, palette),
  ].join('');
};

export const drawPaymentColumns = ({ label, months, strips, note }: PaymentColumns, palette: Palette): Drawing => {
  const pitch = width / Math.max(months.length, fewestMonths);
  const start = width - pitch * months.length;
  const bottom = strips.length * stripHeight;
  const told = note === '' ? [] : wrapped(note, width, sizes.small);
  return document(
    { width, height: bottom + 30 + told.length * lineHeight, label, palette },
    ...strips.map((strip, at) =>
      drawStrip(strip, { start, pitch, floor: at * stripHeight + head + columnHeight }, palette),
    ),
    ...months.flatMap(({ name, year }, index) => {
      const style = emphasis(index === months.length - 1, palette);
      const middle = start + (index + 0.5) * pitch;
      return [textAt(middle, bottom + 4, name, style), textAt(middle, bottom + 20, year, style)];
    }),
    ...told.map((line, index) => textAt(0, bottom + 42 + index * lineHeight, line, { fill: palette.muted })),
  );
};
