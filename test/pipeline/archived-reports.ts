/** Archives made directly of reports: months and revisions without a book behind them. */
import type { Manifest } from '../../functions/archive.ts';
import { publish, reportBytes } from '../../functions/archive.ts';
import { parseConfig } from '../../functions/config-file.ts';
import { addMonths, parseMonth } from '../../functions/core/month.ts';
import type { Report } from '../../functions/core/report.ts';
import type { ObjectStore } from '../../functions/ports.ts';
import { makeReport } from '../render/fixture.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

const { recipients: _nobody, ...config } = parseConfig({}, 'the configuration');

/** Publishes a report as the revision it says it is, with a page and a ledger. */
export const archiveReport = (
  store: ObjectStore,
  report: Report,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<Manifest> => {
  const all = {
    'report.json': reportBytes(report),
    'report.html': `<!doctype html><html lang="en"><title>${report.month}</title><h1>${report.month}, revision ${report.revision}</h1></html>`,
    'movements.csv': 'window,account_id\n',
    ...files,
  };
  return publish(
    store,
    {
      schemaVersion: 1,
      month: parseMonth(report.month),
      revision: report.revision,
      codeVersion: '0.0.0',
      engine: 'none',
      inputs: [],
      queries: [],
      config,
    },
    Object.entries(all).map(([name, content]) => ({
      name,
      content: { bytes: typeof content === 'string' ? bytesOf(content) : content },
    })),
  );
};

/** The rich report of another month, a first revision that restates nothing, unless told otherwise. */
export const reportOf = (month: string, changes: Partial<Report> = {}): Report => {
  const { trend, windows } = makeReport();
  const back = (at: string) => {
    const [year = 0, number = 0] = at.split('-').map((part) => parseInt(part, 10));
    return year * 12 + number;
  };
  const shift = back(month) - back('2026-10');
  const moved = (at: string) => addMonths(parseMonth(at), shift);
  const movedWindow = <T extends { openingMonth: string } | null>(window: T): T =>
    window === null ? window : { ...window, openingMonth: moved(window.openingMonth) };
  return makeReport({
    month,
    revision: 1,
    restatement: null,
    segmentTrend: [],
    failedPaymentsTrend: [],
    trend: trend.map((point) => ({ ...point, month: moved(point.month) })),
    windows: {
      month: movedWindow(windows.month),
      quarter: movedWindow(windows.quarter),
      ttm: movedWindow(windows.ttm),
    },
    ...changes,
  });
};
