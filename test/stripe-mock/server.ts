/** Starts Stripe's mock before the first test and stops it after the last, unless STRIPE_MOCK_URL names one on this machine. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    stripeMockUrl: string;
  }
}

const script = join(import.meta.dirname, '..', '..', '.ci', 'stripe');

export default (project: TestProject): (() => void) | undefined => {
  const running = process.env.STRIPE_MOCK_URL;
  if (running !== undefined && running !== '') {
    project.provide('stripeMockUrl', running);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'stripe-mock-'));
  const stop = () => {
    execFileSync('bash', [script, 'stop', folder], { stdio: 'inherit' });
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const url = execFileSync('bash', [script, 'start', folder], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    project.provide('stripeMockUrl', url.trim());
  } catch (error) {
    stop();
    throw error;
  }
  return stop;
};
