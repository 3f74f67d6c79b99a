/** Gates: what blocks a month, told so that a person can mend it, and what only warns. */
import { describe, expect, it } from 'vitest';
import { type Book, bookOf, gridOf, together } from './book.ts';
import { blockedBook, measureBook } from './measure-book.ts';

const september = gridOf('account 2026-09\nacme 100');
const october = (lines: string): Book => together(september, bookOf({ lines }));
const customers = bookOf({ customers: 'month customer_id\n2026-09 acme\n2026-09 b\n2026-09 c\n2026-09 d' });

const withControl = (book: Book, month: string, control: unknown): Book => ({
  ...book,
  [month]: {
    ...(book[month] ?? { lines: [] }),
    control: typeof control === 'string' ? control : JSON.stringify(control),
  },
});

const codesOf = async (book: Book) => (await measureBook(book, '2026-10')).gates.map(({ code }) => code);

describe('a blocking gate', () => {
  it('DUPLICATE_LINE names the second one', async () => {
    const { faults } = await blockedBook(
      october(`
        month    customer_id  subscription_id  item_id  mrr
        2026-10  acme         s                a        100
        2026-10  acme         s                b        100
        2026-10  acme         s                a        100
      `),
      '2026-10',
    );
    expect(faults).toMatchObject([
      {
        code: 'DUPLICATE_LINE',
        findings: [
          { file: '2026-10/lines.csv', line: 4, column: 'customer_id, subscription_id, item_id', value: 'acme, s, a' },
        ],
      },
    ]);
  });

  it('DUPLICATE_LINE does not take one item of two subscriptions for one line', async () => {
    const book = october(`
      month    customer_id  subscription_id  item_id  mrr
      2026-10  acme         s                a        100
      2026-10  acme         t                a        100
      2026-10  bell         s                a        100
    `);
    expect((await measureBook(book, '2026-10')).windows.month?.bridge.closing).toBe('300.00');
  });

  it('NEGATIVE_MRR names the line, whatever its status', async () => {
    const { faults } = await blockedBook(
      october('month customer_id mrr status\n2026-10 acme 100 active\n2026-10 bell -0.0001 canceled'),
      '2026-10',
    );
    expect(faults).toMatchObject([
      { code: 'NEGATIVE_MRR', findings: [{ file: '2026-10/lines.csv', line: 3, column: 'mrr', value: '-0.0001' }] },
    ]);
  });

  it.each([
    ['mrr', '1e3'],
    ['mrr', '1,000.00'],
    ['mrr', '$10'],
    ['mrr', '10.00001'],
    ['mrr', '-'],
    ['currency', 'usd'],
    ['currency', 'US'],
    ['status', 'Active'],
    ['product', '-'],
    ['customer_id', '-'],
  ])('BAD_ROW names file, line and column of a line whose %s is %s', async (column, value) => {
    const usual = { customer_id: 'bell', product: 'core', currency: 'USD', mrr: '1', status: 'active' };
    const words = Object.entries({ ...usual, [column]: value });
    const { faults } = await blockedBook(
      october(
        `month ${words.map(([name]) => name).join(' ')}\n2026-10 ${Object.values(usual).join(' ')}\n2026-10 ${words.map(([, text]) => text).join(' ')}`,
      ),
      '2026-10',
    );
    expect(faults).toMatchObject([
      { code: 'BAD_ROW', total: 1, findings: [{ file: '2026-10/lines.csv', line: 3, column }] },
    ]);
  });

  it('BAD_ROW shows 20 places and how many there are', async () => {
    const rows = Array.from({ length: 30 }, (_, at) => `2026-10 c${at} 1_0`);
    const { faults } = await blockedBook(october(`month customer_id mrr\n${rows.join('\n')}`), '2026-10');
    expect(faults[0]?.findings).toHaveLength(20);
    expect(faults[0]?.total).toBe(30);
  });

  it.each([
    ['cancellations', 'month customer_id ended_on reason\n2026-10 acme 2026-02-30 gone', 'ended_on'],
    [
      'payments',
      'month customer_id invoice_id failed_on amount currency state\n2026-10 acme i 2026-10-01 -1 USD in_grace',
      'amount',
    ],
    ['fx', 'month currency rate\n2026-10 EUR 1.123456789', 'rate'],
    ['fx', 'month currency rate\n2026-10 EUR 0', 'rate'],
    ['customers', 'month customer_id name\n2026-10 - Nobody', 'customer_id'],
  ])('BAD_ROW names file, line and column in %s too', async (table, text, column) => {
    const book = together(gridOf('account 2026-09 2026-10\nacme 1 1'), bookOf({ [table]: text }));
    const { faults } = await blockedBook(book, '2026-10');
    expect(faults).toMatchObject([{ code: 'BAD_ROW', findings: [{ file: `2026-10/${table}.csv`, line: 2, column }] }]);
  });

  it.each([
    ['a currency of the closing month', 'account 2026-10\neuro 1', 'EUR in 2026-10, EUR in 2026-09'],
    ['a currency of the opening month', 'account 2026-09\neuro 1', 'EUR in 2026-09, EUR in 2026-10'],
  ])('FX_MISSING tells %s that has no rate at either end', async (_case, grid, told) => {
    const book = together(gridOf('account 2026-09 2026-10\nacme 1 1'), gridOf(grid, { currency: 'EUR' }));
    const blocked = await blockedBook(book, '2026-10');
    expect(blocked.faults.map(({ code }) => code)).toEqual(['FX_MISSING']);
    for (const place of told.split(', ')) expect(blocked.message).toContain(place);
  });

  it('FX_MISSING asks for the rate of the opening month even where only the closing month uses the currency', async () => {
    const book = together(
      gridOf('account 2026-09 2026-10\nacme 1 1'),
      gridOf('account 2026-10\neuro 1', { currency: 'EUR' }),
      bookOf({ fx: 'month currency rate\n2026-10 EUR 1.1' }),
    );
    expect((await blockedBook(book, '2026-10')).message).toContain('EUR in 2026-09');
  });

  it.each([
    ['fewer lines', { lines: 3, mrr: { USD: '200' } }, 'lines'],
    ['another sum', { lines: 2, mrr: { USD: '200.01' } }, 'mrr.USD'],
    ['a currency more', { lines: 2, mrr: { USD: '200', EUR: '1' } }, 'mrr.EUR'],
    ['a currency less', { lines: 2, mrr: {} }, 'mrr.USD'],
  ])('CONTROL_TOTAL tells %s than the billing system states', async (_case, control, column) => {
    const book = october('month customer_id mrr status\n2026-10 acme 100 active\n2026-10 bell 100 trialing');
    const { faults } = await blockedBook(withControl(book, '2026-10', control), '2026-10');
    expect(faults).toMatchObject([{ code: 'CONTROL_TOTAL', findings: [{ file: '2026-10/control.json', column }] }]);
  });

  it('CONTROL_TOTAL is content when every line of every status is there', async () => {
    const book = october('month customer_id mrr status\n2026-10 acme 100 active\n2026-10 bell 100 trialing');
    const { windows } = await measureBook(
      withControl(book, '2026-10', { lines: 2, mrr: { USD: '200.000' } }),
      '2026-10',
    );
    expect(windows.month?.bridge.closing).toBe('100.00');
  });

  it('BAD_ROW: control totals that are not in their form', async () => {
    const { faults } = await blockedBook(withControl(september, '2026-09', '{"lines": "2"}'), '2026-09');
    expect(faults.map(({ code }) => code)).toEqual(['BAD_ROW']);
  });

  it('of an earlier month blocks the later ones', async () => {
    const book = together(
      gridOf('account 2026-10\nacme 1'),
      bookOf({ lines: 'month customer_id mrr\n2026-09 acme x' }),
    );
    expect((await blockedBook(book, '2026-10')).faults[0]?.findings[0]?.file).toBe('2026-09/lines.csv');
  });
});

describe('a warning gate', () => {
  it.each([
    ['95', '5', []],
    ['94.99', '5.01', ['UNCLASSIFIED_CHURN']],
  ])(
    'UNCLASSIFIED_CHURN tells a share of more than 0.05 of churn without a cause: %s with, %s without',
    async (known, unknown, codes) => {
      const book = together(
        customers,
        gridOf(`account 2026-09 2026-10\nacme 900 900\nb ${known} -\nc ${unknown} -`),
        bookOf({ cancellations: 'month customer_id ended_on reason\n2026-10 b 2026-10-03 too_expensive' }),
      );
      expect((await codesOf(book)).filter((code) => code !== 'BOOK_SWING')).toEqual(codes);
    },
  );

  it('UNKNOWN_CUSTOMER tells lines whose customer no customers file has, however old', async () => {
    const known = gridOf('account 2026-09 2026-10\nacme 100 100');
    expect(await codesOf(together(customers, known))).toEqual([]);
    const newer = bookOf({ customers: 'month customer_id\n2026-10 b' });
    expect(await codesOf(together(customers, newer, known))).toEqual([]);
    expect(await codesOf(together(newer, known))).toEqual(['UNKNOWN_CUSTOMER']);
  });

  it.each([
    ['1300', 0],
    ['1300.01', 1],
    ['700', 0],
    ['699.99', 1],
  ])('BOOK_SWING tells MRR that moved by more than 30 %% in a month: 1000 to %s', async (closing, warnings) => {
    const codes = await codesOf(together(customers, gridOf(`account 2026-09 2026-10\nacme 1000 ${closing}`)));
    expect(codes).toEqual(Array.from({ length: warnings }, () => 'BOOK_SWING'));
  });

  it('BOOK_SWING tells accounts too', async () => {
    const grid = 'account 2026-09 2026-10\nacme 1000 1000\nb 1 1\nc - 1';
    expect(await codesOf(together(customers, gridOf(grid)))).toEqual(['BOOK_SWING']);
    expect(
      await codesOf(
        together(
          customers,
          gridOf(`${grid}\nd 1 1\nacme2 1 1`),
          bookOf({ customers: 'month customer_id\n2026-09 acme2' }),
        ),
      ),
    ).toEqual([]);
  });
});
