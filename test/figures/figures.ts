/** The part of a run that the reference speaks of, in its form: what the two are compared by. */
import type { Report, SegmentRow, WindowReport } from '../../functions/core/report.ts';
import type { Measured } from './measure-book.ts';
import type { ReferenceFigures } from './reference.ts';

const byName = (segments: readonly SegmentRow[]): SegmentRow[] => {
  const name = ({ window, dimension, segment }: SegmentRow) => JSON.stringify([window, dimension, segment]);
  return [...segments].sort((a, b) => (name(a) < name(b) ? -1 : 1));
};

const referenceColumns = 'window account_id account_name movement cause reason opening_mrr closing_mrr delta_mrr'.split(
  ' ',
);

export const comparable = (figures: ReferenceFigures): ReferenceFigures => ({
  ...figures,
  segments: byName(figures.segments),
});

/** What a window rests on, and how much of it is traced, have references of their own. */
const figuresOfWindow = (window: WindowReport | null): ReferenceFigures['windows']['month'] => {
  if (window === null) return null;
  const { openingMonth, total, bridge, failedPayments } = window;
  return { openingMonth, total, bridge, failedPayments };
};

const figuresOfWindows = ({ month, quarter, ttm }: Report['windows']): ReferenceFigures['windows'] => ({
  month: figuresOfWindow(month),
  quarter: figuresOfWindow(quarter),
  ttm: figuresOfWindow(ttm),
});

export const figuresOf = ({ report, ledger }: Measured): ReferenceFigures => {
  return comparable({
    windows: figuresOfWindows(report.windows),
    segments: report.segments,
    trend: report.trend,
    ledger: ledger.map((row) => Object.fromEntries(referenceColumns.map((name) => [name, row[name] ?? '']))),
  });
};
