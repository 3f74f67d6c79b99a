/** Examples that guides, vendors and peers work out in public, and what must come out of them here. */
import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { type Book, bookOf, gridOf, together } from './book.ts';
import { measureBook, runBook, withHome } from './measure-book.ts';
import { expectFigures, expectLedger } from './statement.ts';

/** A line that never counts: it makes a month exist. */
const quietMonths = (...months: string[]): Book =>
  Object.fromEntries(months.map((month) => [month, gridOf(`account ${month}\nquiet 0:free`)[month] ?? { lines: [] }]));

describe('worked examples', () => {
  it('a practical guide: 100,000 + 20,000 - 10,000 churn is an NDR of 110 %', async () => {
    const book = gridOf(`
      account  2026-09   2026-10
      grows    40000.00  60000.00
      stays    50000.00  50000.00
      leaves   10000.00  -
    `);
    const { windows } = await measureBook(book, '2026-10');
    expectFigures(windows.month?.total, 'openingMrr 100000.00  expansionMrr 20000.00  churnMrr 10000.00  ndr 1.100000');
  });

  it('a vendor glossary: 100,000 + 20,000 - 10,000 contraction - 5,000 churn is NDR 105 %, GRR 85 %', async () => {
    const book = gridOf(`
      account  2026-09   2026-10
      grows    40000.00  60000.00
      shrinks  55000.00  45000.00
      leaves    5000.00  -
    `);
    const { windows } = await measureBook(book, '2026-10');
    expectFigures(
      windows.month?.total,
      'contractionMrr 10000.00  churnMrr 5000.00  retainedMrr 85000.00  ndr 1.050000  grr 0.850000',
    );
  });

  it('a billing vendor, in euros: 100,000 + 18,000 - 5,000 - 8,000 is NDR 105 %, GRR 87 %', async () => {
    const book = gridOf(
      `
      account  2026-09   2026-10
      grows    40000.00  58000.00
      shrinks  52000.00  47000.00
      leaves    8000.00  -
    `,
      { currency: 'EUR' },
    );
    const { windows } = await measureBook(book, '2026-10', { reportingCurrency: 'EUR' });
    expectFigures(windows.month?.total, 'openingMrr 100000.00  closingMrr 105000.00  ndr 1.050000  grr 0.870000');
  });

  it('the help of an analytics vendor: $100 to $70 is a contraction of 30 and no churn', async () => {
    const { windows } = await measureBook(gridOf('account 2026-09 2026-10\nacme 100.00 70.00'), '2026-10');
    expectFigures(windows.month?.total, 'contractionMrr 30.00  churnMrr 0.00  closingAccounts 1');
  });

  it('Gold and Silver: new, expansion, contraction, churn and reactivation of one customer', async () => {
    // Gold is $500 a year, so four are 2000 / 12 a month; two Silver are $30 a month each.
    const book = together(
      quietMonths('2026-01', '2026-05'),
      bookOf({
        lines: `
          month    customer_id  item_id  product  mrr
          2026-02  acme         gold     gold     166.6667
          2026-03  acme         gold     gold     166.6667
          2026-03  acme         silver   silver   60.0000
          2026-04  acme         gold     gold     166.6667
          2026-06  acme         gold     gold     125.0000
        `,
      }),
    );
    const bridges = await withHome(async (home) => {
      await home.write(book);
      const found = [];
      for (const month of ['2026-02', '2026-03', '2026-04', '2026-05', '2026-06'])
        found.push((await home.run(month)).report.windows.month?.bridge);
      return found;
    });
    expectFigures(bridges[0], 'opening 0.00    new 166.67        closing 166.67');
    expectFigures(bridges[1], 'opening 166.67  expansion 60.00   closing 226.67');
    expectFigures(bridges[2], 'opening 226.67  contraction 60.00 closing 166.67');
    expectFigures(bridges[3], 'opening 166.67  unclassifiedChurn 166.67  closing 0.00');
    expectFigures(bridges[4], 'opening 0.00    reactivation 125.00  new 0.00  closing 125.00');
  });

  it('the changelog of a peer: $500 to $1,379, then churn, all in one window, is an NDR of 0 %', async () => {
    const book = together(
      quietMonths('2026-09', '2026-10'),
      gridOf('account 2026-07 2026-08 2026-09\nacme 500.00 1379.00 1379.00'),
    );
    const measured = await runBook(book, '2026-10');
    expectLedger(measured, 'quarter', 'account movement opening closing\nacme churn 500.00 0.00');
    expectFigures(measured.report.windows.quarter?.total, 'churnMrr 500.00  ndr 0.000000  grr 0.000000');
  });

  it('a rate that moves: $100 a month and $100 a year, EURUSD 1.07 to 1.15, all of the change is fx', async () => {
    const book = bookOf({
      lines: `
        month    customer_id  item_id  mrr
        2026-09  acme         monthly  100.0000
        2026-09  acme         yearly   8.3333
        2026-10  acme         monthly  100.0000
        2026-10  acme         yearly   8.3333
      `,
      fx: `
        month    currency  rate
        2026-09  USD       0.93457944
        2026-10  USD       0.86956522
      `,
    });
    const { windows } = await measureBook(book, '2026-10', { reportingCurrency: 'EUR' });
    expectFigures(windows.month?.bridge, 'opening 101.25  expansion 0.00  contraction 0.00  fx -7.05  closing 94.20');
    expectFigures(windows.month?.total, 'ndr 1.000000  grr 1.000000');
  });

  it.each([
    ['0.95', '30.36'],
    ['1.20', '62.09'],
  ])('an NDR of %s with 10 M at first and 5 M new a period is %s M after five', async (ndr, millions) => {
    const months = ['2026-05', '2026-06', '2026-07', '2026-08', '2026-09', '2026-10'];
    const joined = months.map((month, at) => ({ id: `joined-${month}`, at, mrr: at === 0 ? '10000000' : '5000000' }));
    const rows = months.flatMap((month, now) =>
      joined
        .filter(({ at }) => at <= now)
        .map(
          ({ id, at, mrr }) => `${month} ${id} ${new Decimal(mrr).times(new Decimal(ndr).pow(now - at)).toFixed(4)}`,
        ),
    );
    const report = await measureBook(bookOf({ lines: `month customer_id mrr\n${rows.join('\n')}` }), '2026-10');
    const monthly = report.trend.filter(({ window }) => window === 'month');
    expect(monthly.map((point) => point.ndr)).toEqual(Array.from({ length: 5 }, () => new Decimal(ndr).toFixed(6)));
    expect(new Decimal(report.windows.month?.bridge.closing ?? '').div(1_000_000).toFixed(2)).toBe(millions);
  });
});
