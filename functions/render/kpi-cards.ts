/** The three figures a board asks for first, each with its changes and where it stands. */
import type { Report } from '../core/report.ts';
import { displayText } from './display-text.ts';
import { moneyWithCode, notAvailable, percentText, plural, windowLabels } from './formats.ts';
import { compare, type Headline, headlineOf, type Measure, measures } from './headline.ts';
import type { Signed } from './signed.ts';

export type KpiCard = {
  readonly label: string;
  readonly name: string;
  readonly value: string;
  readonly detail: string;
  readonly changes: readonly { readonly against: string; readonly change: Signed }[];
  readonly standing: string;
};

/** "strong for Mid-market: average from 95%, strong from 105%, elite from 115%" */
const bookStanding = ({ basis: { bookBenchmark } }: Report, headline: Headline | null): string => {
  if (headline !== null && headline.name !== 'ttm') return 'Benchmarks are for 12 months';
  if (bookBenchmark === null) return 'Benchmark: n/a';
  const [average, strong, elite] = bookBenchmark.bounds;
  const segment = displayText(bookBenchmark.segment, 30);
  return `Benchmark: ${bookBenchmark.band} for ${segment} (average from ${average}%, strong ${strong}%, elite ${elite}%)`;
};

const card = (
  report: Report,
  headline: Headline | null,
  measure: Measure,
  words: Pick<KpiCard, 'label' | 'name' | 'detail' | 'standing'>,
): KpiCard => {
  if (headline === null) return { ...words, value: notAvailable, changes: [] };
  const changes = [1, 12].map((back) => {
    const { since, change } = compare(report, headline, measure, back);
    return { against: `vs ${since}`, change };
  });
  return { ...words, value: percentText(measure.of(headline.window.total)), changes };
};

/** The cards of the window the report leads with, or of the one asked for. */
export const kpiCards = (report: Report, headline: Headline | null = headlineOf(report)): KpiCard[] => {
  const total = headline?.window.total;
  const money = (amount: string) => moneyWithCode(amount, report.reportingCurrency);
  const unknown = report.basis.mixedWindows.length > 0 ? 'No opening month on this basis' : 'No opening snapshot yet';
  const period = headline === null ? unknown : windowLabels[headline.name].title;
  return [
    card(report, headline, measures.ndr, {
      label: 'NDR',
      name: 'Net dollar retention',
      detail: period,
      standing: bookStanding(report, headline),
    }),
    card(report, headline, measures.grr, {
      label: 'GRR',
      name: 'Gross dollar retention',
      detail: period,
      standing: total ? `Kept ${money(total.retainedMrr)} of ${money(total.openingMrr)}` : 'No opening MRR to keep',
    }),
    card(report, headline, measures.involuntary, {
      label: 'Involuntary churn',
      name: 'Share of opening MRR',
      detail: period,
      standing: total ? `${money(total.involuntaryChurnMrr)} MRR lost for good` : 'No churn to measure',
    }),
  ];
};

/** "480 accounts at the start, 441 still paying: logo retention 91.9%" */
export const accountsLine = (report: Report, headline: Headline | null = headlineOf(report)): string => {
  const total = headline?.window.total;
  if (!total) return '';
  const kept = percentText(measures.logo.of(total));
  return `${plural(total.openingAccounts, 'account')} at the start, ${plural(total.closingAccounts, 'account')} still paying: logo retention ${kept}.`;
};
