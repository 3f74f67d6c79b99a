/** Commands that run months on this machine: run, check, backfill, demo. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { archiveKey } from '../archive.ts';
import { withLocalWorld } from '../compose-local.ts';
import { type openSnapshots, openSource } from '../compose-sources.ts';
import { readConfig } from '../config-file.ts';
import type { Config } from '../core/config.ts';
import type { Month } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { type Delivery, refuseUnknown } from '../deliver.ts';
import { usageError } from '../errors.ts';
import { type ArchivedMonth, archiveMonth, checkMonth, mailMonth, type RunOutcome, type World } from '../pipeline.ts';
import { pageKey } from '../site/index-schema.ts';
import { writeSampleBook } from '../sources/sample-book.ts';
import { type BackfillOptions, type CheckOptions, monthsOf, type RunOptions, type Sourced } from './options.ts';
import { type Context, shownPath } from './place.ts';
import { type Place, printArchived, printBackfill, printDeliveries, printGates } from './printing.ts';
import { jsonText as json, safe } from './terminal.ts';

/** Opens the world and, where there is one, the source, and keeps the hashes of what was read. */
const atWork = <T>(
  options: Sourced & { readonly pullAgain?: boolean },
  dryRun: boolean,
  { months, config }: { readonly months: readonly Month[]; readonly config: Config },
  { terminal, environment }: Context,
  work: (world: World, source: Awaited<ReturnType<typeof openSnapshots>>['source'] | null) => Promise<T>,
): Promise<T> => {
  const note = (text: string) => terminal.note(`note: ${safe(text, 300)}`);
  const local = { home: options.home, dryRun, environment, progress: terminal.progress, note };
  return withLocalWorld(local, async (world) => {
    if (options.source === undefined) return work(world, null);
    const { timeZone } = config;
    const wanted = { address: options.source, months, timeZone, again: options.pullAgain === true };
    const snapshots = await openSource({ ...local, ...wanted }, world);
    for (const warning of snapshots.warnings) note(warning);
    const result = await work(world, snapshots.source);
    await snapshots.remember();
    return result;
  });
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

const placesOf = (home: string, { month, revision, missing }: ArchivedMonth): Place[] => {
  const files = [
    ['Report', 'report.html'],
    ['Board pack', 'report.pdf'],
    ['Workbook', 'report.xlsx'],
  ] as const;
  const made = files.filter(([, name]) => !missing.includes(name));
  const places = made.map(([what, name]): Place => [what, shownPath(home, archiveKey(month, revision, name))]);
  return missing.includes('index.html') ? places : [...places, ['All months', shownPath(home, pageKey)]];
};

const outcomeJson = (home: string, { month, revision, added, missing, deliveries, report }: RunOutcome) => ({
  month,
  revision,
  added,
  report: shownPath(home, archiveKey(month, revision, 'report.json')),
  page: shownPath(home, archiveKey(month, revision, 'report.html')),
  missing,
  deliveries,
  gates: report.gates,
});

const found = (home: string, deliveries: readonly Delivery[]): Delivery[] =>
  deliveries.map(({ where, ...delivery }) => ({
    ...delivery,
    where: where?.startsWith('outbox/') === true ? shownPath(home, where) : where,
  }));

export const run = async (options: RunOptions, context: Context): Promise<void> => {
  const config = await readConfig(options.config);
  const { terminal } = context;
  await atWork(options, false, { months: [options.month], config }, context, async (world, source) => {
    const recipients = options.email ? recipientsOf(config, options.to, world) : [];
    const archived = await archiveMonth(options.month, source, config, world);
    if (!options.json) printArchived(archived, placesOf(options.home, archived), terminal);
    const mail = { recipients, resend: options.resend };
    const deliveries = await mailMonth(archived, config, mail, world);
    if (!options.json) printDeliveries(found(options.home, deliveries), terminal);
    refuseUnknown(
      deliveries,
      'Look for the message in the mail server’s log; if it did not arrive, run again with --resend.',
    );
    // Last: a machine gets one document, of the outcome or of the failure.
    if (options.json) terminal.print(json(outcomeJson(options.home, { ...archived, deliveries })));
  });
};

export const check = async (options: CheckOptions, context: Context): Promise<void> => {
  const config = await readConfig(options.config);
  const gates = await atWork(options, true, { months: [options.month], config }, context, (world, source) =>
    checkMonth(options.month, source, config, world),
  );
  if (options.json) return context.terminal.print(json({ month: options.month, gates }));
  printGates(options.month, gates, context.terminal);
};

export const backfill = async (options: BackfillOptions, context: Context): Promise<void> => {
  const months = monthsOf(options);
  const config = await readConfig(options.config);
  const reports: Report[] = [];
  await atWork(options, false, { months, config }, context, async (world, source) => {
    for (const [at, month] of months.entries()) {
      world.progress('Archiving months', at, months.length);
      const { report, added } = await archiveMonth(month, source, config, { ...world, progress: () => {} });
      reports.push(report);
      if (!options.json) context.terminal.note(`${month}  revision ${report.revision}${added ? '' : ' (unchanged)'}`);
    }
  });
  printBackfill(reports, options.json, context.terminal);
};

/** The newest month of the sample book. */
export const sampleMonth = '2026-10';

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
