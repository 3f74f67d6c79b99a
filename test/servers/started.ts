/** A server that a script under `.ci` starts before the first test of a suite and stops after its last. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Hands the server's address to `provide`: that of the one which `variable` names on this machine, otherwise that of one
 * started by `.ci/<script> start <folder>`, which prints it. Returns what stops it.
 */
export const started = (script: string, variable: string, provide: (url: string) => void): (() => void) | undefined => {
  const running = process.env[variable];
  if (running !== undefined && running !== '') {
    provide(running);
    return;
  }
  const path = join(import.meta.dirname, '..', '..', '.ci', script);
  const folder = mkdtempSync(join(tmpdir(), `${script}-server-`));
  const stop = () => {
    execFileSync('bash', [path, 'stop', folder], { stdio: 'inherit' });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const url = execFileSync('bash', [path, 'start', folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    provide(url.trim());
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
};
