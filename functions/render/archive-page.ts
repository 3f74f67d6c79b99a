/** The page of the archive: every month with its figures and files. One static document, without script or outside request. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';
import type { MonthEntry, SiteIndex } from '../site/index-schema.ts';
import { sparkline } from './archive-sparkline.ts';
import { assetPath } from './assets.ts';
import {
  amountText,
  longMonth,
  moneyWithCode,
  notAvailable,
  percentText,
  plural,
  ratioOf,
  shortMonth,
  windowLabels,
} from './formats.ts';
import { signedPoints } from './signed.ts';

type Link = { readonly label: string; readonly href: string; readonly detail: string };

/** What people look for, in this order; other files come after them under their own names. */
const labels: ReadonlyMap<string, string> = new Map([
  ['report.html', 'Report'],
  ['pdf', 'PDF'],
  ['xlsx', 'Workbook'],
  ['movements.csv', 'Ledger'],
  ['segments.csv', 'Segments'],
  ['email.html', 'Mail'],
  ['email.txt', 'Mail as text'],
  ['email.eml', 'Mail as a message'],
  ['report.json', 'Figures'],
  ['manifest.json', 'Manifest'],
]);
const order = [...labels.keys()];
/** Shown beside the month; the rest unfolds. */
const handy = ['pdf', 'xlsx'];

/** What a file is known by: its name, or its ending where that says enough. */
const kindOf = (name: string): string => handy.find((ending) => name.endsWith(`.${ending}`)) ?? name;

/** "812 bytes", "182 kB", "4.1 MB". */
const sizeText = (bytes: number): string => {
  if (bytes < 1000) return plural(bytes, 'byte');
  if (bytes < 999_500) return `${(bytes / 1000).toFixed(0)}\u00a0kB`;
  return `${amountText((bytes / 1_000_000).toFixed(1))}\u00a0MB`;
};

const told = (name: string, size: string): Pick<Link, 'label' | 'detail'> => {
  const label = labels.get(kindOf(name));
  return label === undefined ? { label: name, detail: size } : { label, detail: `${name}, ${size}` };
};

const linksOf = ({ files }: MonthEntry): (Link & { readonly name: string })[] => {
  const place = (name: string) => (order.includes(kindOf(name)) ? order.indexOf(kindOf(name)) : order.length);
  return files
    .toSorted((one, other) => place(one.name) - place(other.name) || (one.name < other.name ? -1 : 1))
    .map(({ name, href, bytes }) => ({ name, href, ...told(name, sizeText(bytes)) }));
};

/** Why a month does not say what was once said of it. */
const badgesOf = ({ readable, damaged, restated, restatement }: MonthEntry): string[] => {
  if (damaged) return ['Damaged'];
  if (!readable) return ['Written by another version'];
  if (restatement === null) return [];
  return [
    ...(restated ? [`Restated, ${plural(restatement.changes, 'figure')}`] : []),
    ...(restatement.earlierMonths > 0
      ? [`Corrects ${plural(restatement.earlierMonths, 'figure')} of earlier months`]
      : []),
  ];
};

/** Only the trailing 12 months are NDR without an adjective; another window must not be taken for them. */
const windowNote = ({ headline, basis }: MonthEntry): string => {
  if (headline === null) return '';
  const window = headline.window === 'ttm' ? [] : [windowLabels[headline.window].short];
  return [...window, ...(basis === 'invoiced' ? ['invoiced'] : [])].join(', ');
};

const rowOf = (entry: MonthEntry, before: MonthEntry | undefined) => {
  const { headline } = entry;
  const isLike = before?.headline?.window === headline?.window && before?.basis === entry.basis;
  const comparable = isLike ? before?.headline : undefined;
  const links = linksOf(entry);
  const report = links.find(({ name }) => name === 'report.html');
  const money = (amount: string | undefined) =>
    amount === undefined || entry.reportingCurrency === null
      ? notAvailable
      : moneyWithCode(amount, entry.reportingCurrency);
  const change = signedPoints(ratioOf(headline?.ndr ?? null), ratioOf(comparable?.ndr ?? null), 'up');
  return {
    month: longMonth(entry.month),
    href: report?.href ?? null,
    badges: badgesOf(entry),
    note: entry.readable
      ? headline === null
        ? `First month${before === undefined || before.basis === entry.basis ? '' : ` that is ${entry.basis}`}: nothing to compare with yet`
        : ''
      : entry.damaged
        ? 'Not what was archived: restore it from the backup'
        : 'Its figures are in its files',
    window: windowNote(entry),
    ndr: percentText(ratioOf(headline?.ndr ?? null)),
    change: change.plain === notAvailable ? null : change,
    since: before === undefined ? '' : shortMonth(before.month),
    grr: percentText(ratioOf(headline?.grr ?? null)),
    involuntaryShare: percentText(ratioOf(headline?.involuntaryChurnShare ?? null)),
    involuntaryMrr: headline === null ? '' : money(headline.involuntaryChurnMrr),
    closingMrr: money(headline?.bridge.closing),
    noTrend: entry.readable ? 'No trend yet' : notAvailable,
    spark: sparkline(entry.trend, 132, 36),
    revision: `${entry.revision}`,
    handy: links.filter(({ name }) => handy.includes(kindOf(name))),
    links,
    earlier: entry.earlierRevisions.map(({ revision, href }) => ({ label: `Revision ${revision}`, href })),
  };
};

type Row = ReturnType<typeof rowOf>;

/** The newest month, large. Null when it has no figures. */
const leadOf = (entry: MonthEntry | undefined, row: Row | undefined) => {
  if (entry === undefined || row === undefined || entry.headline === null) return null;
  const { window, openingMonth, bridge } = entry.headline;
  const plotted = entry.trend.filter(({ ndr }) => ndr !== null);
  const ends = [plotted.at(0), plotted.at(-1)].flatMap((point) =>
    point === undefined ? [] : { month: shortMonth(point.month), ndr: percentText(ratioOf(point.ndr)) },
  );
  return {
    ...row,
    period: `${windowLabels[window].title}, ${shortMonth(openingMonth)} to ${shortMonth(entry.month)}; revision ${entry.revision}${entry.basis === 'invoiced' ? '; invoiced' : ''}`,
    opening: moneyWithCode(bridge.opening, entry.reportingCurrency ?? ''),
    // From the first month that has an NDR: before it there is nothing to draw.
    plot:
      plotted.length > 1
        ? sparkline(entry.trend.slice(entry.trend.findIndex(({ ndr }) => ndr !== null)), 560, 120)
        : null,
    ends,
  };
};

const viewOf = ({ months }: SiteIndex) => {
  const rows = months.map((entry, at) => ({ entry, row: rowOf(entry, months[at + 1]) }));
  const years = [...Map.groupBy(rows, ({ entry }) => entry.month.slice(0, 4))];
  const [newest, oldest] = [months[0], months.at(-1)];
  const span =
    newest === undefined || oldest === undefined
      ? 'No report has been archived yet.'
      : newest === oldest
        ? `One report, ${longMonth(newest.month)}`
        : `${plural(months.length, 'report')}, ${longMonth(oldest.month)} to ${longMonth(newest.month)}`;
  return {
    span,
    lead: leadOf(newest, rows[0]?.row),
    years: years.map(([year, group]) => ({ year, rows: group.map(({ row }) => row) })),
    showYears: years.length > 2,
  };
};

type ArchiveView = ReturnType<typeof viewOf>;
const asset = (name: string): string => readFileSync(assetPath(name), 'utf8');

/** One line a line without its indentation, as in the other pages. */
const collapsed = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');

let fill: Handlebars.TemplateDelegate<
  ArchiveView & { readonly style: Handlebars.SafeString; readonly styleHash: string }
> | null = null;
let style = '';

/** The document as text. The same index gives the same bytes; every value is HTML-escaped by Handlebars. */
export const archivePage = (index: SiteIndex): string => {
  if (fill === null) {
    style = asset('compiled/archive-index.css');
    fill = Handlebars.compile(collapsed(asset('archive-index.hbs')), { strict: true, knownHelpersOnly: true });
  }
  const styleHash = `sha256-${createHash('sha256').update(style).digest('base64')}`;
  return `${fill({ ...viewOf(index), style: new Handlebars.SafeString(style), styleHash })}\n`;
};
