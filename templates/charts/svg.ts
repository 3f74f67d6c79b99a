/** The few SVG elements that drawings are made of. Everything is a presentation attribute: no style, no id, no script. */
import type { Drawing, Palette } from './drawing.ts';

export type Attributes = Readonly<Record<string, string | number>>;

/** What XML 1.0 cannot carry at all: controls but tab and line ends, lone surrogates, non-characters. */
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as element content or as a double-quoted attribute. */
export const escaped = (raw: string): string =>
  raw.replace(forbidden, '').replace(/[&<>"']/g, (character) => entities[character] ?? '');

/** Hundredths of a pixel: enough for any screen, and the same text everywhere. Throws on a coordinate that is none. */
const coordinate = (value: number): string => {
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no coordinate`);
  return `${Math.round(value * 100) / 100 + 0}`;
};

const attributeText = ([name, value]: [string, string | number]): string =>
  ` ${name}="${typeof value === 'number' ? coordinate(value) : escaped(value)}"`;

/** Children are finished SVG; attributes are escaped here. */
export const element = (name: string, attributes: Attributes, ...children: readonly string[]): string => {
  const head = `${name}${Object.entries(attributes).map(attributeText).join('')}`;
  return children.length === 0 ? `<${head}/>` : `<${head}>${children.join('')}</${name}>`;
};

export type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

export const rectangle = ({ x, y, width, height }: Box, attributes: Attributes): string =>
  element('rect', { x, y, width, height, ...attributes });

/** The path data of a line through points. */
export const pathOf = (...points: readonly (readonly [number, number])[]): string =>
  points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${coordinate(x)},${coordinate(y)}`).join('');

/** A stroke along path data. */
export const stroke = (d: string, colour: string, width: number, attributes: Attributes = {}): string =>
  element('path', { d, fill: 'none', stroke: colour, 'stroke-width': width, ...attributes });

/** The path data of diagonal strokes, `gap` apart, that end at the edges of a box. */
export const hatch = ({ x, y, width, height }: Box, gap: number): string => {
  const strokes: string[] = [];
  for (let along = gap; along < width + height; along += gap) {
    const low = [x + Math.max(0, along - height), y + Math.min(height, along)] as const;
    const high = [x + Math.min(width, along), y + Math.max(0, along - width)] as const;
    strokes.push(pathOf(low, high));
  }
  return strokes.join('');
};

/** One document. `label` says what the picture shows to who does not see it. */
export const document = (
  { width, height, label, palette }: Omit<Drawing, 'svg'> & { readonly label: string; readonly palette: Palette },
  ...children: readonly string[]
): Drawing => ({
  width,
  height,
  svg: element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': label,
      'font-family': 'Inter, system-ui, sans-serif',
    },
    rectangle({ x: 0, y: 0, width, height }, { fill: palette.background }),
    ...children,
  ),
});
