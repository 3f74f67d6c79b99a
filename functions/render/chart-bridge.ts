/** The bridge from the opening to the closing MRR of a window, for drawing: levels, short amounts, and the finding. */
import { drawWaterfall, type WaterfallBar } from '../../templates/charts/waterfall.ts';
import { type Exact, exact, sum, zero } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Bridge, Report } from '../core/report.ts';
import { largestOf } from './bar.ts';
import { type BridgeLine, bridgeMovements } from './bridge-lines.ts';
import { compactAmount, compactChange } from './chart-labels.ts';
import type { Chart } from './charts.ts';
import { longMonth, moneyWithCode, shortMonth } from './formats.ts';
import { signedAmount } from './signed.ts';

const kindOf = ({ movement, cause }: BridgeLine): WaterfallBar['kind'] => {
  if (movement === null) return 'even';
  if (cause === 'involuntary') return 'failed';
  return movement === 'contraction' || movement === 'churn' ? 'loss' : 'gain';
};

type Step = { readonly label: string; readonly kind: WaterfallBar['kind']; readonly amount: Exact };

/** Below this share of the largest movement a bar says nothing; failed payments are what the report is about, and stay. */
const smallBelow = '0.02';

/** What is drawn on its own, and what goes into one bar: a single small movement is told as what it is. */
const foldedOf = (bridge: Bridge): { readonly shown: readonly Step[]; readonly folded: readonly Step[] } => {
  const steps = bridgeMovements
    .map((line) => ({ label: line.label, kind: kindOf(line), amount: exact(line.of(bridge)) }))
    .filter(({ amount }) => !amount.isZero());
  const least = largestOf(steps.map(({ amount }) => amount)).times(smallBelow);
  const isSmall = ({ kind, amount }: Step): boolean => kind !== 'failed' && amount.abs().lessThan(least);
  return steps.filter(isSmall).length > 1
    ? { shown: steps.filter((step) => !isSmall(step)), folded: steps.filter(isSmall) }
    : { shown: steps, folded: [] };
};

const barsOf = (bridge: Bridge, opening: string, closing: string): WaterfallBar[] => {
  const { shown, folded } = foldedOf(bridge);
  const other: Step[] =
    folded.length === 0 ? [] : [{ label: 'Other', kind: 'even', amount: sum(folded.map(({ amount }) => amount)) }];
  let level = exact(bridge.opening);
  const steps = [...shown, ...other].map(({ label, kind, amount }): WaterfallBar => {
    const from = level;
    level = level.plus(amount);
    return { label, kind, amount: compactChange(amount.toFixed()), from: from.toNumber(), to: level.toNumber() };
  });
  const balance = (label: string, amount: string): WaterfallBar => ({
    label,
    kind: 'balance',
    amount: compactAmount(amount),
    from: 0,
    to: exact(amount).toNumber(),
  });
  return [balance(opening, bridge.opening), ...steps, balance(closing, bridge.closing)];
};

const notesOf = (bridge: Bridge): string[] => {
  const { shown, folded } = foldedOf(bridge);
  if (shown.length === 0) return ['Nothing moved between the two snapshots.'];
  if (folded.length === 0) return [];
  const parts = folded.map(({ label, amount }) => `${label.toLowerCase()} ${compactChange(amount.toFixed())}`);
  return [`Other: ${parts.join(', ')}.`];
};

/** The largest gain and the largest loss, with their exact amounts. */
const decisive = (bridge: Bridge, decimals: number): string => {
  const steps = bridgeMovements.map(({ label, of }) => ({ label: label.toLowerCase(), amount: exact(of(bridge)) }));
  const told = (word: string, amounts: typeof steps): string[] => {
    const [largest] = amounts.toSorted((one, other) => other.amount.abs().comparedTo(one.amount.abs()));
    if (largest === undefined) return [];
    return [`the largest ${word} is ${largest.label} (${signedAmount(largest.amount.toFixed(decimals), 'up').plain})`];
  };
  const parts = [
    ...told(
      'gain',
      steps.filter(({ amount }) => amount.greaterThan(zero)),
    ),
    ...told(
      'loss',
      steps.filter(({ amount }) => amount.lessThan(zero)),
    ),
  ];
  return parts.length === 0 ? 'nothing moved' : parts.join(', ');
};

/** Null where the window has no opening snapshot. */
export const bridgeChart = (report: Report, name: WindowName): Chart | null => {
  const window = report.windows[name];
  if (window === null) return null;
  const { bridge, openingMonth } = window;
  const money = (amount: string): string => moneyWithCode(amount, report.reportingCurrency);
  const change = exact(bridge.closing).minus(exact(bridge.opening));
  const direction = change.isNegative() ? 'fell' : 'rose';
  const moved = change.isZero()
    ? `MRR stayed at ${money(bridge.closing)}`
    : `MRR ${direction} to ${money(bridge.closing)} from ${money(bridge.opening)}`;
  const cost = exact(bridge.involuntaryChurn).isZero() ? 'nothing' : money(bridge.involuntaryChurn);
  const decimals = bridge.opening.split('.')[1]?.length ?? 0;
  const alt = `Bridge from ${longMonth(openingMonth)} to ${longMonth(report.month)}: ${moved}; ${decisive(bridge, decimals)}; failed payments cost ${cost}.`;
  return {
    name: 'bridge',
    title: `MRR from ${shortMonth(openingMonth)} to ${shortMonth(report.month)}`,
    alt,
    draw: (palette) =>
      drawWaterfall(
        {
          label: alt,
          unit: `MRR, ${report.reportingCurrency}`,
          bars: barsOf(bridge, `Opening, ${shortMonth(openingMonth)}`, `Closing, ${shortMonth(report.month)}`),
          notes: notesOf(bridge),
        },
        palette,
      ),
  };
};
