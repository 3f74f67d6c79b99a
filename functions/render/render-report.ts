/** A report in the forms that people read. Pure: the same report always gives the same bytes. */
import type { Report } from '../core/report.ts';
import type { Ledger } from './ledger.ts';
import { pageHtml } from './page.ts';
import { archivedMail } from './render-mail.ts';

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
