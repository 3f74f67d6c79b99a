/** What a reader needs to trust the figures: the checks, the basis they stand on, and what each word means. */
import type { MrrBasis } from '../core/basis.ts';
import type { Gate, GateCode, Report } from '../core/report.ts';
import { displayText } from './display-text.ts';
import { countText, longMonth, percentText, plural, ratioOf, shareOf } from './formats.ts';
import { headlineOf, windowPhrase } from './headline.ts';

export type GateNote = { readonly title: string; readonly message: string };

const gateTitles: Readonly<Record<GateCode, string>> = {
  SNAPSHOT_MISSING: 'Snapshot missing',
  DUPLICATE_LINE: 'Duplicate line',
  NEGATIVE_MRR: 'Negative MRR',
  FX_MISSING: 'Exchange rate missing',
  BAD_ROW: 'Bad row',
  CONTROL_TOTAL: 'Control total differs',
  BRIDGE_OPEN: 'Bridge does not close',
  UNCLASSIFIED_CHURN: 'Unclassified churn',
  UNKNOWN_CUSTOMER: 'Unknown customers',
  BOOK_SWING: 'Unusual swing of the book',
  LATE_ROWS: 'Late rows',
  BASIS_MIXED: 'Two bases of MRR',
};

const noteOf = ({ code, severity, message }: Gate): GateNote => ({
  title: `${severity === 'block' ? 'Blocked' : 'Warning'}: ${gateTitles[code]}`,
  message: displayText(message, 240),
});

/** At most `rows` notes; the last line of an overlong list says how many are missing. */
export const gateNotes = ({ gates }: Report, rows: number): GateNote[] => {
  const hidden = gates.length - rows;
  const notes = gates.slice(0, rows).map(noteOf);
  return hidden > 0 ? [...notes, { title: `${countText(hidden)} more`, message: 'See the full report.' }] : notes;
};

/** What can be said when no check complained. */
export const allClear = (report: Report): string =>
  headlineOf(report) === null
    ? 'All checks of the snapshot passed.'
    : 'All checks passed: the bridge closes to the cent, and the segments of each dimension add up to the total.';

export const basisFacts = (report: Report): { readonly name: string; readonly value: string }[] => [
  { name: 'Month', value: longMonth(report.month) },
  { name: 'Revision', value: `${report.revision}` },
  { name: 'Currency', value: report.reportingCurrency },
  { name: 'Time zone', value: displayText(report.timeZone, 40) },
  { name: 'Basis', value: report.basis.mrr },
];

/** How far the evidence of the headline window reaches; nothing where no CRM is connected. */
const tracedNotes = (report: Report): string[] => {
  const headline = headlineOf(report);
  if (headline === null) return [];
  const { traced, tracedShare } = headline.window;
  if (traced === null || tracedShare === null) return [];
  const share = (part: string) => percentText(shareOf(part, traced.movedMrr));
  return [
    `${percentText(ratioOf(tracedShare))} of the MRR that moved in ${windowPhrase(report, headline.name)} is traced to an invoice and an opportunity; ${share(traced.byInvoiceMrr)} to an invoice, ${share(traced.byOpportunityMrr)} to an opportunity.`,
  ];
};

const basisMeanings: Readonly<Record<MrrBasis, string>> = {
  committed: 'MRR of subscriptions as they stood at the end of each month.',
  invoiced: 'MRR derived from invoice lines spread over their service periods.',
};

/** What the MRR rests on, in words, and what is not shown because it rests on something else. */
const mrrNotes = ({ basis, trendOnOtherBasis }: Report): string[] => {
  const months = new Set(trendOnOtherBasis.map(({ month }) => month)).size;
  const others = `${plural(months, 'month')} of the trend on another basis ${months === 1 ? 'is' : 'are'} in report.json and not shown beside these.`;
  return [`Basis: ${basis.mrr}: ${basisMeanings[basis.mrr]}${months === 0 ? '' : ` ${others}`}`];
};

/** Below this many opening accounts a segment is flagged; benchmarks are somebody's, so the source is named. */
export const basisNotes = (report: Report): string[] => [
  ...tracedNotes(report),
  ...mrrNotes(report),
  `Low sample: fewer than ${countText(report.basis.lowSampleBelow)} accounts at the start; a few customers decide such a figure.`,
  `Benchmarks are for yearly NDR. Source: ${displayText(report.basis.benchmarkSource, 200)}`,
];

/** What the sources could not know; the last line of an overlong list says how many are missing. */
export const sourceNotes = ({ sourceNotes: notes }: Report, rows: number): string[] => {
  const hidden = notes.length - rows;
  const shown = notes
    .slice(0, rows)
    .map(({ month, note }) => `${longMonth(month)}, as its source says: ${displayText(note, 240).replace(/\.$/, '')}.`);
  return hidden > 0 ? [...shown, `${countText(hidden)} more of such notes are in the full report.`] : shown;
};

export type Definition = { readonly term: string; readonly meaning: string };

/** The words a board asks about; the page adds the rest. */
export const keyDefinitions: readonly Definition[] = [
  {
    term: 'NDR',
    meaning:
      'Net dollar retention: what the accounts of the opening month pay at the end, divided by what they paid at the start. Expansion counts, new accounts and reactivations do not.',
  },
  {
    term: 'GRR',
    meaning:
      'Gross dollar retention: the same without expansion. Each account counts at most what it paid at the start.',
  },
  {
    term: 'NDR without involuntary churn',
    meaning:
      'A counterfactual, not a result: what NDR would have been, had every account lost to failed payments stayed at its opening MRR.',
  },
  {
    term: 'Causes of churn',
    meaning:
      'Voluntary: the customer decided. Involuntary: a payment failed for good. Paused: on hold at the end. Unclassified: no cause on record; it is never counted as voluntary.',
  },
  {
    term: 'Constant currency',
    meaning:
      'Both ends of a window are converted at the rates of its opening month. What exchange rates did is a line of its own in the bridge.',
  },
];

export const moreDefinitions: readonly Definition[] = [
  {
    term: 'MRR',
    meaning:
      'Monthly recurring revenue of active and past-due subscriptions at the end of the month, without tax, net of discounts.',
  },
  {
    term: 'Account',
    meaning:
      'The ultimate paying parent of a customer. The same grouping serves both ends of a window, so that a merger is neither churn nor new business.',
  },
  {
    term: 'Window',
    meaning:
      'An opening and a closing month, compared point to point: one month, three months or twelve. Monthly rates are never chained.',
  },
  {
    term: 'Segment',
    meaning:
      'Where an account stood at the opening month. It stays there for the whole window: a small customer that grows large is expansion of the small ones.',
  },
  {
    term: 'New and reactivation',
    meaning:
      'An account without MRR at the start and with MRR at the end: new if it never paid before, reactivation if it did. Part of the bridge, never of NDR.',
  },
  {
    term: 'Logo retention',
    meaning: 'Accounts that still pay at the end, divided by the accounts that paid at the start.',
  },
  {
    term: 'At risk',
    meaning: 'Invoices whose payment failed and is still being retried at the end of the month. Not churn yet.',
  },
];
