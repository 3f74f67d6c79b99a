/** Bars without pictures: whole percentages of a width, for table cells in a mail and for classes on the page. */
import { Decimal } from 'decimal.js';
import { type Exact, zero } from '../core/money.ts';

/** One cell of a bar: its share of the width, filled or not. */
export type BarCell = {
  readonly width: number;
  readonly fill: 'up' | 'down' | 'even' | 'none';
  readonly colour: string;
};

const colours = { up: '#2f7d62', down: '#c0563f', even: '#7b8796', none: 'transparent' } as const;
const cell = (width: number, fill: BarCell['fill']): BarCell => ({ width, fill, colour: colours[fill] });

/** |value| of the largest, in whole percent; a value that is not zero is always seen. */
const percentOfLargest = (value: Exact, largest: Exact, full: number): number => {
  if (value.isZero() || largest.isZero()) return 0;
  const share = value.abs().div(largest).times(full).toDecimalPlaces(0, Decimal.ROUND_HALF_UP).toNumber();
  return Math.min(full, Math.max(1, share));
};

/** Growth to the right of a middle line, loss to its left: the direction shows without the colour. `even` is neither good nor bad. */
export const divergingBar = (value: Exact, largest: Exact, colouring: 'signed' | 'even' = 'signed'): BarCell[] => {
  const length = percentOfLargest(value, largest, 50);
  const cells = value.isNegative()
    ? [cell(50 - length, 'none'), cell(length, colouring === 'even' ? 'even' : 'down'), cell(50, 'none')]
    : [cell(50, 'none'), cell(length, colouring === 'even' ? 'even' : 'up'), cell(50 - length, 'none')];
  return cells.filter(({ width }) => width > 0);
};

export const largestOf = (values: readonly Exact[]): Exact =>
  values.reduce((largest, value) => (value.abs().greaterThan(largest) ? value.abs() : largest), zero);
