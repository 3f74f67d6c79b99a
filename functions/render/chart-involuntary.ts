/** What failed payments did in each of the last 12 months, for drawing: lost for good, recovered, still in grace. */
import { drawPaymentColumns, type PaymentColumns, type PaymentStrip } from '../../templates/charts/payment-columns.ts';
import { type Exact, exact } from '../core/money.ts';
import { type Month, monthRange, parseMonth } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { largestOf } from './bar.ts';
import { compactAmount, monthMarks } from './chart-labels.ts';
import type { Chart } from './charts.ts';
import { longMonth, moneyWithCode } from './formats.ts';

const monthsShown = 12;

/** One a month; null where the month is not known. */
type Amounts = readonly (string | null)[];

type FailedPayments = {
  /** Oldest first, the report's own last. */
  readonly months: readonly Month[];
  readonly lost: Amounts;
  readonly recovered: Amounts;
  readonly inGrace: Amounts;
};

/** Null without a month of either: a book without payments and without a month to compare. */
const failedPaymentsOf = (report: Report): FailedPayments | null => {
  const lost = new Map(
    report.trend
      .filter(({ window }) => window === 'month')
      .map(({ month, involuntaryChurnMrr }) => [month, involuntaryChurnMrr]),
  );
  const payments = new Map(report.failedPaymentsTrend.map((point) => [point.month, point]));
  const [first] = [...lost.keys(), ...payments.keys()].sort();
  if (first === undefined) return null;
  const months = monthRange(parseMonth(first), parseMonth(report.month)).slice(-monthsShown);
  return {
    months,
    lost: months.map((month) => lost.get(month) ?? null),
    recovered: months.map((month) => payments.get(month)?.recoveredAmount ?? null),
    inGrace: months.map((month) => payments.get(month)?.inGraceAmount ?? null),
  };
};

const known = (amounts: Amounts): Exact[] => amounts.flatMap((amount) => (amount === null ? [] : [exact(amount)]));

const full = (...series: readonly Amounts[]): number => largestOf(series.flatMap(known)).toNumber();

const valuesOf = (amounts: Amounts): PaymentStrip['values'] =>
  amounts.map((amount) => (amount === null ? null : { amount: exact(amount).toNumber(), text: compactAmount(amount) }));

const bases =
  'MRR is what a month is worth, an invoice can be for a year: the two are different bases, each on a scale of its own.';

const columnsOf = (
  { months, lost, recovered, inGrace }: FailedPayments,
  currency: string,
): Omit<PaymentColumns, 'label'> => {
  const lostStrip: PaymentStrip = {
    name: 'Lost for good',
    unit: `MRR that ended in the month, ${currency}`,
    kind: 'failed',
    values: valuesOf(lost),
    full: full(lost),
    none: 'Nothing was lost in these months.',
  };
  if (known(recovered).length === 0) return { months: monthMarks(months), strips: [lostStrip], note: '' };
  const recoveredStrip: PaymentStrip = {
    name: 'Recovered',
    unit: `invoiced amounts, ${currency}`,
    kind: 'gain',
    values: valuesOf(recovered),
    full: full(recovered, inGrace),
    none: 'Nothing was recovered in these months.',
  };
  const inGraceStrip: PaymentStrip = {
    name: 'At risk',
    unit: `invoiced amounts in grace, in the month they failed, ${currency}`,
    kind: 'even',
    values: valuesOf(inGrace),
    full: full(recovered, inGrace),
    none: 'Nothing is in grace.',
  };
  return { months: monthMarks(months), strips: [lostStrip, recoveredStrip, inGraceStrip], note: bases };
};

/** The month that lost most; null when none lost anything. */
const peakOf = ({ months, lost }: FailedPayments): { readonly month: Month; readonly amount: string } | null => {
  const largest = largestOf(known(lost));
  const at = lost.findLastIndex((amount) => amount !== null && exact(amount).equals(largest));
  const month = months[at];
  const amount = lost[at];
  return largest.isZero() || month === undefined || amount === undefined || amount === null ? null : { month, amount };
};

/** At the closing snapshot, as every window states it; null in the first month of a book. */
const inGraceAmountOf = ({ windows }: Report): string | null =>
  (windows.month ?? windows.quarter ?? windows.ttm)?.failedPayments.inGraceAmount ?? null;

const findings = (payments: FailedPayments, report: Report): string[] => {
  const money = (amount: string): string => moneyWithCode(amount, report.reportingCurrency);
  const someOr = (none: string, amount: string, of = ''): string =>
    exact(amount).isZero() ? none : `${money(amount)}${of}`;
  const lost = payments.lost.at(-1) ?? null;
  const recovered = payments.recovered.at(-1) ?? null;
  const peak = peakOf(payments);
  const said: string[] = [];
  if (lost !== null) said.push(`${someOr('no MRR', lost, ' of MRR')} was lost for good in ${longMonth(report.month)}`);
  if (peak !== null && payments.months.length > 1) {
    const isNow = peak.month === report.month;
    said.push(
      isNow
        ? `the most in ${payments.months.length} months`
        : `the most in ${payments.months.length} months was ${money(peak.amount)} in ${longMonth(peak.month)}`,
    );
  }
  if (recovered !== null) said.push(`${someOr('nothing', recovered, ' of invoices')} was recovered in the month`);
  const inGrace = inGraceAmountOf(report);
  if (inGrace !== null) said.push(`${someOr('nothing', inGrace)} is still in grace`);
  return said;
};

/** Null where nothing is known of any month. */
export const involuntaryChart = (report: Report): Chart | null => {
  const payments = failedPaymentsOf(report);
  if (payments === null) return null;
  const alt = `Failed payments by month: ${findings(payments, report).join('; ')}.`;
  const columns = columnsOf(payments, report.reportingCurrency);
  return {
    name: 'involuntary',
    title: 'Failed payments by month',
    alt,
    draw: (palette) => drawPaymentColumns({ label: alt, ...columns }, palette),
  };
};
