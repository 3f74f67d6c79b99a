/** The colours of charts: for paper and mail, for a dark page, and as custom properties that a page defines. */
import type { Palette } from '../../templates/charts/drawing.ts';

/** Teal against orange holds for every common colour blindness; failed payments are hatched as well. */
export const lightPalette: Palette = {
  background: '#ffffff',
  ink: '#14213d',
  muted: '#4b5768',
  line: '#dfe4ea',
  band: '#e9eff6',
  balance: '#2c4a7c',
  gain: '#17808a',
  loss: '#d9703b',
  failed: '#8f1d4f',
  even: '#838f9e',
};

export const darkPalette: Palette = {
  background: '#171e27',
  ink: '#e8ecf1',
  muted: '#a9b4c0',
  line: '#2f3a47',
  band: '#243142',
  balance: '#a9c3e8',
  gain: '#3fb8b8',
  loss: '#e88a52',
  failed: '#ee6a9f',
  even: '#75808f',
};

/** For a drawing inside a page that defines the properties of `chartProperties`. */
export const pagePalette: Palette = {
  background: 'var(--chart-background)',
  ink: 'var(--chart-ink)',
  muted: 'var(--chart-muted)',
  line: 'var(--chart-line)',
  band: 'var(--chart-band)',
  balance: 'var(--chart-balance)',
  gain: 'var(--chart-gain)',
  loss: 'var(--chart-loss)',
  failed: 'var(--chart-failed)',
  even: 'var(--chart-even)',
};

/** CSS declarations of a palette, for a rule of the page: "--chart-ink:#14213d;…". */
export const chartProperties = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, colour]) => `--chart-${name}:${colour}`)
    .join(';');
