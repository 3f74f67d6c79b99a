/** The suite that needs Stripe's mock: `npm run test:stripe`. It uses the one at STRIPE_MOCK_URL, or starts one for itself. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/stripe-mock/**/*.e2e.ts'],
    globalSetup: ['test/stripe-mock/server.ts'],
    testTimeout: 60_000,
    maxWorkers: 1,
  },
});
