/** Segments: frozen where the window opens. */
import { describe, expect, it } from 'vitest';
import { bookOf, gridOf, together } from './book.ts';
import { measureBook } from './measure-book.ts';

type Report = Awaited<ReturnType<typeof measureBook>>;

/** Rows of one window and dimension as text: the segment and some of its figures. */
const shown = ({ segments }: Report, window: string, dimension: string, figures: string): string[] =>
  segments
    .filter((row) => row.window === window && row.dimension === dimension)
    .map((row) => {
      const values = new Map(Object.entries(row));
      return [row.segment, ...figures.split(' ').map((name) => `${values.get(name)}`)].join(' ');
    });

describe('a segment', () => {
  it('keeps the customer that outgrows it: expansion of SMB, nothing of Mid-market', async () => {
    const report = await measureBook(gridOf('account 2026-09 2026-10\noutgrows 800 1000\nsmall 10 10'), '2026-10');
    expect(shown(report, 'month', 'acv_band', 'openingMrr expansionMrr closingAccounts')).toEqual([
      'SMB 810.00 200.00 2',
    ]);
  });

  it('begins at its bound, in the order of the bounds', async () => {
    const bands = [
      { name: 'Zero', from: '0' },
      { name: 'Middle', from: '1200' },
      { name: 'All of it', from: '12000' },
    ];
    const grid = gridOf('account 2026-09 2026-10\nbelow 99.99 1\nat 100 1\nunder 999.99 1\ntop 1000 1\nnew - 1');
    const report = await measureBook(grid, '2026-10', { acvBands: bands });
    expect(shown(report, 'month', 'acv_band', 'openingAccounts openingMrr')).toEqual([
      'Zero 1 99.99',
      'Middle 2 1099.99',
      'All of it 1 1000.00',
    ]);
  });

  it('of the usual bands: 10,000 a year is Mid-market, 100,000 Enterprise', async () => {
    const grid = gridOf('account 2026-09 2026-10\na 833.33 1\nb 833.34 1\nc 8333.33 1\nd 8333.34 1');
    expect(shown(await measureBook(grid, '2026-10'), 'month', 'acv_band', 'openingAccounts')).toEqual([
      'SMB 1',
      'Mid-market 2',
      'Enterprise 1',
    ]);
  });

  it('of a year is that of the first month in which any customer of the account counted', async () => {
    const report = await measureBook(
      together(
        gridOf(`
          account   2024-12     2025-12     2026-09  2026-10
          oldest    100         -           100      100
          tried     100:free    -           100      100
          joined    -           100         100      100
          child     100         -           -        -
          parent    -           -           100      100
          quiet     0:free      0:free      0:free   0:free
        `),
        // The windows of a quarter and a year need their opening snapshots.
        gridOf('account 2025-10 2026-07\nquiet 0:free 0:free'),
        bookOf({ customers: 'month customer_id account_id\n2026-10 child parent' }),
      ),
      '2026-10',
    );
    expect(shown(report, 'month', 'cohort_year', 'openingAccounts')).toEqual(['2024 2', '2025 1', '2026 1']);
  });

  it('of a customers column is what the account had at the opening month, from its newest row until then', async () => {
    const report = await measureBook(
      together(
        gridOf(
          'account 2026-07 2026-08 2026-09 2026-10\nup 1 1 1 2\nstale 1 1 4 4\nlate 1 1 8 8\nchild 1 1 16 16\nblank 1 1 32 32',
        ),
        bookOf({
          customers: `
            month    customer_id  account_id  plan
            2026-07  up           -           basic
            2026-07  stale        -           basic
            2026-08  up           -           plus
            2026-08  blank        -           plus
            2026-10  up           -           pro
            2026-10  late         -           pro
            2026-10  child        group       pro
            2026-10  blank        -           -
          `,
        }),
      ),
      '2026-10',
    );
    expect(shown(report, 'month', 'plan', 'openingMrr expansionMrr')).toEqual([
      '(none) 24.00 0.00',
      'basic 4.00 0.00',
      'plus 33.00 1.00',
    ]);
    expect(shown(report, 'quarter', 'plan', 'openingMrr expansionMrr')).toEqual([
      '(none) 3.00 53.00',
      'basic 2.00 4.00',
    ]);
  });

  it('shows all customers columns, or those that are configured', async () => {
    const book = together(
      gridOf('account 2026-09 2026-10\nacme 100 100'),
      bookOf({ customers: 'month customer_id name region plan\n2026-09 acme Acme eu basic' }),
    );
    const dimensions = (report: Report) => [...new Set(report.segments.map(({ dimension }) => dimension))];
    expect(dimensions(await measureBook(book, '2026-10'))).toEqual(['acv_band', 'plan', 'region', 'cohort_year']);
    const configured = await measureBook(book, '2026-10', { dimensions: ['region', 'team'] });
    expect(dimensions(configured)).toEqual(['acv_band', 'region', 'team', 'cohort_year']);
    expect(shown(configured, 'month', 'team', 'openingMrr')).toEqual(['(none) 100.00']);
  });

  it('may be of a column with any name', async () => {
    const names = ['total', 'month', 'segment', 'dimension_2', 'movement'];
    const row = { customer_id: 'acme', ...Object.fromEntries(names.map((name) => [name, `a ${name}`])) };
    const lines = gridOf('account 2026-09 2026-10\nacme 100 100');
    const report = await measureBook(together(lines, { '2026-09': { lines: [], customers: [row] } }), '2026-10');
    for (const name of names) expect(shown(report, 'month', name, 'openingMrr')).toEqual([`a ${name} 100.00`]);
  });

  it('is set against the benchmark of its band over twelve months only, and flagged below a sample of its size', async () => {
    const book = gridOf('account 2025-10 2026-09 2026-10 2026-07\na 100 1 110 1\nb 100 1 100 1');
    const report = await measureBook(book, '2026-10', { lowSampleBelow: 2 });
    expect(shown(report, 'ttm', 'acv_band', 'ndr benchmark lowSample')).toEqual(['SMB 1.050000 elite false']);
    expect(shown(report, 'month', 'acv_band', 'benchmark')).toEqual(['SMB null']);
    expect(shown(await measureBook(book, '2026-10', { lowSampleBelow: 3 }), 'ttm', 'acv_band', 'lowSample')).toEqual([
      'SMB true',
    ]);
    expect(report.basis.bookBenchmark).toEqual({ segment: 'SMB', bounds: ['85', '95', '105'], band: 'elite' });
  });
});
