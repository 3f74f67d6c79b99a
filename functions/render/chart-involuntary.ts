/** What failed payments did in each of the last 12 months, for drawing: lost for good, recovered, still in grace. */
import { drawPaymentColumns, type PaymentStrip } from '../../templates/charts/payment-columns.ts';
import { exact } from '../core/money.ts';
import { type Month, monthRange, parseMonth } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { largestOf } from './bar.ts';
import { compactAmount } from './chart-labels.ts';
import type { Chart } from './charts.ts';
import { longMonth, moneyWithCode, shortMonth } from './formats.ts';

const monthsShown = 12;

type Amounts = readonly (string | null)[];

const largest = (...series: readonly Amounts[]): number =>
  largestOf(series.flat().flatMap((amount) => (amount === null ? [] : [exact(amount)]))).toNumber();

const valuesOf = (amounts: Amounts): PaymentStrip['values'] =>
  amounts.map((amount) => (amount === null ? null : { amount: exact(amount).toNumber(), text: compactAmount(amount) }));

const peakOf = (
  amounts: Amounts,
  months: readonly Month[],
): { readonly month: Month; readonly amount: string } | null =>
  months.reduce<{ month: Month; amount: string } | null>((peak, month, index) => {
    const amount = amounts[index] ?? null;
    if (amount === null) return peak;
    return peak === null || exact(amount).greaterThan(exact(peak.amount)) ? { month, amount } : peak;
  }, null);

/** Null without a month of either: a book without payments and without a month to compare. */
export const involuntaryChart = (report: Report): Chart | null => {
  const last = parseMonth(report.month);
  const lostByMonth = new Map(
    report.trend.flatMap(({ window, month, involuntaryChurnMrr }) =>
      window === 'month' ? [[month, involuntaryChurnMrr] as const] : [],
    ),
  );
  const payments = new Map(report.failedPaymentsTrend.map((point) => [point.month, point]));
  const known = [...lostByMonth.keys(), ...payments.keys()];
  if (known.length === 0) return null;
  const [first = report.month] = known.sort();
  const months = monthRange(parseMonth(first), last).slice(-monthsShown);
  const lost = months.map((month) => lostByMonth.get(month) ?? null);
  const recovered = months.map((month) => payments.get(month)?.recoveredAmount ?? null);
  const inGrace = months.map((month) => payments.get(month)?.inGraceAmount ?? null);
  const { reportingCurrency } = report;
  const money = (amount: string): string => moneyWithCode(amount, reportingCurrency);
  const strips: PaymentStrip[] = [
    {
      name: 'Lost for good',
      unit: `MRR that ended in the month, ${reportingCurrency}`,
      kind: 'failed',
      values: valuesOf(lost),
      full: largest(lost),
      none: 'Nothing was lost in these months.',
    },
  ];
  if (payments.size > 0) {
    const whole = largest(recovered, inGrace);
    strips.push(
      {
        name: 'Recovered',
        unit: `invoiced amounts, ${reportingCurrency}`,
        kind: 'gain',
        values: valuesOf(recovered),
        full: whole,
        none: 'Nothing was recovered in these months.',
      },
      {
        name: 'Still in grace',
        unit: `invoiced amounts by month of failure, ${reportingCurrency}`,
        kind: 'even',
        values: valuesOf(inGrace),
        full: whole,
        none: 'Nothing is in grace.',
      },
    );
  }
  const newest = lost.at(-1) ?? null;
  const peak = peakOf(lost, months);
  const said = [
    newest === null ? [] : [`failed payments ended ${money(newest)} of MRR in ${longMonth(report.month)}`],
    peak === null || peak.month === report.month || exact(peak.amount).isZero()
      ? []
      : [`the most in ${months.length} months was ${money(peak.amount)} in ${longMonth(peak.month)}`],
    payments.has(report.month) ? [`${money(recovered.at(-1) ?? '0')} of invoices was recovered in the month`] : [],
    payments.size === 0 ? [] : [`${money(totalOf(inGrace))} is still in grace`],
  ].flat();
  const alt = `Failed payments by month to ${longMonth(report.month)}: ${said.join('; ')}.`;
  return {
    name: 'involuntary',
    title: 'Failed payments by month',
    alt,
    draw: (palette) => drawPaymentColumns({ label: alt, months: namesOf(months), strips }, palette),
  };
};

const totalOf = (amounts: Amounts): string => {
  const scale = Math.max(...amounts.map((amount) => amount?.split('.')[1]?.length ?? 0));
  return amounts.reduce((total, amount) => total.plus(exact(amount ?? '0')), exact('0')).toFixed(scale);
};

const namesOf = (months: readonly Month[]): string[] => months.map((month) => shortMonth(month).slice(0, 3));
