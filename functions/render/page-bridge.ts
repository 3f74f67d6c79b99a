/** The bridge of one window as a table, each movement with its share of the opening book and the movements behind it. */
import { exact } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Bridge, Cause, Movement, Report } from '../core/report.ts';
import { amountText, percentText, shareOf } from './formats.ts';
import { signedAmount, type Tone } from './signed.ts';

export type PageBridgeRow = {
  readonly label: string;
  /** Glossary entry, empty where the label says it all. */
  readonly term: string;
  readonly isBalance: boolean;
  readonly amount: string;
  readonly tone: Tone;
  readonly share: string;
  /** What the movements behind the row are, and what they add up to; empty where no account stands behind it. */
  readonly movement: Movement | '';
  readonly cause: Cause | '';
  readonly value: string;
};

type Line = {
  readonly label: string;
  readonly term: string;
  readonly of: (bridge: Bridge) => string;
  readonly movement: Movement | '';
  readonly cause: Cause | '';
};

const churned = (label: string, cause: Cause, of: Line['of']): Line => ({
  label,
  term: 'causes-of-churn',
  of,
  movement: 'churn',
  cause,
});

/** Losses are positive in the report; here they carry the sign with which they enter the book. */
const lines: readonly Line[] = [
  { label: 'New', term: 'new-and-reactivation', of: (bridge) => bridge.new, movement: 'new', cause: '' },
  {
    label: 'Reactivation',
    term: 'new-and-reactivation',
    of: (bridge) => bridge.reactivation,
    movement: 'reactivation',
    cause: '',
  },
  {
    label: 'Expansion',
    term: 'expansion-and-contraction',
    of: (bridge) => bridge.expansion,
    movement: 'expansion',
    cause: '',
  },
  {
    label: 'Contraction',
    term: 'expansion-and-contraction',
    of: (bridge) => `-${bridge.contraction}`,
    movement: 'contraction',
    cause: '',
  },
  churned('Voluntary churn', 'voluntary', (bridge) => `-${bridge.voluntaryChurn}`),
  churned('Involuntary churn', 'involuntary', (bridge) => `-${bridge.involuntaryChurn}`),
  churned('Paused', 'paused', (bridge) => `-${bridge.pausedChurn}`),
  churned('Unclassified churn', 'unclassified', (bridge) => `-${bridge.unclassifiedChurn}`),
  { label: 'Exchange rates', term: 'constant-currency', of: (bridge) => bridge.fx, movement: '', cause: '' },
];

const balance = (label: string, amount: string): PageBridgeRow => ({
  label,
  term: 'mrr',
  isBalance: true,
  amount: amountText(amount),
  tone: 'flat',
  share: '',
  movement: '',
  cause: '',
  value: '',
});

/** Null where the window does not exist. */
export const pageBridge = (report: Report, window: WindowName): readonly PageBridgeRow[] | null => {
  const bridge = report.windows[window]?.bridge;
  if (bridge === undefined) return null;
  const moved = lines.map(({ label, term, of, movement, cause }): PageBridgeRow => {
    const value = of(bridge);
    // Exchange rates are neither good nor bad news of retention.
    const { plain, tone } = signedAmount(value, movement === '' ? 'neither' : 'up');
    const share = percentText(shareOf(value, bridge.opening));
    const isNothing = exact(value).isZero();
    return {
      label,
      term,
      isBalance: false,
      amount: plain,
      tone,
      share: isNothing ? '' : share,
      movement: isNothing ? '' : movement,
      cause,
      value,
    };
  });
  return [balance('Opening MRR', bridge.opening), ...moved, balance('Closing MRR', bridge.closing)];
};
