/** Hands the report to each recipient once. A ledger beside the archive remembers who has it, and decides between rivals. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Month } from './core/month.ts';
import { ReportError } from './errors.ts';
import { decode, encode } from './lake/catalog.ts';
import type { Clock, Mail, Mailer, ObjectStore, PutCondition } from './ports.ts';

export type Message = Pick<Mail, 'subject' | 'html' | 'text' | 'images'>;

export type Delivery = {
  readonly recipient: string;
  /** `sent` now, `already sent` by another run, or `unknown`: another attempt may or may not have arrived. */
  readonly outcome: 'sent' | 'already sent' | 'unknown';
  /** Where it went: a file, or the server's answer. */
  readonly where: string | null;
};

const entrySchema = z.strictObject({
  state: z.enum(['sending', 'sent', 'failed']),
  at: z.string(),
  where: z.string().nullable(),
});
type Entry = z.infer<typeof entrySchema>;

const digestOf = (recipient: string) => createHash('sha256').update(recipient.toLowerCase()).digest('hex').slice(0, 24);

/** Stable for a report and its recipient, in the sender's domain. */
const messageIdOf = (month: Month, revision: number, recipient: string, sender: string) =>
  `<retention-${month}-r${revision}-${digestOf(recipient)}@${sender.slice(sender.lastIndexOf('@') + 1)}>`;

const readEntry = async (store: ObjectStore, key: string): Promise<{ entry: Entry; etag: string } | null> => {
  const stored = await store.get(key);
  if (stored === null) return null;
  const hint = `Delete ${key} to have the mail sent again.`;
  return { entry: decode(entrySchema, stored.bytes, key, hint), etag: stored.etag };
};

/** A refusal is an answer: a later run may try again. Silence is not, and stays on record. */
const isAnswer = (error: unknown): error is ReportError =>
  error instanceof ReportError && !error.code.endsWith('OUTCOME_UNKNOWN');

/** Who is refused must not keep the mail from the others; a server that is out of order would fail them all. */
const isRefusal = (error: unknown): error is ReportError =>
  error instanceof ReportError && error.code.endsWith('_REJECTED');

/**
 * Sends one message a recipient. Who was sent this revision already is passed over unless `resend`; where another
 * attempt is under way or ended without an answer, a mailer that writes files repeats it and any other leaves it to a
 * person. Of two deliverers at once the ledger lets one send.
 * Throws when a recipient was refused, after the others were sent theirs; at once when nothing can be sent.
 */
export const deliver = async (
  { month, revision, message }: { month: Month; revision: number; message: Message },
  { recipients, sender, resend }: { recipients: readonly string[]; sender: string; resend: boolean },
  { store, mailer, clock }: { store: ObjectStore; mailer: Mailer; clock: Clock },
): Promise<Delivery[]> => {
  const toOne = async (recipient: string): Promise<Delivery> => {
    const key = `deliveries/month=${month}/revision=${revision}/${mailer.name}/${digestOf(recipient)}.json`;
    const known = await readEntry(store, key);
    const settled = (found: Entry | undefined): Delivery | null => {
      if (found?.state === 'sent') return { recipient, outcome: 'already sent', where: found.where };
      return found?.state === 'sending' && !mailer.repeatable ? { recipient, outcome: 'unknown', where: null } : null;
    };
    const before = resend ? null : settled(known?.entry);
    if (before !== null) return before;

    const at = clock.now();
    const note = (state: Entry['state'], where: string | null, condition: PutCondition) =>
      // What can be repeated may be written over: it leaves one message all the same.
      store.put(key, encode({ state, at: at.toISOString(), where }), mailer.repeatable ? undefined : condition);
    const claim = await note('sending', null, known === null ? { ifAbsent: true } : { ifMatch: known.etag });
    if (claim === null) {
      // Somebody else came first. How it ends is theirs to tell, unless it has ended well by now.
      const theirs = settled((await readEntry(store, key))?.entry);
      return theirs ?? { recipient, outcome: 'unknown', where: null };
    }
    // From here on the entry is ours, unless a person has this mail sent again meanwhile: then it is left to them.
    const messageId = messageIdOf(month, revision, recipient, sender);
    let where: string;
    try {
      where = await mailer.send({ ...message, from: sender, to: recipient, date: at, messageId });
    } catch (error) {
      if (isAnswer(error)) await note('failed', null, { ifMatch: claim });
      throw error;
    }
    // Outside the try: a mail that went out and could not be noted is of unknown fate, not failed.
    try {
      await note('sent', where, { ifMatch: claim });
    } catch (error) {
      if (mailer.repeatable) throw error;
      throw new ReportError(
        'dependency',
        'DELIVERY_UNKNOWN',
        `${recipient} was mailed (${where}), but that could not be put on record`,
        `Nothing is sent again by itself. Write "sent" into ${key}, or leave it as it is.`,
        { cause: error },
      );
    }
    return { recipient, outcome: 'sent', where };
  };

  const deliveries: Delivery[] = [];
  const refusals: ReportError[] = [];
  for (const recipient of recipients) {
    try {
      deliveries.push(await toOne(recipient));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refusals.push(error);
    }
  }
  const [first] = refusals;
  if (first !== undefined)
    throw new ReportError(first.kind, first.code, refusals.map(({ message }) => message).join('\n'), first.hint, {
      cause: first,
    });
  return deliveries;
};

/** Keys of the ledger where a month's mail began and no end is on record. */
export const sendsUnderWay = async (month: Month, store: ObjectStore): Promise<readonly string[]> => {
  const keys: string[] = [];
  for await (const key of store.list(`deliveries/month=${month}/`)) {
    const found = await readEntry(store, key);
    if (found?.entry.state === 'sending') keys.push(key);
  }
  return keys;
};

/** Mail that may or may not have arrived is a failure until a person has looked: nobody is mailed twice to be safe. */
export const refuseUnknown = (deliveries: readonly Delivery[], hint: string): void => {
  const unknown = deliveries.filter(({ outcome }) => outcome === 'unknown').map(({ recipient }) => recipient);
  if (unknown.length > 0)
    throw new ReportError(
      'dependency',
      'DELIVERY_UNKNOWN',
      `an earlier attempt may or may not have reached ${unknown.join(', ')}`,
      hint,
    );
};
