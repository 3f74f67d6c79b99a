/** The bridge: every dollar from the opening to the closing book, for the windows that exist. */
import { exact } from '../core/money.ts';
import { type WindowName, windowNames } from '../core/month.ts';
import type { Bridge, Report } from '../core/report.ts';
import { type BarCell, divergingBar, largestOf } from './bar.ts';
import { type BridgeLine, betterOf, bridgeMovements, closingLine, openingLine } from './bridge-lines.ts';
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
  readonly rows: readonly BridgeRow[];
};

const balance = ({ label, of }: BridgeLine, bridges: readonly Bridge[]): BridgeRow => ({
  label,
  isBalance: true,
  amounts: bridges.map((bridge) => ({ text: amountText(of(bridge)), tone: 'flat', colour: '#14213d' })),
  bar: [],
});

const movementAmount = (line: BridgeLine, bridge: Bridge): BridgeAmount => {
  const { plain, tone, colour } = signedAmount(line.of(bridge), betterOf(line));
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
  const bridges = shown.map(({ window }) => window.bridge);
  const largest = largestOf(bridgeMovements.map(({ of }) => exact(of(drawn.window.bridge))));
  const rows = bridgeMovements.map((line) => ({
    label: line.label,
    isBalance: false,
    amounts: bridges.map((bridge) => movementAmount(line, bridge)),
    bar: divergingBar(exact(line.of(drawn.window.bridge)), largest, betterOf(line) === 'up' ? 'signed' : 'even'),
  }));
  return {
    columns: shown.map(({ name, window }) => ({
      title: windowLabels[name].short,
      from: `from ${shortMonth(window.openingMonth)}`,
    })),
    rows: [balance(openingLine, bridges), ...rows, balance(closingLine, bridges)],
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
