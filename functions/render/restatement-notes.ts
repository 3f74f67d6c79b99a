/** What changed against what was already archived: the figure in words, what it was, what it is now. */

import { type WindowName, windowNames } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { displayText } from './display-text.ts';
import { amountText, countText, exactPercentText, notAvailable, shortMonth, windowLabels } from './formats.ts';

export type ChangeLine = { readonly figure: string; readonly was: string; readonly now: string };

export type RestatementNotes = {
  readonly summary: string;
  readonly changes: readonly ChangeLine[];
  readonly more: string;
};

const figureNames = new Map([
  ['ndr', 'NDR'],
  ['grr', 'GRR'],
  ['ndrExInvoluntary', 'NDR without involuntary churn'],
  ['logoRetention', 'Logo retention'],
]);

const isWindow = (part: string): part is WindowName => windowNames.some((name) => name === part);

/** `openingMrr` reads "opening MRR". */
const inWords = (field: string): string =>
  figureNames.get(field) ??
  displayText(field)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/\bmrr\b/, 'MRR');

/** "windows.ttm.total.ndr" reads "NDR, 12 months"; a path of another form is shown as it is. */
const figureLabel = (path: string): string => {
  const [root, window = '', group = '', field, ...rest] = path.split('.');
  if (root !== 'windows' || !isWindow(window) || field === undefined || rest.length > 0) return displayText(path, 80);
  const where = group === 'bridge' ? 'bridge, ' : '';
  return `${inWords(field)}, ${where}${windowLabels[window].short.toLowerCase()}`;
};

const ratio = /^-?\d+\.\d{6}$/;
const amount = /^-?\d+\.\d{2,4}$/;
const whole = /^\d{1,15}$/;

/** Ratios in full, so that a restatement in the fourth decimal does not look like none. */
const valueText = (value: string | null): string => {
  if (value === null) return notAvailable;
  if (ratio.test(value)) return exactPercentText(value);
  if (amount.test(value)) return amountText(value);
  return whole.test(value) ? countText(parseInt(value, 10)) : displayText(value, 40);
};

/** At most `rows` of this month's changes and as many of earlier months. */
export const restatementNotes = ({ restatement }: Report, rows: number): RestatementNotes | null => {
  if (restatement === null) return null;
  const { previousRevision, changes, earlierMonths } = restatement;
  const shown = [
    ...changes.slice(0, rows).map(({ figure, was, now }) => ({ figure: figureLabel(figure), was, now })),
    ...earlierMonths.slice(0, rows).map(({ month, window, figure, was, now }) => ({
      figure: `${inWords(figure)}, ${windowLabels[window].short.toLowerCase()} to ${shortMonth(month)}`,
      was,
      now,
    })),
  ];
  const hidden = changes.length + earlierMonths.length - shown.length;
  const replaced = previousRevision === null ? '' : `This revision replaces revision ${previousRevision}. `;
  const counts = `${countText(changes.length)} ${changes.length === 1 ? 'figure' : 'figures'} of this month and ${countText(earlierMonths.length)} of earlier months`;
  return {
    summary: `${replaced}${counts} differ from what was reported before.`,
    changes: shown.map(({ figure, was, now }) => ({ figure, was: valueText(was), now: valueText(now) })),
    more: hidden === 0 ? '' : `${countText(hidden)} more in the full report`,
  };
};
