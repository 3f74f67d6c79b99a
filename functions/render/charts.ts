/** The charts of a report: what each shows, and in words what it finds. Drawn in `templates/charts`. */
import type { Drawing, Palette } from '../../templates/charts/drawing.ts';
import type { WindowName } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { bridgeChart } from './chart-bridge.ts';
import { involuntaryChart } from './chart-involuntary.ts';
import { segmentsChart } from './chart-segments.ts';
import { trendChart } from './chart-trend.ts';

export const chartNames = ['bridge', 'trend', 'segments', 'involuntary'] as const;
export type ChartName = (typeof chartNames)[number];

export type Chart = {
  readonly name: ChartName;
  readonly title: string;
  /** The finding in a sentence, for who does not see the picture. Plain text, not escaped. */
  readonly alt: string;
  /** 480 pixels wide: what a mail and a phone have room for. */
  readonly draw: (palette: Palette) => Drawing;
  /** More months and rows, up to 860 pixels wide, where a chart has them. */
  readonly drawInFull?: (palette: Palette) => Drawing;
};

/** Charts of one window of a report, in reading order; those that have nothing to show are left out. */
export const chartsOf = (report: Report, window: WindowName): readonly Chart[] =>
  [
    bridgeChart(report, window),
    trendChart(report, window),
    segmentsChart(report, window),
    involuntaryChart(report),
  ].filter((chart) => chart !== null);
