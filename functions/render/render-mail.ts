/** The mail as HTML and as plain text: as it lies in the archive beside its pictures, and as it travels with them inside. */
import type { Report } from '../core/report.ts';
import { ReportError } from '../errors.ts';
import type { InlineImage } from '../ports.ts';
import { emailText } from './email-text.ts';
import { chartFile, contentIdOf, inlineImage, type MailImage, mailable, type Picture } from './mail-images.ts';
import { subjectLine } from './subject.ts';
import { fillMail } from './templates.ts';
import { type Detail, mailView } from './views.ts';

export type RenderedMail = { readonly subject: string; readonly html: string; readonly text: string };

/** Mail clients cut a message off at about 102 KB; what they cut is the footer that says how far to trust the rest. */
export const mailByteLimit = 90_000;

/** From generous to frugal: a book with many segments or long names gets fewer rows, not a clipped mail. */
const details: readonly [Detail, ...Detail[]] = [
  { dimensions: 8, segments: 8, movers: 6, gates: 8, changes: 6 },
  { dimensions: 8, segments: 5, movers: 6, gates: 6, changes: 4 },
  { dimensions: 6, segments: 4, movers: 5, gates: 4, changes: 3 },
  { dimensions: 3, segments: 3, movers: 3, gates: 3, changes: 2 },
];

/**
 * The most detailed mail that is never clipped, as HTML and as plain text of the same content. `src` says where the HTML
 * finds a picture. A chart that is not among the pictures is left out: the tables carry every figure.
 * Throws when even the fewest rows make more than `mailByteLimit` bytes.
 */
export const renderMail = <Shown extends Picture>(
  report: Report,
  pictures: readonly Shown[],
  src: (picture: Shown) => string,
): RenderedMail => {
  const placed = pictures.map((picture) => ({ ...picture, src: src(picture) }));
  for (const detail of details) {
    const view = mailView(report, detail, placed);
    const html = fillMail(view);
    if (Buffer.byteLength(html) <= mailByteLimit) return { subject: subjectLine(report), html, text: emailText(view) };
  }
  throw new ReportError(
    'unexpected',
    'MAIL_TOO_LARGE',
    `the mail of ${report.month} is larger than ${mailByteLimit} bytes even with the fewest rows`,
    'Report fewer dimensions, or shorten the segment names.',
  );
};

/** As archived: it shows the pictures that lie beside it, and opens from there as it was sent. */
export const archivedMail = (report: Report, images: readonly MailImage[]): RenderedMail =>
  renderMail(report, mailable(images), ({ name }) => chartFile(name));

/** As sent: it carries its pictures. */
export const mailMessage = (
  report: Report,
  images: readonly MailImage[],
): RenderedMail & { readonly images: readonly InlineImage[] } => {
  const carried = mailable(images);
  return {
    ...renderMail(report, carried, (image) => `cid:${contentIdOf(image)}`),
    images: carried.map(inlineImage),
  };
};
