/** Commands that read the archive, at home or of a stack: list, show, trace. */
import { readLedger } from '../adapters/duckdb-ledger.ts';
import { archivedFile, archivedMonths, archiveKey, readArchived } from '../archive.ts';
import type { Month } from '../core/month.ts';
import { usageError } from '../errors.ts';
import { atMost } from '../lake/at-most.ts';
import { movementAnswer } from './answers.ts';
import type { Shared, ShowOptions, TraceOptions } from './options.ts';
import { atPlace, type Context, type Place } from './place.ts';
import { archiveTable, headlineTable, ledgerTable, remarks } from './tables.ts';
import { jsonText as json, safe } from './terminal.ts';

/** Reports read at a time: from a stack each is several requests. */
const sideBySide = 8;

export const list = (options: Shared, context: Context): Promise<void> =>
  atPlace(options, context, async ({ name, option, store }) => {
    const { print } = context.terminal;
    const months = await archivedMonths(store);
    const found = await atMost(sideBySide, months, (month) => readArchived(store, month));
    const reports = found.flatMap((archived) => (archived === null ? [] : [archived.report]));
    if (options.json) {
      const rows = reports.map(({ month, revision, windows, gates, restatement }) => ({
        month,
        revision,
        ndr: windows.ttm?.total.ndr ?? null,
        grr: windows.ttm?.total.grr ?? null,
        involuntaryChurnMrr: windows.ttm?.total.involuntaryChurnMrr ?? null,
        gates: gates.map(({ code }) => code),
        restated: restatement !== null,
      }));
      return print(json(rows));
    }
    print(
      reports.length === 0
        ? `The archive ${name} is empty. Run a month first: retention run${option} --help`
        : archiveTable(reports),
    );
  });

const archived = async ({ name, option, store }: Place, month: Month, revision: number | undefined) => {
  const found = await readArchived(store, month, revision);
  if (found !== null) return found;
  const which = revision === undefined ? month : `${month} revision ${revision}`;
  throw usageError(`the archive ${name} has no report of ${which}`, `See what it has with: retention list${option}`);
};

export const show = (options: ShowOptions, context: Context): Promise<void> =>
  atPlace(options, context, async (place) => {
    const { print } = context.terminal;
    const found = await archived(place, options.month, options.revision);
    if (options.json) return print(json(found.report));
    print(headlineTable(found.report));
    for (const remark of remarks(found.report)) print(safe(remark, 400));
    for (const name of ['report.html', 'movements.csv', 'manifest.json'])
      print(`${name.padEnd(14)} ${await place.locate(archiveKey(found.month, found.revision, name))}`);
  });

export const trace = (options: TraceOptions, context: Context): Promise<void> =>
  atPlace(options, context, async (place) => {
    const { print } = context.terminal;
    const found = await archived(place, options.month, options.revision);
    const window =
      options.window ??
      (['ttm', 'quarter', 'month'] as const).find((name) => found.report.windows[name] !== null) ??
      'ttm';
    const path = await archivedFile(place.store, found, 'movements.csv');
    if (path === null) throw usageError(`the report of ${options.month} has no ledger`, 'Run the month again.');
    const page = await readLedger(path, {
      window,
      account: options.account ?? null,
      segments: options.segment ?? new Map(),
      limit: options.limit === 0 ? null : options.limit,
    });
    const answers =
      options.account === undefined ? [] : page.rows.map((row) => movementAnswer(row, found.report, window));
    if (options.json) return print(json({ month: found.month, revision: found.revision, window, answers, ...page }));
    for (const answer of answers) print(`${answer}\n`);
    print(
      `Movements of ${found.month}, window ${window}, revision ${found.revision}, ${found.report.reportingCurrency}`,
    );
    print(page.total === 0 ? 'No account that matches moved in this window.' : ledgerTable(page));
  });
