/** report.html: one self-contained document that a board reads, and that finance takes apart down to the invoice. */
import type { Report } from '../core/report.ts';
import type { Ledger } from './ledger.ts';
import { pageView } from './page-view.ts';
import { fillPage } from './templates.ts';

/**
 * The page of a report; with its ledger, each segment and each line of the bridge opens into its movements. `missing` are
 * files that the revision does without: they are not linked.
 */
export const pageHtml = (report: Report, ledger: Ledger | null, missing: readonly string[] = []): string =>
  fillPage(pageView(report, ledger, missing));
