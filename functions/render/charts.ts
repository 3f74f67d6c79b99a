/** The charts of a report: what each shows, and in words what it finds. Drawn in `templates/charts`. */
import type { Drawing, Palette } from '../../templates/charts/drawing.ts';
import type { WindowName } from '../core/month.ts';
import type { Report } from '../core/report.ts';

export const chartNames = ['bridge', 'trend', 'segments', 'involuntary'] as const;
export type ChartName = (typeof chartNames)[number];

export type Chart = {
  readonly name: ChartName;
  readonly title: string;
  /** The finding in a sentence, for who does not see the picture. Plain text, not escaped. */
  readonly alt: string;
  readonly draw: (palette: Palette) => Drawing;
};

/** Charts of one window of a report, in reading order; those that have nothing to show are left out. */
export const chartsOf = (_report: Report, _window: WindowName): readonly Chart[] => [];
