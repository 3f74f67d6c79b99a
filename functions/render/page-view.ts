/** The view model of the page: every window, every segment, the trend, the whole glossary, and the ledger behind them. */
import Handlebars from 'handlebars';
import { exact } from '../core/money.ts';
import { windowNames } from '../core/month.ts';
import type { Bridge, Report } from '../core/report.ts';
import { allClear, basisFacts, basisNotes, gateNotes, sourceNotes } from './data-quality.ts';
import { dimensionLabel } from './display-text.ts';
import { countText, longMonth, percentText, plural, ratioOf, shortMonth, windowLabels } from './formats.ts';
import { type Headline, headlineOf, measures } from './headline.ts';
import { involuntaryPanel } from './involuntary-panel.ts';
import { accountsLine, kpiCards } from './kpi-cards.ts';
import type { Ledger } from './ledger.ts';
import { moverTable } from './mover-table.ts';
import { narrative } from './narrative.ts';
import { pageBridge } from './page-bridge.ts';
import { pageCharts } from './page-charts.ts';
import { segmentHighlights } from './page-highlights.ts';
import { type PageLedger, pageLedger } from './page-ledger.ts';
import { dimensionsOf, pageSegments } from './page-segments.ts';
import { pageTerms } from './page-terms.ts';
import { restatementNotes } from './restatement-notes.ts';
import { bandRules, benchmarkRules } from './segment-tables.ts';
import { subjectLine } from './subject.ts';
import { trendLines } from './trend-table.ts';

/** A restated book can differ in tens of thousands of figures; report.json lists them all. */
const changesShown = 100;

/** The other files of a revision, beside the page. */
const files = [
  { href: 'report.pdf', label: 'Board pack', kind: 'PDF' },
  { href: 'report.xlsx', label: 'Workbook', kind: 'XLSX' },
  { href: 'segments.csv', label: 'Segments', kind: 'CSV' },
  { href: 'movements.csv', label: 'Movements', kind: 'CSV' },
  { href: 'report.json', label: 'All figures', kind: 'JSON' },
] as const;

/** The cards' words as the glossary names them. */
const cardTerms = ['ndr', 'grr', 'involuntary-churn'] as const;

const cardsOf = (report: Report, headline: Headline | null) =>
  kpiCards(report, headline).map((card, at) => ({ ...card, term: cardTerms[at] ?? '' }));

const summaryOf = ({ window: { total } }: Headline) => [
  { term: 'ndr', label: 'NDR', value: percentText(ratioOf(total.ndr)) },
  { term: 'grr', label: 'GRR', value: percentText(ratioOf(total.grr)) },
  { term: 'involuntary-churn', label: 'Involuntary churn', value: percentText(measures.involuntary.of(total)) },
];

/** "The largest 4,100 of 12,000 movements", or how many there are where none was left out. */
const carriedText = (embedded: PageLedger | null, { name }: Headline): string => {
  const counts = embedded?.counts[name];
  if (counts === undefined) return '';
  return counts.shown === counts.total
    ? plural(counts.total, 'movement')
    : `The largest ${countText(counts.shown)} of ${plural(counts.total, 'movement')}`;
};

const windowView = (report: Report, headline: Headline, leads: boolean, embedded: PageLedger | null) => {
  const { name, window } = headline;
  const { title, short } = windowLabels[name];
  const trend = trendLines(report, headline);
  const charts = pageCharts(report, name);
  return {
    id: name,
    title,
    short,
    leads,
    span: `${shortMonth(window.openingMonth)} to ${shortMonth(report.month)}`,
    summary: summaryOf(headline),
    cards: cardsOf(report, headline),
    accounts: accountsLine(report, headline),
    bridge: pageBridge(report, name),
    bridgeChart: charts.get('bridge') ?? null,
    trend: trend.length === 0 ? null : trend,
    trendChart: charts.get('trend') ?? null,
    involuntary: involuntaryPanel(report, headline),
    involuntaryChart: charts.get('involuntary') ?? null,
    heatMap: charts.get('segments') ?? null,
    segments: pageSegments(report, name, (dimension, segment) => embedded?.placeOf(dimension, segment) ?? ''),
    movers: moverTable(report, name, Infinity),
    carried: carriedText(embedded, headline),
    moved: movedSum(window.bridge),
    highlights: segmentHighlights(report, name),
  };
};

/** What all movements add up to: the way from opening to closing but for exchange rates. */
const movedSum = ({ opening, closing, fx }: Bridge): string =>
  exact(closing).minus(exact(opening)).minus(exact(fx)).toFixed();

const noticesOf = ({ gates, restatement }: Report): string[] => [
  ...(gates.length === 0 ? [] : [plural(gates.length, 'warning')]),
  ...(restatement === null ? [] : ['restated']),
];

export const pageView = (report: Report, ledger: Ledger | null, missing: readonly string[]) => {
  const headline = headlineOf(report);
  const embedded = ledger === null || ledger.windows.length === 0 ? null : pageLedger(ledger);
  const windows = windowNames.toReversed().flatMap((name) => {
    const window = report.windows[name];
    return window === null ? [] : [windowView(report, { name, window }, name === headline?.name, embedded)];
  });
  return {
    subject: subjectLine(report),
    month: longMonth(report.month),
    revision: `${report.revision}`,
    currency: report.reportingCurrency,
    narrative: narrative(report),
    notices: noticesOf(report),
    files: files.filter(({ href }) => !missing.includes(href)),
    windows,
    hasChoice: windows.length > 1,
    /** Where no window can be measured yet: the same cards, all n/a. */
    emptyCards: headline === null ? cardsOf(report, null) : [],
    hasTrend: windows.some(({ trend }) => trend !== null),
    hasSegments: windows.some(({ segments }) => segments.length > 0),
    hasMovers: windows.some(({ movers }) => movers.length > 0),
    dimensions: dimensionsOf(report).map((dimension) => dimensionLabel(dimension)),
    /** Of the window that the report leads with, whichever is chosen. */
    heatMap: windows.find(({ leads }) => leads)?.heatMap ?? null,
    /** The same for every window: month by month. */
    involuntaryChart: windows[0]?.involuntaryChart ?? null,
    ledger: embedded === null ? null : new Handlebars.SafeString(embedded.json),
    gates: gateNotes(report, Infinity),
    allClear: allClear(report),
    restatement: restatementNotes(report, changesShown, 'report.json'),
    facts: basisFacts(report),
    notes: [...basisNotes(report), ...sourceNotes(report, Infinity)],
    bands: bandRules(report),
    benchmarks: benchmarkRules(report),
    terms: pageTerms,
  };
};

export type PageView = ReturnType<typeof pageView>;
