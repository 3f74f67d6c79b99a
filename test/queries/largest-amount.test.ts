/** Just below the largest book that the lake takes, nothing overflows on the way to a band, a segment or the ledger. */
import { expect, it } from 'vitest';
import { gridOf } from '../figures/book.ts';
import { runBook } from '../figures/measure-book.ts';

it('an account of nearly a hundred trillion has its band and its movement', async () => {
  const { report, ledger } = await runBook(
    gridOf(`
      account  2026-09         2026-10
      all      90000000000000  99999999999999.99
    `),
    '2026-10',
  );
  expect(ledger).toMatchObject([
    { opening_mrr: '90000000000000.00', closing_mrr: '99999999999999.99', acv_band: 'Enterprise' },
  ]);
  expect(report.topMovers).toMatchObject([{ deltaMrr: '9999999999999.99' }]);
});
