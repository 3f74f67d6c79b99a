/** What commands say of a month, wherever it was run. */
import type { Gate, Report } from '../core/report.ts';
import type { Delivery } from '../deliver.ts';
import { archiveTable, headlineTable, remarks } from './tables.ts';
import { jsonText as json, safe, type Terminal } from './terminal.ts';

const labelWidth = 'Board pack'.length + 2;

export type Told = { readonly report: Report; readonly added: boolean };

/** Where a person finds a file, by what it is to them. */
export type Place = readonly [what: 'Report' | 'Board pack' | 'Workbook' | 'All months', where: string];

/** The headline, warnings, and where the files are. */
export const printArchived = ({ report, added }: Told, places: readonly Place[], { print, note }: Terminal): void => {
  print(headlineTable(report));
  print('');
  for (const remark of remarks(report)) note(`warning: ${safe(remark, 400)}`);
  print(
    added
      ? `Archived as revision ${report.revision}.`
      : `Unchanged: revision ${report.revision} says the same. Nothing was added.`,
  );
  for (const [what, where] of places) print(`${what.padEnd(labelWidth)}${where}`);
};

/** `where` as a person finds it: a path, or the mail server's answer. */
export const printDeliveries = (deliveries: readonly Delivery[], { print }: Terminal): void => {
  for (const { outcome, recipient, where } of deliveries)
    print(
      `${'E-mail'.padEnd(labelWidth)}${where === null || where === '' ? '' : `${safe(where, 300)}  `}(${outcome}, ${safe(recipient, 300)})`,
    );
};

export const printGates = (month: string, gates: readonly Gate[], { print }: Terminal): void => {
  for (const { code, message } of gates) print(`warn  ${code}: ${safe(message, 400)}`);
  print(`${month} passes every blocking gate${gates.length > 0 ? `; ${gates.length} warned` : ''}.`);
};

export const printBackfill = (reports: readonly Report[], asJson: boolean, { print }: Terminal): void =>
  print(asJson ? json(reports.map(({ month, revision }) => ({ month, revision }))) : archiveTable(reports));
