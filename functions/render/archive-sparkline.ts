/** A small line of NDR over the months: coordinates for an SVG, and what the line shows in words. */
import { type Exact, exact } from '../core/money.ts';
import { percentText, shortMonth } from './formats.ts';

export type TrendPoint = { readonly month: string; readonly ndr: string | null };
type Known = { readonly month: string; readonly ndr: Exact };

export type Sparkline = {
  readonly width: number;
  readonly height: number;
  /** Path data; a month without NDR is a gap. */
  readonly line: string;
  /** The same, closed along 100%: what lies between is the growth or the loss. */
  readonly area: string;
  /** Where 100% is. */
  readonly even: string;
  readonly end: { readonly x: string; readonly y: string };
  readonly words: string;
};

const one = exact('1');
const leastSpan = exact('0.1');

/** Pixels are the only floats here: one decimal, the same text for the same number. */
const pixel = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

/** A whole stretch of known months, as path data. */
type Stretch = readonly { readonly x: number; readonly y: number }[];

const pathOf = (stretch: Stretch): string =>
  stretch.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${pixel(x)} ${pixel(y)}`).join('');

const wordsOf = (points: readonly TrendPoint[], known: readonly [Known, ...Known[]]): string => {
  const [first] = known;
  const last = known.at(-1) ?? first;
  if (known.length === 1) return `NDR ${percentText(first.ndr)} in ${shortMonth(first.month)}; no earlier month`;
  const lowest = known.reduce((low, point) => (point.ndr.lessThan(low.ndr) ? point : low));
  const highest = known.reduce((high, point) => (point.ndr.greaterThan(high.ndr) ? point : high));
  const told = ({ month, ndr }: Known) => `${percentText(ndr)} in ${shortMonth(month)}`;
  const gaps = points.length > known.length ? '; some months have none' : '';
  return `NDR from ${told(first)} to ${told(last)}; lowest ${told(lowest)}, highest ${told(highest)}${gaps}`;
};

/**
 * NDR of the points in a box of pixels. The scale holds 100% and at least ten points of it, so that a quiet year looks
 * quiet. Null when no month has an NDR.
 */
export const sparkline = (points: readonly TrendPoint[], width: number, height: number): Sparkline | null => {
  const known = points.flatMap(({ month, ndr }) => (ndr === null ? [] : [{ month, ndr: exact(ndr) }]));
  const [first, ...rest] = known;
  if (first === undefined) return null;
  const values = [one, ...known.map(({ ndr }) => ndr)];
  const low = values.reduce((least, value) => (value.lessThan(least) ? value : least));
  const high = values.reduce((most, value) => (value.greaterThan(most) ? value : most));
  const span = high.minus(low);
  const total = span.lessThan(leastSpan) ? leastSpan : span;
  const bottom = low.minus(total.minus(span).div(2));
  const edge = 4;
  const yOf = (value: Exact) => height - edge - value.minus(bottom).div(total).toNumber() * (height - 2 * edge);
  const step = points.length > 1 ? (width - 2 * edge) / (points.length - 1) : 0;
  const placed = points.map(({ ndr }, at) =>
    ndr === null ? null : { x: points.length > 1 ? edge + at * step : width - edge, y: yOf(exact(ndr)) },
  );
  const stretches: { x: number; y: number }[][] = [[]];
  for (const place of placed) {
    if (place === null) stretches.push([]);
    else stretches.at(-1)?.push(place);
  }
  const drawn = stretches.filter((stretch) => stretch.length > 0);
  const even = yOf(one);
  const end = drawn.at(-1)?.at(-1) ?? { x: width - edge, y: even };
  return {
    width,
    height,
    line: drawn.map(pathOf).join(''),
    area: drawn
      .filter((stretch) => stretch.length > 1)
      .map(
        (stretch) =>
          `${pathOf(stretch)}L${pixel(stretch.at(-1)?.x ?? 0)} ${pixel(even)}L${pixel(stretch[0]?.x ?? 0)} ${pixel(even)}Z`,
      )
      .join(''),
    even: pixel(even),
    end: { x: pixel(end.x), y: pixel(end.y) },
    words: wordsOf(points, [first, ...rest]),
  };
};
