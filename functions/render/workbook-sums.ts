/** Sums over the ledger, whole minor units: what the formulas of the workbook come to, told beside them. */
import { type Exact, exact } from '../core/money.ts';
import type { Cause, Movement } from '../core/report.ts';
import type { LedgerRow } from './ledger.ts';

export type LedgerSums = {
  /** Σ delta of a movement, of one cause where it is given. Signed: what was lost is negative. */
  readonly delta: (movement: Movement, cause?: Cause | null) => Exact;
  readonly accounts: (movement: Movement) => number;
  /** Σ delta of a movement inside a segment of the dimension with this index. */
  readonly segmentDelta: (dimension: number, segment: string, movement: Movement) => Exact;
  /** The segments of that dimension, each once. */
  readonly segments: (dimension: number) => string[];
};

/** Σ delta and number of accounts of some rows. `recent` is a whole number too small to be inexact; `earlier` the rest. */
type Moved = { earlier: bigint; recent: number; accounts: number };

const digitsAlwaysExact = 15;
const recentLimit = 2 ** 52;

/** "-12.5" with two decimals is -1250. Throws RangeError where the amount has more decimals than the currency. */
const minorUnits = (amount: string, decimals: number): number | bigint => {
  const point = amount.indexOf('.');
  const fraction = point < 0 ? 0 : amount.length - point - 1;
  if (fraction > decimals) throw new RangeError(`${amount} has more than ${decimals} decimals`);
  const digits =
    (point < 0 ? amount : amount.slice(0, point) + amount.slice(point + 1)) + '0'.repeat(decimals - fraction);
  return digits.length <= digitsAlwaysExact ? parseInt(digits, 10) : BigInt(digits);
};

const add = (sum: Moved, delta: number | bigint): void => {
  sum.accounts += 1;
  if (typeof delta === 'bigint') sum.earlier += delta;
  else sum.recent += delta;
  if (Math.abs(sum.recent) < recentLimit) return;
  sum.earlier += BigInt(sum.recent);
  sum.recent = 0;
};

/** Finds the sum of a key, new and empty where there is none. */
const sumOf = (sums: Map<string, Moved>, key: string): Moved => {
  const known = sums.get(key);
  if (known !== undefined) return known;
  const sum = { earlier: 0n, recent: 0, accounts: 0 };
  sums.set(key, sum);
  return sum;
};

type ByMovement = Map<string, Moved>;

/** Adds up the rows of one window once. */
export const ledgerSums = (rows: readonly LedgerRow[], dimensions: number, decimals: number): LedgerSums => {
  const all: ByMovement = new Map();
  const causes = new Map<string, ByMovement>();
  const bySegment = Array.from({ length: dimensions }, () => new Map<string, ByMovement>());
  const within = (sums: Map<string, ByMovement>, key: string): ByMovement => {
    const known = sums.get(key);
    if (known !== undefined) return known;
    const inner: ByMovement = new Map();
    sums.set(key, inner);
    return inner;
  };
  for (const { movement, cause, deltaMrr, segments } of rows) {
    const delta = minorUnits(deltaMrr, decimals);
    add(sumOf(all, movement), delta);
    if (cause !== null) add(sumOf(within(causes, cause), movement), delta);
    for (let index = 0; index < dimensions; index += 1) {
      const sums = bySegment[index];
      if (sums !== undefined) add(sumOf(within(sums, segments[index] ?? ''), movement), delta);
    }
  }
  const unit = exact(`1${'0'.repeat(decimals)}`);
  const money = (moved: Moved | undefined): Exact =>
    exact(`${moved === undefined ? 0n : moved.earlier + BigInt(moved.recent)}`).div(unit);
  return {
    delta: (movement, cause = null) => money((cause === null ? all : causes.get(cause))?.get(movement)),
    accounts: (movement) => all.get(movement)?.accounts ?? 0,
    segmentDelta: (dimension, segment, movement) => money(bySegment[dimension]?.get(segment)?.get(movement)),
    segments: (dimension) => [...(bySegment[dimension]?.keys() ?? [])],
  };
};
