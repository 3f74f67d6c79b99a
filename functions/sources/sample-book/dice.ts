/** Chance that falls the same way every time: a counter, stirred with integer arithmetic. */

export type Dice = {
  /** A whole number, 0 to `sides` - 1. */
  below(sides: number): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  /** True in `chances` of 10,000 throws. */
  hits(chances: number): boolean;
  pick<T>(things: readonly [T, ...T[]]): T;
  /** The key of one of the weights, as often as its weight says. */
  weighted<K extends string>(weights: Readonly<Record<K, number>>): K;
  /** Letters and digits, as billing systems make ids of. */
  token(length: number): string;
};

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const stir = (value: number): number => {
  const once = Math.imul(value ^ (value >>> 16), 0x7feb352d);
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b);
  return (twice ^ (twice >>> 16)) >>> 0;
};

/** Dice of their own for every list of whole numbers: what one account throws moves no other. */
export const diceFor = (...seeds: readonly number[]): Dice => {
  let state = seeds.reduce((mixed, seed) => stir((mixed ^ seed) + 0x9e3779b9), 0x2545f491);

  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    return stir(state);
  };
  const below = (sides: number): number => next() % sides;

  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    hits: (chances) => below(10_000) < chances,
    pick: (things) => things[below(things.length)] ?? things[0],
    weighted<K extends string>(weights: Readonly<Record<K, number>>): K {
      const entries = Object.entries(weights) as [K, number][];
      let left = below(entries.reduce((total, [, weight]) => total + weight, 0));
      for (const [key, weight] of entries) {
        if (left < weight) return key;
        left -= weight;
      }
      throw new RangeError('weights must be whole and above zero');
    },
    token: (length) => Array.from({ length }, () => letters[below(letters.length)]).join(''),
  };
};
