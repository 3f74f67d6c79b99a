/** What is read before the mail is opened: the subject and the preview line carry the figures. */

import type { WindowName } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { moneyWithCode, percentText, ratioOf, shortMonth, windowLabels } from './formats.ts';
import { compare, headlineOf, measures, windowPhrase } from './headline.ts';

/** Only the trailing 12 months are NDR without an adjective; another window must not be taken for them. */
const adjectives: Readonly<Record<WindowName, string>> = { month: '1-month ', quarter: '3-month ', ttm: '' };

/** "Retention, Oct 2026: NDR 107.7% (+1.2 pp), GRR 91.2%": one line of plain text, without a line break by construction. */
export const subjectLine = (report: Report): string => {
  const lead = `Retention, ${shortMonth(report.month)}:`;
  const headline = headlineOf(report);
  const isMixed = report.basis.mixedWindows.length > 0;
  if (headline === null) return `${lead} NDR n/a, ${isMixed ? 'two bases of MRR' : 'no opening snapshot yet'}`;
  const { total } = headline.window;
  const { change } = compare(report, headline, measures.ndr, 1);
  const moved = change.plain === 'n/a' ? '' : ` (${change.verdict === 'no change' ? change.verdict : change.plain})`;
  const ndr = percentText(ratioOf(total.ndr));
  return `${lead} ${adjectives[headline.name]}NDR ${ndr}${moved}, GRR ${percentText(ratioOf(total.grr))}`.replaceAll(
    '\u00a0',
    ' ',
  );
};

/** The preview line behind the subject: what the subject has no room for. */
export const preheaderLine = (report: Report): string => {
  const headline = headlineOf(report);
  if (headline === null)
    return report.basis.mixedWindows.length > 0
      ? 'The book has no earlier month on its own basis to compare with.'
      : 'The book has no earlier month to compare with.';
  const { total } = headline.window;
  const share = percentText(measures.involuntary.of(total));
  const lost = moneyWithCode(total.involuntaryChurnMrr, report.reportingCurrency);
  const yearly = compare(report, headline, measures.ndr, 12);
  const sinceLastYear = yearly.change.plain === 'n/a' ? '' : `NDR ${yearly.change.plain} on ${yearly.since}. `;
  return `${sinceLastYear}Failed payments cost ${lost} for good (${share} of opening MRR). ${windowLabels[headline.name].title}, ${windowPhrase(report, headline.name)}.`;
};
