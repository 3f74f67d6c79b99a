/** Commands that run months on a deployed stack: run, check, backfill, follow. */

import { randomUUID } from 'node:crypto';
import { archiveKey, readArchived } from '../archive.ts';
import type { Month } from '../core/month.ts';
import type { Report } from '../core/report.ts';
import { refuseUnknown } from '../deliver.ts';
import { ReportError, usageError } from '../errors.ts';
import type { Progress } from '../ports.ts';
import type { Outcome, RunRequest, Started } from '../run-record.ts';
import { vendorOf } from '../sources/billing/vendors.ts';
import { folderOf } from '../sources/folder-address.ts';
import { openFolderSource } from '../sources/folder-source.ts';
import { invoicesPrefix } from '../sources/invoices/settings.ts';
import { executionArnOf, followExecution } from '../stack/follow.ts';
import { syncInbox } from '../stack/inbox.ts';
import { failureOf, readOutcome } from '../stack/record.ts';
import { executionNameOf, startRun } from '../stack/start.ts';
import { type BackfillOptions, type CheckOptions, type FollowOptions, monthsOf, type RunOptions } from './options.ts';
import type { Context } from './place.ts';
import { printArchived, printBackfill, printDeliveries, printGates } from './printing.ts';
import { pulling, refusedAccount } from './stack-billing.ts';
import { type StackPlace, withStack } from './stack-place.ts';
import { jsonText as json, safe } from './terminal.ts';

/** The stack is what chose these commands. */
type OnStack<T> = T & { readonly stack: string };

/** A run that has ended well; without a report when it was a check. */
type Finished = { readonly executionArn: string; readonly outcome: Outcome; readonly report: Report | null };

const again = (stack: string, run: string) => `Follow it again: retention follow --stack ${stack} --execution ${run}`;

/** Brings the inbox in line with the folder, up to a month. */
const upload = async (dir: string | undefined, until: Month, place: StackPlace, { terminal }: Context) => {
  if (dir === undefined) return;
  const vendor = vendorOf(dir);
  if (vendor !== null) throw refusedAccount(vendor, dir, place);
  if (dir.startsWith(invoicesPrefix))
    throw usageError(
      'a stack takes months, not an export of invoice lines',
      'Make its months here: retention run --month <month> --source invoices:<folder> --home <home> --no-email. Then send them: --source <home>/inbox/invoices',
    );
  const note = (text: string) => terminal.note(`note: ${safe(text, 300)}`);
  const inbox = { client: place.s3, bucket: place.outputs.InboxBucket, progress: terminal.progress, note };
  const { sent, unchanged, removed } = await syncInbox(await openFolderSource(folderOf(dir)), until, inbox);
  terminal.note(`Inbox: ${sent} files sent, ${unchanged} unchanged, ${removed} removed.`);
};

const reportOf = async (outcome: Outcome | null, { store, name }: StackPlace): Promise<Report | null> => {
  if (outcome === null || outcome.archived === null) return null;
  const { revision } = outcome.archived;
  const found = await readArchived(store, outcome.month, revision);
  if (found !== null) return found.report;
  throw new ReportError(
    'unexpected',
    'DAMAGED',
    `the archive ${name} has no revision ${revision} of ${outcome.month}, although the run archived it`,
    'Look at the bucket’s versions: nothing should ever be deleted there.',
  );
};

const printRun = async ({ outcome, report }: Finished, place: StackPlace, { terminal }: Context): Promise<void> => {
  if (outcome.archived === null || report === null) return printGates(outcome.month, outcome.gates, terminal);
  const page = await place.locate(archiveKey(outcome.month, outcome.archived.revision, 'report.html'));
  printArchived({ report, added: outcome.archived.added }, [['Report', page]], terminal);
  printDeliveries(outcome.deliveries, terminal);
};

/** What a failed run had archived. Why it failed matters more: nothing that goes wrong here may hide it. */
const printWhatStands = async ({ executionName, executionArn }: Started, place: StackPlace, context: Context) => {
  try {
    const outcome = await readOutcome(place.store, executionName);
    const report = await reportOf(outcome, place);
    if (outcome !== null && report !== null) await printRun({ executionArn, outcome, report }, place, context);
  } catch (error) {
    context.terminal.note(`note: what the run archived cannot be shown: ${safe(`${error}`, 300)}`);
  }
};

/** Waits for the end of a run. What it archived before it failed stands, and is told before the failure. */
const finish = async (
  started: Started,
  place: StackPlace,
  asJson: boolean,
  context: Context,
  progress: Progress = context.terminal.progress,
): Promise<Finished> => {
  const { executionName, executionArn } = started;
  const hint = again(place.stack, executionName);
  const ended = await followExecution(place.sfn, executionArn, (task, ...counts) =>
    progress(safe(task), ...counts),
  ).catch((error) => {
    if (!(error instanceof ReportError) || error.kind !== 'dependency') throw error;
    throw new ReportError(error.kind, error.code, error.message, `${error.hint} The run goes on. ${hint}`, {
      cause: error,
    });
  });
  context.terminal.clear();
  if (ended.status !== 'SUCCEEDED') {
    const failure = await failureOf(place.store, executionName, ended);
    if (!asJson) await printWhatStands(started, place, context);
    throw failure;
  }
  const outcome = await readOutcome(place.store, executionName);
  if (outcome === null)
    throw new ReportError(
      'unexpected',
      'RECORD_MISSING',
      `the run ${executionName} succeeded and left no record`,
      'Is the stack of the same version as this command? What it archived: retention list --stack …',
    );
  return { executionArn, outcome, report: await reportOf(outcome, place) };
};

/** Starts a run and waits for its end; when the user stops waiting, says how to take it up again. */
const startAndFinish = (
  request: RunRequest,
  place: StackPlace,
  asJson: boolean,
  context: Context,
  progress?: Progress,
): Promise<Finished> => {
  const asked = { ...request, requestId: randomUUID() };
  const run = executionNameOf(asked);
  return stoppable(run, place.stack, context, async () => {
    const started = await startRun(place.lambda, place.outputs.StarterFunction, asked);
    context.terminal.note(`Started ${safe(started.executionName, 100)}.`);
    return finish(started, place, asJson, context, progress);
  });
};

const stoppable = <T>(run: string, stack: string, context: Context, work: () => Promise<T>): Promise<T> =>
  context.whileStoppable(
    new ReportError('unexpected', 'STOPPED', `the run ${run} goes on without this command`, again(stack, run)),
    work,
  );

const tellRun = async (finished: Finished, place: StackPlace, asJson: boolean, context: Context): Promise<void> => {
  const { executionArn, outcome, report } = finished;
  const { month, archived, deliveries, gates } = outcome;
  if (!asJson) await printRun(finished, place, context);
  refuseUnknown(deliveries, 'Look in the events of SES; if it did not arrive, run again with --resend.');
  if (!asJson) return;
  if (archived === null || report === null) return context.terminal.print(json({ month, gates, executionArn }));
  context.terminal.print(
    json({
      month,
      ...archived,
      report: place.uri(archiveKey(month, archived.revision, 'report.json')),
      page: await place.locate(archiveKey(month, archived.revision, 'report.html')),
      deliveries,
      gates: report.gates,
      executionArn,
    }),
  );
};

/** Runs a month. Its mail goes to those who operate the stack, unless told otherwise: the schedule is what mails the board. */
export const run = (options: OnStack<RunOptions>, context: Context): Promise<void> =>
  withStack(options.stack, context.terminal, async (place) => {
    const { month, to, board = false, email, resend, json: asJson } = options;
    const pull = pulling(options.pullAgain, place);
    await upload(options.source, month, place, context);
    const whom: NonNullable<RunRequest['mail']>['to'] = to === undefined ? (board ? 'recipients' : 'ops') : [...to];
    const mail = email ? { to: whom, resend } : null;
    const finished = await startAndFinish({ month, check: false, mail, ...pull }, place, asJson, context);
    await tellRun(finished, place, asJson, context);
  });

export const check = (options: OnStack<CheckOptions>, context: Context): Promise<void> =>
  withStack(options.stack, context.terminal, async (place) => {
    const { month, json: asJson } = options;
    const finished = await startAndFinish({ month, check: true, mail: null }, place, asJson, context);
    await tellRun(finished, place, asJson, context);
  });

/** One run a month, each after the one before it: a month's report is set against those already archived. */
export const backfill = (options: OnStack<BackfillOptions>, context: Context): Promise<void> => {
  const months = monthsOf(options);
  const { terminal } = context;
  return withStack(options.stack, terminal, async (place) => {
    const pull = pulling(options.pullAgain, place);
    await upload(options.source, options.to, place, context);
    const reports: Report[] = [];
    for (const [at, month] of months.entries()) {
      const progress = () => terminal.progress('Archiving months', at, months.length);
      const request = { month, check: false, mail: null, ...pull };
      const { outcome, report } = await startAndFinish(request, place, options.json, context, progress);
      if (report === null) continue;
      reports.push(report);
      if (!options.json)
        terminal.note(`${month}  revision ${report.revision}${outcome.archived?.added === true ? '' : ' (unchanged)'}`);
    }
    printBackfill(reports, options.json, terminal);
  });
};

/** Waits for the end of a run that is under way, or tells how it ended. */
export const follow = ({ stack, execution, json: asJson }: FollowOptions, context: Context): Promise<void> =>
  withStack(stack, context.terminal, async (place) => {
    const executionArn = executionArnOf(place.outputs.StateMachineArn, execution);
    const started = { executionName: execution, executionArn };
    const finished = await stoppable(execution, stack, context, () => finish(started, place, asJson, context));
    await tellRun(finished, place, asJson, context);
  });
