/** Charts as part of the page: drawn in its custom properties, so that one drawing serves light, dark and paper. */
import Handlebars from 'handlebars';
import type { WindowName } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { pagePalette } from './chart-palettes.ts';
import { type ChartName, chartsOf } from './charts.ts';

export type PageChart = { readonly title: string; readonly svg: Handlebars.SafeString };

/** The charts of a window by name; those that have nothing to show are missing. Drawings escape their own texts and name nothing. */
export const pageCharts = (report: Report, window: WindowName): ReadonlyMap<ChartName, PageChart> =>
  new Map(
    chartsOf(report, window).map(({ name, title, draw }) => [
      name,
      { title, svg: new Handlebars.SafeString(draw(pagePalette).svg) },
    ]),
  );
