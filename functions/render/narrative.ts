/** The answer in two plain sentences, made by rule: what moved and why, then what churn was and what failed payments cost. */
import { type Exact, exact } from '../core/money.ts';
import { addMonths, parseMonth } from '../core/month.ts';
import type { Cause, Report, Retention } from '../core/report.ts';
import { longMonth, moneyWithCode, percentText, ratioOf, shareOf, shortMonth, windowLabels } from './formats.ts';
import { type Comparison, compare, type Headline, headlineOf, measures, windowPhrase } from './headline.ts';

export type Narrative = {
  readonly moved: string;
  readonly churned: string;
  /** What the MRR rests on if not on subscriptions, and why the report does not lead with the trailing 12 months; mostly empty. */
  readonly note: string;
};

const causeWords: Readonly<Record<Cause, string>> = {
  voluntary: 'the customer’s own decision',
  involuntary: 'failed payments',
  paused: 'paused subscriptions',
  unclassified: 'no recorded cause',
};

const since = ({ since: month, change }: Comparison): string | null => {
  if (change.plain === 'n/a') return null;
  return change.verdict === 'no change' ? `unchanged from ${month}` : `${change.plain} on ${month}`;
};

const sinceBoth = (report: Report, headline: Headline): string => {
  const told = [1, 12]
    .map((back) => since(compare(report, headline, measures.ndr, back)))
    .filter((part) => part !== null);
  return told.length === 0 ? '' : ` (${told.join(', ')})`;
};

/** Which movement decided: the sum of gains against the larger of the losses. */
const whyItMoved = (total: Retention, money: (amount: string) => string): string => {
  const expansion = exact(total.expansionMrr);
  const churn = exact(total.churnMrr);
  const contraction = exact(total.contractionMrr);
  const lost = churn.plus(contraction);
  if (expansion.isZero() && lost.isZero()) return 'no account of the cohort changed what it pays';
  const losses = [
    { word: 'churn', amount: churn, text: total.churnMrr },
    { word: 'contraction', amount: contraction, text: total.contractionMrr },
  ]
    .filter(({ amount }) => !amount.isZero())
    .sort((one, other) => other.amount.comparedTo(one.amount));
  const lossText = losses.map(({ word, text }) => `${word} of ${money(text)}`).join(' and ');
  if (lost.isZero()) return `expansion of ${money(total.expansionMrr)} met no loss at all`;
  if (expansion.isZero()) return `${lossText} met no expansion`;
  if (expansion.equals(lost)) return `expansion of ${money(total.expansionMrr)} exactly made up for ${lossText}`;
  return expansion.greaterThan(lost)
    ? `expansion of ${money(total.expansionMrr)} outweighed ${lossText}`
    : `${lossText} outweighed expansion of ${money(total.expansionMrr)}`;
};

const causesBySize = (total: Retention): { cause: Cause; amount: Exact; text: string }[] => {
  const causes = [
    { cause: 'voluntary', text: total.voluntaryChurnMrr },
    { cause: 'involuntary', text: total.involuntaryChurnMrr },
    { cause: 'paused', text: total.pausedChurnMrr },
    { cause: 'unclassified', text: total.unclassifiedChurnMrr },
  ] as const;
  return causes
    .map(({ cause, text }) => ({ cause, text, amount: exact(text) }))
    .sort((one, other) => other.amount.comparedTo(one.amount));
};

const withoutFailures = (total: Retention): string => {
  const counterfactual = ratioOf(total.ndrExInvoluntary);
  return counterfactual === null ? '' : `; without that, NDR would have been ${percentText(counterfactual)}`;
};

const howItChurned = (total: Retention, money: (amount: string) => string): string => {
  const churn = exact(total.churnMrr);
  if (churn.isZero()) return 'No account left, and no failed payment cost any recurring revenue for good.';
  const [largest] = causesBySize(total);
  if (largest === undefined) return '';
  const share = largest.amount.div(churn);
  const opening = percentText(shareOf(total.involuntaryChurnMrr, total.openingMrr));
  const extent = share.equals(1) ? 'All' : share.greaterThan('0.5') ? 'Most' : 'The largest part';
  const lead = `${extent} of the churn (${percentText(share)}) came from ${causeWords[largest.cause]}`;
  if (exact(total.involuntaryChurnMrr).isZero()) return `${lead}; failed payments cost nothing for good.`;
  const cost =
    largest.cause === 'involuntary'
      ? `, which cost ${money(total.involuntaryChurnMrr)} for good, ${opening} of opening MRR`
      : `; failed payments cost ${money(total.involuntaryChurnMrr)} for good, ${opening} of opening MRR`;
  return `${lead}${cost}${withoutFailures(total)}.`;
};

/** Where no window opens on the basis that the month is on. */
const onlyMixed = ({ month, basis }: Report): Narrative => ({
  moved: `Every window opens on another basis than ${longMonth(month)}, whose MRR is ${basis.mrr}, so retention cannot be measured.`,
  churned: `The first figures come with the second month on the ${basis.mrr} basis, the trailing 12 months with the thirteenth.`,
  note: '',
});

const firstMonth = ({ month }: Report): Narrative => ({
  moved: `There is no opening snapshot yet, so retention cannot be measured: ${longMonth(month)} has no earlier month to compare with.`,
  churned: `The first figures come with ${longMonth(addMonths(parseMonth(month), 1))}, the trailing 12 months with ${longMonth(addMonths(parseMonth(month), 12))}.`,
  note: '',
});

/** What is on the committed basis needs no remark: that is what the words mean. */
const onInvoices = ({ basis }: Report): string =>
  basis.mrr === 'invoiced' ? 'MRR is invoiced: derived from invoice lines spread over their service periods.' : '';

const missingYear = (report: Report, { name }: Headline): string => {
  if (name === 'ttm') return '';
  const needed = shortMonth(addMonths(parseMonth(report.month), -12));
  const mixed = report.basis.mixedWindows.find(({ window }) => window === 'ttm');
  if (mixed !== undefined)
    return `The trailing 12 months open in ${needed} on the ${mixed.openingBasis} basis and close on the ${report.basis.mrr} one, so they are n/a; the report leads with ${windowLabels[name].phrase} instead.`;
  return `The trailing 12 months need a snapshot of ${needed}, which does not exist; the report leads with ${windowLabels[name].phrase} instead.`;
};

export const narrative = (report: Report): Narrative => {
  const headline = headlineOf(report);
  if (headline === null) return report.basis.mixedWindows.length > 0 ? onlyMixed(report) : firstMonth(report);
  const { total } = headline.window;
  const money = (amount: string) => moneyWithCode(amount, report.reportingCurrency);
  const note = [onInvoices(report), missingYear(report, headline)].filter((part) => part !== '').join(' ');
  if (total.ndr === null) {
    const moved = `No account had recurring revenue at the start of ${windowPhrase(report, headline.name)}, so NDR and GRR are n/a.`;
    return { moved, churned: 'There was nothing to retain, and nothing to lose.', note };
  }
  const figure = percentText(ratioOf(total.ndr));
  const changes = sinceBoth(report, headline);
  return {
    moved: `Net dollar retention is ${figure} over ${windowPhrase(report, headline.name)}${changes}: ${whyItMoved(total, money)}.`,
    churned: howItChurned(total, money),
    note,
  };
};
