/** Mail as files: each message becomes an .eml object that any mail program opens. For runs without a mail server. */
import { createHash } from 'node:crypto';
import type { Mail, Mailer, ObjectStore } from '../ports.ts';
import { mimeMessage } from '../render/mime.ts';

export type EmlMailerOptions = {
  readonly store: Pick<ObjectStore, 'put'>;
  /** Where in the store, with its slash: `outbox/`. */
  readonly prefix: string;
};

/** Readable from the id, distinct by a digest of id and recipient; the same message again takes the same place. */
const nameOf = ({ messageId, to }: Mail): string => {
  const readable = messageId
    .slice(0, 200)
    .replace(/@.*$/s, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
  const digest = createHash('sha256').update(`${messageId}\n${to}`).digest('hex').slice(0, 12);
  return `${readable === '' ? 'mail' : readable}-${digest}.eml`;
};

/** Resolves with the key of the file. */
export const emlMailer = ({ store, prefix }: EmlMailerOptions): Mailer => ({
  name: 'eml',
  repeatable: true,
  async send(mail) {
    const bytes = await mimeMessage(mail);
    const key = `${prefix}${nameOf(mail)}`;
    await store.put(key, bytes);
    return key;
  },
  async close() {},
});
