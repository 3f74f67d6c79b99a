/** One message as the bytes that travel: the same mail always gives the same bytes, in a file and on the wire. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import MailComposer from 'nodemailer/lib/mail-composer';
import { usageError } from '../errors.ts';
import type { Mail } from '../ports.ts';
import { parseAddress } from './address.ts';
import { displayText } from './display-text.ts';

export { parseAddress } from './address.ts';

const messageIdForm = /^<[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,200}@[A-Za-z0-9.-]{1,200}>$/;

/** `<local@domain>`; the angle brackets may be left out. */
const parseMessageId = (text: string): string => {
  const bracketed = text.startsWith('<') ? text : `<${text}>`;
  if (messageIdForm.test(bracketed)) return bracketed;
  throw usageError(
    `"${displayText(text, 80)}" is not a Message-ID`,
    'Write it as local-part@domain, in ASCII without spaces.',
  );
};

const parseDate = (date: Date): Date => {
  if (Number.isNaN(date.getTime())) throw usageError('the date of the mail is not a date', 'Give the time of the run.');
  return date;
};

/** The multipart boundaries come from the Message-ID: random ones would make every run another message. */
const boundaryOf = (messageId: string): string => createHash('sha256').update(messageId).digest('hex').slice(0, 32);

const contentIdForm = /^[A-Za-z0-9.-]{1,100}@[A-Za-z0-9.-]{1,100}$/;
const fileNameForm = /^[A-Za-z0-9-]{1,100}\.png$/;

/** The pictures as parts. A picture that the HTML does not show would be an attachment, one that is missing a hole. */
const imageParts = ({ html, images = [] }: Mail) => {
  const shown = [...html.matchAll(/\ssrc="cid:([^"]*)"/g)].map(([, contentId]) => contentId);
  assert.deepEqual(images.map(({ contentId }) => contentId).sort(), shown.sort(), 'each picture is shown once');
  return images.map(({ contentId, fileName, png }) => {
    assert.match(contentId, contentIdForm);
    assert.match(fileName, fileNameForm);
    return {
      cid: contentId,
      filename: fileName,
      contentType: 'image/png',
      contentDisposition: 'inline' as const,
      content: Buffer.from(png),
    };
  });
};

/**
 * Text and HTML as multipart/alternative, the HTML with its pictures as multipart/related, CRLF line ends.
 * Throws a usage error for an address or id that is not plain.
 */
export const mimeMessage = async (mail: Mail): Promise<Uint8Array> => {
  const messageId = parseMessageId(mail.messageId);
  const composer = new MailComposer({
    from: { name: '', address: parseAddress(mail.from) },
    to: [{ name: '', address: parseAddress(mail.to) }],
    subject: displayText(mail.subject, 250),
    text: mail.text,
    html: mail.html,
    attachments: imageParts(mail),
    date: parseDate(mail.date),
    messageId,
    baseBoundary: boundaryOf(messageId),
    textEncoding: 'quoted-printable',
    newline: 'windows',
    // Keeps out-of-office replies away from a sender that nobody reads.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return new Uint8Array(await composer.compile().build());
};
