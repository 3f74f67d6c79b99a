/** The bridge of one window as a table, each movement with its share of the opening book and the movements behind it. */
import { exact } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Bridge, Cause, Movement, Report } from '../core/report.ts';
import { type BridgeLine, betterOf, bridgeMovements, closingLine, openingLine } from './bridge-lines.ts';
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

const termOf = ({ movement }: BridgeLine): string => {
  if (movement === null) return 'constant-currency';
  if (movement === 'churn') return 'causes-of-churn';
  return movement === 'new' || movement === 'reactivation' ? 'new-and-reactivation' : 'expansion-and-contraction';
};

const balance = ({ label, of }: BridgeLine, bridge: Bridge): PageBridgeRow => ({
  label,
  term: 'mrr',
  isBalance: true,
  amount: amountText(of(bridge)),
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
  const moved = bridgeMovements.map((line): PageBridgeRow => {
    const { label, movement, cause } = line;
    const value = line.of(bridge);
    const { plain, tone } = signedAmount(value, betterOf(line));
    const share = percentText(shareOf(value, bridge.opening));
    const isNothing = exact(value).isZero();
    return {
      label,
      term: termOf(line),
      isBalance: false,
      amount: plain,
      tone,
      share: isNothing ? '' : share,
      movement: isNothing ? '' : (movement ?? ''),
      cause: cause ?? '',
      value,
    };
  });
  return [balance(openingLine, bridge), ...moved, balance(closingLine, bridge)];
};
