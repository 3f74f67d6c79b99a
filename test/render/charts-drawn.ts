/** Reads a drawing back: its texts with the boxes they take, its bars, its paths. */
import { Resvg } from '@resvg/resvg-js';
import { expect } from 'vitest';
import type { Report } from '../../functions/core/report.ts';
import { lightPalette } from '../../functions/render/chart-palettes.ts';
import { type Chart, type ChartName, chartsOf } from '../../functions/render/charts.ts';
import type { Drawing } from '../../templates/charts/drawing.ts';
import { textWidth, widerFont } from '../../templates/charts/text.ts';

export type Drawn = {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly text: string;
};

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const plain = (raw: string) => raw.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? '');

/** Every element without children, in the order drawn. */
export const elementsOf = ({ svg }: Drawing): Drawn[] =>
  [...svg.matchAll(/<(rect|path|circle|text)((?: [\w:-]+="[^"]*")*)(?:\/>|>([^<]*)<\/text>)/g)].map(
    ([, name = '', attributes = '', text = '']) => ({
      name,
      text: plain(text),
      attributes: Object.fromEntries(
        [...attributes.matchAll(/ ([\w:-]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, plain(value)]),
      ),
    }),
  );

export type Box = {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};

/** The room of each text: its advance widths, from the capitals' height down to just below the baseline. */
export const textBoxes = (drawing: Drawing, stretch = 1): Box[] =>
  elementsOf(drawing)
    .filter(({ name }) => name === 'text')
    .map(({ text, attributes }) => {
      const size = Number(attributes['font-size']);
      const width = stretch * textWidth(text, size, attributes['font-weight'] === '600' ? 600 : 400);
      const x = Number(attributes.x);
      const left =
        attributes['text-anchor'] === 'end' ? x - width : attributes['text-anchor'] === 'middle' ? x - width / 2 : x;
      const y = Number(attributes.y);
      return { text, left, right: left + width, top: y - size * 0.73, bottom: y + size * 0.1 };
    });

export type Bar = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly fill: string;
};

/** Rectangles but the background. */
export const barsOf = (drawing: Drawing): Bar[] =>
  elementsOf(drawing)
    .filter(({ name }) => name === 'rect')
    .slice(1)
    .map(({ attributes: { x, y, width, height, fill = '' } }) => ({
      x: Number(x),
      y: Number(y),
      width: Number(width),
      height: Number(height),
      fill,
    }));

export const textsOf = (drawing: Drawing): string[] => textBoxes(drawing).map(({ text }) => text);

export const chartNamed = (charts: readonly Chart[], name: ChartName): Chart => {
  const chart = charts.find((candidate) => candidate.name === name);
  if (chart === undefined) throw new Error(`there is no chart ${name}`);
  return chart;
};

/** A chart of a report's year. */
export const chartOf = (report: Report, name: ChartName): Chart => chartNamed(chartsOf(report, 'ttm'), name);

export const drawn = (report: Report, name: ChartName): Drawing => chartOf(report, name).draw(lightPalette);

/** Parsed by an XML parser that forgives nothing, self-contained, and with every text inside, and apart from the others even in a wider font. */
export const expectSound = (drawing: Drawing): void => {
  const { svg, width, height } = drawing;
  expect(() => new Resvg(svg, { font: { loadSystemFonts: false } })).not.toThrow();
  const markup = svg.replace(/>[^<]*</g, '><').replace(/aria-label="[^"]*"/, '');
  const banned = / (?:style|id|class|href|on\w+)=|<(?:script|style|image|use|foreignObject)|url\(|NaN|undefined/g;
  expect(markup.match(banned)).toBeNull();
  expect(markup.match(/https?:[^"]*/g)).toEqual(['http://www.w3.org/2000/svg']);
  const boxes = textBoxes(drawing);
  const outside = boxes.filter(
    (box) => box.left < -0.5 || box.right > width + 0.5 || box.top < 0 || box.bottom > height,
  );
  expect(outside).toEqual([]);
  const wider = textBoxes(drawing, widerFont);
  const touching = wider.flatMap((one, index) =>
    wider
      .slice(index + 1)
      .filter(
        (other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom,
      )
      .map((other) => [one.text, other.text]),
  );
  expect(touching).toEqual([]);
  for (const { attributes } of elementsOf(drawing)) {
    if (attributes['font-size'] !== undefined) expect(Number(attributes['font-size'])).toBeGreaterThanOrEqual(12);
  }
};
