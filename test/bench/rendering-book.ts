/** The largest report that is meant to be rendered, and its ledger: made up, always the same, and one adds up to the other. */
import { exact, ratioText } from '../../functions/core/money.ts';
import { addMonths, parseMonth, type WindowName, windowLength, windowNames } from '../../functions/core/month.ts';
import {
  type Bridge,
  type Cause,
  causeNames,
  type Movement,
  type Report,
  type Retention,
  reportSchema,
  type SegmentRow,
} from '../../functions/core/report.ts';
import { bridgeOf, type Cell, retentionOf } from '../../functions/core/retention.ts';
import type { Ledger, LedgerRow, LedgerWindow } from '../../functions/render/ledger.ts';
import { makeReport } from '../render/fixture.ts';

const dimensions = ['industry', 'region', 'plan'] as const;
const segmentsOfDimension = 20;
const letters = 'ABCDEFGHIJKLMNOPQRST';
const month = parseMonth('2026-10');
const share: Readonly<Record<WindowName, number>> = { month: 0.15, quarter: 0.25, ttm: 0.6 };
const everybody = 'everybody';

/** Numbers from 0 to 1, the same on every run. */
const sequence = (seed: number) => {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

const segmentName = (dimension: number, at: number): string =>
  `${dimensions[dimension]} ${letters[at % letters.length]}`;
const money = (cents: number): string => (cents / 100).toFixed(2);

type Sum = { accounts: number; openings: number; opening: number; closing: number };
/** Sums in cents, by segment and then by movement and cause. */
type Sums = Map<string, Map<string, Sum>>;

const add = (sums: Sums, segment: string, kind: string, opening: number, closing: number, accounts = 1): void => {
  const ofSegment = sums.get(segment) ?? new Map<string, Sum>();
  sums.set(segment, ofSegment);
  const sum = ofSegment.get(kind) ?? { accounts: 0, openings: 0, opening: 0, closing: 0 };
  ofSegment.set(kind, sum);
  sum.accounts += accounts;
  sum.openings += opening > 0 ? accounts : 0;
  sum.opening += opening;
  sum.closing += closing;
};

const cellsOf = (sums: Sums, segment: string): Cell[] =>
  [...(sums.get(segment) ?? [])].map(([kind, { accounts, openings, opening, closing }]) => {
    const [movement = '', cause = ''] = kind.split(' ');
    const [from, to] = [exact(money(opening)), exact(money(closing))];
    return {
      movement,
      cause,
      accounts,
      openingAccounts: openings,
      opening: from,
      closing: to,
      closingAtClosingRates: to,
    };
  });

const movementAt = (chance: number): Movement => {
  if (chance < 0.2) return 'new';
  if (chance < 0.22) return 'reactivation';
  if (chance < 0.7) return 'expansion';
  return chance < 0.85 ? 'contraction' : 'churn';
};

/** One window's ledger, and the sums that its figures are made of: those of the accounts that did not move as well. */
const windowOf = (window: WindowName, count: number): { ledger: LedgerWindow; sums: Sums } => {
  const random = sequence(windowLength[window]);
  const sums: Sums = new Map();
  const rows: LedgerRow[] = [];
  for (let index = 0; index < count; index += 1) {
    const movement = movementAt(random());
    const cause: Cause | null = movement === 'churn' ? (causeNames[Math.floor(random() ** 2 * 4)] ?? null) : null;
    const amount = Math.round(5_000 * Math.exp(random() * 5));
    const opening = movement === 'new' || movement === 'reactivation' ? 0 : amount;
    const grown =
      opening === 0 || movement === 'expansion' ? Math.round(amount * (1.05 + random())) : Math.round(amount * 0.7);
    const closing = movement === 'churn' ? 0 : grown;
    const at = dimensions.map(() => Math.floor(random() * segmentsOfDimension));
    const segments = at.map((segment, dimension) => (opening === 0 ? '(none)' : segmentName(dimension, segment)));
    const kind = `${movement} ${cause ?? 'none'}`;
    for (const segment of opening === 0 ? [everybody] : [everybody, ...segments])
      add(sums, segment, kind, opening, closing);
    const number = `${index}`.padStart(6, '0');
    rows.push({
      accountId: `cus_Lx${number}${window}Qa`,
      accountName: `Customer ${index % 10 === 0 ? '& Söhne ' : ''}No. ${number}`,
      movement,
      cause,
      reason: cause === null ? null : `${cause}_reason`,
      openingMrr: money(opening),
      closingMrr: money(closing),
      deltaMrr: money(closing - opening),
      segments: [...segments, opening === 0 ? '(none)' : 'SMB', opening === 0 ? '(none)' : '2024'],
      invoiceIds: `in_${number}a${window}xYz;in_${number}b${window}xYz`,
      opportunityIds: movement === 'churn' ? '' : `006${number}${window}`,
      opportunityTypes: movement === 'churn' ? '' : movement === 'new' ? 'New Business' : 'Upsell',
      opportunityOwners: movement === 'churn' ? '' : `Owner ${index % 40}`,
      opportunityJoinedBy: movement === 'churn' ? null : 'id',
    });
  }
  for (let segment = 0; segment < segmentsOfDimension; segment += 1) {
    for (const dimension of dimensions.keys())
      add(sums, segmentName(dimension, segment), 'none none', 90_000_000, 90_000_000, 500);
    add(sums, everybody, 'none none', 90_000_000, 90_000_000, 500);
  }
  rows.sort((one, other) => Math.abs(Number(other.deltaMrr)) - Math.abs(Number(one.deltaMrr)));
  return { ledger: { window, rows, total: count }, sums };
};

const segmentRows = (window: WindowName, sums: Sums): SegmentRow[] =>
  dimensions.flatMap((dimension, index) =>
    Array.from({ length: segmentsOfDimension }, (_, at) => {
      const segment = segmentName(index, at);
      const retention = retentionOf(cellsOf(sums, segment), 2);
      return { window, dimension, segment, ...retention, lowSample: retention.openingAccounts < 50, benchmark: null };
    }),
  );

/** A report of 60 segments and a ledger of `movements` rows over its three windows. */
export const makeRenderingBook = (movements: number): { report: Report; ledger: Ledger } => {
  const base = makeReport();
  const made = windowNames.map((window) => ({ window, ...windowOf(window, Math.round(movements * share[window])) }));
  const measured = (window: WindowName) => {
    const cells = cellsOf(made.find((one) => one.window === window)?.sums ?? new Map(), everybody);
    const before = base.windows[window];
    if (before === null) throw new Error('the fixture has no such window');
    const total: Retention = retentionOf(cells, 2);
    const bridge: Bridge = bridgeOf(cells, 2);
    return { ...before, total, bridge };
  };
  const segments = made.flatMap(({ window, sums }) => segmentRows(window, sums));
  const report = reportSchema.parse({
    ...base,
    windows: { month: measured('month'), quarter: measured('quarter'), ttm: measured('ttm') },
    segments,
    segmentTrend: segments
      .filter(({ window }) => window === 'ttm')
      .map(({ window, dimension, segment, openingAccounts, ndr, grr }) => ({
        window,
        dimension,
        segment,
        points: Array.from({ length: 24 }, (_, step) => ({
          month: addMonths(month, step - 23),
          openingAccounts,
          ndr: ratioText(exact(ndr ?? '1').times(100 - (step % 5)), exact('100')),
          grr,
        })),
      })),
  });
  return {
    report,
    ledger: { dimensions: [...dimensions, 'acv_band', 'cohort_year'], windows: made.map(({ ledger }) => ledger) },
  };
};
