/** What two reports say otherwise. */
import { describe, expect, it } from 'vitest';
import type { Report } from '../../functions/core/report.ts';
import { changedFigures, changedHistory } from '../../functions/core/restatement.ts';
import { gridOf } from '../figures/book.ts';
import { measureBook } from '../figures/measure-book.ts';

const reportOf = (closing: string): Promise<Report> =>
  measureBook(gridOf(`account 2026-08 2026-09 2026-10\nacme 100 100 ${closing}\nbell 100 100 100`), '2026-10');

describe('a restatement', () => {
  it('is silent about what stayed the same', async () => {
    const report = await reportOf('90');
    expect(changedFigures(report, report)).toEqual([]);
    expect(changedHistory(report, new Map([['2026-10', report]]))).toEqual([]);
  });

  it('names each figure by its path, with what it was and what it is now', async () => {
    const changes = changedFigures(await reportOf('90'), await reportOf('80'));
    expect(changes).toContainEqual({ figure: 'windows.month.total.ndr', was: '0.950000', now: '0.900000' });
    expect(changes).toContainEqual({ figure: 'windows.month.bridge.contraction', was: '10.00', now: '20.00' });
    expect(changes).toContainEqual({ figure: 'segments.month.acv_band.SMB.grr', was: '0.950000', now: '0.900000' });
    expect(changes.map(({ figure }) => figure)).not.toContain('windows.month.total.openingMrr');
  });

  it('tells a window that came to be as figures that were nothing', async () => {
    const report = await reportOf('90');
    const before: Report = { ...report, windows: { ...report.windows, month: null }, segments: [] };
    expect(changedFigures(before, report)).toContainEqual({
      figure: 'windows.month.total.grr',
      was: null,
      now: '0.950000',
    });
    expect(changedFigures(report, before)).toContainEqual({
      figure: 'windows.month.total.grr',
      was: '0.950000',
      now: null,
    });
  });

  it('names a traced share that changed, and none that was never said', async () => {
    const report = await reportOf('90');
    const sharing = (tracedShare: string | null): Report => {
      const { month } = report.windows;
      return { ...report, windows: { ...report.windows, month: month === null ? null : { ...month, tracedShare } } };
    };
    expect(changedFigures(sharing('0.500000'), sharing('0.750000'))).toEqual([
      { figure: 'windows.month.tracedShare', was: '0.500000', now: '0.750000' },
    ]);
    expect(changedFigures(sharing(null), sharing('0.750000'))).toEqual([]);
  });

  it('of history compares the trend with what each month reported', async () => {
    const now = await reportOf('90');
    const september = await measureBook(gridOf('account 2026-08 2026-09\nacme 100 100\nbell 100 50'), '2026-09');
    expect(changedHistory(now, new Map([['2026-09', september]]))).toContainEqual({
      month: '2026-09',
      window: 'month',
      figure: 'grr',
      was: '0.750000',
      now: '1.000000',
    });
    expect(changedHistory(now, new Map([['2026-07', september]]))).toEqual([]);
  });
});
