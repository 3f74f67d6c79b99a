/** Starts a Trino before the first test and stops it after the last, unless TRINO_URL names one on this machine. */
import type { TestProject } from 'vitest/node';
import { started } from '../servers/started.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    trinoUrl: string;
  }
}

export default (project: TestProject) => started('trino', 'TRINO_URL', (url) => project.provide('trinoUrl', url));
