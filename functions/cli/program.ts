/** The command line: parses, calls, tells. Results go to standard output, progress and logs to standard error. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { exitCodes, ReportError } from '../errors.ts';
import { BlockedError, describeFaults } from '../gate-fault.ts';
import { codeVersion } from '../version.ts';
import { list, show, trace } from './archive-commands.ts';
import {
  executionArgument,
  limitArgument,
  monthArgument,
  portArgument,
  recipientsArgument,
  revisionArgument,
  segmentArgument,
  windowArgument,
} from './arguments.ts';
import { doctor } from './doctor-command.ts';
import { openInterrupts, stoppedExit } from './interrupt.ts';
import * as local from './local-commands.ts';
import { type OpenOptions, open } from './open-command.ts';
import {
  type BackfillOptions,
  type CheckOptions,
  type DoctorOptions,
  type FollowOptions,
  type RunOptions,
  refuseContradictions,
  type Shared,
  type ShowOptions,
  type Sourced,
  type TraceOptions,
} from './options.ts';
import type { Context } from './place.ts';
import { jsonText, terminal as openTerminal, safe } from './terminal.ts';

const terminal = openTerminal(process.stdout, process.stderr);
const { whileStoppable, wasStopped } = openInterrupts(process);
const context: Context = { terminal, environment: process.env, whileStoppable };

// Loaded when asked for: the SDK takes a while.
const stackCommands = () => import('./stack-commands.ts');

const program = new Command('retention')
  .description(
    'The retention report: exact, segmented NDR, GRR and involuntary churn from monthly billing snapshots,\nchecked, archived and mailed. A wrong number is worse than a late one: when a gate blocks, nothing is sent.',
  )
  .version(codeVersion)
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text) })
  .showHelpAfterError('Add --help to see how it is used.')
  .addHelpText(
    'after',
    `
Start here:
  retention demo                                     make a sample book and run it
  retention doctor --source stripe:                  look an account or a folder over: what is to be put right first
  retention check --month 2026-10 --source billing   try the gates on your own snapshots; writes nothing
  retention run --month 2026-10 --source billing     read, check, measure, archive, mail
  retention trace --month 2026-10 --account cus_42   the invoices and opportunities behind a figure

All but demo work on a stack that is deployed on AWS as well; region and credentials are those of the AWS environment:
  retention run --stack retention-report --month 2026-10 --source billing
  retention show --stack retention-report --month 2026-10

A source folder holds one folder a month (2026-10/) with lines.csv and, as they apply, customers.csv,
cancellations.csv, payments.csv, opportunities.csv, fx.csv and control.json.

Exit codes: 0 done · 1 unexpected failure · 2 wrong usage or configuration · 3 blocked by a gate ·
            4 a dependency (disk, mail server, AWS) refused or failed`,
  );

const home = () => new Option('--home <dir>', 'the local store: lake, archive, outbox').default('./.retention');
const stack = () => new Option('--stack <name>', 'a stack deployed on AWS, in place of the local store');
const asJson = () => new Option('--json', 'print the result for machines').default(false);
const month = () => new Option('--month <YYYY-MM>', 'the closing month').argParser(monthArgument).makeOptionMandatory();
const source = () =>
  new Option(
    '--source <dir>',
    'folder of snapshots, one folder a month, an account such as stripe:, or invoices: and the folder of an export; left out: what the lake has',
  );
const pullAgain = () =>
  new Option('--pull-again', 'with an account as --source, or a stack that has one: pull months anew that were pulled');
const config = () => new Option('--config <file>', 'settings; default: retention.config.json here, if there is one');

program.hook('preAction', (_, command) => {
  const given = Object.keys(command.opts()).filter((name) => command.getOptionValueSource(name) === 'cli');
  refuseContradictions(command.name(), new Set(given));
});

program
  .command('run')
  .description('run one month: read, check, measure, render, archive, mail')
  .addOption(month())
  .addOption(source())
  .addOption(home())
  .addOption(stack())
  .addOption(pullAgain())
  .addOption(config())
  .addOption(
    new Option('--to <addresses>', 'send to these instead of the configured recipients, separated by commas').argParser(
      recipientsArgument,
    ),
  )
  .option('--board', 'with --stack: send to the configured recipients, not to those who operate the stack')
  .option('--no-email', 'archive only')
  .option('--resend', 'send even to those who have this revision already', false)
  .addOption(asJson())
  .addHelpText(
    'after',
    `
Reads the month, and every earlier month of the source that is new or has changed. A month that was run before with
the same inputs, settings and code adds nothing; anything else adds a revision that says what it restates.

  retention run --month 2026-10 --source billing --no-email
  retention run --month 2026-10 --source billing --to cfo@example.com,board@example.com

On a stack the folder's months up to this one are first brought to the inbox: changed files are sent, files that a
month no longer has are removed. Then the run is started and followed. Its mail goes to those who operate the stack,
with --board to the board, with --to to others. Ctrl-C leaves the run going. A stack that was deployed with an account
pulls the month first.

  retention run --stack retention-report --month 2026-10 --source billing
  retention run --stack retention-report --month 2026-10 --board --resend`,
  )
  .action(async ({ stack, ...options }: RunOptions) =>
    stack === undefined ? local.run(options, context) : (await stackCommands()).run({ ...options, stack }, context),
  );

program
  .command('check')
  .description('run the gates of a month; writes nothing')
  .addOption(month())
  .addOption(source())
  .addOption(home())
  .addOption(stack())
  .addOption(config())
  .addOption(asJson())
  .addHelpText(
    'after',
    `
  retention check --month 2026-10 --source billing
  retention check --stack retention-report --month 2026-10    what is in the stack's inbox, with its configuration`,
  )
  .action(async ({ stack, ...options }: CheckOptions) =>
    stack === undefined ? local.check(options, context) : (await stackCommands()).check({ ...options, stack }, context),
  );

program
  .command('doctor')
  .description('look a source or a stack over and say what is to be put right; writes nothing')
  .addOption(new Option('--month <YYYY-MM>', 'the month to look at; default: the newest one').argParser(monthArgument))
  .addOption(new Option('--source <dir>', 'folder of snapshots, an account such as stripe:, or invoices: and a folder'))
  .addOption(home())
  .addOption(stack())
  .addOption(config())
  .addOption(asJson())
  .addHelpText(
    'after',
    `
  retention doctor --source stripe:                      before the first pull: key, permissions, clock, and how far
                                                         back the account tells; reasons, dimensions and currencies
                                                         from its newest 1,000 subscriptions and customers
  retention doctor --source stripe: --month 2026-10      after the pull: the same from the whole month
  retention doctor --source billing --month 2026-10      a folder: files, control totals, snapshots, rates, reasons,
                                                         opportunities of a CRM, dimensions, customers
  retention doctor --stack retention-report              a deployed stack: its mail, alarms, key, schedule and last run,
                                                         and whether the month that is due is there

Each line is ok, warn (a run goes through) or fail (a run would stop), with what was seen and what puts it right, and
with lines to fill in and paste. Few requests are made, all of them reading; nothing is pulled or written.

Exit codes: 0 nothing failed; otherwise that of the first line that failed: 2 key or settings, 3 a gate would block,
4 the account or AWS refuses the key, refuses to be read, or does not answer.`,
  )
  .action(async ({ stack, source = '', ...options }: DoctorOptions) => {
    process.exitCode =
      stack === undefined
        ? await doctor({ ...options, source }, context)
        : await (await import('./stack-doctor.ts')).doctor({ ...options, stack }, context);
  });

program
  .command('backfill')
  .description('archive every month from one to another, oldest first, without mail')
  .addOption(new Option('--from <YYYY-MM>', 'the oldest month').argParser(monthArgument).makeOptionMandatory())
  .addOption(new Option('--to <YYYY-MM>', 'the newest month').argParser(monthArgument).makeOptionMandatory())
  .addOption(source())
  .addOption(home())
  .addOption(stack())
  .addOption(pullAgain())
  .addOption(config())
  .addOption(asJson())
  .addHelpText(
    'after',
    `
  retention backfill --from 2024-11 --to 2026-09 --source billing
  retention backfill --from 2024-11 --to 2026-09 --source 'stripe:?basis=invoiced'    old months, from all invoices
  retention backfill --stack retention-report --from 2024-11 --to 2026-09    one run a month`,
  )
  .action(async ({ stack, ...options }: BackfillOptions) =>
    stack === undefined
      ? local.backfill(options, context)
      : (await stackCommands()).backfill({ ...options, stack }, context),
  );

program
  .command('follow')
  .description('wait for a run on a stack and tell how it ended, its schedule’s as well')
  .addOption(stack().makeOptionMandatory())
  .addOption(
    new Option('--execution <name>', 'the run: scheduled-2026-10, or ops-2026-10-… as `run` named it')
      .argParser(executionArgument)
      .makeOptionMandatory(),
  )
  .addOption(asJson())
  .addHelpText('after', '\n  retention follow --stack retention-report --execution scheduled-2026-10')
  .action(async (options: FollowOptions) => (await stackCommands()).follow(options, context));

program
  .command('list')
  .description('what the archive holds')
  .addOption(home())
  .addOption(stack())
  .addOption(asJson())
  .addHelpText('after', '\n  retention list --stack retention-report')
  .action((options: Shared) => list(options, context));

program
  .command('open')
  .description('the archive in a browser: every month with its figures, its page and its files')
  .addOption(new Option('--month <YYYY-MM>', 'begin at the report of this month').argParser(monthArgument))
  .addOption(
    new Option('--port <n>', 'the port to serve on, 0 for any that is free').argParser(portArgument).default(0),
  )
  .addOption(home())
  .addOption(stack())
  .addHelpText(
    'after',
    `
Serves the archive to this machine alone (127.0.0.1), for reading, until Ctrl-C, and prints its address on standard
output. From a disk no server is needed: archive/index.html opens by itself. With --stack the files come through this
machine, with the credentials of the AWS environment: the bucket stays closed to everybody else.

  retention open
  retention open --month 2026-10 --port 8080
  retention open --stack retention-report`,
  )
  .action((options: OpenOptions) => open(options, context));

program
  .command('show')
  .description('the headline table of one archived month')
  .addOption(month())
  .addOption(new Option('--revision <n>', 'an older revision').argParser(revisionArgument))
  .addOption(home())
  .addOption(stack())
  .addOption(asJson())
  .addHelpText(
    'after',
    `
  retention show --month 2026-10 --revision 1
  retention show --stack retention-report --month 2026-10    with links to the files that work for an hour`,
  )
  .action((options: ShowOptions) => show(options, context));

program
  .command('trace')
  .description('the ledger rows behind a figure, with invoices and CRM opportunities')
  .addOption(month())
  .addOption(
    new Option('--window <name>', 'month, quarter or ttm; default: the longest there is').argParser(windowArgument),
  )
  .option('--account <id>', 'one account')
  .addOption(new Option('--segment <dimension=value>', 'one segment; repeat to narrow').argParser(segmentArgument))
  .addOption(new Option('--revision <n>', 'an older revision').argParser(revisionArgument))
  .addOption(new Option('--limit <rows>', 'rows to show, 0 for all').argParser(limitArgument).default(50))
  .addOption(home())
  .addOption(stack())
  .addOption(asJson())
  .addHelpText(
    'after',
    `
  retention trace --month 2026-10 --window month --segment region=EMEA
  retention trace --month 2026-10 --account cus_42
  retention trace --stack retention-report --month 2026-10 --account cus_42`,
  )
  .action((options: TraceOptions) => trace(options, context));

program
  .command('demo')
  .description('make a sample book and run its newest month')
  .addOption(home())
  .addOption(stack().hideHelp())
  .addOption(asJson())
  .action((options: Sourced) => local.demo(options, monthArgument(local.sampleMonth), context));

/** An error that is not ours, for machines. */
const told = (error: unknown) =>
  error instanceof CommanderError
    ? { code: 'USAGE', message: error.message.replace(/^error: /, ''), hint: 'Add --help to see how it is used.' }
    : { code: 'UNEXPECTED', message: `${error}`, hint: '' };

/** A line of a failure, which may quote what came from outside. */
const tell = (line: string): void => {
  const indent = line.length - line.trimStart().length;
  terminal.note(`${' '.repeat(indent)}${safe(line, 1000)}`);
};

const fail = (error: unknown): number => {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const known = error instanceof ReportError ? error : null;
  const faults = error instanceof BlockedError ? error.faults : [];
  if (process.argv.includes('--json')) {
    const { code, message, hint } = known ?? told(error);
    terminal.print(jsonText({ error: { code, message, hint, faults } }));
  }
  // The parser has told people already.
  if (error instanceof CommanderError) return exitCodes.usage;
  if (known === null) {
    const trace = `unexpected failure: ${error instanceof Error ? (error.stack ?? error.message) : error}`;
    for (const line of trace.split('\n')) tell(line);
    return exitCodes.unexpected;
  }
  const lines = faults.length > 0 ? describeFaults(faults) : [`${known.code}: ${known.message}`];
  for (const line of lines.flatMap((text) => text.split('\n'))) tell(line);
  for (const line of known.hint.split('\n')) tell(line);
  return exitCodes[known.kind];
};

/** Runs the command that the process was started with; its outcome becomes the exit code. */
export const main = async (): Promise<void> => {
  // Whoever reads no further, such as `head`, has had enough: what is at work goes on and ends in order.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = error instanceof InvalidArgumentError ? exitCodes.usage : fail(error);
    // What was being waited for would keep the process.
    if (wasStopped(error)) process.exit(stoppedExit);
  }
};
