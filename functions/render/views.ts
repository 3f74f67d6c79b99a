/** The view models of mail and page: finished strings only. Templates escape them and decide nothing but layout. */
import { windowNames } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { bridgeInBrief, bridgeInFull } from './bridge-table.ts';
import type { ChartName } from './charts.ts';
import { allClear, basisFacts, basisNotes, gateNotes, keyDefinitions, moreDefinitions } from './data-quality.ts';
import { trendInBrief } from './email-trend.ts';
import { longMonth, shortMonth, windowLabels } from './formats.ts';
import { headlineOf } from './headline.ts';
import { involuntaryPanel } from './involuntary-panel.ts';
import { accountsLine, kpiCards } from './kpi-cards.ts';
import type { Picture } from './mail-images.ts';
import { moverTable } from './mover-table.ts';
import { narrative } from './narrative.ts';
import { restatementNotes } from './restatement-notes.ts';
import { bandRules, benchmarkRules, segmentTables } from './segment-tables.ts';
import { preheaderLine, subjectLine } from './subject.ts';
import { trendTable } from './trend-table.ts';

/** How much of each list a view shows. */
export type Detail = {
  readonly dimensions: number;
  readonly segments: number;
  readonly movers: number;
  readonly gates: number;
  readonly changes: number;
};

const nearlyEverything: Detail = {
  dimensions: Infinity,
  segments: Infinity,
  movers: Infinity,
  gates: Infinity,
  // A restated book can have tens of thousands; report.json lists them all.
  changes: 100,
};

const commonView = (report: Report, detail: Detail, elsewhere: string) => ({
  subject: subjectLine(report),
  month: longMonth(report.month),
  revision: `${report.revision}`,
  currency: report.reportingCurrency,
  narrative: narrative(report),
  cards: kpiCards(report),
  accounts: accountsLine(report),
  involuntary: involuntaryPanel(report),
  gates: gateNotes(report, detail.gates),
  allClear: allClear(report),
  restatement: restatementNotes(report, detail.changes, elsewhere),
  facts: basisFacts(report),
  notes: basisNotes(report),
});

/** A chart of the mail, and where its HTML finds it. */
type PlacedPicture = Picture & { readonly src: string };

/** The mail: the headline window, as much of each list as `detail` allows, and the charts that could be made. */
export const mailView = (report: Report, detail: Detail, pictures: readonly PlacedPicture[]) => {
  const headline = headlineOf(report);
  const picture = (name: ChartName) => pictures.find((candidate) => candidate.name === name) ?? null;
  const table = trendInBrief(report);
  return {
    charts: {
      trend: picture('trend'),
      bridge: picture('bridge'),
      segments: picture('segments'),
      involuntary: picture('involuntary'),
    },
    trend: { table, isShown: table !== null || picture('trend') !== null },
    ...commonView(report, detail, 'the full report'),
    preheader: preheaderLine(report),
    period: headline === null ? '' : windowLabels[headline.name].title,
    bridge: bridgeInBrief(report),
    segments:
      headline === null
        ? { tables: [], more: '' }
        : segmentTables(report, headline.name, { dimensions: detail.dimensions, rows: detail.segments }),
    movers: headline === null ? [] : moverTable(report, headline.name, detail.movers),
    definitions: keyDefinitions,
  };
};

/** The page: every window, every segment, the trend and the whole glossary. */
export const pageView = (report: Report) => {
  const windows = windowNames.toReversed().flatMap((name) => {
    const window = report.windows[name];
    if (window === null) return [];
    return [
      {
        id: name,
        title: windowLabels[name].title,
        span: `${shortMonth(window.openingMonth)} to ${shortMonth(report.month)}`,
        segments: segmentTables(report, name, {
          dimensions: nearlyEverything.dimensions,
          rows: nearlyEverything.segments,
        }).tables,
        movers: moverTable(report, name, nearlyEverything.movers),
      },
    ];
  });
  return {
    ...commonView(report, nearlyEverything, 'report.json'),
    windows,
    bridge: bridgeInFull(report),
    trend: trendTable(report),
    bands: bandRules(report),
    benchmarks: benchmarkRules(report),
    definitions: [...keyDefinitions, ...moreDefinitions],
  };
};

export type MailView = ReturnType<typeof mailView>;
export type PageView = ReturnType<typeof pageView>;
