/** Starts Stripe's mock before the first test and stops it after the last, unless STRIPE_MOCK_URL names one on this machine. */
import type { TestProject } from 'vitest/node';
import { started } from '../servers/started.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    stripeMockUrl: string;
  }
}

export default (project: TestProject) =>
  started('stripe', 'STRIPE_MOCK_URL', (url) => project.provide('stripeMockUrl', url));
