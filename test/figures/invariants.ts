/** What holds for the figures of every book, whatever is in it. */
import { Decimal } from 'decimal.js';
import { expect } from 'vitest';
import type { Report } from '../../functions/core/report.ts';

const Money = Decimal.clone({ precision: 60 });
const added = (amounts: readonly string[]) => amounts.reduce((sum, amount) => sum.plus(amount), new Money(0));

const additive = [
  'openingAccounts',
  'closingAccounts',
  'openingMrr',
  'closingMrr',
  'retainedMrr',
  'expansionMrr',
  'contractionMrr',
  'churnMrr',
  'voluntaryChurnMrr',
  'involuntaryChurnMrr',
  'pausedChurnMrr',
  'unclassifiedChurnMrr',
] as const;

export const expectInvariants = (report: Report): void => {
  for (const [name, window] of Object.entries(report.windows)) {
    if (window === null) continue;
    const { bridge, total } = window;
    const { voluntaryChurn, involuntaryChurn, pausedChurn, unclassifiedChurn } = bridge;
    const up = added([bridge.opening, bridge.new, bridge.reactivation, bridge.expansion, bridge.fx]);
    const down = added([bridge.contraction, voluntaryChurn, involuntaryChurn, pausedChurn, unclassifiedChurn]);
    expect(up.minus(down).toString(), 'the bridge closes to the cent').toBe(new Money(bridge.closing).toString());
    for (const [figure, value] of Object.entries(bridge))
      if (figure !== 'fx') expect(value, `${figure} is no negative number`).not.toContain('-');

    if (total.ndr !== null && total.grr !== null) {
      expect(new Money(total.grr).lessThanOrEqualTo(Money.min(total.ndr, 1)), 'GRR <= min(NDR, 1)').toBe(true);
      expect(new Money(total.ndrExInvoluntary ?? '').greaterThanOrEqualTo(total.ndr)).toBe(true);
    }

    const segments = report.segments.filter((segment) => segment.window === name);
    for (const dimension of new Set(segments.map((segment) => segment.dimension)))
      for (const figure of additive) {
        const rows = segments.filter((segment) => segment.dimension === dimension);
        const sum = added(rows.map((row) => `${row[figure]}`));
        expect(sum.toString(), `${figure} of ${dimension} adds up`).toBe(new Money(total[figure]).toString());
      }
  }
};
