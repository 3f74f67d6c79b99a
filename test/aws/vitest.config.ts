import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** The suite against a whole AWS on this machine. `npm test` does not run it: it needs what `.ci/aws` installs. */
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/aws/**/*.e2e.ts'],
    globalSetup: ['test/aws/synth.ts'],
    // A cold start of eight functions on a busy machine of two cores takes its time.
    testTimeout: 180_000,
    hookTimeout: 240_000,
    fileParallelism: false,
    maxWorkers: 1,
  },
});
