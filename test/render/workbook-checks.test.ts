/** The checks of the workbook: calculated from its cells alone, they are 0, and not when a figure or a row is wrong. */
import { describe, expect, it } from 'vitest';
import { type Report, reportSchema } from '../../functions/core/report.ts';
import type { Ledger, LedgerRow } from '../../functions/render/ledger.ts';
import { firstMonthReport, inYen, makeLedger, makeReport, ttmOf, withTotal } from './fixture.ts';
import { type CheckRow, checkRows, makeBook, type ReadBook, verdictOf } from './workbook-reading.ts';

const differing = (rows: readonly CheckRow[]): CheckRow[] =>
  rows.filter(({ difference }) => difference !== null && difference !== 0);

const told = (rows: readonly CheckRow[]): string[] =>
  differing(rows).map(({ check, window, segment }) =>
    [check, window, segment].filter((part) => part !== '').join(' | '),
  );

const withRows = (ledger: Ledger, change: (row: LedgerRow, index: number) => LedgerRow): Ledger => ({
  ...ledger,
  windows: ledger.windows.map((window) => ({ ...window, rows: window.rows.map(change) })),
});

/** What a spreadsheet would calculate is what the file carries already. */
const expectSame = (book: ReadBook): void => {
  expect(checkRows(book, 'calculated')).toEqual(checkRows(book, 'stored'));
  expect(verdictOf(book, 'calculated')).toBe(verdictOf(book, 'stored'));
};

describe('of a report and its ledger', () => {
  it('are all 0, calculated and as stored', async () => {
    const book = await makeBook(makeReport(), makeLedger());
    const rows = checkRows(book, 'calculated');
    expect(told(rows)).toEqual([]);
    expect(rows.filter(({ difference }) => difference === 0).length).toBeGreaterThan(300);
    expect(verdictOf(book, 'calculated')).toBe(`Checks: all ${rows.length} differences are 0.`);
    expectSame(book);
  });

  it('recompute the headline of every window', async () => {
    const report = makeReport();
    const rows = checkRows(await makeBook(report, makeLedger()), 'calculated');
    for (const [name, label] of [
      ['ttm', '12 months'],
      ['quarter', '3 months'],
      ['month', 'Month'],
    ] as const) {
      const { total, bridge } = report.windows[name]!;
      const recomputed = (check: string) =>
        rows.find((row) => row.check === check && row.window === label)?.recomputed?.toFixed(6);
      expect(recomputed('NDR')).toBe(total.ndr);
      expect(recomputed('GRR')).toBe(total.grr);
      expect(recomputed('NDR without involuntary churn')).toBe(total.ndrExInvoluntary);
      expect(recomputed('Logo retention')).toBe(total.logoRetention);
      expect(recomputed('Accounts still paying')).toBe(`${total.closingAccounts}.000000`);
      expect(recomputed('Bridge: New')).toBe(`${bridge.new}0000`);
      expect(recomputed('Bridge: Involuntary churn')).toBe(
        bridge.involuntaryChurn === '0.00' ? '0.000000' : `-${bridge.involuntaryChurn}0000`,
      );
      expect(recomputed('Bridge closes')).toBe(`${bridge.closing}0000`);
    }
  });

  it('say of each segment what its movements say', async () => {
    const report = makeReport();
    const rows = checkRows(await makeBook(report, makeLedger()), 'calculated');
    for (const { window, dimension, segment, churnMrr, ndr } of report.segments.filter((row) => row.window === 'ttm')) {
      const label = { plan: 'Plan', region: 'Region', acv_band: 'ACV band', cohort_year: 'Cohort year' }[dimension];
      const of = (check: string) =>
        rows.find(
          (row) =>
            row.check === check && row.window === '12 months' && row.dimension === label && row.segment === segment,
        )?.recomputed;
      expect([window, segment, of('Churn')?.toFixed(2), of('NDR')?.toFixed(6)]).toEqual([
        window,
        segment,
        churnMrr,
        ndr,
      ]);
    }
  });

  it('round to the decimals of the currency', async () => {
    const ledger = makeLedger();
    const windows = ledger.windows.map((window) => ({ ...window, rows: [] }));
    const book = await makeBook(inYen(), { ...ledger, windows });
    expect(book.cell('Bridge', 'B2').z).toBe('#,##0');
    expect(book.cell('Checks', 'F2').f).toMatch(/^ROUND\(.*,0\)$/);
    expectSame(book);
  });

  it('of a first month have nothing to say', async () => {
    const book = await makeBook(firstMonthReport(), { dimensions: [], windows: [] });
    expect(verdictOf(book, 'calculated')).toBe('Checks: there is nothing to recompute yet.');
    expectSame(book);
  });
});

describe('are not 0', () => {
  it('where the report states another NDR', async () => {
    const { ndr } = ttmOf(makeReport()).total;
    const book = await makeBook(
      withTotal({ ndr: `${ndr!.slice(0, -1)}${ndr!.endsWith('9') ? '8' : '9'}` }),
      makeLedger(),
    );
    expect(told(checkRows(book, 'calculated'))).toEqual(['NDR | 12 months']);
    expect(verdictOf(book, 'calculated')).toMatch(/^1 of \d+ checks differ: see the sheet Checks\.$/);
    expectSame(book);
  });

  it('where a movement is a cent off', async () => {
    const ledger = withRows(makeLedger(), (row, index) =>
      index === 0 && row.movement === 'expansion' ? { ...row, deltaMrr: cents(row.deltaMrr, 1) } : row,
    );
    const changed = ledger.windows.filter(({ rows }) => rows[0]?.movement === 'expansion');
    expect(changed.length).toBeGreaterThan(0);
    const book = await makeBook(makeReport(), ledger);
    const found = differing(checkRows(book, 'calculated'));
    expect(found.filter(({ check }) => check === 'Bridge: Expansion')).toHaveLength(changed.length);
    expect(found.find(({ check }) => check === 'Bridge: Expansion')?.difference).toBeCloseTo(-0.01, 9);
    expect(found.filter(({ check }) => check === 'Expansion')).toHaveLength(changed.length * 4);
    expectSame(book);
  });

  it('where a churn has another cause', async () => {
    let changed = 0;
    const ledger = withRows(makeLedger(), (row) => {
      if (row.cause !== 'involuntary' || changed > 0) return row;
      changed += 1;
      return { ...row, cause: 'voluntary' };
    });
    const found = told(checkRows(await makeBook(makeReport(), ledger), 'calculated'));
    expect(found.map((check) => check.split(' | ')[0])).toEqual([
      'Bridge: Voluntary churn',
      'Bridge: Involuntary churn',
      'NDR without involuntary churn',
      'Involuntary churn, share of opening',
    ]);
  });

  it('where a movement is missing that the ledger counts', async () => {
    const ledger = makeLedger();
    const short = {
      ...ledger,
      windows: ledger.windows.map((window) => ({
        ...window,
        rows: window.rows.slice(1),
        total: window.rows.length - 1,
      })),
    };
    expect(told(checkRows(await makeBook(makeReport(), short), 'calculated')).length).toBeGreaterThan(3);
  });

  it('where the bridge does not close or a segment is missing', async () => {
    const report = makeReport();
    const ttm = ttmOf(report);
    const open = { ...report.windows, ttm: { ...ttm, bridge: { ...ttm.bridge, fx: '1.00' } } };
    const segments = report.segments.filter(({ window, segment }) => window !== 'quarter' || segment !== 'Team');
    const rows = checkRows(await makeBook(makeReport({ windows: open, segments }), makeLedger()), 'calculated');
    expect(new Set(differing(rows).map(({ check, window }) => `${check}, ${window}`))).toEqual(
      new Set([
        'Bridge closes, 12 months',
        'Segments add up: Opening accounts, 3 months',
        'Segments add up: Opening MRR, 3 months',
        'Segments add up: Closing MRR, 3 months',
        'Segments add up: Expansion, 3 months',
      ]),
    );
  });
});

describe('of a ledger that was cut', () => {
  it('say so and show no false difference', async () => {
    const book = await makeBook(makeReport(), makeLedger(20));
    const rows = checkRows(book, 'calculated');
    expect(told(rows)).toEqual([]);
    const total = makeLedger().windows.find(({ window }) => window === 'ttm')?.total;
    expect(rows.filter(({ difference }) => difference === null).map(({ from }) => from)).toContain(
      `Not recomputed: Movements holds the largest 20 of ${total} rows; see movements.csv.`,
    );
    expect(rows.map(({ check }) => check)).not.toContain('Bridge: New');
    expect(rows.map(({ check }) => check)).toContain('NDR');
    expect(verdictOf(book, 'calculated')).toContain('Not everything could be recomputed here');
    expectSame(book);
  });

  it('check the windows that it has whole', async () => {
    const ledger = makeLedger();
    const windows = ledger.windows.map((one) => (one.window === 'ttm' ? { ...one, rows: one.rows.slice(0, 5) } : one));
    const rows = checkRows(await makeBook(makeReport(), { ...ledger, windows }), 'calculated');
    expect(told(rows)).toEqual([]);
    expect(rows.filter(({ check }) => check === 'Bridge: New').map(({ window }) => window)).toEqual([
      '3 months',
      'Month',
    ]);
  });
});

/** Names that a criterion of SUMIFS would read as something else, in the place of the plans. */
const renamed = (names: ReadonlyMap<string, string>): { report: Report; ledger: Ledger } => {
  const nameOf = (segment: string) => names.get(segment) ?? segment;
  const report = makeReport();
  const ledger = makeLedger();
  return {
    report: reportSchema.parse({
      ...report,
      segments: report.segments.map((row) =>
        row.dimension === 'plan' ? { ...row, segment: nameOf(row.segment) } : row,
      ),
    }),
    ledger: withRows(ledger, (row) => ({
      ...row,
      segments: row.segments.map((one, at) => (at === 0 ? nameOf(one) : one)),
    })),
  };
};

describe('of segments with odd names', () => {
  it.each([
    ['comparisons and wildcards', ['<5', '*', '=1+1', 'Te?m']],
    ['numbers, logical values and dates', ['2024', 'TRUE', '1/2', '02024']],
    ['names that differ in upper case alone', ['emea', 'EMEA', 'Emea', 'eMEA']],
    ['names of what every object has', ['constructor', '__proto__', 'toString', 'hasOwnProperty']],
    ['codes of characters', ['_x0041_', 'A', '_x005F_x0041_', '_x']],
    ['quotes, markup and emptiness', ['"', '<b>&amp;', "'", '']],
  ])('%s: all 0', async (_, [starter, team, business, enterprise]) => {
    const names = [
      ['Starter', starter!],
      ['Team', team!],
      ['Business', business!],
      ['Enterprise', enterprise!],
    ] as const;
    const { report, ledger } = renamed(new Map(names));
    const book = await makeBook(report, ledger);
    const rows = checkRows(book, 'calculated');
    expect(told(rows)).toEqual([]);
    const shown = new Set(rows.filter(({ dimension }) => dimension === 'Plan').map(({ segment }) => segment));
    for (const [, name] of names) expect(shown).toContain(name);
    expectSame(book);
  });

  it('that no cell can tell apart: not recomputed, and said', async () => {
    const { report, ledger } = renamed(
      new Map([
        ['Team', 'Pro\u0000'],
        ['Business', 'Pro'],
      ]),
    );
    const rows = checkRows(await makeBook(report, ledger), 'calculated');
    expect(told(rows)).toEqual([]);
    expect(rows.filter(({ from }) => from.includes('look alike'))).toHaveLength(3);
  });
});

function cents(amount: string, more: number): string {
  return ((Math.round(Number(amount) * 100) + more) / 100).toFixed(2);
}
