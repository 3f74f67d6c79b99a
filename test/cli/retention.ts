/** Runs the command line as a user does: another process, its two streams and its exit code. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Told = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

export type CliOptions = {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

// Halves the time it takes to start.
const compiled = join(tmpdir(), 'retention-report-compiled');

const cli = join(import.meta.dirname, '../../functions/cli.ts');

/** Starts a command; `told` resolves when it has ended. */
export const start = (
  args: readonly string[],
  { cwd, environment = {} }: CliOptions = {},
): { child: ChildProcess; told: Promise<Told> } => {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
  const child = spawn(process.execPath, [cli, ...args], {
    cwd,
    env: { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE: compiled, SOURCE_DATE_EPOCH: '1793600000', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const told = once(child, 'close').then(() => ({ status: child.exitCode, stdout, stderr }));
  return { child, told };
};

export const retention = (args: readonly string[], options?: CliOptions): Promise<Told> => start(args, options).told;
