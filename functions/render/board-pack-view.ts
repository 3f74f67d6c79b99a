/** What the board pack says, as finished strings; how much of each list is set by `PackDetail`. */
import { windowNames } from '../core/month.ts';
import type { Report, Retention } from '../core/report.ts';
import type { PackCharts } from './board-pack-charts.ts';
import { bridgeInFull } from './bridge-table.ts';
import {
  allClear,
  basisFacts,
  basisNotes,
  gateNotes,
  keyDefinitions,
  moreDefinitions,
  sourceNotes,
} from './data-quality.ts';
import { displayText } from './display-text.ts';
import { countText, longMonth, percentText, ratioOf, windowLabels } from './formats.ts';
import { headlineOf, measures } from './headline.ts';
import { involuntaryPanel } from './involuntary-panel.ts';
import { accountsLine, type KpiCard, kpiCards } from './kpi-cards.ts';
import { moverTable } from './mover-table.ts';
import { narrative } from './narrative.ts';
import { restatementNotes } from './restatement-notes.ts';
import { bandRules, benchmarkRules, type SegmentLine, type SegmentTable, segmentTables } from './segment-tables.ts';

/** How much of each list the pack shows, and whether each section begins a page. */
export type PackDetail = {
  readonly dimensions: number;
  readonly segments: number;
  /** The segments month by month in colour: half a page. */
  readonly heatMap: boolean;
  readonly movers: number;
  readonly gates: number;
  readonly changes: number;
  readonly benchmarks: number;
  readonly sectionsBeginPages: boolean;
};

type Ratio = { readonly label: string; readonly leads: boolean; readonly of: (total: Retention) => string };

const ratios: readonly Ratio[] = [
  { label: 'NDR', leads: true, of: (total) => percentText(measures.ndr.of(total)) },
  { label: 'GRR', leads: true, of: (total) => percentText(measures.grr.of(total)) },
  {
    label: 'NDR without involuntary churn (counterfactual)',
    leads: false,
    of: (total) => percentText(ratioOf(total.ndrExInvoluntary)),
  },
  {
    label: 'Involuntary churn, share of opening MRR',
    leads: false,
    of: (total) => percentText(measures.involuntary.of(total)),
  },
  { label: 'Logo retention', leads: false, of: (total) => percentText(measures.logo.of(total)) },
  { label: 'Accounts at the start', leads: false, of: ({ openingAccounts }) => countText(openingAccounts) },
  { label: 'Accounts still paying', leads: false, of: ({ closingAccounts }) => countText(closingAccounts) },
];

/** The same windows, in the same order, as the columns of the bridge. */
const ratioRows = ({ windows }: Report) => {
  const totals = windowNames.toReversed().flatMap((name) => windows[name]?.total ?? []);
  return ratios.map(({ label, leads, of }) => ({ label, leads, values: totals.map(of) }));
};

const cardOf = ({ changes, ...card }: KpiCard) => ({
  ...card,
  changes: changes.map(({ against, change }) => ({
    against,
    change: { tone: change.tone },
    said: change.verdict === '' ? change.text : `${change.text} ${change.verdict}`,
  })),
});

/** The column says the unit: "USD 1,200.00" and "12 accounts" each keep their number alone. Names have a narrow one. */
const lineOf = ({ name, openingMrr, accounts, ...line }: SegmentLine) => ({
  ...line,
  name: displayText(name, 36),
  openingMrr: openingMrr.slice(openingMrr.indexOf('\u00a0') + 1),
  accounts: accounts.slice(0, accounts.indexOf('\u00a0')),
});

const tableOf = ({ lines, ...table }: SegmentTable) => ({ ...table, lines: lines.map(lineOf) });

const segmentsOf = (report: Report, detail: PackDetail) => {
  const headline = headlineOf(report);
  if (headline === null) return { tables: [], rest: '' };
  const { tables, more } = segmentTables(report, headline.name, {
    dimensions: detail.dimensions,
    rows: detail.segments,
  });
  const isWhole = more === '' && tables.every((table) => table.more === '');
  const elsewhere = 'The full report is report.html; segments.csv has every figure of every window.';
  return {
    tables: tables.map(tableOf),
    rest: isWhole ? '' : [more, elsewhere].filter((part) => part !== '').join('. '),
  };
};

/** The rules that the figures stand on, as terms and what they mean here. */
const basisOf = (report: Report, benchmarks: number) => {
  const rules = benchmarkRules(report);
  const hidden = rules.length - benchmarks;
  return [
    {
      term: 'This report',
      meaning: basisFacts(report)
        .map(({ name, value }) => `${name} ${value}`)
        .join(', '),
    },
    { term: 'ACV bands', meaning: `${bandRules(report)} of yearly value at the opening month` },
    ...rules.slice(0, benchmarks).map(({ segment, bounds }) => ({ term: `Benchmark, ${segment}`, meaning: bounds })),
    ...(hidden > 0 ? [{ term: 'Further benchmarks', meaning: `${countText(hidden)} in the full report` }] : []),
  ];
};

/** Everything the pack's template shows. */
export const boardPackView = (report: Report, charts: PackCharts, detail: PackDetail) => {
  const headline = headlineOf(report);
  const month = longMonth(report.month);
  return {
    title: `Retention report, ${month}, revision ${report.revision}`,
    author: 'retention-report',
    month,
    revision: `${report.revision}`,
    unit: `${report.reportingCurrency} a month`,
    period: headline === null ? '' : windowLabels[headline.name].title,
    sectionsBeginPages: detail.sectionsBeginPages,
    narrative: narrative(report),
    cards: kpiCards(report).map(cardOf),
    accounts: accountsLine(report),
    charts: detail.heatMap ? charts : { ...charts, segments: null },
    bridge: bridgeInFull(report),
    ratios: ratioRows(report),
    segments: segmentsOf(report, detail),
    failedPayments: involuntaryPanel(report),
    movers: headline === null ? [] : moverTable(report, headline.name, detail.movers),
    gates: gateNotes(report, detail.gates),
    allClear: allClear(report),
    restatement: restatementNotes(report, detail.changes, 'report.json'),
    basis: basisOf(report, detail.benchmarks),
    notes: [...basisNotes(report), ...sourceNotes(report, detail.gates)],
    definitions: [...keyDefinitions, ...moreDefinitions],
  };
};
