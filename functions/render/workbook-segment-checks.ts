/** Checks of segments in the workbook: each against its own movements. */
import { exact, ratioText, sum } from '../core/money.ts';
import type { Movement, Retention, SegmentRow } from '../core/report.ts';
import { cellText } from './workbook-cells.ts';
import { movedIn, type Scope } from './workbook-check-scope.ts';
import { type Collector, place } from './workbook-check-sheet.ts';
import { safeAmong, sumWhere } from './workbook-formulas.ts';
import { segmentColumn } from './workbook-tables.ts';

const segmentMovements = [
  ['expansionMrr', 'Expansion', 'expansion', 1],
  ['contractionMrr', 'Contraction', 'contraction', -1],
  ['churnMrr', 'Churn', 'churn', -1],
] as const satisfies [keyof Retention, string, Movement, 1 | -1][];

/** A segment, and its row in the sheet of segments. */
export type Placed = { readonly row: SegmentRow; readonly at: number };

/** One segment against its movements. */
const segmentChecks = (
  { row, at }: Placed,
  { cells, sums }: NonNullable<Scope['ledger']>,
  { add }: Collector,
  dimension: { readonly index: number; readonly name: string; readonly isSafe: (segment: string) => boolean },
): void => {
  const subject = { window: row.window, dimension: dimension.name, segment: row.segment };
  const cellOf = (figure: keyof Retention) => `Segments!$${segmentColumn(figure)}$${at}`;
  const results = segmentMovements.map(([figure, label, movement, sign]) => {
    const total = (checkRow: number) =>
      sumWhere(cells.changes, [
        ...movedIn(cells, checkRow, movement),
        {
          column: cells.segments(dimension.index),
          value: `${place.segment}${checkRow}`,
          isSafe: dimension.isSafe(cellText(row.segment)),
        },
      ]);
    const recomputed = {
      formula: (checkRow: number) => `${sign === 1 ? '' : '-'}${total(checkRow)}`,
      value: sums.segmentDelta(dimension.index, row.segment, movement).times(sign),
    };
    return add(label, subject, 'money', { cell: cellOf(figure), value: row[figure] }, recomputed, 'Movements');
  });
  const [expansion, contraction, churn] = results;
  if (expansion === undefined || contraction === undefined || churn === undefined) return;
  const opening = { cell: cellOf('openingMrr'), value: row.openingMrr };
  for (const [figure, label, gains] of [
    ['ndr', 'NDR', [expansion]],
    ['grr', 'GRR', []],
  ] as const) {
    const reported = row[figure];
    if (reported === null) continue;
    const gained = sum(gains.map(({ value }) => exact(value)));
    const kept = exact(opening.value).plus(gained).minus(exact(contraction.value)).minus(exact(churn.value));
    const plus = [opening, ...gains].map(({ cell }) => cell).join('+');
    const recomputed = {
      formula: () => `(${plus}-${contraction.cell}-${churn.cell})/${opening.cell}`,
      value: exact(ratioText(kept, exact(opening.value)) ?? '0'),
    };
    add(
      label,
      subject,
      'ratio',
      { cell: cellOf(figure), value: reported },
      recomputed,
      'Opening MRR and the sums above',
    );
  }
};

/** Whether texts that differ look alike once they are cells. */
const mayBeConfused = (segments: readonly string[]): boolean => {
  const raw = new Set(segments);
  return new Set(Array.from(raw, cellText)).size < raw.size;
};

/** Every segment of a window whose dimension the ledger has. */
export const windowSegmentChecks = (
  scope: Scope,
  rows: readonly Placed[],
  dimensions: readonly string[],
  names: ReadonlyMap<string, string>,
  collect: Collector,
): void => {
  const { name, ledger } = scope;
  if (ledger === null) return;
  for (const [dimension, placed] of Map.groupBy(rows, ({ row }) => row.dimension)) {
    const shown = names.get(dimension) ?? dimension;
    const index = dimensions.indexOf(dimension);
    const all = [...ledger.sums.segments(index), ...placed.map(({ row }) => row.segment)];
    const remark = (why: string) => collect.remark('Segments', { window: name, dimension: shown }, why);
    if (index < 0) remark('Not recomputed: Movements has no such column.');
    else if (mayBeConfused(all))
      remark('Not recomputed: two segments look alike in a cell; movements.csv tells them apart.');
    else {
      const isSafe = safeAmong(all.map(cellText));
      for (const one of placed) segmentChecks(one, ledger, collect, { index, name: shown, isSafe });
    }
  }
};
