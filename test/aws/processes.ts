/** Programs that the suite starts: each is waited for, and stopped by its own process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export type Program = {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it said, newest last. */
  log(): string;
  stop(): Promise<void>;
};

const kept = 200_000;

/** Starts a program with exactly this environment. */
export const start = (
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly environment: Readonly<Record<string, string>> },
): Program => {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (text: Buffer) => {
    said = (said + text.toString('utf8')).slice(-kept);
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  child.on('error', (error) => hear(Buffer.from(`${error}`)));
  // Nothing outlives whoever started it.
  const atExit = () => child.kill('SIGKILL');
  process.once('exit', atExit);
  child.once('close', () => process.off('exit', atExit));
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  return {
    child,
    pid: child.pid ?? 0,
    log: () => said,
    async stop() {
      if (ended()) return;
      const closed = once(child, 'close');
      child.kill('SIGTERM');
      await Promise.race([closed, sleep(10_000, null, { ref: false })]);
      if (!ended()) child.kill('SIGKILL');
    },
  };
};

/** Runs a program to its end. Throws with all it said when it fails. */
export const run = async (...[command, args, options]: Parameters<typeof start>): Promise<string> => {
  const program = start(command, args, options);
  await once(program.child, 'close');
  if (program.child.exitCode !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${program.log()}`);
  return program.log();
};

/** A port nobody listens on, on loopback. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
};

type UntilOptions = { readonly seconds?: number; readonly everyMs?: number; readonly told?: () => string };

/** Asks until the answer is there. Throws with what `told` says when it takes longer than `seconds`. */
export const until = async <T>(
  what: string,
  ask: () => Promise<T | null>,
  { seconds = 120, everyMs = 100, told = () => '' }: UntilOptions = {},
): Promise<T> => {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const answer = await ask();
    if (answer !== null) return answer;
    await sleep(everyMs);
  }
  throw new Error(`${what}: nothing after ${seconds} seconds\n${told()}`);
};
