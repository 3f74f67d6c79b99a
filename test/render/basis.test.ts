/** What MRR rests on, in the words of everything that people read. */
import { describe, expect, it } from 'vitest';
import { type Report, reportSchema } from '../../functions/core/report.ts';
import { changedFigures, changedHistory } from '../../functions/core/restatement.ts';
import { basisFacts, basisNotes } from '../../functions/render/data-quality.ts';
import { kpiCards } from '../../functions/render/kpi-cards.ts';
import { narrative } from '../../functions/render/narrative.ts';
import { restatementNotes } from '../../functions/render/restatement-notes.ts';
import { preheaderLine, subjectLine } from '../../functions/render/subject.ts';
import { makeReport } from './fixture.ts';

const usual = makeReport();
const on = (mrr: Report['basis']['mrr'], rest: Partial<Report> = {}, basis: Partial<Report['basis']> = {}): Report => ({
  ...usual,
  ...rest,
  basis: { ...usual.basis, mrr, ...basis },
});
const mixed = { window: 'ttm', openingMonth: '2025-10', openingBasis: 'invoiced' } as const;

describe('a report', () => {
  it('names its basis, and the invoiced one beside the figures', () => {
    expect(basisFacts(on('committed'))).toContainEqual({ name: 'Basis', value: 'committed' });
    expect(basisNotes(on('committed'))).toContain(
      'Basis: committed: MRR of subscriptions as they stood at the end of each month.',
    );
    expect(narrative(on('committed')).note).toBe('');
    expect(basisNotes(on('invoiced'))).toContain(
      'Basis: invoiced: MRR derived from invoice lines spread over their service periods.',
    );
    expect(narrative(on('invoiced')).note).toBe(
      'MRR is invoiced: derived from invoice lines spread over their service periods.',
    );
  });

  it('says why the twelve months are n/a when they lie between two bases', () => {
    const windows = { ...usual.windows, ttm: null };
    expect(narrative(on('committed', { windows }, { mixedWindows: [mixed] })).note).toMatch(
      /^The trailing 12 months open in Oct.2025 on the invoiced basis and close on the committed one, so they are n\/a; the report leads with/,
    );
    expect(narrative(on('committed', { windows })).note).toContain('which does not exist');
  });

  it('does not speak of a missing snapshot where every window lies between two bases', () => {
    const windows = { month: null, quarter: null, ttm: null };
    const report = on('committed', { windows, trend: [] }, { mixedWindows: [mixed] });
    expect(narrative(report).moved).toContain('Every window opens on another basis than October');
    expect(subjectLine(report)).toContain('NDR n/a, two bases of MRR');
    expect(preheaderLine(report)).toContain('on its own basis');
    expect(kpiCards(report)[0]?.detail).toBe('No opening month on this basis');
    const first = on('committed', { windows, trend: [] });
    expect(narrative(first).moved).toContain('There is no opening snapshot yet');
    expect(subjectLine(first)).toContain('no opening snapshot yet');
  });

  it('of a version without bases reads as committed', () => {
    const { mrr: _mrr, mixedWindows: _mixed, ...basis } = usual.basis;
    const { trendOnOtherBasis: _others, ...older } = usual;
    const bare = (name: 'month' | 'quarter' | 'ttm') => {
      const window = usual.windows[name];
      if (window === null) return null;
      const { openingBasis: _opening, closingBasis: _closing, ...rest } = window;
      return rest;
    };
    const windows = { month: bare('month'), quarter: bare('quarter'), ttm: bare('ttm') };
    expect(reportSchema.parse({ ...older, windows, basis })).toEqual(on('committed'));
  });
});

describe('a restatement', () => {
  it('tells a changed basis first, and once a month of those before', () => {
    const [was, now] = [on('invoiced'), on('committed')];
    const changes = changedFigures(was, now);
    expect(changes).toEqual([{ figure: 'basis.mrr', was: 'invoiced', now: 'committed' }]);
    const month = now.trend.find((point) => point.month < now.month)?.month ?? '';
    const earlierMonths = changedHistory(now, new Map([[month, { ...was, month }]])).filter(
      ({ figure }) => figure === 'basis',
    );
    expect(earlierMonths).toMatchObject([{ month, was: 'invoiced', now: 'committed' }]);
    const shown = restatementNotes(
      { ...now, restatement: { previousRevision: 1, changes, earlierMonths } },
      5,
      'report.json',
    );
    expect(shown?.changes).toMatchObject([
      { figure: 'Basis of MRR', was: 'invoiced', now: 'committed' },
      { figure: expect.stringMatching(/^basis, /), was: 'invoiced', now: 'committed' },
    ]);
  });

  it('has nothing to say of points on the other basis that stayed as they were', () => {
    const [point] = usual.trend.filter(({ month }) => month < usual.month);
    if (point === undefined) throw new Error('the fixture has no trend');
    const total = { ...usual.windows[point.window]?.total, ...point };
    const now = on('committed', { trend: [], segmentTrend: [], trendOnOtherBasis: [{ ...point, basis: 'invoiced' }] });
    const { month: _month, window: _window, ...figures } = total;
    const window = usual.windows[point.window];
    if (window === null) throw new Error('the fixture has no such window');
    const own = on('invoiced', {
      month: point.month,
      windows: { ...usual.windows, [point.window]: { ...window, total: figures } },
    });
    expect(changedHistory(now, new Map([[point.month, own]]))).toEqual([]);
    expect(changedHistory(now, new Map([[point.month, { ...own, basis: usual.basis }]]))).toMatchObject([
      { figure: 'basis', was: 'committed', now: 'invoiced' },
    ]);
  });
});
