/** Sums over the ledger, whole minor units: what the formulas of the workbook come to, told beside them. */
import { type Exact, exact } from '../core/money.ts';
import type { Cause, Movement } from '../core/report.ts';
import type { LedgerRow } from './ledger.ts';

/** Σ delta and number of accounts of some rows. */
type Moved = { delta: bigint; accounts: number };

export type LedgerSums = {
  /** Σ delta of a movement, of one cause where it is given. Signed: what was lost is negative. */
  readonly delta: (movement: Movement, cause?: Cause) => Exact;
  readonly accounts: (movement: Movement) => number;
  /** Σ delta of a movement inside a segment of the dimension with this index. */
  readonly segmentDelta: (dimension: number, segment: string, movement: Movement) => Exact;
};

/** "-12.5" with two decimals is -1250n. Throws RangeError where the amount has more decimals than the currency. */
const minorUnits = (amount: string, decimals: number): bigint => {
  const [whole = '', fraction = ''] = amount.split('.');
  if (fraction.length > decimals) throw new RangeError(`${amount} has more than ${decimals} decimals`);
  return BigInt(`${whole}${fraction.padEnd(decimals, '0')}`);
};

const add = (sums: Map<string, Moved>, key: string, delta: bigint): void => {
  const sum = sums.get(key);
  if (sum === undefined) {
    sums.set(key, { delta, accounts: 1 });
    return;
  }
  sum.delta += delta;
  sum.accounts += 1;
};

/** Adds up the rows of one window once. */
export const ledgerSums = (rows: readonly LedgerRow[], dimensions: number, decimals: number): LedgerSums => {
  const byMovement = new Map<string, Moved>();
  const bySegment = Array.from({ length: dimensions }, () => new Map<string, Map<string, Moved>>());
  for (const { movement, cause, deltaMrr, segments } of rows) {
    const delta = minorUnits(deltaMrr, decimals);
    add(byMovement, movement, delta);
    if (cause !== null) add(byMovement, `${movement} ${cause}`, delta);
    for (const [index, sums] of bySegment.entries()) {
      const segment = segments[index] ?? '';
      const ofSegment = sums.get(segment) ?? new Map<string, Moved>();
      sums.set(segment, ofSegment);
      add(ofSegment, movement, delta);
    }
  }
  const unit = exact(`1${'0'.repeat(decimals)}`);
  const money = (moved: Moved | undefined): Exact => exact(`${moved?.delta ?? 0n}`).div(unit);
  return {
    delta: (movement, cause) => money(byMovement.get(cause === undefined ? movement : `${movement} ${cause}`)),
    accounts: (movement) => byMovement.get(movement)?.accounts ?? 0,
    segmentDelta: (dimension, segment, movement) => money(bySegment[dimension]?.get(segment)?.get(movement)),
  };
};
