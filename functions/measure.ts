/** A month's figures from the lake: windows, segments, trend, movers, and the gates that judge them. */
import type { Config } from './core/config.ts';
import { bookSwing, mixedBasis, openBridge, unclassifiedChurn, unknownCustomers } from './core/gates.ts';
import { exact, minorUnitDecimals } from './core/money.ts';
import {
  addMonths,
  type Month,
  monthRange,
  monthsInside,
  openingMonthOf,
  parseMonth,
  type WindowName,
  windowNames,
} from './core/month.ts';
import type { FailedPaymentsPoint, Report, TopMover, TrendPoint, WindowReport } from './core/report.ts';
import { causeNames, movementNames } from './core/report.ts';
import { bridgeOf, type Cell, retentionOf } from './core/retention.ts';
import { bookBenchmark, type SegmentCells, segmentRows, segmentTrend } from './core/segments.ts';
import { isConnected, tracedOf, tracedShareOf } from './core/traced.ts';
import { failedPaymentsOf } from './failed-payments.ts';
import { fault, type GateFault } from './gate-fault.ts';
import { atMost } from './lake/at-most.ts';
import { basisOf, bookMonths, type Catalog } from './lake/catalog.ts';
import type { DerivedTable } from './lake/derived.ts';
import type { Lake } from './lake/lake.ts';
import type { Lineage } from './lake/lineage.ts';
import { standing } from './measurable.ts';
import type { Progress, Row } from './ports.ts';

/** A report before the archive has given it its revision and compared it with the past. */
export type Measured = Omit<Report, 'revision' | 'restatement'>;

const trendMonths = 24;
/** Left to itself, a column with more values than this is a description, not a dimension. */
const segmentLimit = 200;

const count = (text: string | null | undefined): number => {
  const value = exact(text ?? '0');
  if (!value.isInteger()) throw new RangeError(`${text} is not a count`);
  return value.toNumber();
};

const cellOf = (row: Row): Cell => ({
  movement: row.movement ?? '',
  cause: row.cause ?? '',
  accounts: count(row.accounts),
  openingAccounts: count(row.opening_accounts),
  opening: exact(row.opening_mrr ?? ''),
  closing: exact(row.closing_mrr ?? ''),
  closingAtClosingRates: exact(row.closing_mrr_at_closing_rates ?? ''),
});

const moverOf = (window: WindowName, row: Row): TopMover => {
  const movement = movementNames.find((name) => name === row.movement);
  if (movement === undefined) throw new RangeError(`${row.movement} is not a movement`);
  return {
    window,
    accountId: row.account_id ?? '',
    accountName: row.account_name ?? '',
    movement,
    cause: causeNames.find((name) => name === row.cause) ?? null,
    reason: row.reason ?? null,
    openingMrr: row.opening_mrr ?? '',
    closingMrr: row.closing_mrr ?? '',
    deltaMrr: row.delta_mrr ?? '',
    opportunityIds: row.opportunity_ids ?? '',
    opportunityTypes: row.opportunity_types ?? '',
    opportunityOwners: row.opportunity_owners ?? '',
  };
};

/** Code unit order, but acv_band in the order of its bounds. */
const inOrder = (segments: readonly SegmentCells[], dimensions: readonly string[], config: Config): SegmentCells[] => {
  const order = (dimension: string, segment: string): string => {
    const band = config.acvBands.findIndex(({ name }) => name === segment);
    return dimension === 'acv_band' ? `${band}`.padStart(6, '0') : segment;
  };
  const place = ({ dimension }: SegmentCells) => dimensions.indexOf(dimension);
  return [...segments].sort(
    (a, b) => place(a) - place(b) || (order(a.dimension, a.segment) < order(b.dimension, b.segment) ? -1 : 1),
  );
};

/** One window of the book, from its cells. */
const readCells = (rows: readonly Row[], dimensions: readonly string[]) => {
  const total = rows.filter(({ dimension }) => dimension === 'total').map(cellOf);
  const segments = new Map<string, { dimension: string; segment: string; cells: Cell[] }>();
  for (const row of rows) {
    if (row.dimension === 'total') continue;
    const slot = /^dimension_(\d)$/.exec(row.dimension ?? '')?.[1];
    // A column of the customers file may be called anything, `total` too.
    const dimension = slot === undefined ? (row.dimension ?? '') : dimensions[count(slot) - 1];
    if (dimension === undefined) continue;
    const key = JSON.stringify([dimension, row.segment]);
    const entry = segments.get(key) ?? { dimension, segment: row.segment ?? '', cells: [] };
    entry.cells.push(cellOf(row));
    segments.set(key, entry);
  }
  return { total, segments: [...segments.values()] };
};

export type Measurement = {
  readonly report: Measured;
  /** Windows that were measured, with the accounts behind them. */
  readonly windows: readonly {
    readonly window: WindowName;
    readonly accounts: DerivedTable;
    /** Accounts that moved: the rows of its ledger. */
    readonly moved: number;
  }[];
  /** Customers-file columns shown, without those left out for having too many values. */
  readonly dimensions: readonly string[];
  readonly faults: readonly GateFault[];
  readonly notes: readonly string[];
};

type Context = {
  readonly catalog: Catalog;
  readonly lineage: Lineage;
  readonly closing: Month;
  readonly config: Config;
  readonly lake: Lake;
};

/** Customers-file columns with few enough values to be reported, unless the configuration asks for them by name. */
const reportable = (names: readonly string[], segments: readonly SegmentCells[], config: Config): readonly string[] => {
  if (config.dimensions !== undefined) return names;
  return names.filter((name) => segments.filter(({ dimension }) => dimension === name).length <= segmentLimit);
};

/** Accounts of the whole book at both ends, joiners included. */
const bookAccounts = (cells: readonly Cell[]) => {
  const cohort = sumOf(cells, ({ openingAccounts }) => openingAccounts);
  const churned = sumOf(
    cells.filter(({ movement }) => movement === 'churn'),
    ({ openingAccounts }) => openingAccounts,
  );
  const joined = sumOf(
    cells.filter(({ movement }) => movement === 'new' || movement === 'reactivation'),
    ({ accounts }) => accounts,
  );
  return { opening: cohort, closing: cohort - churned + joined };
};

const sumOf = (cells: readonly Cell[], of: (cell: Cell) => number): number =>
  cells.reduce((total, cell) => total + of(cell), 0);

/** A window before it is known whether any of them is connected with a CRM. */
type MeasuredWindow = Omit<WindowReport, 'traced' | 'tracedShare'>;

/** One window that closes with the month: its figures, its ledger's accounts, and what its gates say. */
const measureWindow = async (
  window: WindowName,
  payments: readonly Row[],
  { catalog, lineage, closing, config, lake }: Context,
) => {
  const decimals = minorUnitDecimals(config.reportingCurrency);
  const opening = openingMonthOf(closing, window);
  const names = lineage.dimensions(closing);
  const accounts = lineage.windowAccounts(closing, window);
  const cells = readCells(await lake.rows(lineage.cells(accounts)), names);
  const total = retentionOf(cells.total, decimals);
  const bridge = bridgeOf(cells.total, decimals);

  const shown = ['acv_band', ...reportable(names, cells.segments, config), 'cohort_year'];
  const segments = segmentRows(
    window,
    inOrder(
      cells.segments.filter(({ dimension }) => shown.includes(dimension)),
      shown,
      config,
    ),
    config,
    decimals,
  );

  const [openingBook] = await lake.rows(lineage.bookTotal(opening, closing));
  const [closingBook] = await lake.rows(lineage.bookTotal(closing, closing));
  const book = { opening: openingBook?.mrr ?? '', closing: closingBook?.mrr ?? '' };
  const failedPayments = failedPaymentsOf(payments, monthsInside(opening, closing), lineage.ratesOf(closing), decimals);
  const [sums] = await lake.rows(lineage.traced(accounts, window));
  const traced = tracedOf(
    {
      moved: sums?.moved_mrr ?? '',
      byInvoice: sums?.by_invoice_mrr ?? '',
      byOpportunity: sums?.by_opportunity_mrr ?? '',
      both: sums?.traced_mrr ?? '',
    },
    decimals,
  );
  const report: MeasuredWindow = {
    openingMonth: opening,
    openingBasis: basisOf(catalog, opening),
    closingBasis: basisOf(catalog, closing),
    total,
    bridge,
    failedPayments,
  };
  return {
    window,
    accounts,
    moved: sumOf(
      cells.total.filter(({ movement }) => movement !== 'none'),
      (cell) => cell.accounts,
    ),
    report,
    traced,
    segments,
    leftOut: names.filter((name) => !shown.includes(name)),
    topMovers: (await lake.rows(lineage.topMovers(accounts, window))).map((row) => moverOf(window, row)),
    problems: openBridge({ window, total, bridge, book, segments }),
    gates: [
      ...unclassifiedChurn(window, total, config),
      ...(window === 'month' ? bookSwing({ accounts: bookAccounts(cells.total), bridge }, config) : []),
    ],
  };
};

/** Every window of the last two years, as measured today; stored sums where they were measured before. */
const measureTrend = async (
  { catalog, lineage, closing, config, lake }: Context,
  progress: Progress,
): Promise<readonly { readonly point: TrendPoint; readonly segments: readonly SegmentCells[] }[]> => {
  const points = monthRange(addMonths(closing, 1 - trendMonths), closing)
    .flatMap((month) => windowNames.map((window) => ({ month, window })))
    .filter(({ month, window }) => standing(catalog, lineage, month, window) === 'measurable');
  let done = 0;
  return atMost(lake.concurrency, points, async ({ month, window }) => {
    progress('Measuring windows', done, points.length);
    const rows = await lake.rows(lineage.cells(lineage.windowAccounts(month, window)));
    done += 1;
    progress('Measuring windows', done, points.length);
    const { total, segments } = readCells(rows, lineage.dimensions(month));
    return { point: { month, window, ...retentionOf(total, minorUnitDecimals(config.reportingCurrency)) }, segments };
  });
};

/** Failed payments by the month in which they came to what they are; none when no payments file was ever given. */
const measurePayments = (
  payments: readonly Row[],
  { catalog, lineage, closing, config }: Context,
): FailedPaymentsPoint[] => {
  if (payments.length === 0) return [];
  const [firstBook] = bookMonths(catalog, closing);
  const decimals = minorUnitDecimals(config.reportingCurrency);
  return lineage
    .paymentMonths(closing)
    .filter((month) => firstBook !== undefined && month >= firstBook)
    .map((month) => {
      const failed = payments.filter(({ state_month }) => state_month === month);
      return { month, ...failedPaymentsOf(failed, [month], lineage.ratesOf(closing), decimals) };
    });
};

/** What the sources of some months could not know, newest month first. */
const notesOf = (months: readonly Month[], catalog: Catalog): Report['sourceNotes'] =>
  [...new Set(months)]
    .sort()
    .reverse()
    .flatMap((month) => (catalog.get(month)?.notes ?? []).map((note) => ({ month, note })));

/** Measures `closing`. Its inputs must be there: see `missingInputs`. */
export const measure = async (context: Context, progress: Progress): Promise<Measurement> => {
  const { catalog, lineage, closing, config, lake } = context;
  const trend = await measureTrend(context, progress);
  const payments = await lake.rows(lineage.failedPayments(closing));
  const measurable = windowNames.filter((window) => standing(catalog, lineage, closing, window) === 'measurable');
  const windows = await atMost(lake.concurrency, measurable, (window) => measureWindow(window, payments, context));
  const basis = basisOf(catalog, closing);
  const mixedWindows = windowNames
    .filter((window) => standing(catalog, lineage, closing, window) === 'bases differ')
    .map((window) => ({ window, openingMonth: openingMonthOf(closing, window) }))
    .map(({ window, openingMonth }) => ({ window, openingMonth, openingBasis: basisOf(catalog, openingMonth) }));
  const comparable = trend.filter(({ point }) => basisOf(catalog, parseMonth(point.month)) === basis);
  const [unknown] = await lake.rows(lineage.unknownCustomers(closing));

  const connected = isConnected(
    windows.map(({ traced }) => traced),
    lineage.hasOpportunities(closing),
  );
  const reportOf = (name: WindowName): WindowReport | null => {
    const found = windows.find(({ window }) => window === name);
    if (found === undefined) return null;
    return { ...found.report, traced: found.traced, tracedShare: tracedShareOf(found.traced, connected) };
  };
  const segments = windows.flatMap((measured) => measured.segments);
  const problems = windows.flatMap((measured) => measured.problems);
  const leftOut = [...new Set(windows.flatMap((measured) => measured.leftOut))];
  const shown = segments.filter(({ dimension }) => !leftOut.includes(dimension));
  const headline = measurable.at(-1);
  return {
    report: {
      schemaVersion: 1,
      month: closing,
      reportingCurrency: config.reportingCurrency,
      timeZone: config.timeZone,
      windows: { month: reportOf('month'), quarter: reportOf('quarter'), ttm: reportOf('ttm') },
      segments: shown,
      trend: comparable.map(({ point }) => point),
      trendOnOtherBasis: trend
        .filter((measured) => !comparable.includes(measured))
        .map(({ point }) => ({ ...point, basis: basisOf(catalog, parseMonth(point.month)) })),
      segmentTrend: segmentTrend(
        shown.filter(({ window }) => window === headline),
        comparable
          .filter(({ point }) => point.window === headline)
          .map(({ point, segments: then }) => ({ month: parseMonth(point.month), segments: then })),
        minorUnitDecimals(config.reportingCurrency),
      ),
      failedPaymentsTrend: measurePayments(payments, context),
      topMovers: windows.flatMap((measured) => measured.topMovers),
      sourceNotes: notesOf([closing, ...measurable.map((window) => openingMonthOf(closing, window))], catalog),
      gates: [
        ...mixedBasis(closing, basis, mixedWindows),
        ...windows.flatMap((measured) => measured.gates),
        ...unknownCustomers(count(unknown?.unknown_lines), unknown?.first_customer ?? null),
      ],
      basis: {
        lowSampleBelow: config.lowSampleBelow,
        acvBands: config.acvBands,
        benchmarks: config.benchmarks,
        bookBenchmark: bookBenchmark(reportOf('ttm')?.total ?? null, config),
        benchmarkSource: config.benchmarkSource,
        mrr: basis,
        mixedWindows,
      },
    },
    windows: windows.map(({ window, accounts, moved }) => ({ window, accounts, moved })),
    dimensions: lineage.dimensions(closing).filter((name) => !leftOut.includes(name)),
    faults:
      problems.length === 0
        ? []
        : [
            fault(
              'BRIDGE_OPEN',
              `${problems.length} sums do not agree`,
              problems.map((problem) => ({ file: null, line: null, column: null, value: null, problem })),
            ),
          ],
    notes: leftOut.map(
      (name) =>
        `"${name}" has more than ${segmentLimit} values and is not reported; name it under "dimensions" in the configuration to have it all the same`,
    ),
  };
};
