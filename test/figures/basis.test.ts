/** What MRR rests on: figures of one basis are set against each other, those of two never. */
import { describe, expect, it } from 'vitest';
import { addMonths, parseMonth } from '../../functions/core/month.ts';
import { type Book, type Fields, gridOf } from './book.ts';
import { blockedBook, measureBook, withHome } from './measure-book.ts';

const sumOf = (lines: readonly Fields[]): string =>
  `${lines.reduce((total, { mrr }) => total + parseInt(mrr ?? '0', 10), 0)}`;

/** The book with months that say what they rest on. */
const resting = (book: Book, bases: Readonly<Record<string, string>>): Book =>
  Object.fromEntries(
    Object.entries(book).map(([month, snapshot]) => {
      const basis = bases[month];
      const control = { lines: snapshot.lines.length, mrr: { USD: sumOf(snapshot.lines) }, basis };
      return [month, basis === undefined ? snapshot : { ...snapshot, control: JSON.stringify(control) }];
    }),
  );

/** One account of 100 and one that grows by ten a month, over fourteen months. */
const months = Array.from({ length: 14 }, (_, at) => addMonths(parseMonth('2025-09'), at));
const grown = gridOf(
  `account ${months.join(' ')}\nacme ${months.map(() => '100').join(' ')}\nbell ${months.map((_, at) => 100 + 10 * at).join(' ')}`,
);
const invoiced = (...of: readonly string[]) => Object.fromEntries(of.map((month) => [month, 'invoiced']));

describe('the basis of MRR', () => {
  it('is committed where no snapshot says otherwise', async () => {
    const report = await measureBook(resting(grown, { '2026-10': 'committed' }), '2026-10');
    expect(report.basis).toMatchObject({ mrr: 'committed', mixedWindows: [] });
    expect(report.windows.ttm).toMatchObject({ openingBasis: 'committed', closingBasis: 'committed' });
    expect(report.trendOnOtherBasis).toEqual([]);
  });

  it('is named, and the figures are those of the same lines on any basis', async () => {
    const report = await measureBook(resting(grown, invoiced(...months)), '2026-10');
    const committed = await measureBook(grown, '2026-10');
    expect(report.basis).toMatchObject({ mrr: 'invoiced', mixedWindows: [] });
    expect(report.gates).toEqual(committed.gates);
    for (const name of ['month', 'quarter', 'ttm'] as const) {
      expect(report.windows[name]).toMatchObject({ openingBasis: 'invoiced', closingBasis: 'invoiced' });
      expect(report.windows[name]?.total).toEqual(committed.windows[name]?.total);
    }
    expect(report.trend).toEqual(committed.trend);
    expect(report.trendOnOtherBasis).toEqual([]);
  });

  it('that changed leaves out the windows which open on the other, and says so', async () => {
    const before = months.slice(0, 12);
    const report = await measureBook(resting(grown, invoiced(...before)), '2026-10');
    // August is the last month on invoices: the quarter opens in July, the year in October 2025.
    expect(report.windows.month).toMatchObject({ openingMonth: '2026-09', openingBasis: 'committed' });
    expect(report.windows.quarter).toBeNull();
    expect(report.windows.ttm).toBeNull();
    expect(report.basis).toMatchObject({
      mrr: 'committed',
      mixedWindows: [
        { window: 'quarter', openingMonth: '2026-07', openingBasis: 'invoiced' },
        { window: 'ttm', openingMonth: '2025-10', openingBasis: 'invoiced' },
      ],
    });
    const told = report.gates.filter(({ code }) => code === 'BASIS_MIXED');
    expect(told).toMatchObject([{ severity: 'warn' }]);
    expect(told[0]?.message).toContain('2026-07 (three months before) on the invoiced one');
    expect(report.segments.map(({ window }) => window)).not.toContain('ttm');
  });

  it('keeps points of the other basis out of the trend, and has them beside it', async () => {
    const report = await measureBook(resting(grown, invoiced(...months.slice(0, 12))), '2026-10');
    expect(report.trend.map(({ month, window }) => `${month} ${window}`)).toEqual(['2026-10 month']);
    const others = report.trendOnOtherBasis;
    expect(new Set(others.map(({ basis }) => basis))).toEqual(new Set(['invoiced']));
    expect(others.filter(({ window }) => window === 'month').map(({ month }) => month)).toEqual(months.slice(1, 12));
    // No point lies across the change: neither September's month nor October's quarter.
    expect(others.map(({ month }) => month)).not.toContain('2026-09');
    expect(new Set(report.segmentTrend.flatMap(({ points }) => points.map(({ month }) => month)))).toEqual(
      new Set(['2026-10']),
    );
  });

  it('leaves a month without any figure where it is the first on its basis', async () => {
    const report = await measureBook(resting(grown, invoiced('2026-10')), '2026-10');
    expect(report.windows).toEqual({ month: null, quarter: null, ttm: null });
    expect(report.basis.mixedWindows.map(({ window }) => window)).toEqual(['month', 'quarter', 'ttm']);
    expect(report.trend).toEqual([]);
    expect(report.gates.map(({ code }) => code)).toContain('BASIS_MIXED');
  });

  it('that changes for a month already reported is a restatement by name', async () => {
    await withHome(async (home) => {
      await home.write(resting(grown, invoiced(...months)));
      await home.run('2026-09');
      await home.run('2026-10');
      await home.write(grown);
      const { report } = await home.run('2026-10');
      expect(report.revision).toBe(2);
      expect(report.restatement?.changes).toEqual([{ figure: 'basis.mrr', was: 'invoiced', now: 'committed' }]);
      expect(report.restatement?.earlierMonths).toEqual([
        { month: '2026-09', window: 'month', figure: 'basis', was: 'invoiced', now: 'committed' },
      ]);
    });
  });

  it.each(['Invoiced', 'cash', ''])('that nobody knows is a bad row: %j', async (basis) => {
    const { faults } = await blockedBook(resting(grown, { '2026-10': basis }), '2026-10');
    expect(faults).toMatchObject([
      { code: 'BAD_ROW', findings: [{ file: '2026-10/control.json', line: null, column: 'basis' }] },
    ]);
  });
});
