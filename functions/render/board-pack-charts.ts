/** The charts of the board pack, each in the form that can be read on paper. */
import type { Drawing } from '../../templates/charts/drawing.ts';
import type { Report } from '../core/report.ts';
import { lightPalette } from './chart-palettes.ts';
import { type Chart, type ChartName, chartsOf } from './charts.ts';
import { headlineOf } from './headline.ts';

export type PackChart = Pick<Chart, 'title' | 'alt'> & Drawing;
export type PackCharts = Readonly<Record<ChartName, PackChart | null>>;

/** Drawn in full where the width of a page is enough for that: a taller drawing would have to shrink. */
const drawnFor = ({ draw, drawInFull }: Chart): Drawing => {
  const inFull = drawInFull?.(lightPalette);
  return inFull !== undefined && inFull.height <= inFull.width ? inFull : draw(lightPalette);
};

/** The charts of the headline window by name; null where there is nothing to show. */
export const packCharts = (report: Report): PackCharts => {
  const headline = headlineOf(report);
  const charts = headline === null ? [] : chartsOf(report, headline.name);
  const named = (wanted: ChartName): PackChart | null => {
    const chart = charts.find(({ name }) => name === wanted);
    return chart === undefined ? null : { title: chart.title, alt: chart.alt, ...drawnFor(chart) };
  };
  return {
    bridge: named('bridge'),
    trend: named('trend'),
    segments: named('segments'),
    involuntary: named('involuntary'),
  };
};
