/** What failed payments did in the headline window: lost for good, got back, still in the balance. */
import { exact } from '../core/money.ts';
import type { Report } from '../core/report.ts';
import { moneyWithCode, percentText, plural, ratioOf, shareOf, windowLabels } from './formats.ts';
import { type Headline, headlineOf } from './headline.ts';

export type InvoluntaryPanel = {
  readonly period: string;
  readonly stats: readonly { readonly label: string; readonly value: string; readonly detail: string }[];
  readonly counterfactual: string;
};

const recoveryRate = (recovered: string, exhausted: string): string => {
  const resolved = exact(recovered).plus(exact(exhausted));
  return resolved.isZero() ? '' : `, ${percentText(exact(recovered).div(resolved))} of what was settled`;
};

/** Of the window the report leads with, or of the one asked for. */
export const involuntaryPanel = (
  report: Report,
  headline: Headline | null = headlineOf(report),
): InvoluntaryPanel | null => {
  if (headline === null) return null;
  const { total, failedPayments } = headline.window;
  const money = (amount: string) => moneyWithCode(amount, report.reportingCurrency);
  return {
    period: windowLabels[headline.name].title,
    stats: [
      {
        label: 'Lost for good',
        value: money(total.involuntaryChurnMrr),
        detail: `MRR a month, ${percentText(shareOf(total.involuntaryChurnMrr, total.openingMrr))} of opening; ${plural(failedPayments.exhaustedInvoices, 'invoice')} given up (${money(failedPayments.exhaustedAmount)})`,
      },
      {
        label: 'Recovered',
        value: money(failedPayments.recoveredAmount),
        detail: `${plural(failedPayments.recoveredInvoices, 'invoice')} paid after a failure${recoveryRate(failedPayments.recoveredAmount, failedPayments.exhaustedAmount)}`,
      },
      {
        label: 'At risk',
        value: money(failedPayments.inGraceAmount),
        detail: `${plural(failedPayments.inGraceInvoices, 'invoice')} in grace, still being retried`,
      },
    ],
    counterfactual: `Had no payment failed for good, NDR would have been ${percentText(ratioOf(total.ndrExInvoluntary))} instead of ${percentText(ratioOf(total.ndr))} (counterfactual).`,
  };
};
