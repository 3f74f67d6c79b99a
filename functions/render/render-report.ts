/** A report in the forms that people read. Pure: the same report always gives the same bytes. */
import type { Report } from '../core/report.ts';
import { ReportError } from '../errors.ts';
import { emailText } from './email-text.ts';
import { subjectLine } from './subject.ts';
import { fillMail, fillPage } from './templates.ts';
import { type Detail, mailView, pageView } from './views.ts';

export type RenderedReport = {
  readonly subject: string;
  readonly emailHtml: string;
  readonly emailText: string;
  /** A self-contained document: no script, no request to any host. */
  readonly pageHtml: string;
};

/** Mail clients cut a message off at about 102 KB; what they cut is the footer that says how far to trust the rest. */
export const mailByteLimit = 90_000;

/** From generous to frugal: a book with many segments or long names gets fewer rows, not a clipped mail. */
const details: readonly [Detail, ...Detail[]] = [
  { dimensions: 8, segments: 12, movers: 8, gates: 8, changes: 6 },
  { dimensions: 8, segments: 8, movers: 8, gates: 8, changes: 6 },
  { dimensions: 8, segments: 5, movers: 6, gates: 6, changes: 4 },
  { dimensions: 6, segments: 4, movers: 5, gates: 4, changes: 3 },
  { dimensions: 3, segments: 3, movers: 3, gates: 3, changes: 2 },
];

/** The most detailed mail that is never clipped, as HTML and as plain text of the same content. */
const renderMail = (report: Report): { html: string; text: string } => {
  for (const detail of details) {
    const view = mailView(report, detail);
    const html = fillMail(view);
    if (Buffer.byteLength(html) <= mailByteLimit) return { html, text: emailText(view) };
  }
  throw new ReportError(
    'unexpected',
    'MAIL_TOO_LARGE',
    `the mail of ${report.month} is larger than ${mailByteLimit} bytes even with the fewest rows`,
    'Report fewer dimensions, or shorten the segment names.',
  );
};

export const renderReport = (report: Report): RenderedReport => {
  const mail = renderMail(report);
  return {
    subject: subjectLine(report),
    emailHtml: mail.html,
    emailText: mail.text,
    pageHtml: fillPage(pageView(report)),
  };
};
