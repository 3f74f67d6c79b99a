/** What the commands are given, parsed; and which options do not go together. */
import { type Month, monthRange, type WindowName } from '../core/month.ts';
import { usageError } from '../errors.ts';

/** A place: the stack where one is named, otherwise the home. */
export type Shared = { readonly home: string; readonly stack?: string; readonly json: boolean };

export type Sourced = Shared & { readonly source?: string; readonly config?: string };

/** What a billing system is asked for again although it was pulled. */
export type Pulling = { readonly pullAgain?: boolean };

export type RunOptions = Sourced &
  Pulling & {
    readonly month: Month;
    readonly to?: readonly string[];
    /** On a stack: to the configured recipients, and not just to those who operate it. */
    readonly board?: boolean;
    readonly email: boolean;
    readonly resend: boolean;
  };

export type CheckOptions = Sourced & { readonly month: Month };

export type DoctorOptions = Sourced & { readonly month?: Month };

export type BackfillOptions = Sourced & Pulling & { readonly from: Month; readonly to: Month };

export type FollowOptions = { readonly stack: string; readonly execution: string; readonly json: boolean };

export type ShowOptions = Shared & { readonly month: Month; readonly revision?: number };

export type TraceOptions = ShowOptions & {
  readonly window?: WindowName;
  readonly account?: string;
  readonly segment?: ReadonlyMap<string, string>;
  readonly limit: number;
};

/** Months of a backfill, oldest first. */
export const monthsOf = ({ from, to }: BackfillOptions): Month[] => {
  const months = monthRange(from, to);
  if (months.length === 0) throw usageError(`${to} is before ${from}`, 'Give --from the older month.');
  return months;
};

type Rule = [applies: (command: string, given: ReadonlySet<string>) => boolean, message: string, hint: string];

const rules: readonly Rule[] = [
  [
    (command, given) => command === 'demo' && given.has('stack'),
    'the demo runs on this machine alone',
    'Try it without --stack. To run a month on a stack: retention run --stack <name> --month 2026-10 --source <dir>',
  ],
  [
    (command, given) => command === 'doctor' && given.has('stack') === given.has('source'),
    'the doctor looks over a source or a stack: one of the two',
    'A folder or an account: --source billing, --source stripe:. A stack: --stack retention. What is in its inbox: retention check --stack retention --month 2026-10',
  ],
  [
    (_, given) => given.has('stack') && given.has('home'),
    '--home is on this machine, --stack is on AWS: a command works on one of them',
    'Leave one of the two out.',
  ],
  [
    (_, given) => given.has('stack') && given.has('config'),
    'a stack runs with the configuration that it was deployed with',
    'Leave --config out; to change it, edit retention.config.json and deploy again with every -c setting that it was deployed with, stackName among them: npx cdk deploy -c …',
  ],
  [
    (_, given) => given.has('pullAgain') && !given.has('stack') && !given.has('source'),
    '--pull-again is for a billing system that months are pulled from',
    'Give an account such as --source stripe: with it, or a stack that was deployed with one.',
  ],
  [
    (command, given) => command === 'check' && given.has('stack') && given.has('source'),
    'check writes nothing, and a stack can only check what is in its inbox',
    'Check the folder here (leave --stack out), or the inbox (leave --source out). `run` sends a folder to the inbox.',
  ],
  [
    (_, given) => given.has('board') && !given.has('stack'),
    '--board is for a stack; here the configured recipients are written to anyway',
    'Leave --board out, or add --stack.',
  ],
  [
    (_, given) => given.has('board') && (given.has('to') || given.has('email')),
    '--board cannot be combined with --to or --no-email',
    'Say in one way who is to have the mail.',
  ],
];

/** Refuses options that make no sense together; `given` are those that stand on the command line. */
export const refuseContradictions = (command: string, given: ReadonlySet<string>): void => {
  for (const [applies, message, hint] of rules) if (applies(command, given)) throw usageError(message, hint);
};
