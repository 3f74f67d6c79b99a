/** The view model of the mail: finished strings only. The template escapes them and decides nothing but layout. */
import type { Report } from '../core/report.ts';
import { bridgeInBrief } from './bridge-table.ts';
import type { ChartName } from './charts.ts';
import { allClear, basisFacts, basisNotes, gateNotes, keyDefinitions, sourceNotes } from './data-quality.ts';
import { trendInBrief } from './email-trend.ts';
import { longMonth, windowLabels } from './formats.ts';
import { headlineOf } from './headline.ts';
import { involuntaryPanel } from './involuntary-panel.ts';
import { accountsLine, kpiCards } from './kpi-cards.ts';
import type { Picture } from './mail-images.ts';
import { moverTable } from './mover-table.ts';
import { narrative } from './narrative.ts';
import { restatementNotes } from './restatement-notes.ts';
import { segmentTables } from './segment-tables.ts';
import { preheaderLine, subjectLine } from './subject.ts';

/** How much of each list the mail shows. */
export type Detail = {
  readonly dimensions: number;
  readonly segments: number;
  readonly movers: number;
  readonly gates: number;
  readonly changes: number;
};

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
    restatement: restatementNotes(report, detail.changes, 'the full report'),
    facts: basisFacts(report),
    notes: [...basisNotes(report), ...sourceNotes(report, detail.gates)],
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

export type MailView = ReturnType<typeof mailView>;
