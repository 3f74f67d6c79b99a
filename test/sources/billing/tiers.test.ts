/** Prices in tiers, worked out by hand: at their bounds, in any order, and where the last one ends too early. */
import { expect, it } from 'vitest';
import { Exact } from '../../../functions/core/money.ts';
import { byVolume, graduated, type Tier } from '../../../functions/sources/billing/tiers.ts';

const tier = (end: number | null, price: string | null): Tier => ({
  end: end === null ? null : new Exact(end),
  cost: (units) => (price === null ? null : units.times(price)),
});
const tiers = [tier(null, '1'), tier(20, '2.5'), tier(10, '4')];

it.each([
  [0, '0', '0'],
  [9.5, '38', '38'],
  [10, '40', '40'],
  [11, '42.5', '27.5'],
  [20, '65', '50'],
  [25, '70', '25'],
])('%s units: %s graduated, %s by volume', (units, inEach, all) => {
  expect(graduated(tiers, new Exact(units))?.toFixed()).toBe(inEach);
  expect(byVolume(tiers, new Exact(units))?.toFixed()).toBe(all);
});

it('more units than the last tier has are without a price', () => {
  const bounded = tiers.slice(1);
  expect([graduated(bounded, new Exact(21)), byVolume(bounded, new Exact(21))]).toEqual([null, null]);
  expect(byVolume(bounded, new Exact(20))?.toFixed()).toBe('50');
});

it('a tier without a price leaves what reaches into it without one', () => {
  const open = [tier(10, '4'), tier(null, null)];
  expect([graduated(open, new Exact(11)), byVolume(open, new Exact(11))]).toEqual([null, null]);
  expect(graduated(open, new Exact(10))?.toFixed()).toBe('40');
});
