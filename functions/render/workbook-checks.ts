/** The sheet of checks: every headline figure beside what the workbook's own rows say, recomputed by formulas. */
import { exact, ratioText, sum } from '../core/money.ts';
import type { Bridge, Report, Retention } from '../core/report.ts';
import { type BridgeLine, bridgeLines, bridgeMovements, closingLine, openingLine } from './bridge-lines.ts';
import { countText } from './formats.ts';
import type { Ledger, LedgerWindow } from './ledger.ts';
import { cellText, type Formats } from './workbook-cells.ts';
import { movedIn, type Scope } from './workbook-check-scope.ts';
import { type Checks, type Collector, collector, type Figure, place, type Unit } from './workbook-check-sheet.ts';
import { countWhere, safeAmong, sumWhere } from './workbook-formulas.ts';
import { isCut, movementCells } from './workbook-movements.ts';
import { type Placed, windowSegmentChecks } from './workbook-segment-checks.ts';
import { summaryCell } from './workbook-summary.ts';
import { ledgerSums } from './workbook-sums.ts';
import { bridgeCell, byWindow, dimensionNames, segmentColumn, windowsOf } from './workbook-tables.ts';

/** Most segments that are recomputed one by one: each takes three sums over all movements, every time the book opens. */
const segmentsRecomputed = 400;

const bridgeFigure = ({ report, name, window }: Scope, line: BridgeLine): Figure => ({
  cell: bridgeCell(report, line.name, name),
  value: line.of(window.bridge),
});

/** Each line of the bridge against the movements; the lines as recomputed, or as reported where they cannot be. */
const bridgeChecks = (scope: Scope, { add }: Collector): ReadonlyMap<keyof Bridge, Figure> => {
  const { name, ledger } = scope;
  const lines = new Map(bridgeLines.map((line): [keyof Bridge, Figure] => [line.name, bridgeFigure(scope, line)]));
  if (ledger !== null) {
    for (const line of bridgeMovements) {
      const { movement, cause } = line;
      if (movement === null) continue;
      const recomputed = {
        formula: (row: number) => sumWhere(ledger.cells.changes, movedIn(ledger.cells, row, movement, cause)),
        value: ledger.sums.delta(movement, cause),
      };
      const reported = bridgeFigure(scope, line);
      lines.set(line.name, add(`Bridge: ${line.label}`, { window: name }, 'money', reported, recomputed, 'Movements'));
    }
  }
  const before = [openingLine, ...bridgeMovements].map((line) => bridgeFigure(scope, line));
  const [first, last] = [before[0]?.cell ?? '', before.at(-1)?.cell ?? ''];
  const closes = {
    formula: () => `SUM(${first}:${last.replace('Bridge!', '')})`,
    value: sum(before.map(({ value }) => exact(value))),
  };
  add(
    'Bridge closes',
    { window: name },
    'money',
    bridgeFigure(scope, closingLine),
    closes,
    'Bridge: opening and all lines',
  );
  return lines;
};

const losses = ['contraction', 'voluntaryChurn', 'involuntaryChurn', 'pausedChurn', 'unclassifiedChurn'] as const;

/** NDR, GRR and their like from the opening MRR and the lines of the bridge. */
const ratioChecks = (scope: Scope, { add }: Collector, lines: ReadonlyMap<keyof Bridge, Figure>): void => {
  const { report, name, window, ledger } = scope;
  const opening = bridgeFigure(scope, openingLine);
  const from = ledger === null ? 'Bridge' : 'Opening MRR and the sums over Movements above';
  const check = (
    label: string,
    figure: 'ndr' | 'grr' | 'ndrExInvoluntary' | 'involuntaryShare',
    reported: string | null,
    of: readonly (keyof Bridge)[],
    start: readonly Figure[],
    sign: 1 | -1,
  ) => {
    if (reported === null) return;
    const terms = [...start, ...of.flatMap((line) => lines.get(line) ?? [])];
    const value = ratioText(sum(terms.map((term) => exact(term.value))).times(sign), exact(opening.value));
    const total = `(${terms.map(({ cell }) => cell).join('+')})`;
    const recomputed = {
      formula: () => `${sign === 1 ? '' : '-'}${total}/${opening.cell}`,
      value: exact(value ?? '0'),
    };
    add(
      label,
      { window: name },
      'ratio',
      { cell: summaryCell(report, figure, name), value: reported },
      recomputed,
      from,
    );
  };
  const { ndr, grr, ndrExInvoluntary, involuntaryChurnMrr, openingMrr } = window.total;
  check('NDR', 'ndr', ndr, ['expansion', ...losses], [opening], 1);
  check('GRR', 'grr', grr, losses, [opening], 1);
  const kept = losses.filter((line) => line !== 'involuntaryChurn');
  check('NDR without involuntary churn', 'ndrExInvoluntary', ndrExInvoluntary, ['expansion', ...kept], [opening], 1);
  const share = ratioText(exact(involuntaryChurnMrr), exact(openingMrr));
  check('Involuntary churn, share of opening', 'involuntaryShare', share, ['involuntaryChurn'], [], -1);
};

const accountChecks = ({ report, name, window, ledger }: Scope, { add }: Collector): void => {
  const { openingAccounts, closingAccounts, logoRetention } = window.total;
  const opening = summaryCell(report, 'openingAccounts', name);
  const closing = { cell: summaryCell(report, 'closingAccounts', name), value: `${closingAccounts}` };
  let still: Figure = closing;
  if (ledger !== null) {
    const recomputed = {
      formula: (row: number) => `${opening}-${countWhere(movedIn(ledger.cells, row, 'churn'))}`,
      value: exact(`${openingAccounts - ledger.sums.accounts('churn')}`),
    };
    still = add(
      'Accounts still paying',
      { window: name },
      'count',
      closing,
      recomputed,
      'Opening accounts less churn in Movements',
    );
  }
  if (logoRetention === null) return;
  const reported = { cell: summaryCell(report, 'logoRetention', name), value: logoRetention };
  const recomputed = {
    formula: () => `${still.cell}/${opening}`,
    value: exact(ratioText(exact(still.value), exact(`${openingAccounts}`)) ?? '0'),
  };
  add('Logo retention', { window: name }, 'ratio', reported, recomputed, 'Accounts still paying, by opening accounts');
};

/** A column of the sheet of segments, from its first row to its last. */
const segmentCells = (column: string, rows: number): string =>
  `Segments!$${column}$2:$${column}$${Math.max(2, rows + 1)}`;

const added = [
  ['openingAccounts', 'Opening accounts', 'count'],
  ['openingMrr', 'Opening MRR', 'money'],
  ['closingMrr', 'Closing MRR', 'money'],
  ['expansionMrr', 'Expansion', 'money'],
  ['churnMrr', 'Churn', 'money'],
] as const satisfies [keyof Retention, string, Unit][];

/** The segments of each dimension against the whole. */
const additionChecks = (
  { report, name, window }: Scope,
  { add }: Collector,
  names: ReadonlyMap<string, string>,
): void => {
  const cells = (of: Parameters<typeof segmentColumn>[0]) => segmentCells(segmentColumn(of), report.segments.length);
  const isSafe = safeAmong([...names.values()].map(cellText));
  const ofWindow = Map.groupBy(
    report.segments.filter((row) => row.window === name),
    ({ dimension }) => dimension,
  );
  for (const [dimension, rows] of ofWindow) {
    const shown = names.get(dimension) ?? dimension;
    for (const [figure, label, unit] of added) {
      const recomputed = {
        formula: (row: number) =>
          sumWhere(cells(figure), [
            { column: cells('window'), value: `${place.window}${row}`, isSafe: true },
            { column: cells('dimension'), value: `${place.dimension}${row}`, isSafe: isSafe(cellText(shown)) },
          ]),
        value: sum(rows.map((row) => exact(`${row[figure]}`))),
      };
      const reported = { cell: summaryCell(report, figure, name), value: `${window.total[figure]}` };
      add(`Segments add up: ${label}`, { window: name, dimension: shown }, unit, reported, recomputed, 'Segments');
    }
  }
};

const cutRemark = ({ rows, total }: LedgerWindow): string =>
  `Not recomputed: Movements holds the largest ${countText(rows.length)} of ${countText(total)} rows; see movements.csv.`;

/**
 * Checks of a whole report: of each window first, then of each segment. What needs movements that the ledger was cut of is
 * not recomputed, and says so.
 */
export const checksOf = (report: Report, ledger: Ledger, formats: Formats, decimals: number): Checks => {
  const collect = collector(formats, decimals);
  const cells = movementCells(ledger);
  const names = dimensionNames([...report.segments.map(({ dimension }) => dimension), ...ledger.dimensions]);
  const places = byWindow(report.segments).map((row, index): Placed => ({ row, at: index + 2 }));
  const scopes = windowsOf(report).map(({ name, window }) => {
    const rows = ledger.windows.find((candidate) => candidate.window === name);
    const isWhole = rows !== undefined && !isCut(rows);
    const sums = isWhole ? ledgerSums(rows.rows, ledger.dimensions.length, decimals) : null;
    const scope: Scope = { report, name, window, decimals, ledger: sums === null ? null : { cells, sums } };
    return { scope, rows };
  });
  for (const { scope, rows } of scopes) {
    const lines = bridgeChecks(scope, collect);
    ratioChecks(scope, collect, lines);
    accountChecks(scope, collect);
    additionChecks(scope, collect, names);
    if (scope.ledger === null) {
      const why = rows === undefined ? 'Not recomputed: Movements has no rows of this window.' : cutRemark(rows);
      collect.remark('Sums over movements', { window: scope.name }, why);
    }
  }
  let left = segmentsRecomputed;
  for (const { scope } of scopes) {
    if (scope.ledger === null) continue;
    const ofWindow = places.filter(({ row }) => row.window === scope.name);
    const shown = ofWindow.slice(0, left);
    left -= shown.length;
    windowSegmentChecks(scope, shown, ledger.dimensions, names, collect);
    const hidden = ofWindow.length - shown.length;
    if (hidden > 0) {
      const why = `${countText(hidden)} more segments are not recomputed here; movements.csv has their rows.`;
      collect.remark('Segments', { window: scope.name }, why);
    }
  }
  return collect.result();
};
