/** A report as mail and page at once, for tests that hold both to the same rules. */
import type { Report } from '../../functions/core/report.ts';
import type { Ledger } from '../../functions/render/ledger.ts';
import { pageHtml } from '../../functions/render/page.ts';
import { archivedMail } from '../../functions/render/render-mail.ts';

export type RenderedReport = {
  readonly subject: string;
  readonly emailHtml: string;
  readonly emailText: string;
  /** A self-contained document: its own script alone, no request to any host. */
  readonly pageHtml: string;
};

/** With the ledger, the page opens into the movements behind its figures. */
export const renderReport = (report: Report, ledger: Ledger | null = null): RenderedReport => {
  const mail = archivedMail(report, []);
  return {
    subject: mail.subject,
    emailHtml: mail.html,
    emailText: mail.text,
    pageHtml: pageHtml(report, ledger),
  };
};
