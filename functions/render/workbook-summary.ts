/** The first sheet: the answer in words, the figures of every window, what the checks say, and what stands where. */
import { exact, ratioText } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import type { FailedPayments, Report, Retention, WindowReport } from '../core/report.ts';
import { basisNotes, gateNotes, sourceNotes } from './data-quality.ts';
import { displayText } from './display-text.ts';
import { longMonth, shortMonth, windowLabels } from './formats.ts';
import { narrative } from './narrative.ts';
import { restatementNotes } from './restatement-notes.ts';
import {
  apart,
  type Cell,
  cellText,
  colours,
  columnLetter,
  count,
  type Formats,
  header,
  number,
  ratio,
  type Sheet,
  textFormula,
  words,
} from './workbook-cells.ts';
import { figureCell, windowsOf } from './workbook-tables.ts';

type Line = {
  readonly label: string;
  /** Part of the line above. */
  readonly isPart?: boolean;
  /** Names the line to the checks. */
  readonly figure?: keyof Retention | 'involuntaryShare';
  readonly cell: (window: WindowReport, formats: Formats) => Cell;
};

const line = (figure: keyof Retention, label: string, isPart = false): Line => ({
  label,
  isPart,
  figure,
  cell: ({ total }, formats) => figureCell(total, figure, formats),
});

const failures = (
  label: string,
  invoices: (payments: FailedPayments) => number,
  amount: (payments: FailedPayments) => string,
): Line[] => [
  { label, cell: ({ failedPayments }, { money }) => number(amount(failedPayments), money) },
  { label: 'invoices', isPart: true, cell: ({ failedPayments }) => count(invoices(failedPayments)) },
];

const groups: readonly { readonly title: string; readonly lines: readonly Line[] }[] = [
  {
    title: 'Retention',
    lines: [
      line('ndr', 'Net dollar retention (NDR)'),
      line('grr', 'Gross dollar retention (GRR)'),
      line('ndrExInvoluntary', 'NDR without involuntary churn'),
      {
        label: 'Involuntary churn, share of opening MRR',
        figure: 'involuntaryShare',
        cell: ({ total }) => ratio(ratioText(exact(total.involuntaryChurnMrr), exact(total.openingMrr))),
      },
      line('logoRetention', 'Logo retention'),
    ],
  },
  {
    title: 'Accounts of the opening month',
    lines: [
      line('openingAccounts', 'Accounts'),
      line('closingAccounts', 'Still paying'),
      line('openingMrr', 'Opening MRR'),
      line('expansionMrr', 'Expansion'),
      line('contractionMrr', 'Contraction'),
      line('churnMrr', 'Churn'),
      line('voluntaryChurnMrr', 'voluntary', true),
      line('involuntaryChurnMrr', 'involuntary', true),
      line('pausedChurnMrr', 'paused', true),
      line('unclassifiedChurnMrr', 'unclassified', true),
      line('retainedMrr', 'Retained MRR, expansion left out'),
      line('closingMrr', 'Closing MRR of these accounts'),
    ],
  },
  {
    title: 'Failed payments',
    lines: [
      ...failures(
        'Recovered',
        ({ recoveredInvoices }) => recoveredInvoices,
        ({ recoveredAmount }) => recoveredAmount,
      ),
      ...failures(
        'Given up',
        ({ exhaustedInvoices }) => exhaustedInvoices,
        ({ exhaustedAmount }) => exhaustedAmount,
      ),
      ...failures(
        'At risk, in grace at the end',
        ({ inGraceInvoices }) => inGraceInvoices,
        ({ inGraceAmount }) => inGraceAmount,
      ),
    ],
  },
];

const sheets = [
  ['Bridge', 'Every amount between the opening and the closing MRR; the column adds up.'],
  ['Segments', 'Every segment of every window.'],
  ['Trend', 'The same figures month by month.'],
  ['Movements', 'The accounts that moved, largest movement first in each window.'],
  ['Checks', 'Figures of this workbook recomputed from its own rows, by formulas.'],
] as const;

const charactersOfLine = 118;
const pointsOfLine = 16;

/** A paragraph over all columns, as high as it needs to be. */
const paragraph = (value: string, span: number, style = {}): (Cell | null)[] => [
  words(cellText(value), {
    wrap: true,
    alignVertical: 'top',
    columnSpan: span,
    height: pointsOfLine * Math.max(1, Math.ceil(value.length / charactersOfLine)),
    ...style,
  }),
  ...Array.from({ length: span - 1 }, () => null),
];

const soft = { textColor: colours.soft };

/** What stands above the figures; the verdict of the checks comes between. */
const introduction = (report: Report, span: number): (Cell | null)[][] => {
  const { moved, churned, note } = narrative(report);
  return [
    [words(`Retention, ${longMonth(report.month)}`, { fontSize: 18, fontWeight: 'bold', height: 28 })],
    [
      words(
        `Revision ${report.revision}. Amounts in ${report.reportingCurrency}, both ends of a window at the rates of its opening month. Time zone ${displayText(report.timeZone, 40)}.`,
        soft,
      ),
    ],
    [],
    ...[moved, churned, note].filter((part) => part !== '').map((part) => paragraph(part, span)),
    [],
  ];
};

const span = 4;
const rowsOfVerdict = 2;

const hasFailures = ({ window }: { window: WindowReport }) =>
  window.failedPayments.recoveredInvoices +
    window.failedPayments.exhaustedInvoices +
    window.failedPayments.inGraceInvoices >
  0;

const shownGroups = (report: Report) =>
  groups.filter(({ title }) => title !== 'Failed payments' || windowsOf(report).some(hasFailures));

/** Where the sheet has a figure of a window, as a formula says it. */
export const summaryCell = (
  report: Report,
  figure: keyof Retention | 'involuntaryShare',
  window: WindowName,
): string => {
  const column = columnLetter(1 + windowsOf(report).findIndex(({ name }) => name === window));
  let row = introduction(report, span).length + rowsOfVerdict + 1;
  for (const { lines } of shownGroups(report)) {
    // Past the title of the group.
    row += 1;
    const at = lines.findIndex((candidate) => candidate.figure === figure);
    if (at >= 0) return `Summary!$${column}$${row + at}`;
    row += lines.length + 1;
  }
  throw new RangeError(`the summary has no ${figure}`);
};

const figureRows = (report: Report, formats: Formats): (Cell | null)[][] => {
  const windows = windowsOf(report);
  if (windows.length === 0) return [];
  return shownGroups(report).flatMap(({ title, lines }, index) => [
    ...(index === 0 ? [] : [[]]),
    [
      header(title, false, { height: index === 0 ? 36 : 20 }),
      ...windows.map(({ name, window }) =>
        index === 0
          ? header(`${windowLabels[name].title}\nfrom ${shortMonth(window.openingMonth)}`, true)
          : header('', true, { height: 20 }),
      ),
    ],
    ...lines.map(({ label, isPart, figure, cell }) => {
      const style = figure === 'ndr' || figure === 'grr' ? ({ fontWeight: 'bold' } as const) : {};
      return [
        words(label, isPart ? { ...style, ...apart } : style),
        ...windows.map(({ window }) => ({ ...cell(window, formats), ...style })),
      ];
    }),
  ]);
};

const section = (title: string, lines: readonly (readonly [string, string])[]): (Cell | null)[][] =>
  lines.length === 0
    ? []
    : [
        [],
        Array.from({ length: span }, (_, index) => header(index === 0 ? title : '', false, { height: 20 })),
        ...lines.map(([name, meaning]) => [
          words(cellText(name), { alignVertical: 'top', wrap: true }),
          ...paragraph(meaning, span - 1, {
            ...soft,
            height: pointsOfLine * Math.max(1, Math.ceil(meaning.length / 74), Math.ceil(name.length / 38)),
          }),
        ]),
      ];

const restated = (report: Report): [string, string][] => {
  const notes = restatementNotes(report, 10, 'report.json');
  if (notes === null) return [];
  const lines = notes.changes.map(({ figure, was, now }): [string, string] => [figure, `was ${was}, now ${now}`]);
  return [
    ['In short', notes.summary],
    ...lines,
    ...(notes.more === '' ? [] : [['', notes.more] satisfies [string, string]]),
  ];
};

const warningsShown = 40;

/** `verdict` is the formula that says in words how the checks ended, and what it comes to. */
export const summarySheet = (
  report: Report,
  formats: Formats,
  verdict: { readonly formula: string; readonly result: string },
): Sheet => {
  const intro = introduction(report, span);
  const warnings = gateNotes(report, warningsShown).map(({ title, message }): [string, string] => [title, message]);
  const basis = [...basisNotes(report), ...sourceNotes(report, warningsShown)].map((note, index): [string, string] => [
    index === 0 ? 'Notes' : '',
    note,
  ]);
  const verdictRow = intro.length + 1;
  // Of this sheet alone: not every spreadsheet lets a condition look at another one.
  const isGood = `LEFT($A$${verdictRow},7)="Checks:"`;
  const cellRange = { from: { row: verdictRow, column: 1 }, to: { row: verdictRow, column: span } };
  return {
    name: 'Summary',
    widths: [42, 22, 22, 22],
    rows: [
      ...intro,
      [
        textFormula(verdict.formula, verdict.result, {
          fontWeight: 'bold',
          columnSpan: span,
          height: 20,
          indent: 1,
          alignVertical: 'center',
        }),
        ...Array.from({ length: span - 1 }, () => null),
      ],
      [],
      ...figureRows(report, formats),
      ...section('Warnings', warnings),
      ...section('Restated', restated(report)),
      ...section('Reading it', [...sheets, ...basis]),
    ],
    frozenRows: 0,
    frozenColumns: 0,
    hasFilter: false,
    orientation: 'portrait',
    conditionalFormatting: [
      {
        cellRange,
        condition: { formula: isGood },
        style: { textColor: colours.good, backgroundColor: colours.goodTile },
      },
      {
        cellRange,
        condition: { formula: `NOT(${isGood})` },
        style: { textColor: colours.bad, backgroundColor: colours.badTile },
      },
    ],
  };
};
