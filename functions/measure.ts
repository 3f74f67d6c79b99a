/** A month's figures from the lake: windows, segments, trend, movers, and the gates that judge them. */
import type { Config } from './core/config.ts';
import { type BridgeProof, bookSwing, openBridge, unclassifiedChurn, unknownCustomers } from './core/gates.ts';
import { type Exact, exact, minorUnitDecimals, moneyText, sum } from './core/money.ts';
import {
  addMonths,
  type Month,
  monthRange,
  monthsInside,
  openingMonthOf,
  type WindowName,
  windowNames,
} from './core/month.ts';
import type { FailedPayments, Gate, Report, TopMover, WindowReport } from './core/report.ts';
import { causeNames, movementNames } from './core/report.ts';
import { bridgeOf, type Cell, retentionOf } from './core/retention.ts';
import { bookBenchmark, type SegmentCells, segmentRows } from './core/segments.ts';
import { usageError } from './errors.ts';
import { fault, type GateFault } from './gate-fault.ts';
import { bookMonths, type Catalog, partitionOf } from './lake/catalog.ts';
import type { Lake } from './lake/lake.ts';
import type { DerivedTable, Lineage } from './lake/lineage.ts';
import { dimensionSlots } from './lake/tables.ts';
import type { Progress, Row } from './ports.ts';

/** A report before the archive has given it its revision and compared it with the past. */
export type Measured = Omit<Report, 'revision' | 'restatement'>;

type Standing = 'measurable' | 'no history' | 'snapshot missing' | 'rate missing';

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
  openingAccounts: count(row.opening_accounts),
  opening: exact(row.opening_mrr ?? ''),
  closing: exact(row.closing_mrr ?? ''),
  closingAtClosingRates: exact(row.closing_mrr_at_closing_rates ?? ''),
});

/** Currencies of either end with MRR that counts, and no rate at either end. */
export const missingRates = (
  catalog: Catalog,
  lineage: Lineage,
  opening: Month,
  closing: Month,
): { currency: string; month: Month }[] => {
  const counting = (month: Month) =>
    Object.entries(catalog.get(month)?.lines?.sums ?? {})
      .filter(([, sums]) => !exact(sums.counting).isZero())
      .map(([currency]) => currency);
  const currencies = [...new Set([...counting(opening), ...counting(closing)])].sort();
  return currencies.flatMap((currency) =>
    [opening, closing].filter((month) => !lineage.ratesOf(month).has(currency)).map((month) => ({ currency, month })),
  );
};

const standing = (catalog: Catalog, lineage: Lineage, closing: Month, window: WindowName): Standing => {
  const opening = openingMonthOf(closing, window);
  const [first] = bookMonths(catalog, closing);
  if (first === undefined || opening < first) return 'no history';
  if (partitionOf(catalog, opening, 'lines') === null || partitionOf(catalog, closing, 'lines') === null)
    return 'snapshot missing';
  return missingRates(catalog, lineage, opening, closing).length > 0 ? 'rate missing' : 'measurable';
};

/** What must be there before anything is measured: snapshots and rates at both ends of every window. */
export const missingInputs = (catalog: Catalog, lineage: Lineage, closing: Month, config: Config): GateFault[] => {
  if (partitionOf(catalog, closing, 'lines') === null)
    return [
      fault(
        'SNAPSHOT_MISSING',
        `${closing} has no lines: neither the source folder nor the lake has a snapshot of that month`,
      ),
    ];
  const candidates = lineage.candidates(closing);
  if (candidates.length > dimensionSlots)
    throw usageError(
      `the customers file has ${candidates.length} dimension columns; a report shows at most ${dimensionSlots}`,
      `Choose among them with "dimensions" in the configuration: ${candidates.join(', ')}.`,
    );
  const faults: GateFault[] = [];
  const rateless = new Map<string, { currency: string; month: Month }>();
  for (const window of windowNames) {
    const opening = openingMonthOf(closing, window);
    const found = standing(catalog, lineage, closing, window);
    if (found === 'snapshot missing')
      faults.push(
        fault(
          'SNAPSHOT_MISSING',
          `${opening}, where the ${window} window of ${closing} opens, has no lines, though earlier months do`,
        ),
      );
    if (found === 'rate missing')
      for (const gap of missingRates(catalog, lineage, opening, closing))
        rateless.set(`${gap.month} ${gap.currency}`, gap);
  }
  for (const month of lineage.paymentMonths(closing))
    for (const currency of Object.keys(catalog.get(month)?.payments?.sums ?? {}))
      if (!lineage.ratesOf(closing).has(currency)) rateless.set(`${closing} ${currency}`, { currency, month: closing });
  // A window that cannot be opened still needs the closing month's own rates.
  for (const gap of missingRates(catalog, lineage, closing, closing)) rateless.set(`${gap.month} ${gap.currency}`, gap);
  const gaps = [...rateless.values()];
  if (gaps.length > 0)
    faults.push(
      fault(
        'FX_MISSING',
        `no rate into ${config.reportingCurrency} for ${gaps.map(({ currency, month }) => `${currency} in ${month}`).join(', ')}`,
        gaps.map(({ currency, month }) => ({
          file: `${month}/fx.csv`,
          line: null,
          column: 'currency',
          value: currency,
          problem: 'neither this month nor an earlier one has its rate',
        })),
      ),
    );
  for (const [month, tables] of catalog) {
    const rate = tables.fx?.rates[config.reportingCurrency];
    if (month <= closing && rate !== undefined && !exact(rate).equals(1))
      faults.push(
        fault(
          'BAD_ROW',
          `fx of ${month} gives the reporting currency ${config.reportingCurrency} a rate of ${rate}: it is 1 by definition`,
        ),
      );
  }
  return faults;
};

/** Failed payments of a window: latest state of each invoice, converted at closing rates, rounded once. */
const failedPaymentsOf = (
  rows: readonly Row[],
  inside: readonly Month[],
  rates: ReadonlyMap<string, string>,
  decimals: number,
): FailedPayments => {
  const of = (state: string, months: readonly Month[] | null) => {
    const found = rows.filter(
      (row) => row.state === state && (months === null || months.some((month) => month === row.state_month)),
    );
    const amounts: Exact[] = found.map(({ amount, currency }) =>
      exact(amount ?? '').times(exact(rates.get(currency ?? '') ?? '')),
    );
    return {
      invoices: found.reduce((total, row) => total + count(row.invoices), 0),
      amount: moneyText(sum(amounts).toDecimalPlaces(decimals), decimals),
    };
  };
  const [recovered, exhausted, inGrace] = [of('recovered', inside), of('exhausted', inside), of('in_grace', null)];
  return {
    recoveredInvoices: recovered.invoices,
    recoveredAmount: recovered.amount,
    exhaustedInvoices: exhausted.invoices,
    exhaustedAmount: exhausted.amount,
    inGraceInvoices: inGrace.invoices,
    inGraceAmount: inGrace.amount,
  };
};

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
  readonly windows: readonly { readonly window: WindowName; readonly accounts: DerivedTable }[];
  /** Customers-file columns shown, without those left out for having too many values. */
  readonly dimensions: readonly string[];
  readonly faults: readonly GateFault[];
  readonly notes: readonly string[];
};

/** Measures `closing`. Its inputs must be there: see `missingInputs`. */
export const measure = async (
  catalog: Catalog,
  lineage: Lineage,
  closing: Month,
  config: Config,
  lake: Lake,
  progress: Progress,
): Promise<Measurement> => {
  const decimals = minorUnitDecimals(config.reportingCurrency);
  const customerDimensions = lineage.dimensions(closing);
  const dimensions = [...customerDimensions, 'acv_band', 'cohort_year'];
  const points = monthRange(addMonths(closing, 1 - trendMonths), closing)
    .flatMap((month) => windowNames.map((window) => ({ month, window })))
    .filter(({ month, window }) => standing(catalog, lineage, month, window) === 'measurable');

  const notes: string[] = [];
  const trend: Report['trend'] = [];
  const windows: { window: WindowName; accounts: DerivedTable; report: WindowReport; proof: BridgeProof }[] = [];
  const segments: Report['segments'] = [];
  const topMovers: TopMover[] = [];
  const gates: Gate[] = [];
  const payments = await lake.rows(lineage.failedPayments(closing));

  for (const [at, { month, window }] of points.entries()) {
    progress('Measuring windows', at, points.length);
    const accounts = lineage.windowAccounts(month, window);
    const cells = readCells(await lake.rows(lineage.cells(accounts)), month === closing ? customerDimensions : []);
    const total = retentionOf(cells.total, decimals);
    trend.push({ month, window, ...total });
    if (month !== closing) continue;

    const opening = openingMonthOf(closing, window);
    const bridge = bridgeOf(cells.total, decimals);
    const tooMany =
      config.dimensions !== undefined
        ? []
        : customerDimensions.filter(
            (name) => cells.segments.filter(({ dimension }) => dimension === name).length > segmentLimit,
          );
    for (const name of tooMany)
      notes.push(
        `"${name}" has more than ${segmentLimit} values and is not reported; name it under "dimensions" in the configuration to have it all the same`,
      );
    const shown = inOrder(
      cells.segments.filter(({ dimension }) => !tooMany.includes(dimension)),
      dimensions,
      config,
    );
    const rows = segmentRows(window, shown, config, decimals);
    const [openingBook] = await lake.rows(lineage.bookTotal(opening, closing));
    const [closingBook] = await lake.rows(lineage.bookTotal(closing, closing));
    const book = { opening: openingBook?.mrr ?? '', closing: closingBook?.mrr ?? '' };
    const failed = failedPaymentsOf(payments, monthsInside(opening, closing), lineage.ratesOf(closing), decimals);
    segments.push(...rows);
    windows.push({
      window,
      accounts,
      report: { openingMonth: opening, total, bridge, failedPayments: failed },
      proof: { window, total, bridge, book, segments: rows },
    });
    topMovers.push(...(await lake.rows(lineage.topMovers(accounts))).map((row) => moverOf(window, row)));
    gates.push(...unclassifiedChurn(window, total, config));
    if (window === 'month') {
      const joined = count(
        (await lake.rows(lineage.cells(accounts)))
          .filter(
            ({ dimension, movement }) => dimension === 'total' && (movement === 'new' || movement === 'reactivation'),
          )
          .reduce((sum, row) => `${count(sum) + count(row.accounts)}`, '0'),
      );
      gates.push(
        ...bookSwing(
          { accounts: { opening: total.openingAccounts, closing: total.closingAccounts + joined }, bridge },
          config,
        ),
      );
    }
  }
  if (points.length > 0) progress('Measuring windows', points.length, points.length);

  const [unknown] = await lake.rows(lineage.unknownCustomers(closing));
  gates.push(...unknownCustomers(count(unknown?.unknown_lines), unknown?.first_customer ?? null));

  const windowReport = (name: WindowName) => windows.find(({ window }) => window === name)?.report ?? null;
  const problems = windows.flatMap(({ proof }) => openBridge(proof));
  return {
    report: {
      schemaVersion: 1,
      month: closing,
      reportingCurrency: config.reportingCurrency,
      timeZone: config.timeZone,
      windows: { month: windowReport('month'), quarter: windowReport('quarter'), ttm: windowReport('ttm') },
      segments,
      trend,
      topMovers,
      gates,
      basis: {
        lowSampleBelow: config.lowSampleBelow,
        acvBands: config.acvBands,
        benchmarks: config.benchmarks,
        bookBenchmark: bookBenchmark(windowReport('ttm')?.total ?? null, config),
        benchmarkSource: config.benchmarkSource,
      },
    },
    windows: windows.map(({ window, accounts }) => ({ window, accounts })),
    dimensions: customerDimensions.filter(
      (name) => segments.length === 0 || segments.some(({ dimension }) => dimension === name),
    ),
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
    notes: [...new Set(notes)],
  };
};
