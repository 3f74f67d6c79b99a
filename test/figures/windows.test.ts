/** Windows: two snapshots compared, and what a month that is missing does. */
import { Decimal } from 'decimal.js';
import { describe, expect, it } from 'vitest';
import { bookOf, gridOf, together } from './book.ts';
import { blockedBook, measureBook, runBook } from './measure-book.ts';
import { expectFigures, expectLedger } from './statement.ts';

describe('a window', () => {
  it('does not exist in the first month ever', async () => {
    const { windows, segments, trend } = await measureBook(gridOf('account 2026-10\nacme 100'), '2026-10');
    expect({ windows, segments, trend }).toEqual({
      windows: { month: null, quarter: null, ttm: null },
      segments: [],
      trend: [],
    });
  });

  it('that would open before the first month does not exist; the others do', async () => {
    const { windows } = await measureBook(gridOf('account 2026-07 2026-09 2026-10\nacme 50 100 100'), '2026-10');
    expect(windows.ttm).toBeNull();
    expectFigures(windows.quarter, 'openingMonth 2026-07');
    expectFigures(windows.quarter?.total, 'ndr 2.000000');
    expectFigures(windows.month?.total, 'ndr 1.000000');
  });

  it.each([
    ['2026-09', 'account 2026-07 2026-10\nacme 100 100', 'month'],
    ['2026-07', 'account 2026-01 2026-09 2026-10\nacme 100 100 100', 'quarter'],
    ['2025-10', 'account 2025-01 2026-07 2026-09 2026-10\nacme 100 100 100 100', 'ttm'],
  ])('that opens in %s, inside the known history and without lines, blocks', async (opening, grid, window) => {
    const blocked = await blockedBook(gridOf(grid), '2026-10');
    expect(blocked.faults.map(({ code }) => code)).toEqual(['SNAPSHOT_MISSING']);
    expect(blocked.message).toContain(`${opening}, where the ${window} window of 2026-10 opens`);
  });

  it('cannot close in a month without lines', async () => {
    const blocked = await blockedBook(gridOf('account 2026-08 2026-09\nacme 100 100'), '2026-10');
    expect(blocked.faults.map(({ code }) => code)).toEqual(['SNAPSHOT_MISSING']);
  });

  it('that opens on nothing has no ratio: not 0 %, not 100 %', async () => {
    const { windows, gates } = await measureBook(gridOf('account 2026-09 2026-10\nacme 100:trialing 100'), '2026-10');
    expectFigures(
      windows.month?.total,
      'openingMrr 0.00  closingMrr 0.00  openingAccounts 0  ndr null  grr null  ndrExInvoluntary null  logoRetention null',
    );
    expectFigures(windows.month?.bridge, 'opening 0.00  new 100.00  closing 100.00');
    expect(gates.map(({ code }) => code)).toEqual(['UNKNOWN_CUSTOMER']);
  });

  it('compares its two ends and nothing between them', async () => {
    const measured = await runBook(
      gridOf(`
        account           2026-06   2026-07   2026-08   2026-09  2026-10
        steady            100       100       100       100      100
        came-and-went     -         -         70        70       -
        came-and-paused   -         -         70        70       70:paused
        left-and-back     100       100       -         -        100
        up-and-down       100       100       500       500      100
        back-from-before  100       -         -         -        80
        back-from-inside  -         -         60        -        60
        only-tried        60:free   60:free   60:free   60:free  60
      `),
      '2026-10',
    );
    expectLedger(
      measured,
      'quarter',
      `
        account           movement      opening  closing
        back-from-before  reactivation  0.00     80.00
        back-from-inside  new           0.00     60.00
        only-tried        new           0.00     60.00
      `,
    );
    expectLedger(
      measured,
      'month',
      `
        account           movement      opening  closing
        came-and-went     churn         70.00    0.00
        came-and-paused   churn         70.00    0.00
        left-and-back     reactivation  0.00     100.00
        up-and-down       contraction   500.00   100.00
        back-from-before  reactivation  0.00     80.00
        back-from-inside  reactivation  0.00     60.00
        only-tried        new           0.00     60.00
      `,
    );
    expectFigures(measured.report.windows.quarter?.total, 'openingAccounts 3  ndr 1.000000  grr 1.000000');
  });

  it('never holds new or reactivated revenue in its NDR', async () => {
    const grid = (more: string) => gridOf(`account 2026-08 2026-09 2026-10\nacme 100 100 90${more}`);
    const alone = await measureBook(grid(''), '2026-10');
    const among = await measureBook(grid('\nfresh - - 500\nback 300 - 300'), '2026-10');
    expect(among.windows.month?.total).toEqual(alone.windows.month?.total);
    expectFigures(among.windows.month?.bridge, 'new 500.00  reactivation 300.00  contraction 10.00  closing 890.00');
  });

  it('of a year is point to point, never the product of its months', async () => {
    const months = Array.from(
      { length: 13 },
      (_, at) => `${at < 3 ? 2025 : 2026}-${`${((at + 9) % 12) + 1}`.padStart(2, '0')}`,
    );
    // The late one joins in the second month and doubles every month; the early one stays.
    const late = months.map((_, at) => (at === 0 ? '-' : `${2 ** at}`));
    const book = gridOf(
      `account ${months.join(' ')}\nearly ${months.map(() => '100').join(' ')}\nlate ${late.join(' ')}`,
    );
    const report = await measureBook(book, '2026-10');
    expectFigures(report.windows.ttm?.total, 'ndr 1.000000');
    const monthly = report.trend.filter(({ window }) => window === 'month').map(({ ndr }) => ndr);
    expect(monthly).toHaveLength(12);
    expect(monthly.slice(0, 3)).toEqual(['1.000000', '1.019608', '1.038462']);
    const chained = monthly.reduce((product, ndr) => product.times(ndr ?? 'n/a'), new Decimal(1));
    expect(chained.greaterThan(20)).toBe(true);
  });

  it('is in the trend, oldest first, wherever both its snapshots are there', async () => {
    const report = await measureBook(
      gridOf('account 2026-05 2026-07 2026-08 2026-09 2026-10\nacme 100 100 110 120 130'),
      '2026-10',
    );
    expect(report.trend.map(({ month, window, ndr }) => `${month} ${window} ${ndr}`)).toEqual([
      '2026-08 month 1.100000',
      '2026-08 quarter 1.100000',
      '2026-09 month 1.090909',
      '2026-10 month 1.083333',
      '2026-10 quarter 1.300000',
    ]);
  });
});

describe('failed payments', () => {
  it('are shown in the newest state of each invoice, over the months of the window', async () => {
    const { windows } = await measureBook(
      together(
        gridOf('account 2026-07 2026-08 2026-09 2026-10 2025-10\nacme 100 100 100 100 100'),
        bookOf({
          payments: `
            month    customer_id  invoice_id  failed_on   amount  currency  state      resolved_on
            2026-08  acme         in-1        2026-08-02  10.005  USD       in_grace   -
            2026-09  acme         in-1        2026-08-02  10.005  USD       recovered  2026-09-01
            2026-09  acme         in-2        2026-09-02  20      EUR       in_grace   -
            2026-10  acme         in-2        2026-09-02  20      EUR       exhausted  2026-10-02
            2026-10  acme         in-3        2026-10-02  1.005   EUR       in_grace   -
            2026-09  acme         in-4        2026-09-05  7       USD       exhausted  2026-09-30
            2026-08  other        in-4        2026-08-05  5       USD       in_grace   -
          `,
          fx: 'month currency rate\n2026-07 EUR 1.5\n2026-10 EUR 2',
        }),
      ),
      '2026-10',
    );
    expectFigures(
      windows.month?.failedPayments,
      'recoveredInvoices 0  recoveredAmount 0.00  exhaustedInvoices 1  exhaustedAmount 40.00  inGraceInvoices 2  inGraceAmount 7.01',
    );
    expectFigures(
      windows.quarter?.failedPayments,
      'recoveredInvoices 1  recoveredAmount 10.01  exhaustedInvoices 2  exhaustedAmount 47.00  inGraceInvoices 2  inGraceAmount 7.01',
    );
  });
});
