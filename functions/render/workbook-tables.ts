/** The sheets that are plain tables: the bridge, the segments and the trend, one header row and then data. */
import { exact, ratioText } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { Bridge, Report, Retention, SegmentRow, TrendPoint } from '../core/report.ts';
import { bridgeLines } from './bridge-lines.ts';
import { dimensionLabel } from './display-text.ts';
import { shortMonth, windowLabels } from './formats.ts';
import {
  apart,
  type Cell,
  colours,
  columnLetter,
  count,
  type Formats,
  header,
  month,
  number,
  ratio,
  type Sheet,
  text,
  words,
} from './workbook-cells.ts';

const windowOrder: readonly WindowName[] = ['ttm', 'quarter', 'month'];

/** Windows that were measured, longest first: the order in which a reader meets them. */
export const windowsOf = ({ windows }: Report) =>
  windowOrder.flatMap((name) => {
    const window = windows[name];
    return window === null ? [] : [{ name, window }];
  });

export const windowText = (name: WindowName): string => windowLabels[name].short;

/** Where the bridge has a line of a window, as a formula says it. */
export const bridgeCell = (report: Report, line: keyof Bridge, window: WindowName): string => {
  const column = columnLetter(1 + windowsOf(report).findIndex(({ name }) => name === window));
  return `Bridge!$${column}$${2 + bridgeLines.findIndex(({ name }) => name === line)}`;
};

const balance = {
  fontWeight: 'bold',
  topBorderStyle: 'thin',
  bottomBorderStyle: 'thin',
  topBorderColor: colours.rule,
  bottomBorderColor: colours.rule,
} as const;

export const bridgeSheet = (report: Report, formats: Formats): Sheet => {
  const windows = windowsOf(report);
  const lines = bridgeLines.map(({ name, label, of }) => {
    const isBalance = name === 'opening' || name === 'closing';
    const style = isBalance ? balance : {};
    return [
      words(label, style),
      ...windows.map(({ window }) => number(of(window.bridge), isBalance ? formats.money : formats.signedMoney, style)),
      ...windows.map(({ window }) => ratio(ratioText(exact(of(window.bridge)), exact(window.bridge.opening)), style)),
    ];
  });
  const title = (name: WindowName, opening: string) => `${windowLabels[name].title}\nfrom ${shortMonth(opening)}`;
  return {
    name: 'Bridge',
    widths: [24, ...windows.map(() => 20), ...windows.map(() => 16)],
    rows: [
      [
        header(`Amounts in ${report.reportingCurrency}`),
        ...windows.map(({ name, window }) => header(title(name, window.openingMonth), true)),
        ...windows.map(({ name }) => header(`${windowText(name)},\n% of opening`, true)),
      ],
      ...lines,
    ],
    frozenRows: 1,
    frozenColumns: 1,
    hasFilter: false,
    orientation: 'landscape',
  };
};

type Column<Row> = {
  readonly title: string;
  readonly width: number;
  readonly isNumeric: boolean;
  /** Of the header. */
  readonly style?: typeof apart;
  readonly cell: (row: Row) => Cell;
};

const tableOf = <Row>(name: string, columns: readonly Column<Row>[], rows: readonly Row[], fixed: number): Sheet => ({
  name,
  widths: columns.map(({ width }) => width),
  rows: [
    columns.map(({ title, isNumeric, style }) => header(title, isNumeric, style)),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ],
  frozenRows: 1,
  frozenColumns: fixed,
  hasFilter: rows.length > 0,
  orientation: 'landscape',
});

/** Retention figures as every table of them shows them. */
const figures = [
  ['ndr', 'NDR', 'ratio'],
  ['grr', 'GRR', 'ratio'],
  ['ndrExInvoluntary', 'NDR without involuntary churn', 'ratio'],
  ['logoRetention', 'Logo retention', 'ratio'],
  ['openingAccounts', 'Opening accounts', 'count'],
  ['closingAccounts', 'Still paying', 'count'],
  ['openingMrr', 'Opening MRR', 'money'],
  ['closingMrr', 'Closing MRR', 'money'],
  ['retainedMrr', 'Retained MRR', 'money'],
  ['expansionMrr', 'Expansion', 'money'],
  ['contractionMrr', 'Contraction', 'money'],
  ['churnMrr', 'Churn', 'money'],
  ['voluntaryChurnMrr', 'Voluntary churn', 'money'],
  ['involuntaryChurnMrr', 'Involuntary churn', 'money'],
  ['pausedChurnMrr', 'Paused', 'money'],
  ['unclassifiedChurnMrr', 'Unclassified churn', 'money'],
] as const satisfies [keyof Retention, string, 'ratio' | 'count' | 'money'][];

const widthOf = { ratio: 12, count: 11, money: 17 } as const;

/** The cell of one figure, by what kind of figure it is. */
export const figureCell = (retention: Retention, figure: keyof Retention, formats: Formats): Cell => {
  const value = retention[figure];
  if (typeof value === 'number') return count(value);
  const kind = figures.find(([name]) => name === figure)?.[2];
  if (value === null || kind === 'ratio') return ratio(value);
  return number(value, formats.money);
};

const figureColumns = (formats: Formats): Column<Retention>[] =>
  figures.map(([figure, title, kind]) => ({
    title,
    width: figure === 'ndrExInvoluntary' ? 16 : widthOf[kind],
    isNumeric: true,
    cell: (row) => figureCell(row, figure, formats),
  }));

const segmentKeys = ['window', 'dimension', 'segment'] as const;

const isFigure = (name: string): name is keyof Retention => figures.some(([figure]) => figure === name);

/** The column of the sheet of segments that has a key or a figure. */
export const segmentColumn = (name: (typeof segmentKeys)[number] | keyof Retention): string =>
  columnLetter(isFigure(name) ? 3 + figures.findIndex(([figure]) => figure === name) : segmentKeys.indexOf(name));

/** Longest window first; the order is otherwise kept. */
export const byWindow = <Row extends { readonly window: WindowName }>(rows: readonly Row[]): Row[] =>
  rows.toSorted((one, other) => windowOrder.indexOf(one.window) - windowOrder.indexOf(other.window));

/** What each dimension is called: its label, or its own name where two have the same label. */
export const dimensionNames = (dimensions: Iterable<string>): ReadonlyMap<string, string> => {
  const labels = new Map([...new Set(dimensions)].map((dimension) => [dimension, dimensionLabel(dimension)]));
  const taken = Map.groupBy(labels.values(), (label) => label);
  return new Map(
    [...labels].map(([dimension, label]) => [dimension, taken.get(label)?.length === 1 ? label : dimension]),
  );
};

export const segmentsSheet = ({ segments }: Report, formats: Formats): Sheet => {
  const names = dimensionNames(segments.map(({ dimension }) => dimension));
  const columns: Column<SegmentRow>[] = [
    { title: 'Window', width: 11, isNumeric: false, cell: ({ window }) => words(windowText(window)) },
    { title: 'Dimension', width: 18, isNumeric: false, cell: ({ dimension }) => text(names.get(dimension) ?? '') },
    { title: 'Segment', width: 24, isNumeric: false, cell: ({ segment }) => text(segment) },
    ...figureColumns(formats),
    {
      title: 'Sample',
      width: 10,
      isNumeric: false,
      style: apart,
      cell: ({ lowSample }) => words(lowSample ? 'low' : '', apart),
    },
    { title: 'Benchmark', width: 11, isNumeric: false, cell: ({ benchmark }) => words(benchmark ?? '') },
  ];
  return tableOf('Segments', columns, byWindow(segments), 3);
};

export const trendSheet = ({ trend }: Report, formats: Formats): Sheet => {
  const columns: Column<TrendPoint>[] = [
    { title: 'Month', width: 11, isNumeric: false, cell: (point) => month(point.month) },
    { title: 'Window', width: 11, isNumeric: false, cell: ({ window }) => words(windowText(window)) },
    ...figureColumns(formats),
  ];
  return tableOf('Trend', columns, byWindow(trend), 2);
};
