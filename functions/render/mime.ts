/** One message as the bytes that travel: the same mail always gives the same bytes, in a file and on the wire. */
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

/** The multipart boundary comes from the Message-ID: a random one would make every run another message. */
const boundaryOf = (messageId: string): string => createHash('sha256').update(messageId).digest('hex').slice(0, 32);

/** Text and HTML as multipart/alternative, CRLF line ends. Throws a usage error for an address or id that is not plain. */
export const mimeMessage = async (mail: Mail): Promise<Uint8Array> => {
  const messageId = parseMessageId(mail.messageId);
  const composer = new MailComposer({
    from: { name: '', address: parseAddress(mail.from) },
    to: [{ name: '', address: parseAddress(mail.to) }],
    subject: displayText(mail.subject, 250),
    text: mail.text,
    html: mail.html,
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
