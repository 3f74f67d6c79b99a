/** The lines of the bridge, in the order of its sum: what they are called, and the movements behind them. */
import { exact } from '../core/money.ts';
import type { Bridge, Cause, Movement } from '../core/report.ts';

export type BridgeLine = {
  readonly name: keyof Bridge;
  readonly label: string;
  /** What the movements behind the line are; null for balances and exchange rates, which no account stands behind. */
  readonly movement: Movement | null;
  /** Of churn; otherwise null. */
  readonly cause: Cause | null;
  /** With the sign with which it enters the book: losses are positive in the report. */
  readonly of: (bridge: Bridge) => string;
};

const negative = (amount: string): string => (exact(amount).isZero() ? amount : `-${amount}`);

const gained = (name: 'new' | 'reactivation' | 'expansion', label: string): BridgeLine => ({
  name,
  label,
  movement: name,
  cause: null,
  of: (bridge) => bridge[name],
});

const churned = (cause: Cause, label: string): BridgeLine => {
  const name = `${cause}Churn` as const;
  return { name, label, movement: 'churn', cause, of: (bridge) => negative(bridge[name]) };
};

const unmoved = (name: 'opening' | 'fx' | 'closing', label: string): BridgeLine => ({
  name,
  label,
  movement: null,
  cause: null,
  of: (bridge) => bridge[name],
});

/** What lies between the two balances. */
export const bridgeMovements: readonly BridgeLine[] = [
  gained('new', 'New'),
  gained('reactivation', 'Reactivation'),
  gained('expansion', 'Expansion'),
  {
    name: 'contraction',
    label: 'Contraction',
    movement: 'contraction',
    cause: null,
    of: ({ contraction }) => negative(contraction),
  },
  churned('voluntary', 'Voluntary churn'),
  churned('involuntary', 'Involuntary churn'),
  churned('paused', 'Paused'),
  churned('unclassified', 'Unclassified churn'),
  unmoved('fx', 'Exchange rates'),
];

export const openingLine = unmoved('opening', 'Opening MRR');
export const closingLine = unmoved('closing', 'Closing MRR');

/** All of them: the opening and all lines down to exchange rates add up to the closing. */
export const bridgeLines: readonly BridgeLine[] = [openingLine, ...bridgeMovements, closingLine];

/** Exchange rates are neither good nor bad news of retention. */
export const betterOf = ({ name }: BridgeLine): 'up' | 'neither' => (name === 'fx' ? 'neither' : 'up');
