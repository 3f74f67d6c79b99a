/** Accounts, products, currencies and rounding: what one amount is made of. */
import { describe, it } from 'vitest';
import { type Book, bookOf, gridOf, together } from './book.ts';
import { measureBook, runBook } from './measure-book.ts';
import { expectFigures, expectLedger } from './statement.ts';

const linesOf = (table: string): Book => bookOf({ lines: table });

describe('an account', () => {
  it('is the parent of the newest customers file at both ends: a merger is neither churn nor new', async () => {
    const lines = linesOf(`
      month    customer_id  item_id  mrr
      2026-09  buyer        a        50
      2026-09  bought       a        100
      2026-09  moved        a        30
      2026-10  buyer        a        50
      2026-10  bought       a        100
      2026-10  buyer        b        30
    `);
    const merged = bookOf({
      customers: `
        month    customer_id  account_id
        2026-09  buyer        -
        2026-09  bought       -
        2026-09  moved        -
        2026-10  buyer        buyer
        2026-10  bought       buyer
        2026-10  moved        buyer
      `,
    });
    const measured = await runBook(together(lines, merged), '2026-10');
    expectLedger(measured, 'month', 'account movement');
    expectFigures(
      measured.report.windows.month?.total,
      'openingAccounts 1  closingAccounts 1  openingMrr 180.00  closingMrr 180.00  logoRetention 1.000000',
    );
  });

  it('shrinks when one of its customers leaves, and joins with its first one', async () => {
    const measured = await runBook(
      together(
        gridOf('account 2026-09 2026-10\nnorth 60 -\nsouth 40 40\neast - 10\nlone 5 5'),
        bookOf({
          customers: `
            month    customer_id  account_id
            2026-10  north        south
            2026-10  east         group
          `,
        }),
      ),
      '2026-10',
    );
    expectLedger(
      measured,
      'month',
      `
        account  movement     opening  closing
        group    new          0.00     10.00
        south    contraction  100.00   40.00
      `,
    );
  });

  it('is the customer itself where the newest file does not list it, whatever older files said', async () => {
    const measured = await runBook(
      together(
        gridOf('account 2026-08 2026-09 2026-10\nson 60 60 -\nfather 40 40 40'),
        bookOf({
          customers: `
            month    customer_id  account_id  name
            2026-08  son          father      The~Son
            2026-08  father       -           The~Father
            2026-10  father       -           The~Father
          `,
        }),
      ),
      '2026-10',
    );
    expectLedger(measured, 'month', 'account account_name movement opening closing\nson The~Son churn 60.00 0.00');
  });

  it('inherits the customers file of an earlier month, and never that of a later one', async () => {
    const book = together(
      gridOf('account 2026-08 2026-09 2026-10 2026-11\nson 60 60 - -\nfather 40 40 40 40'),
      bookOf({
        customers: `
          month    customer_id  account_id
          2026-08  son          father
          2026-11  son          -
        `,
      }),
    );
    expectLedger(
      await runBook(book, '2026-10'),
      'month',
      'account movement opening closing\nfather contraction 100.00 40.00',
    );
  });

  it('whose plan is swapped for another of the same price has not moved', async () => {
    const measured = await runBook(
      linesOf(`
        month    customer_id  subscription_id  item_id  product  mrr
        2026-09  acme         s1               a        basic    100
        2026-10  acme         s2               b        pro      100
      `),
      '2026-10',
    );
    expectLedger(measured, 'month', 'account movement');
    expectFigures(measured.report.windows.month?.total, 'ndr 1.000000  grr 1.000000  openingAccounts 1');
  });
});

describe('an amount', () => {
  it('is rounded once a product of an account, half away from zero', async () => {
    const measured = await runBook(
      together(
        linesOf(`
          month    customer_id  item_id  product  currency  mrr
          2026-09  quiet        a        core     USD       0
          2026-10  one-product  a        core     USD       10.005
          2026-10  one-product  b        core     USD       10.005
          2026-10  two-products a        core     USD       10.005
          2026-10  two-products b        plus     USD       10.005
          2026-10  child-one    a        core     USD       10.005
          2026-10  child-two    a        core     USD       10.005
          2026-10  child-three  a        core     USD       10.005
          2026-10  mixed        a        core     USD       0.0020
          2026-10  mixed        b        core     EUR       0.0020
          2026-10  half         a        core     USD       0.0250
          2026-10  below-half   a        core     USD       0.0249
          2026-10  nothing      a        core     USD       0.0049
        `),
        bookOf({
          customers: `
            month    customer_id  account_id
            2026-10  child-one    family
            2026-10  child-two    family
            2026-10  child-three  family
          `,
          fx: 'month currency rate\n2026-09 EUR 1.5\n2026-10 EUR 1.5',
        }),
      ),
      '2026-10',
    );
    expectLedger(
      measured,
      'month',
      `
        account       movement  closing
        one-product   new       20.01
        two-products  new       20.02
        family        new       30.02
        mixed         new       0.01
        half          new       0.03
        below-half    new       0.02
      `,
    );
  });

  it.each([
    // Half of the last place goes away from zero, also where the even neighbour is below.
    { reportingCurrency: 'JPY', rate: '0.5', mrr: '201', closing: '101', none: '0' },
    { reportingCurrency: 'JPY', rate: '0.5', mrr: '5', closing: '3', none: '0' },
    { reportingCurrency: 'KWD', rate: '0.3', mrr: '0.0050', closing: '0.002', none: '0.000' },
    { reportingCurrency: 'KWD', rate: '0.3', mrr: '0.0083', closing: '0.002', none: '0.000' },
  ])(
    'in $reportingCurrency has the decimals of its minor unit: $mrr dollars at $rate are $closing',
    async ({ reportingCurrency, rate, mrr, closing, none }) => {
      const book = together(
        linesOf(`month customer_id mrr\n2026-09 quiet 0\n2026-10 acme ${mrr}`),
        bookOf({ fx: `month currency rate\n2026-09 USD ${rate}` }),
      );
      const { windows } = await measureBook(book, '2026-10', { reportingCurrency });
      expectFigures(windows.month?.bridge, `opening ${none}  new ${closing}  fx ${none}  closing ${closing}`);
    },
  );

  it('is taken at the rates of the opening month at both ends; what the rates did is fx', async () => {
    const measured = await runBook(
      together(
        gridOf('account 2026-09 2026-10\ngrows 100 150\nsteady 200 200\nlost 50 -\njoins - 10', { currency: 'EUR' }),
        gridOf('account 2026-09 2026-10\nlocal 1000 1000'),
        bookOf({ fx: 'month currency rate\n2026-09 EUR 1.10\n2026-10 EUR 1.00' }),
      ),
      '2026-10',
    );
    expectLedger(
      measured,
      'month',
      `
        account  movement   opening  closing
        grows    expansion  110.00   165.00
        lost     churn      55.00    0.00
        joins    new        0.00     11.00
      `,
    );
    expectFigures(
      measured.report.windows.month?.bridge,
      'opening 1385.00  new 11.00  expansion 55.00  unclassifiedChurn 55.00  fx -36.00  closing 1360.00',
    );
  });

  it('takes the rates of an earlier month where a month has none', async () => {
    const book = together(
      gridOf('account 2026-08 2026-09 2026-10 2026-11\nacme 100 100 100 100', { currency: 'EUR' }),
      bookOf({ fx: 'month currency rate\n2026-08 EUR 1.10\n2026-11 EUR 2' }),
    );
    const { windows } = await measureBook(book, '2026-10');
    expectFigures(windows.month?.bridge, 'opening 110.00  fx 0.00  closing 110.00');
  });

  it('of a paused line needs no rate', async () => {
    const measured = await runBook(
      together(
        gridOf('account 2026-09 2026-10\nrests 100 -'),
        linesOf('month customer_id currency mrr status\n2026-10 rests CHF 100 paused'),
      ),
      '2026-10',
    );
    expectLedger(measured, 'month', 'account movement cause\nrests churn paused');
  });
});
