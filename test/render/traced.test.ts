/** How far the evidence reaches, as mail, page and pack tell it; and that who has no CRM is told nothing. */
import { expect, it } from 'vitest';
import type { Report } from '../../functions/core/report.ts';
import { basisNotes } from '../../functions/render/data-quality.ts';
import { renderMail } from '../../functions/render/render-mail.ts';
import { restatementNotes } from '../../functions/render/restatement-notes.ts';
import { makeReport } from './fixture.ts';

const withTraced = (tracedShare: string | null): Report => {
  const report = makeReport();
  const { ttm } = report.windows;
  const traced = { movedMrr: '800.00', byInvoiceMrr: '700.00', byOpportunityMrr: '600.00', tracedMrr: '546.00' };
  return { ...report, windows: { ...report.windows, ttm: ttm === null ? null : { ...ttm, traced, tracedShare } } };
};

const line =
  '68.3% of the MRR that moved in the 12 months to Oct 2026 is traced to an invoice and an opportunity; 87.5% to an invoice, 75.0% to an opportunity.';

it('is one line of the notes, and of the mail in both its forms', () => {
  const report = withTraced('0.682500');
  expect(basisNotes(report)).toContain(line);
  const { html, text } = renderMail(report, [], () => '');
  expect(html).toContain(line);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(line);
});

it('is not told where no CRM is connected, nor of reports that do not say', () => {
  expect(basisNotes(withTraced(null)).join(' ')).not.toContain('traced');
  const report = withTraced(null);
  const { ttm } = report.windows;
  const older = { ...report, windows: { ...report.windows, ttm: ttm === null ? null : { ...ttm, traced: null } } };
  expect(renderMail(older, [], () => '').html).not.toContain('traced to');
});

it('is called by its name where it was restated', () => {
  const report: Report = {
    ...makeReport(),
    restatement: {
      previousRevision: 1,
      changes: [{ figure: 'windows.ttm.tracedShare', was: '0.500000', now: '0.682500' }],
      earlierMonths: [],
    },
  };
  expect(restatementNotes(report, 5, 'the full report')?.changes).toEqual([
    { figure: 'Moved MRR traced to invoice and opportunity, 12 months', was: '50.0%', now: '68.25%' },
  ]);
});
