/** Segments by month as a table that is coloured: every cell has its figure, so that the colour only repeats it. */
import type { Drawing, Palette } from './drawing.ts';
import { document, hatch, rectangle, stroke } from './svg.ts';
import { centred, fitted, sizes, textAt, textWidth } from './text.ts';

/** How far from even: 1 and 2 above it, −1 and −2 below; `faint` has too few accounts for a colour to mean anything. */
export type HeatCell = { readonly text: string; readonly heat: -2 | -1 | 1 | 2 | 'faint' };

export type HeatRow = {
  readonly name: string;
  /** One a month, oldest first; null where the segment had no account. */
  readonly cells: readonly (HeatCell | null)[];
  /** The newest month's figure in full. */
  readonly newest: HeatCell | null;
};

export type HeatMap = {
  readonly label: string;
  /** Months before the newest, oldest first: the name, and the year where one begins. */
  readonly months: readonly { readonly name: string; readonly year: string }[];
  readonly newestMonth: { readonly name: string; readonly year: string };
  readonly groups: readonly { readonly name: string; readonly rows: readonly HeatRow[] }[];
  readonly legend: readonly { readonly text: string; readonly heat: HeatCell['heat'] }[];
  /** What is not drawn, or empty. */
  readonly more: string;
};

const cellWidth = 27;
const newestWidth = 58;
const rowHeight = 24;
const groupHeight = 30;
const header = 38;

/** How much of the colour a step takes; the ink on it stays readable on light and dark. */
export const heatOpacity = { 1: 0.22, 2: 0.5 } as const;

const fillOf = (heat: HeatCell['heat'], palette: Palette): { fill: string; 'fill-opacity': number } =>
  heat === 'faint'
    ? { fill: palette.line, 'fill-opacity': 0.35 }
    : { fill: heat > 0 ? palette.gain : palette.loss, 'fill-opacity': heatOpacity[heat === 2 || heat === -2 ? 2 : 1] };

/** The drawing is as wide as its months need, and never narrower than the others. */
export const drawHeatMap = (
  { label, months, newestMonth, groups, legend, more }: HeatMap,
  palette: Palette,
): Drawing => {
  const width = Math.max(480, 150 + months.length * cellWidth + newestWidth);
  const left = width - newestWidth - months.length * cellWidth;
  const cell = (x: number, y: number, room: number, found: HeatCell | null, weight: 400 | 600): string => {
    if (found === null) return '';
    const box = { x: x + 1, y: y + 1, width: room - 2, height: rowHeight - 2 };
    return [
      rectangle(box, { ...fillOf(found.heat, palette), rx: 2 }),
      found.heat === 'faint' ? stroke(hatch(box, 6), palette.line, 1) : '',
      textAt(x + room / 2, centred(y + rowHeight / 2, sizes.small), found.text, {
        fill: found.heat === 'faint' ? palette.muted : palette.ink,
        weight,
        anchor: 'middle',
      }),
    ].join('');
  };
  const parts: string[] = [];
  const heading = (x: number, { name, year }: HeatMap['newestMonth'], weight: 400 | 600): void => {
    const fill = weight === 600 ? palette.ink : palette.muted;
    parts.push(textAt(x, 30, name, { fill, weight, anchor: 'middle' }));
    if (year !== '') parts.push(textAt(x, 13, year, { fill, weight, anchor: 'middle' }));
  };
  for (const [index, month] of months.entries()) heading(left + (index + 0.5) * cellWidth, month, 400);
  heading(width - newestWidth / 2, newestMonth, 600);

  let y = header;
  for (const group of groups) {
    parts.push(
      textAt(0, y + 20, fitted(group.name, left - 8, sizes.label, 600), {
        fill: palette.ink,
        size: sizes.label,
        weight: 600,
      }),
    );
    y += groupHeight;
    for (const row of group.rows) {
      parts.push(
        textAt(0, centred(y + rowHeight / 2, sizes.label), fitted(row.name, left - 8, sizes.label), {
          fill: palette.ink,
          size: sizes.label,
        }),
        ...row.cells.map((found, index) => cell(left + index * cellWidth, y, cellWidth, found, 400)),
        cell(width - newestWidth, y, newestWidth, row.newest, 600),
      );
      y += rowHeight;
    }
    y += 4;
  }
  y += 8;
  let x = 0;
  for (const { text, heat } of legend) {
    const needed = 18 + textWidth(text, sizes.small);
    if (x > 0 && x + needed > width) {
      x = 0;
      y += 20;
    }
    const box = { x, y: y + 1, width: 12, height: 12 };
    parts.push(
      rectangle(box, { ...fillOf(heat, palette), rx: 2 }),
      heat === 'faint' ? stroke(hatch(box, 6), palette.line, 1) : '',
      textAt(x + 18, y + 11, text, { fill: palette.muted }),
    );
    x += needed + 16;
  }
  y += 20;
  if (more !== '') parts.push(textAt(0, y + 11, more, { fill: palette.muted }));
  return document({ width, height: y + (more === '' ? 0 : 20), label, palette }, ...parts);
};
