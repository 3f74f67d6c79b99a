/** What a new report says otherwise than those already archived: history never changes silently. */
import { windowNames } from './month.ts';
import { type Report, type Retention, retentionSchema } from './report.ts';

export type Restatement = NonNullable<Report['restatement']>;
type Change = Restatement['changes'][number];

const figures = retentionSchema.keyof().options;

const shown = (value: string | number | null | undefined): string | null =>
  value === null || value === undefined ? null : `${value}`;

/** Every figure of windows and segments by its path. */
const figuresOf = (report: Report): Map<string, string | null> => {
  const found = new Map<string, string | null>();
  const put = (path: string, values: Readonly<Record<string, string | number | boolean | null>>) => {
    for (const [figure, value] of Object.entries(values))
      if (typeof value !== 'boolean') found.set(`${path}.${figure}`, shown(value));
  };
  found.set('basis.mrr', report.basis.mrr);
  for (const window of windowNames) {
    const at = report.windows[window];
    if (at === null) continue;
    put(`windows.${window}.total`, at.total);
    put(`windows.${window}.bridge`, at.bridge);
    put(`windows.${window}.failedPayments`, at.failedPayments);
    put(`windows.${window}`, { tracedShare: at.tracedShare });
  }
  for (const { window, dimension, segment, ...rest } of report.segments)
    put(`segments.${window}.${dimension}.${segment}`, rest);
  return found;
};

/** Figures that differ between two reports of one month, in the order of the newer. */
export const changedFigures = (was: Report, now: Report): Change[] => {
  const [before, after] = [figuresOf(was), figuresOf(now)];
  return (
    [...new Set([...after.keys(), ...before.keys()])]
      // A CRM that was not connected said nothing that could be restated.
      .filter((figure) => !/^windows\.\w+\.tracedShare$/.test(figure) || (before.get(figure) ?? null) !== null)
      .filter((figure) => (before.get(figure) ?? null) !== (after.get(figure) ?? null))
      .map((figure) => ({ figure, was: before.get(figure) ?? null, now: after.get(figure) ?? null }))
  );
};

const segmentFigures = ['openingAccounts', 'ndr', 'grr'] as const satisfies (keyof Retention)[];

/** Points of segments that differ. A segment that its own month did not report says nothing about it. */
const changedSegments = (now: Report, archived: ReadonlyMap<string, Report>): Restatement['earlierMonths'] =>
  now.segmentTrend.flatMap(({ window, dimension, segment, points }) =>
    points.flatMap(({ month, ...point }) => {
      const reported = archived
        .get(month)
        ?.segments.find((row) => row.window === window && row.dimension === dimension && row.segment === segment);
      if (month === now.month || reported === undefined) return [];
      return segmentFigures
        .filter((figure) => shown(reported[figure]) !== shown(point[figure]))
        .map((figure) => ({
          month,
          window,
          figure: `segments.${dimension}.${segment}.${figure}`,
          was: shown(reported[figure]),
          now: shown(point[figure]),
        }));
    }),
  );

/** Months of the trend whose MRR rests on something else than when they were reported, each told once. */
const changedBases = (now: Report, archived: ReadonlyMap<string, Report>): Restatement['earlierMonths'] => {
  const points = [...now.trend.map((point) => ({ ...point, basis: now.basis.mrr })), ...now.trendOnOtherBasis];
  return points.flatMap(({ month, window, basis }, at) => {
    const was = archived.get(month)?.basis.mrr;
    const isFirst = points.findIndex((point) => point.month === month) === at;
    return month === now.month || was === undefined || was === basis || !isFirst
      ? []
      : [{ month, window, figure: 'basis', was, now: basis }];
  });
};

/** Trend points that differ from what the archived current report of their own month says. */
export const changedHistory = (now: Report, archived: ReadonlyMap<string, Report>): Restatement['earlierMonths'] => [
  ...changedBases(now, archived),
  ...[...now.trend, ...now.trendOnOtherBasis].flatMap((point) => {
    const report = archived.get(point.month);
    if (point.month === now.month || report === undefined) return [];
    const total: Retention | undefined = report.windows[point.window]?.total;
    return figures
      .filter((figure) => shown(total?.[figure]) !== shown(point[figure]))
      .map((figure) => ({
        month: point.month,
        window: point.window,
        figure,
        was: shown(total?.[figure]),
        now: shown(point[figure]),
      }));
  }),
  ...changedSegments(now, archived),
];
