/** The suite that needs a Chromium: `npm run test:browser`. It uses the one at CHROMIUM, or the one on PATH. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/browser/**/*.e2e.ts'],
    globalSetup: ['test/browser/books.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // Browsers are hungry: one at a time.
    maxWorkers: 1,
  },
});
