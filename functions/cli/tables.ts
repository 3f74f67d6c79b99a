/** The tables that commands print: headline, archive listing, ledger rows. */
import type { LedgerPage } from '../adapters/duckdb-ledger.ts';
import { windowNames } from '../core/month.ts';
import type { Report, WindowReport } from '../core/report.ts';
import type { Row } from '../ports.ts';
import { amountText, notAvailable, percentText, ratioOf } from '../render/formats.ts';
import { safe, table } from './terminal.ts';

const percent = (ratio: string | null | undefined) => percentText(ratioOf(ratio ?? null)).replaceAll('\u00a0', ' ');

const windowTitles = { month: 'Month', quarter: 'Quarter', ttm: 'Trailing 12 months' } as const;

type Line = readonly [label: string, cell: (window: WindowReport) => string];

const ratios: readonly Line[] = [
  ['NDR', ({ total }) => percent(total.ndr)],
  ['GRR', ({ total }) => percent(total.grr)],
  ['NDR had no payment failed for good', ({ total }) => percent(total.ndrExInvoluntary)],
  ['Logo retention', ({ total }) => percent(total.logoRetention)],
];

const bridge: readonly Line[] = [
  ['Opening MRR', (window) => amountText(window.bridge.opening)],
  ['  new', (window) => amountText(window.bridge.new)],
  ['  reactivation', (window) => amountText(window.bridge.reactivation)],
  ['  expansion', (window) => amountText(window.bridge.expansion)],
  ['  contraction', (window) => amountText(`-${window.bridge.contraction}`.replace(/^-([0.]+)$/, '$1'))],
  ['  churn, voluntary', (window) => amountText(`-${window.bridge.voluntaryChurn}`.replace(/^-([0.]+)$/, '$1'))],
  ['  churn, involuntary', (window) => amountText(`-${window.bridge.involuntaryChurn}`.replace(/^-([0.]+)$/, '$1'))],
  ['  churn, paused', (window) => amountText(`-${window.bridge.pausedChurn}`.replace(/^-([0.]+)$/, '$1'))],
  ['  churn, unclassified', (window) => amountText(`-${window.bridge.unclassifiedChurn}`.replace(/^-([0.]+)$/, '$1'))],
  ['  currency (fx)', (window) => amountText(window.bridge.fx)],
  ['Closing MRR', (window) => amountText(window.bridge.closing)],
];

/** Ratios and bridge of every window that has an opening snapshot. */
export const headlineTable = (report: Report): string => {
  const windows = windowNames.map((name) => ({ name, window: report.windows[name] }));
  const header = [
    `${report.month}, revision ${report.revision}, ${report.reportingCurrency}${report.basis.mrr === 'invoiced' ? ', invoiced' : ''}`,
    ...windows.map(({ name, window }) =>
      window === null ? windowTitles[name] : `${windowTitles[name]} from ${window.openingMonth}`,
    ),
  ];
  const row = ([label, cell]: Line) => [
    label,
    ...windows.map(({ window }) => (window === null ? notAvailable : cell(window))),
  ];
  return table(header, [...ratios, ...bridge].map(row), [1, 2, 3]);
};

/** Warnings and restatement in words, one line each; empty when there is nothing to say. */
export const remarks = ({ gates, restatement }: Report): string[] => [
  ...gates.map(({ code, message }) => `${code}: ${message}`),
  ...(restatement === null
    ? []
    : [
        `Restated: ${restatement.changes.length} figures differ from revision ${restatement.previousRevision ?? 'none'}, ${restatement.earlierMonths.length} trend figures from earlier months' reports.`,
      ]),
];

/** One line an archived month, newest last. */
export const archiveTable = (reports: readonly Report[]): string =>
  table(
    ['Month', 'Revision', 'Window', 'NDR', 'GRR', 'Involuntary churn', 'Currency', 'Warnings', 'Restated'],
    reports.map((report) => {
      const name = (['ttm', 'quarter', 'month'] as const).find((window) => report.windows[window] !== null);
      const total = name === undefined ? null : report.windows[name]?.total;
      return [
        report.month,
        `${report.revision}`,
        name ?? notAvailable,
        percent(total?.ndr),
        percent(total?.grr),
        total === null || total === undefined ? notAvailable : amountText(total.involuntaryChurnMrr),
        report.reportingCurrency,
        `${report.gates.length}`,
        report.restatement === null ? '' : 'yes',
      ];
    }),
    [1, 3, 4, 5, 7],
  );

const text = (row: Row, column: string, limit?: number) => (row[column] ? safe(row[column], limit) : '');

/** The rows behind a figure, and what they add up to by movement. */
export const ledgerTable = (page: LedgerPage): string => {
  // Told by a CRM's export alone.
  const about = [
    ['Type', 'opportunity_types'],
    ['Owner', 'opportunity_owners'],
    ['Found by', 'opportunity_joined_by'],
  ] as const;
  const known = about.filter(([, column]) => page.rows.some((row) => row[column]));
  const rows = page.rows.map((row) => [
    text(row, 'account_id'),
    text(row, 'account_name', 30),
    text(row, 'movement'),
    text(row, 'cause'),
    text(row, 'reason', 30),
    amountText(row.opening_mrr ?? ''),
    amountText(row.closing_mrr ?? ''),
    amountText(row.delta_mrr ?? ''),
    text(row, 'invoice_ids', 60),
    text(row, 'opportunity_ids', 60),
    ...known.map(([, column]) => text(row, column, 40).replaceAll('_and_', ' and ')),
  ]);
  const header = [
    'Account',
    'Name',
    'Movement',
    'Cause',
    'Reason',
    'Opening',
    'Closing',
    'Change',
    'Invoices',
    'Opportunities',
    ...known.map(([title]) => title),
  ];
  const sums = page.sums.map(({ movement, cause, accounts, deltaMrr }) => [
    cause === '' ? movement : `${movement}, ${cause}`,
    `${accounts}`,
    amountText(deltaMrr.replace(/(\.\d\d)\d*$/, '$1')),
  ]);
  const more =
    page.total > page.rows.length ? [`… ${page.rows.length} of ${page.total} accounts shown: --limit 0 shows all`] : [];
  return [table(header, rows, [5, 6, 7]), ...more, '', table(['Adds up to', 'Accounts', 'Change'], sums, [1, 2])].join(
    '\n',
  );
};
