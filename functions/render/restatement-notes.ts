/** What changed against what was already archived: the figure in words, what it was, what it is now. */

import { type WindowName, windowNames } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { dimensionLabel, displayText } from './display-text.ts';
import { amountText, countText, exactPercentText, notAvailable, plural, shortMonth, windowLabels } from './formats.ts';

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
  ['tracedShare', 'Moved MRR traced to invoice and opportunity'],
]);

const isWindow = (part: string): part is WindowName => windowNames.some((name) => name === part);

/** `openingMrr` reads "opening MRR". */
const inWords = (field: string): string =>
  figureNames.get(field) ??
  displayText(field)
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/\bmrr\b/, 'MRR');

type Place = { readonly group: string; readonly window: WindowName; readonly field: string; readonly of: string };

/** `windows.ttm.total.ndr`, `windows.ttm.bridge.new`, `windows.ttm.tracedShare` or `segments.ttm.plan.Pro 2.0.ndr`; null for a path of another form. */
const placeOf = (path: string): Place | null => {
  const [root, window = '', group, ...rest] = path.split('.');
  const field = rest.pop();
  if (!isWindow(window) || group === undefined) return null;
  if (field === undefined) return root === 'windows' ? { group: 'window', window, field: group, of: '' } : null;
  if (root === 'windows' && rest.length === 0) return { group, window, field, of: '' };
  if (root !== 'segments') return null;
  return { group: 'segment', window, field, of: `${dimensionLabel(group)} ${displayText(rest.join('.'), 40)}` };
};

const groupWords = new Map([
  ['bridge', 'bridge'],
  ['failedPayments', 'failed payments'],
]);

/** `ndr`, or `segments.plan.Pro 2.0.ndr`: a figure of an earlier month, whose window is told beside it. */
const earlierPlaceOf = (figure: string): { readonly field: string; readonly of: string } => {
  const [root, dimension = '', ...rest] = figure.split('.');
  const field = rest.pop();
  return root !== 'segments' || field === undefined
    ? { field: figure, of: '' }
    : { field, of: `${dimensionLabel(dimension)} ${displayText(rest.join('.'), 40)}` };
};

/** What the MRR rests on: a reader who does not know of it cannot place the rest. */
const basisFigure = 'basis.mrr';

/** The book before a segment, and NDR first. */
const earlierWeight = (figure: string): number => {
  const { field, of } = earlierPlaceOf(figure);
  return placeAmong(weighty, field) + (of === '' ? 0 : 100);
};

const earlierLabel = (figure: string): string => {
  const { field, of } = earlierPlaceOf(figure);
  return of === '' ? inWords(field) : `${inWords(field)}, ${of}`;
};

/** "NDR, 12 months"; "GRR, Plan Pro, 12 months". */
const figureLabel = (path: string): string => {
  if (path === basisFigure) return 'Basis of MRR';
  const place = placeOf(path);
  if (place === null) return displayText(path, 80);
  const where = place.of === '' ? groupWords.get(place.group) : place.of;
  const parts = [inWords(place.field), where, windowLabels[place.window].short.toLowerCase()];
  return parts.filter((part) => part !== undefined).join(', ');
};

const weighty = ['basis', 'ndr', 'grr', 'involuntaryChurnMrr', 'churnMrr', 'openingMrr', 'closingMrr'];
const placeAmong = (items: readonly string[], item: string): number =>
  items.includes(item) ? items.indexOf(item) : items.length;

/** What a board would ask about comes first: NDR before a bridge line, the year before the month, the book before a segment. */
const weightOf = (path: string): number => {
  if (path === basisFigure) return -1;
  const place = placeOf(path);
  if (place === null) return 1_000;
  const group = placeAmong(['total', 'segment'], place.group);
  return group * 100 + placeAmong(weighty, place.field) * 10 + placeAmong(['ttm', 'quarter', 'month'], place.window);
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

/** At most `rows` of this month's changes and as many of earlier months, weightiest first. `elsewhere` names where the rest is. */
export const restatementNotes = ({ restatement }: Report, rows: number, elsewhere: string): RestatementNotes | null => {
  if (restatement === null) return null;
  const { previousRevision, changes, earlierMonths } = restatement;
  const here = changes
    .map((change) => ({ change, weight: weightOf(change.figure) }))
    .sort((one, other) => one.weight - other.weight)
    .slice(0, rows)
    .map(({ change: { figure, was, now } }) => ({ figure: figureLabel(figure), was, now }));
  const earlier = earlierMonths
    .toSorted((one, other) => earlierWeight(one.figure) - earlierWeight(other.figure))
    .slice(0, rows)
    .map(({ month, window, figure, was, now }) => ({
      figure: `${earlierLabel(figure)}, ${windowLabels[window].short.toLowerCase()} to ${shortMonth(month)}`,
      was,
      now,
    }));
  const shown = [...here, ...earlier];
  const hidden = changes.length + earlierMonths.length - shown.length;
  const replaced = previousRevision === null ? '' : `This revision replaces revision ${previousRevision}. `;
  const counts = `${plural(changes.length, 'figure')} of this month and ${countText(earlierMonths.length)} of earlier months`;
  return {
    summary: `${replaced}${counts} differ from what was reported before.`,
    changes: shown.map(({ figure, was, now }) => ({ figure, was: valueText(was), now: valueText(now) })),
    more: hidden === 0 ? '' : `${countText(hidden)} more in ${elsewhere}`,
  };
};
