/** The suite that needs a Trino: `npm run test:trino`. It uses the one at TRINO_URL, or starts one for itself. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/trino/**/*.e2e.ts'],
    globalSetup: ['test/trino/server.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // One small server serves them all.
    maxWorkers: 1,
  },
});
