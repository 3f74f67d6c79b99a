/** A report in the forms that people read. Pure: the same report always gives the same bytes. */
import type { Report } from '../core/report.ts';
import { archivedMail } from './render-mail.ts';
import { fillPage } from './templates.ts';
import { pageView } from './views.ts';

export type RenderedReport = {
  readonly subject: string;
  readonly emailHtml: string;
  readonly emailText: string;
  /** A self-contained document: no script, no request to any host. */
  readonly pageHtml: string;
};

export const renderReport = (report: Report): RenderedReport => {
  const mail = archivedMail(report, []);
  return {
    subject: mail.subject,
    emailHtml: mail.html,
    emailText: mail.text,
    pageHtml: fillPage(pageView(report)),
  };
};
