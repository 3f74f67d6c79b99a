/** From sums by movement and cause to the figures of a window. SQL sums, this divides. */
import { type Exact, exact, moneyText, ratioText, sum, zero } from './money.ts';
import type { Bridge, Retention } from './report.ts';

/** Sums over the accounts of one movement and cause. Amounts in constant currency unless they say otherwise. */
export type Cell = {
  /** `new`, `reactivation`, `expansion`, `contraction`, `churn`, or `none` for an account that did not move. */
  readonly movement: string;
  /** The cause of a churn, `none` for everything else. */
  readonly cause: string;
  readonly accounts: number;
  /** Those with an opening amount. */
  readonly openingAccounts: number;
  readonly opening: Exact;
  readonly closing: Exact;
  readonly closingAtClosingRates: Exact;
};

const inCohort = ({ movement }: Cell) => movement !== 'new' && movement !== 'reactivation';

const total = (cells: readonly Cell[], of: (cell: Cell) => Exact): Exact => sum(cells.map(of));

const moved = (cells: readonly Cell[], movement: string): Exact =>
  total(
    cells.filter((cell) => cell.movement === movement),
    ({ opening, closing }) => closing.minus(opening).abs(),
  );

const churned = (cells: readonly Cell[], cause: string): Exact =>
  moved(
    cells.filter((cell) => cell.cause === cause),
    'churn',
  );

const accounts = (cells: readonly Cell[]): number => cells.reduce((count, cell) => count + cell.openingAccounts, 0);

/** Min(opening, closing) of each account: known from its movement, so the sums suffice. */
const retained = ({ movement, opening, closing }: Cell): Exact => {
  if (movement === 'churn') return zero;
  return movement === 'contraction' ? closing : opening;
};

/**
 * The retention figures of a set of accounts, `decimals` being the reporting currency's.
 *
 * NDR = closing / opening of the cohort; GRR = Σ min(opening, closing) / Σ opening, account by account. A ratio over
 * an empty cohort is null.
 */
export const retentionOf = (cells: readonly Cell[], decimals: number): Retention => {
  const cohort = cells.filter(inCohort);
  const opening = total(cohort, (cell) => cell.opening);
  const closing = total(cohort, (cell) => cell.closing);
  const retainedMrr = total(cohort, retained);
  const involuntary = churned(cohort, 'involuntary');
  const openingAccounts = accounts(cohort);
  const closingAccounts = accounts(cohort.filter(({ movement }) => movement !== 'churn'));
  const money = (amount: Exact) => moneyText(amount, decimals);
  return {
    openingAccounts,
    closingAccounts,
    openingMrr: money(opening),
    closingMrr: money(closing),
    retainedMrr: money(retainedMrr),
    expansionMrr: money(moved(cohort, 'expansion')),
    contractionMrr: money(moved(cohort, 'contraction')),
    churnMrr: money(moved(cohort, 'churn')),
    voluntaryChurnMrr: money(churned(cohort, 'voluntary')),
    involuntaryChurnMrr: money(involuntary),
    pausedChurnMrr: money(churned(cohort, 'paused')),
    unclassifiedChurnMrr: money(churned(cohort, 'unclassified')),
    ndr: ratioText(closing, opening),
    grr: ratioText(retainedMrr, opening),
    ndrExInvoluntary: ratioText(closing.plus(involuntary), opening),
    logoRetention: ratioText(exact(`${closingAccounts}`), exact(`${openingAccounts}`)),
  };
};

/** The bridge of the whole book, every account and not just the cohort. */
export const bridgeOf = (cells: readonly Cell[], decimals: number): Bridge => {
  const money = (amount: Exact) => moneyText(amount, decimals);
  return {
    opening: money(total(cells, (cell) => cell.opening)),
    new: money(moved(cells, 'new')),
    reactivation: money(moved(cells, 'reactivation')),
    expansion: money(moved(cells, 'expansion')),
    contraction: money(moved(cells, 'contraction')),
    voluntaryChurn: money(churned(cells, 'voluntary')),
    involuntaryChurn: money(churned(cells, 'involuntary')),
    pausedChurn: money(churned(cells, 'paused')),
    unclassifiedChurn: money(churned(cells, 'unclassified')),
    fx: money(total(cells, (cell) => cell.closingAtClosingRates.minus(cell.closing))),
    closing: money(total(cells, (cell) => cell.closingAtClosingRates)),
  };
};

/** What the bridge's lines say the closing book must be. */
export const bridgeClosing = (bridge: Bridge): Exact =>
  sum([bridge.opening, bridge.new, bridge.reactivation, bridge.expansion, bridge.fx].map(exact)).minus(
    sum(
      [
        bridge.contraction,
        bridge.voluntaryChurn,
        bridge.involuntaryChurn,
        bridge.pausedChurn,
        bridge.unclassifiedChurn,
      ].map(exact),
    ),
  );
