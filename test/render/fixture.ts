/** A rich, consistent report: three windows, 24 months of trend, four dimensions, movers, warnings and a restatement. */

import { exact } from '../../functions/core/money.ts';
import { addMonths, parseMonth, type WindowName, windowLength, windowNames } from '../../functions/core/month.ts';
import {
  type Benchmark,
  benchmarkNames,
  type Report,
  type Retention,
  reportSchema,
  type SegmentRow,
  type TopMover,
  type WindowReport,
} from '../../functions/core/report.ts';
import type { Ledger } from '../../functions/render/ledger.ts';
import { type Account, bridgeOf, makeBook, monthsInBook, retentionOf } from './book.ts';

const closing = monthsInBook - 1;
const month = parseMonth('2026-10');
const book = makeBook();

const bandOf = (account: Account, opening: number): string => {
  const yearly = ((account.amounts[opening] ?? 0) * 12) / 100;
  return yearly < 10_000 ? 'SMB' : yearly < 100_000 ? 'Mid-market' : 'Enterprise';
};

const cohortOf = (account: Account): string => {
  const first = Math.max(
    0,
    account.amounts.findIndex((amount) => amount > 0),
  );
  return addMonths(month, first - closing).slice(0, 4);
};

const dimensions: Readonly<Record<string, (account: Account, opening: number) => string>> = {
  acv_band: bandOf,
  plan: ({ plan }) => plan,
  region: ({ region }) => region,
  cohort_year: cohortOf,
};

const bands: readonly [string, [string, string, string]][] = [
  ['SMB', ['85', '95', '105']],
  ['Mid-market', ['95', '105', '115']],
  ['Enterprise', ['100', '110', '125']],
];

const standingOf = ({ dimension, segment, ndr }: SegmentRow): Benchmark | null => {
  const bounds = bands.find(([name]) => dimension === 'acv_band' && name === segment)?.[1];
  if (bounds === undefined || ndr === null) return null;
  const reached = bounds.filter((bound) => exact(ndr).times(100).greaterThanOrEqualTo(bound)).length;
  return benchmarkNames[reached] ?? 'weak';
};

const segmentsOf = (window: WindowName): SegmentRow[] => {
  const opening = closing - windowLength[window];
  const cohort = book.filter((account) => (account.amounts[opening] ?? 0) > 0);
  const rows = Object.entries(dimensions).flatMap(([dimension, of]) =>
    [...Map.groupBy(cohort, (account) => of(account, opening))].map(([segment, accounts]) => ({
      window,
      dimension,
      segment,
      ...retentionOf(accounts, opening, closing),
      lowSample: accounts.length < 50,
      benchmark: null,
    })),
  );
  return rows.map((row) => ({ ...row, benchmark: window === 'ttm' ? standingOf(row) : null }));
};

const failedPayments: Readonly<Record<WindowName, WindowReport['failedPayments']>> = {
  month: {
    recoveredInvoices: 14,
    recoveredAmount: '8120.40',
    exhaustedInvoices: 2,
    exhaustedAmount: '960.00',
    inGraceInvoices: 9,
    inGraceAmount: '5310.75',
  },
  quarter: {
    recoveredInvoices: 47,
    recoveredAmount: '26310.10',
    exhaustedInvoices: 6,
    exhaustedAmount: '3105.00',
    inGraceInvoices: 9,
    inGraceAmount: '5310.75',
  },
  ttm: {
    recoveredInvoices: 188,
    recoveredAmount: '104870.35',
    exhaustedInvoices: 31,
    exhaustedAmount: '18440.90',
    inGraceInvoices: 9,
    inGraceAmount: '5310.75',
  },
};

const fxUnits: Readonly<Record<WindowName, number>> = { month: -41_207, quarter: 98_050, ttm: 312_775 };

/** Every movement has an invoice, and what is no churn an opportunity. */
const tracedOf = (opening: number): Pick<WindowReport, 'traced' | 'tracedShare'> => {
  const moved = book.map(({ amounts }) => ({ from: amounts[opening] ?? 0, to: amounts[closing] ?? 0 }));
  const total = moved.reduce((sum, { from, to }) => sum + Math.abs(to - from), 0);
  const traced = moved.reduce((sum, { from, to }) => sum + (to === 0 ? 0 : Math.abs(to - from)), 0);
  const money = (cents: number) => (cents / 100).toFixed(2);
  return {
    traced: {
      movedMrr: money(total),
      byInvoiceMrr: money(total),
      byOpportunityMrr: money(traced),
      tracedMrr: money(traced),
    },
    tracedShare: total === 0 ? null : (traced / total).toFixed(6),
  };
};

const windowOf = (window: WindowName): WindowReport => {
  const opening = closing - windowLength[window];
  return {
    openingMonth: addMonths(month, -windowLength[window]),
    openingBasis: 'committed',
    closingBasis: 'committed',
    total: retentionOf(book, opening, closing),
    bridge: bridgeOf(book, opening, closing, fxUnits[window]),
    failedPayments: failedPayments[window],
    ...tracedOf(opening),
  };
};

const movementOf = (opening: number, closed: number): TopMover['movement'] => {
  if (opening === 0) return 'new';
  if (closed === 0) return 'churn';
  return closed > opening ? 'expansion' : 'contraction';
};

const noSale = { opportunityIds: '', opportunityTypes: '', opportunityOwners: '' };

const moversOf = (window: WindowName): TopMover[] =>
  book
    .map((account) => ({
      account,
      opening: account.amounts[closing - windowLength[window]] ?? 0,
      closed: account.amounts[closing] ?? 0,
    }))
    .filter(({ opening, closed }) => opening !== closed)
    .sort((one, other) => Math.abs(other.closed - other.opening) - Math.abs(one.closed - one.opening))
    .slice(0, 10)
    .map(({ account, opening, closed }) => {
      const movement = movementOf(opening, closed);
      return {
        window,
        accountId: account.id,
        accountName: account.name,
        movement,
        cause: movement === 'churn' ? account.cause : null,
        reason: movement === 'churn' && account.reason !== '' ? account.reason : null,
        openingMrr: (opening / 100).toFixed(2),
        closingMrr: (closed / 100).toFixed(2),
        deltaMrr: ((closed - opening) / 100).toFixed(2),
        ...(movement === 'churn' ? noSale : { ...noSale, opportunityIds: `opp_${account.id}` }),
      };
    });

/** The ledger behind the rich report: its sums are the report's. At most `limit` rows a window are carried. */
export const makeLedger = (limit = Infinity): Ledger => ({
  dimensions: ['plan', 'region', 'acv_band', 'cohort_year'],
  windows: windowNames.map((window) => {
    const opening = closing - windowLength[window];
    const rows = book
      .map((account) => ({ account, from: account.amounts[opening] ?? 0, to: account.amounts[closing] ?? 0 }))
      .filter(({ from, to }) => from !== to)
      .sort((a, b) => Math.abs(b.to - b.from) - Math.abs(a.to - a.from) || (a.account.id < b.account.id ? -1 : 1))
      .map(({ account, from, to }) => {
        const movement =
          from === 0 && account.amounts.slice(0, opening).some((amount) => amount > 0)
            ? 'reactivation'
            : movementOf(from, to);
        const segments = ['plan', 'region', 'acv_band', 'cohort_year'].map((name) =>
          from === 0 && (name === 'acv_band' || name === 'cohort_year')
            ? '(none)'
            : (dimensions[name]?.(account, opening) ?? '(none)'),
        );
        return {
          accountId: account.id,
          accountName: account.name,
          movement,
          cause: movement === 'churn' ? account.cause : null,
          reason: movement === 'churn' && account.reason !== '' ? account.reason : null,
          openingMrr: (from / 100).toFixed(2),
          closingMrr: (to / 100).toFixed(2),
          deltaMrr: ((to - from) / 100).toFixed(2),
          segments,
          invoiceIds: `in_${account.id}_1;in_${account.id}_2`,
          opportunityIds: movement === 'churn' ? '' : `opp_${account.id}`,
          opportunityTypes: movement === 'churn' ? '' : 'Upsell',
          opportunityOwners: movement === 'churn' ? '' : 'Mia Chen',
          opportunityJoinedBy: movement === 'churn' ? null : ('id' as const),
        };
      });
    return { window, rows: rows.slice(0, limit), total: rows.length };
  }),
});

const trendOf = (): Report['trend'] =>
  Array.from({ length: 24 }, (_, step) => closing - 23 + step).flatMap((at) =>
    windowNames.map((window) => ({
      month: addMonths(month, at - closing),
      window,
      ...retentionOf(book, at - windowLength[window], at),
    })),
  );

const segmentTrendOf = (): Report['segmentTrend'] =>
  segmentsOf('ttm').map(({ window, dimension, segment }) => ({
    window,
    dimension,
    segment,
    points: Array.from({ length: 24 }, (_, step) => closing - 23 + step).flatMap((at) => {
      const opening = at - windowLength[window];
      const accounts = book.filter(
        (account) => (account.amounts[opening] ?? 0) > 0 && dimensions[dimension]?.(account, opening) === segment,
      );
      const { openingAccounts, ndr, grr } = retentionOf(accounts, opening, at);
      return openingAccounts === 0 ? [] : [{ month: addMonths(month, at - closing), openingAccounts, ndr, grr }];
    }),
  }));

const failedPaymentsTrendOf = (): Report['failedPaymentsTrend'] =>
  Array.from({ length: 12 }, (_, step) => ({
    month: addMonths(month, step - 11),
    recoveredInvoices: 12 + step,
    recoveredAmount: `${6100 + step * 310}.40`,
    exhaustedInvoices: step % 4,
    exhaustedAmount: `${(step % 4) * 480}.25`,
    inGraceInvoices: step < 10 ? 0 : step - 7,
    inGraceAmount: step < 10 ? '0.00' : `${(step - 9) * 1770}.25`,
  }));

const whole: Report = reportSchema.parse({
  schemaVersion: 1,
  month,
  revision: 2,
  reportingCurrency: 'USD',
  timeZone: 'Europe/Berlin',
  windows: { month: windowOf('month'), quarter: windowOf('quarter'), ttm: windowOf('ttm') },
  segments: windowNames.flatMap(segmentsOf),
  trend: trendOf(),
  segmentTrend: segmentTrendOf(),
  failedPaymentsTrend: failedPaymentsTrendOf(),
  topMovers: windowNames.flatMap(moversOf),
  gates: [
    {
      code: 'UNCLASSIFIED_CHURN',
      severity: 'warn',
      message: '9.8 % of the churn of the 12 months has no cause on record (limit 5 %).',
    },
    {
      code: 'UNKNOWN_CUSTOMER',
      severity: 'warn',
      message: '3 lines belong to customers that no customers file names.',
    },
  ],
  basis: {
    lowSampleBelow: 50,
    acvBands: [
      { name: 'SMB', from: '0' },
      { name: 'Mid-market', from: '10000' },
      { name: 'Enterprise', from: '100000' },
    ],
    benchmarks: bands.map(([segment, bounds]) => ({ dimension: 'acv_band', segment, bounds })),
    bookBenchmark: { segment: 'Mid-market', bounds: ['95', '105', '115'], band: 'strong' },
    benchmarkSource: 'published SaaS retention surveys, 2025',
  },
  restatement: {
    previousRevision: 1,
    changes: [
      { figure: 'windows.ttm.total.ndr', was: '1.064900', now: windowOf('ttm').total.ndr },
      {
        figure: 'windows.ttm.total.involuntaryChurnMrr',
        was: '8958.34',
        now: windowOf('ttm').total.involuntaryChurnMrr,
      },
    ],
    earlierMonths: [{ month: '2026-07', window: 'ttm', figure: 'grr', was: '0.912000', now: '0.911350' }],
  },
});

/** The rich report, with whatever a test wants to be different. Checked against the schema like any other. */
export const makeReport = (changes: Partial<Report> = {}): Report =>
  reportSchema.parse({ ...structuredClone(whole), ...changes });

const emptyBasis = { ...whole.basis, bookBenchmark: null };

/** The first month on record: no window has an opening snapshot. */
export const firstMonthReport = (): Report =>
  makeReport({
    windows: { month: null, quarter: null, ttm: null },
    segments: [],
    trend: [],
    segmentTrend: [],
    failedPaymentsTrend: [],
    topMovers: [],
    gates: [],
    restatement: null,
    basis: emptyBasis,
  });

export const nothing: Retention = {
  openingAccounts: 0,
  closingAccounts: 0,
  openingMrr: '0.00',
  closingMrr: '0.00',
  retainedMrr: '0.00',
  expansionMrr: '0.00',
  contractionMrr: '0.00',
  churnMrr: '0.00',
  voluntaryChurnMrr: '0.00',
  involuntaryChurnMrr: '0.00',
  pausedChurnMrr: '0.00',
  unclassifiedChurnMrr: '0.00',
  ndr: null,
  grr: null,
  ndrExInvoluntary: null,
  logoRetention: null,
};

export const ttmOf = (report: Report): WindowReport => {
  if (report.windows.ttm === null) throw new Error('the fixture has no trailing 12 months');
  return report.windows.ttm;
};

/** The rich report with another total of the trailing 12 months. */
export const withTotal = (total: Partial<Retention>): Report => {
  const report = makeReport();
  const ttm = ttmOf(report);
  return makeReport({ windows: { ...report.windows, ttm: { ...ttm, total: { ...ttm.total, ...total } } } });
};

/** The same report in a currency without a minor unit: every amount loses its decimals. */
export const inYen = (): Report => {
  const text = JSON.stringify(makeReport(), (_, value: unknown) =>
    typeof value === 'string' && /^-?\d+\.\d{2}$/.test(value) ? exact(value).round().toFixed() : value,
  );
  return reportSchema.parse({ ...reportSchema.parse(JSON.parse(text)), reportingCurrency: 'JPY' });
};

/** Names that have broken a report somewhere before. */
export const hostileNames = [
  '<script>alert("mail")</script>',
  '{{subject}} {{{narrative}}} {{#each cards}}',
  'Evil\r\nBcc: everyone@example.com',
  'abc\u202Etxt.exe\u2066 \u200Fend',
  'nul\u0000bell\u0007esc\u001B[31m',
  '=HYPERLINK("http://example.com","x")',
  '+1+1',
  '-2+3',
  '@SUM(A1)',
  '\tTab first',
  '" onmouseover="alert(1)',
  "'; DROP TABLE accounts; --",
  '</style></head><mj-text>',
  'lone \uD800 surrogate',
  `${'Z\u0351\u0352\u0353\u0354\u0355\u0356\u0357\u0358'.repeat(10)}algo`,
  '👩‍👩‍👧‍👦 Family & Söhne 株式会社 שלום',
  '',
  'x'.repeat(5_000_000),
] as const;

/** Every text that comes from a customer or a billing system, replaced by these names in turn: hostile ones, unless told. */
export const hostileReport = (names: readonly string[] = hostileNames): Report => {
  const name = (index: number) => names[index % names.length] ?? '';
  const report = makeReport();
  return makeReport({
    timeZone: name(0),
    segments: report.segments.map((row, index) => ({
      ...row,
      dimension: row.dimension === 'plan' ? name(1) : row.dimension,
      segment: name(index),
    })),
    topMovers: report.topMovers.map((mover, index) => ({
      ...mover,
      accountName: name(index),
      accountId: name(index + 1),
      reason: name(index + 2),
    })),
    gates: names.map((message) => ({ code: 'BOOK_SWING', severity: 'warn', message })),
    restatement: {
      previousRevision: 1,
      changes: names.map((text) => ({ figure: text, was: text, now: text })),
      earlierMonths: [{ month: '2026-07', window: 'ttm', figure: name(0), was: name(2), now: null }],
    },
    basis: {
      ...report.basis,
      acvBands: [{ name: name(0), from: '0' }],
      benchmarks: [{ dimension: name(2), segment: name(3), bounds: ['1', '2', '3'] }],
      bookBenchmark: { segment: name(0), bounds: ['95', '105', '115'], band: 'strong' },
      benchmarkSource: name(1),
    },
  });
};
