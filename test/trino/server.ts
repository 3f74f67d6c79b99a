/** Starts a Trino before the first test and stops it after the last, unless TRINO_URL names one on this machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    trinoUrl: string;
  }
}

const script = join(import.meta.dirname, '..', '..', '.ci', 'trino');

export default (project: TestProject): (() => void) | undefined => {
  const running = process.env.TRINO_URL;
  if (running !== undefined && running !== '') {
    project.provide('trinoUrl', running);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'trino-server-'));
  const stop = () => {
    execFileSync('bash', [script, 'stop', folder], { stdio: 'inherit' });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const url = execFileSync('bash', [script, 'start', folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    project.provide('trinoUrl', url.trim());
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
};
