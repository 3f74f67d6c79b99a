/** Failed payments of a window: what was recovered, what was given up, what is still at risk. */
import { type Exact, exact, moneyText, sum } from './core/money.ts';
import type { Month } from './core/month.ts';
import type { FailedPayments } from './core/report.ts';
import type { Row } from './ports.ts';

const count = (text: string | null | undefined): number => exact(text ?? '0').toNumber();

/** Failed payments of a window: latest state of each invoice, converted at closing rates, rounded once. */
export const failedPaymentsOf = (
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
