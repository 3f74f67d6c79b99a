/** What each command does, in the local world. */
import { mkdir, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { readLedger } from '../adapters/duckdb-ledger.ts';
import { archivedFile, archivedMonths, archiveKey, readArchived } from '../archive.ts';
import { openHome, openSnapshots, withLocalWorld } from '../compose-local.ts';
import { readConfig } from '../config-file.ts';
import type { Config } from '../core/config.ts';
import { type Month, monthRange, type WindowName } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import type { Delivery } from '../deliver.ts';
import { ReportError, usageError } from '../errors.ts';
import { type ArchivedMonth, archiveMonth, checkMonth, mailMonth, type RunOutcome, type World } from '../pipeline.ts';
import { writeSampleBook } from '../sources/sample-book.ts';
import { archiveTable, headlineTable, ledgerTable, remarks } from './tables.ts';
import { jsonText as json, safe, type Terminal } from './terminal.ts';

export type Shared = { readonly home: string; readonly json: boolean };
export type Sourced = Shared & { readonly source?: string; readonly config?: string };

type Context = { readonly terminal: Terminal; readonly environment: Readonly<Record<string, string | undefined>> };

const shownPath = (home: string, key: string) => relative('.', join(resolve(home), key)) || key;

/** Opens the world and, where there is one, the source, and keeps the hashes of what was read. */
const atWork = <T>(
  options: Sourced,
  dryRun: boolean,
  { terminal, environment }: Context,
  work: (world: World, source: Awaited<ReturnType<typeof openSnapshots>>['source'] | null) => Promise<T>,
): Promise<T> => {
  const note = (text: string) => terminal.note(`note: ${safe(text, 300)}`);
  return withLocalWorld(
    { home: options.home, dryRun, environment, progress: terminal.progress, note },
    async (world) => {
      if (options.source === undefined) return work(world, null);
      const snapshots = await openSnapshots(options.source, world.store);
      for (const warning of snapshots.warnings) note(warning);
      const result = await work(world, snapshots.source);
      await snapshots.remember();
      return result;
    },
  );
};

/** Without a recipient a file can still be written, as a draft to its sender; a mail server needs one. */
const recipientsOf = (config: Config, to: readonly string[] | undefined, { mailer }: World): readonly string[] => {
  const recipients = to ?? config.recipients;
  if (recipients.length > 0) return recipients;
  if (mailer.repeatable) return [config.sender];
  throw usageError(
    'a mail server is set, but nobody is configured to receive the mail',
    'Set "recipients" in the configuration, give --to, or run with --no-email.',
  );
};

const outcomeJson = (home: string, { month, revision, added, deliveries, report }: RunOutcome) => ({
  month,
  revision,
  added,
  report: shownPath(home, archiveKey(month, revision, 'report.json')),
  page: shownPath(home, archiveKey(month, revision, 'report.html')),
  deliveries,
  gates: report.gates,
});

const printArchived = (home: string, { month, revision, added, report }: ArchivedMonth, { print, note }: Terminal) => {
  print(headlineTable(report));
  print('');
  for (const remark of remarks(report)) note(`warning: ${safe(remark, 400)}`);
  print(
    added ? `Archived as revision ${revision}.` : `Unchanged: revision ${revision} says the same. Nothing was added.`,
  );
  print(`Report  ${shownPath(home, archiveKey(month, revision, 'report.html'))}`);
};

const printDeliveries = (home: string, deliveries: readonly Delivery[], { print }: Terminal) => {
  for (const { outcome, recipient, where } of deliveries) {
    const place = where?.startsWith('outbox/') === true ? shownPath(home, where) : (where ?? '');
    print(`E-mail  ${place === '' ? '' : `${place}  `}(${outcome}, ${recipient})`);
  }
};

const unknownDeliveries = (deliveries: readonly Delivery[]) => {
  const unknown = deliveries.filter(({ outcome }) => outcome === 'unknown').map(({ recipient }) => recipient);
  if (unknown.length > 0)
    throw new ReportError(
      'dependency',
      'DELIVERY_UNKNOWN',
      `an earlier attempt may or may not have reached ${unknown.join(', ')}`,
      'Look for the message in the mail server’s log; if it did not arrive, run again with --resend.',
    );
};

export type RunOptions = Sourced & {
  readonly month: Month;
  readonly to?: readonly string[];
  readonly email: boolean;
  readonly resend: boolean;
};

export const run = async (options: RunOptions, context: Context): Promise<void> => {
  const config = await readConfig(options.config);
  const { terminal } = context;
  await atWork(options, false, context, async (world, source) => {
    const recipients = options.email ? recipientsOf(config, options.to, world) : [];
    const archived = await archiveMonth(options.month, source, config, world);
    if (!options.json) printArchived(options.home, archived, terminal);
    const mail = { recipients, resend: options.resend };
    const deliveries = await mailMonth(archived, config, mail, world);
    if (!options.json) printDeliveries(options.home, deliveries, terminal);
    unknownDeliveries(deliveries);
    // Last: a machine gets one document, of the outcome or of the failure.
    if (options.json) terminal.print(json(outcomeJson(options.home, { ...archived, deliveries })));
  });
};

export const check = async (options: Sourced & { readonly month: Month }, context: Context): Promise<void> => {
  const config = await readConfig(options.config);
  const gates = await atWork(options, true, context, (world, source) =>
    checkMonth(options.month, source, config, world),
  );
  if (options.json) return context.terminal.print(json({ month: options.month, gates }));
  for (const { code, message } of gates) context.terminal.print(`warn  ${code}: ${safe(message, 400)}`);
  context.terminal.print(
    `${options.month} passes every blocking gate${gates.length > 0 ? `; ${gates.length} warned` : ''}.`,
  );
};

export const backfill = async (
  options: Sourced & { readonly from: Month; readonly to: Month },
  context: Context,
): Promise<void> => {
  const months = monthRange(options.from, options.to);
  if (months.length === 0) throw usageError(`${options.to} is before ${options.from}`, 'Give --from the older month.');
  const config = await readConfig(options.config);
  const reports: Report[] = [];
  await atWork(options, false, context, async (world, source) => {
    for (const [at, month] of months.entries()) {
      world.progress('Archiving months', at, months.length);
      const { report, added } = await archiveMonth(month, source, config, { ...world, progress: () => {} });
      reports.push(report);
      if (!options.json) context.terminal.note(`${month}  revision ${report.revision}${added ? '' : ' (unchanged)'}`);
    }
  });
  const { print } = context.terminal;
  print(options.json ? json(reports.map(({ month, revision }) => ({ month, revision }))) : archiveTable(reports));
};

export const list = async (options: Shared, { terminal }: Context): Promise<void> => {
  const store = openHome(options.home);
  const reports: Report[] = [];
  for (const month of await archivedMonths(store)) {
    const found = await readArchived(store, month);
    if (found !== null) reports.push(found.report);
  }
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
    return terminal.print(json(rows));
  }
  terminal.print(
    reports.length === 0
      ? `The archive in ${options.home} is empty. Run a month first: retention run --help`
      : archiveTable(reports),
  );
};

const archived = async (home: string, month: Month, revision: number | undefined) => {
  const store = openHome(home);
  const found = await readArchived(store, month, revision);
  if (found !== null) return { store, found };
  const which = revision === undefined ? month : `${month} revision ${revision}`;
  throw usageError(`the archive in ${home} has no report of ${which}`, 'See what it has with: retention list');
};

export const show = async (
  options: Shared & { readonly month: Month; readonly revision?: number },
  { terminal }: Context,
): Promise<void> => {
  const { found } = await archived(options.home, options.month, options.revision);
  if (options.json) return terminal.print(json(found.report));
  terminal.print(headlineTable(found.report));
  for (const remark of remarks(found.report)) terminal.print(safe(remark, 400));
  for (const name of ['report.html', 'movements.csv', 'manifest.json'])
    terminal.print(`${name.padEnd(14)} ${shownPath(options.home, archiveKey(found.month, found.revision, name))}`);
};

export type TraceOptions = Shared & {
  readonly month: Month;
  readonly revision?: number;
  readonly window?: WindowName;
  readonly account?: string;
  readonly segment?: ReadonlyMap<string, string>;
  readonly limit: number;
};

export const trace = async (options: TraceOptions, { terminal }: Context): Promise<void> => {
  const { store, found } = await archived(options.home, options.month, options.revision);
  const window =
    options.window ??
    (['ttm', 'quarter', 'month'] as const).find((name) => found.report.windows[name] !== null) ??
    'ttm';
  const path = await archivedFile(store, found, 'movements.csv');
  if (path === null) throw usageError(`the report of ${options.month} has no ledger`, 'Run the month again.');
  const page = await readLedger(path, {
    window,
    account: options.account ?? null,
    segments: options.segment ?? new Map(),
    limit: options.limit === 0 ? null : options.limit,
  });
  if (options.json) return terminal.print(json({ month: found.month, revision: found.revision, window, ...page }));
  terminal.print(
    `Movements of ${found.month}, window ${window}, revision ${found.revision}, ${found.report.reportingCurrency}`,
  );
  terminal.print(page.total === 0 ? 'No account that matches moved in this window.' : ledgerTable(page));
};

/** The newest month of the sample book. */
const sampleMonth = '2026-10';

export const demo = async (options: Sourced, month: Month, context: Context): Promise<void> => {
  const source = join(options.home, 'sample-book');
  await rm(source, { recursive: true, force: true });
  await mkdir(options.home, { recursive: true });
  context.terminal.note(`Writing a sample book to ${source} …`);
  await writeSampleBook(source);
  context.terminal.note(`Running ${month} …`);
  await run({ ...options, source, month, email: true, resend: false }, context);
  context.terminal.note(
    `\nLook further:\n  npm run retention -- trace --month ${month} --window ttm --segment acv_band=Enterprise\n  npm run retention -- show --month ${month}\n  npm run retention -- --help`,
  );
};

export { sampleMonth };
