/** Segments by month as a table that is coloured: every cell has its figure, so that the colour only repeats it. */
import type { Drawing, Palette } from './drawing.ts';
import { type Box, document, hatch, rectangle, stroke } from './svg.ts';
import { centred, fitted, sizes, textAt, textWidth, type Weight, widerFont } from './text.ts';

/** How far from even: 1 and 2 above it, −1 and −2 below; `faint` has too few accounts for a colour to mean anything. */
export type Heat = -2 | -1 | 1 | 2 | 'faint';
export type HeatCell = { readonly text: string; readonly heat: Heat };

export type HeatRow = {
  readonly name: string;
  /** One a month before the newest, oldest first; null where the segment had no account. */
  readonly cells: readonly (HeatCell | null)[];
  /** The newest month's figure in full. */
  readonly newest: HeatCell | null;
};

export type HeatMap = {
  readonly label: string;
  /** Oldest first, the newest last: the name, and the year where one begins. */
  readonly months: readonly { readonly name: string; readonly year: string }[];
  readonly groups: readonly { readonly name: string; readonly rows: readonly HeatRow[] }[];
  readonly legend: readonly HeatCell[];
  /** What is not drawn, or empty. */
  readonly more: string;
};

const cellWidth = 27;
const newestWidth = 54;
const rowHeight = 24;
const groupHeight = 30;
const groupGap = 4;
const header = 32;
const narrowest = 480;
const fewestMonths = 6;
/** What names get at least, where 12 months take 480 pixels, and at most, where they are cut. */
const nameRoom = { least: 129, most: 270 };

const roomForNames = (names: readonly string[]): number =>
  Math.min(
    nameRoom.most,
    Math.max(nameRoom.least, ...names.map((name) => textWidth(name, sizes.label) * widerFont + 8)),
  );

/** How many months a drawing of `width` has room for beside these names; never fewer than six. */
export const monthsThatFit = (names: readonly string[], width: number): number =>
  Math.max(fewestMonths, 1 + Math.floor((width - roomForNames(names) - newestWidth) / cellWidth));

/** How much of the colour a step takes; the ink on it stays readable on light and dark. */
export const heatOpacity = { weak: 0.22, strong: 0.5, faint: 0.35 } as const;

const filled = (box: Box, heat: Heat, palette: Palette): string => {
  if (heat === 'faint') {
    return (
      rectangle(box, { fill: palette.line, 'fill-opacity': heatOpacity.faint, rx: 2 }) +
      stroke(hatch(box, 6), palette.line, 1)
    );
  }
  const opacity = Math.abs(heat) === 2 ? heatOpacity.strong : heatOpacity.weak;
  return rectangle(box, { fill: heat > 0 ? palette.gain : palette.loss, 'fill-opacity': opacity, rx: 2 });
};

const drawCell = (column: Box, cell: HeatCell | null, weight: Weight, palette: Palette): string => {
  if (cell === null) return '';
  const { x, y, width, height } = column;
  const style = { fill: cell.heat === 'faint' ? palette.muted : palette.ink, weight, anchor: 'middle' } as const;
  return (
    filled({ x: x + 1, y: y + 1, width: width - 2, height: height - 2 }, cell.heat, palette) +
    textAt(x + width / 2, centred(y + height / 2, sizes.small), cell.text, style)
  );
};

const swatch = 12;

/** Swatches with their words, in as many lines as they need, and where they end. */
const drawLegend = (legend: HeatMap['legend'], top: number, width: number, palette: Palette): [string, number] => {
  let x = 0;
  let y = top;
  const parts = legend.map(({ text, heat }) => {
    const needed = swatch + 6 + textWidth(text, sizes.small);
    if (x > 0 && x + needed > width) {
      x = 0;
      y += 20;
    }
    const drawn =
      filled({ x, y, width: swatch, height: swatch }, heat, palette) +
      textAt(x + swatch + 6, y + 10, text, { fill: palette.muted });
    x += needed + 16;
    return drawn;
  });
  return [parts.join(''), y + 20];
};

/** 480 pixels wide, or as wide as its months and names need. */
export const drawHeatMap = ({ label, months, groups, legend, more }: HeatMap, palette: Palette): Drawing => {
  const names = groups.flatMap(({ rows }) => rows.map(({ name }) => name));
  const columns = Math.max(0, months.length - 1) * cellWidth + newestWidth;
  const width = Math.max(narrowest, Math.ceil(roomForNames(names) + columns));
  const left = width - columns;
  const column = (index: number, y: number): Box => {
    const isNewest = index === months.length - 1;
    return { x: left + index * cellWidth, y, width: isNewest ? newestWidth : cellWidth, height: rowHeight };
  };
  const parts = months.flatMap(({ name, year }, index) => {
    const isNewest = index === months.length - 1;
    const box = column(index, 0);
    const style = {
      fill: isNewest ? palette.ink : palette.muted,
      weight: isNewest ? 600 : 400,
      anchor: 'middle',
    } as const;
    return [12, 29].map((y, line) => textAt(box.x + box.width / 2, y, line === 0 ? year : name, style));
  });
  let y = header;
  for (const { name, rows } of groups) {
    const heading = { fill: palette.ink, size: sizes.label, weight: 600 } as const;
    parts.push(textAt(0, y + 20, fitted(name, width, sizes.label, 600), heading));
    y += groupHeight;
    for (const row of rows) {
      const style = { fill: palette.ink, size: sizes.label };
      parts.push(
        textAt(
          0,
          centred(y + rowHeight / 2, sizes.label),
          fitted(row.name, (left - 7) / widerFont, sizes.label),
          style,
        ),
      );
      for (const [index, cell] of row.cells.entries()) parts.push(drawCell(column(index, y), cell, 400, palette));
      parts.push(drawCell(column(months.length - 1, y), row.newest, 600, palette));
      y += rowHeight;
    }
    y += groupGap;
  }
  const [drawnLegend, end] = drawLegend(legend, y + 10, width, palette);
  parts.push(drawnLegend);
  if (more !== '') parts.push(textAt(0, end + 11, more, { fill: palette.muted }));
  return document({ width, height: end + (more === '' ? 0 : 20), label, palette }, ...parts);
};
