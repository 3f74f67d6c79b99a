/** The bridge: every dollar from the opening to the closing book, for the windows that exist. */
import { exact } from '../core/money.ts';
import { type WindowName, windowNames } from '../core/month.ts';
import type { Bridge, Report } from '../core/report.ts';
import { type BarCell, divergingBar, largestOf } from './bar.ts';
import { amountText, shortMonth, windowLabels } from './formats.ts';
import { headlineOf } from './headline.ts';
import { signedAmount, type Tone } from './signed.ts';

export type BridgeAmount = { readonly text: string; readonly tone: Tone; readonly colour: string };

export type BridgeRow = {
  readonly label: string;
  /** Opening and closing: what the movements lie between. */
  readonly isBalance: boolean;
  readonly amounts: readonly BridgeAmount[];
  readonly bar: readonly BarCell[];
};

export type BridgeTable = {
  readonly columns: readonly { readonly title: string; readonly from: string }[];
  readonly barTitle: string;
  readonly rows: readonly BridgeRow[];
};

const exchangeRates = 'Exchange rates';

/** Losses are positive in the report; here they carry the sign with which they enter the book. */
const movements = [
  { label: 'New', of: (bridge) => bridge.new },
  { label: 'Reactivation', of: (bridge) => bridge.reactivation },
  { label: 'Expansion', of: (bridge) => bridge.expansion },
  { label: 'Contraction', of: (bridge) => `-${bridge.contraction}` },
  { label: 'Voluntary churn', of: (bridge) => `-${bridge.voluntaryChurn}` },
  { label: 'Involuntary churn', of: (bridge) => `-${bridge.involuntaryChurn}` },
  { label: 'Paused', of: (bridge) => `-${bridge.pausedChurn}` },
  { label: 'Unclassified churn', of: (bridge) => `-${bridge.unclassifiedChurn}` },
  { label: exchangeRates, of: (bridge) => bridge.fx },
] as const satisfies { label: string; of: (bridge: Bridge) => string }[];

const balance = (label: string, amounts: string[]): BridgeRow => ({
  label,
  isBalance: true,
  amounts: amounts.map((amount) => ({ text: amountText(amount), tone: 'flat', colour: '#14213d' })),
  bar: [],
});

/** Exchange rates are neither good nor bad news of retention. */
const movementAmount = (label: string, amount: string): BridgeAmount => {
  const { plain, tone, colour } = signedAmount(amount, label === exchangeRates ? 'neither' : 'up');
  return { text: plain, tone, colour };
};

/** One column a window, the first one drawn. Null when none of the windows exists. */
const bridgeOf = (report: Report, names: readonly WindowName[]): BridgeTable | null => {
  const shown = names.flatMap((name) => {
    const window = report.windows[name];
    return window === null ? [] : [{ name, window }];
  });
  const [drawn] = shown;
  if (drawn === undefined) return null;
  const largest = largestOf(movements.map(({ of }) => exact(of(drawn.window.bridge))));
  const rows = movements.map(({ label, of }) => ({
    label,
    isBalance: false,
    amounts: shown.map(({ window }) => movementAmount(label, of(window.bridge))),
    bar: divergingBar(exact(of(drawn.window.bridge)), largest, label === exchangeRates ? 'even' : 'signed'),
  }));
  return {
    columns: shown.map(({ name, window }) => ({
      title: windowLabels[name].short,
      from: `from ${shortMonth(window.openingMonth)}`,
    })),
    barTitle: `Movement, ${windowLabels[drawn.name].short.toLowerCase()}`,
    rows: [
      balance(
        'Opening MRR',
        shown.map(({ window }) => window.bridge.opening),
      ),
      ...rows,
      balance(
        'Closing MRR',
        shown.map(({ window }) => window.bridge.closing),
      ),
    ],
  };
};

/** For the mail: the headline window, and the month beside it. */
export const bridgeInBrief = (report: Report): BridgeTable | null => {
  const headline = headlineOf(report);
  if (headline === null) return null;
  return bridgeOf(report, headline.name === 'month' ? ['month'] : [headline.name, 'month']);
};

/** For the page: every window, longest first. */
export const bridgeInFull = (report: Report): BridgeTable | null => bridgeOf(report, windowNames.toReversed());
