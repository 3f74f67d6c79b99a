/** The suite that opens PDF and workbook in other people's programs: poppler's pdftotext, and LibreOffice. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/documents/**/*.e2e.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    // An office is hungry: one at a time.
    maxWorkers: 1,
  },
});
