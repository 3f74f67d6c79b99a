/** Gates: a wrong number is worse than a late one. Pure judgements over figures; who finds the facts is told elsewhere. */

import type { MrrBasis } from './basis.ts';
import type { Config } from './config.ts';
import { type Exact, exact, sum } from './money.ts';
import type { WindowName } from './month.ts';
import type { Bridge, Gate, MixedWindow, Retention, SegmentRow } from './report.ts';
import { bridgeClosing } from './retention.ts';

const warn = (code: Gate['code'], message: string): Gate => ({ code, severity: 'warn', message });

const percent = (share: Exact): string => `${share.times(100).toDecimalPlaces(1).toFixed()} %`;

const windowWords: Readonly<Record<WindowName, string>> = {
  month: 'one month',
  quarter: 'three months',
  ttm: 'twelve months',
};

/** Warns where more churn than configured has no known cause. */
export const unclassifiedChurn = (window: WindowName, total: Retention, config: Config): Gate[] => {
  const [unclassified, churn] = [exact(total.unclassifiedChurnMrr), exact(total.churnMrr)];
  if (churn.isZero() || unclassified.div(churn).lessThanOrEqualTo(exact(config.gates.unclassifiedShare))) return [];
  return [
    warn(
      'UNCLASSIFIED_CHURN',
      `${percent(unclassified.div(churn))} of the churn over ${windowWords[window]} (${total.unclassifiedChurnMrr} of ${total.churnMrr}) has no known cause: no cancellation on record, or a reason that the reason map does not know.`,
    ),
  ];
};

/** Warns where accounts or MRR moved more in one month than a book usually does. */
export const bookSwing = (
  month: { accounts: { opening: number; closing: number }; bridge: Bridge },
  config: Config,
): Gate[] => {
  const limit = exact(config.gates.bookSwing);
  const swing = (opening: Exact, closing: Exact) =>
    opening.isZero() ? exact('0') : closing.minus(opening).abs().div(opening);
  const accounts = swing(exact(`${month.accounts.opening}`), exact(`${month.accounts.closing}`));
  const mrr = swing(exact(month.bridge.opening), exact(month.bridge.closing));
  if (accounts.lessThanOrEqualTo(limit) && mrr.lessThanOrEqualTo(limit)) return [];
  return [
    warn(
      'BOOK_SWING',
      `In one month the book went from ${month.accounts.opening} to ${month.accounts.closing} accounts (${percent(accounts)}) and from ${month.bridge.opening} to ${month.bridge.closing} MRR (${percent(mrr)}).`,
    ),
  ];
};

export const unknownCustomers = (lines: number, example: string | null): Gate[] =>
  lines === 0
    ? []
    : [
        warn(
          'UNKNOWN_CUSTOMER',
          `${lines} line${lines === 1 ? '' : 's'} of customers that are in no customers file (first: ${example ?? ''}): no name, no segment.`,
        ),
      ];

/** `months` are reported months with the number of cancellations that arrived after the fact. */
export const lateRows = (
  closing: string,
  months: readonly { readonly month: string; readonly rows: number }[],
): Gate[] =>
  months.length === 0
    ? []
    : [
        warn(
          'LATE_ROWS',
          `The cancellations of ${closing} hold rows dated in months already reported: ${months.map(({ month, rows }) => `${rows} in ${month}`).join(', ')}. Run ${months.length === 1 ? 'that month' : 'those months'} again to restate.`,
        ),
      ];

/** Warns where windows are left out because their two ends rest on different bases. */
export const mixedBasis = (closing: string, basis: MrrBasis, mixed: readonly MixedWindow[]): Gate[] =>
  mixed.length === 0
    ? []
    : [
        warn(
          'BASIS_MIXED',
          `The book of ${closing} is on the ${basis} basis, that of ${mixed.map(({ window, openingMonth, openingBasis }) => `${openingMonth} (${windowWords[window]} before) on the ${openingBasis} one`).join(', ')}. What lies between two bases is no retention: ${mixed.length === 1 ? 'this window is' : 'these windows are'} n/a.`,
        ),
      ];

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
] as const satisfies (keyof Retention)[];

export type BridgeProof = {
  readonly window: WindowName;
  readonly total: Retention;
  readonly bridge: Bridge;
  /** The book at both ends, summed straight from the snapshots and apart from the window. */
  readonly book: { readonly opening: string; readonly closing: string };
  readonly segments: readonly SegmentRow[];
};

/** Every reason why a window's figures do not hold together; none when they do, to the cent. */
export const openBridge = ({ window, total, bridge, book, segments }: BridgeProof): string[] => {
  const faults: string[] = [];
  const same = (what: string, left: Exact, right: Exact) => {
    if (!left.equals(right)) faults.push(`${window}: ${what}: ${left.toFixed()} against ${right.toFixed()}`);
  };
  same('opening of the bridge against the book', exact(bridge.opening), exact(book.opening));
  same('closing of the bridge against the book', exact(bridge.closing), exact(book.closing));
  same('the lines of the bridge against its closing', bridgeClosing(bridge), exact(bridge.closing));
  same('opening of the cohort against the bridge', exact(total.openingMrr), exact(bridge.opening));
  same(
    'the cohort: opening + expansion - contraction - churn against its closing',
    sum([exact(total.openingMrr), exact(total.expansionMrr)])
      .minus(exact(total.contractionMrr))
      .minus(exact(total.churnMrr)),
    exact(total.closingMrr),
  );
  same(
    'the causes of churn against churn',
    sum(
      [total.voluntaryChurnMrr, total.involuntaryChurnMrr, total.pausedChurnMrr, total.unclassifiedChurnMrr].map(exact),
    ),
    exact(total.churnMrr),
  );
  for (const dimension of new Set(segments.map((segment) => segment.dimension)))
    for (const figure of additive)
      same(
        `${figure} of the segments of ${dimension} against the total`,
        sum(
          segments.filter((segment) => segment.dimension === dimension).map((segment) => exact(`${segment[figure]}`)),
        ),
        exact(`${total[figure]}`),
      );
  return faults;
};
