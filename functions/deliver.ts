/** Hands the report to each recipient once. A ledger beside the archive remembers who has it. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Month } from './core/month.ts';
import { ReportError } from './errors.ts';
import { decode, encode } from './lake/catalog.ts';
import type { Clock, Mailer, ObjectStore } from './ports.ts';

export type Message = { readonly subject: string; readonly html: string; readonly text: string };

export type Delivery = {
  readonly recipient: string;
  /** `sent` now, `already sent` by an earlier run, or `unknown`: an earlier attempt may or may not have arrived. */
  readonly outcome: 'sent' | 'already sent' | 'unknown';
  /** Where it went: a file, or the server's answer. */
  readonly where: string | null;
};

const entrySchema = z.strictObject({
  state: z.enum(['sending', 'sent', 'failed']),
  at: z.string(),
  where: z.string().nullable(),
});

const digestOf = (recipient: string) => createHash('sha256').update(recipient.toLowerCase()).digest('hex').slice(0, 24);

/** Stable for a report and its recipient, in the sender's domain. */
const messageIdOf = (month: Month, revision: number, recipient: string, sender: string) =>
  `<retention-${month}-r${revision}-${digestOf(recipient)}@${sender.slice(sender.lastIndexOf('@') + 1)}>`;

/**
 * Sends one message a recipient. Who was sent this revision already is passed over unless `resend`; where an earlier
 * attempt ended without an answer, a mailer that writes files repeats it and any other leaves it to a person.
 * Throws when a recipient was refused, after the others were sent theirs; at once when nothing can be sent.
 */
export const deliver = async (
  { month, revision, message }: { month: Month; revision: number; message: Message },
  { recipients, sender, resend }: { recipients: readonly string[]; sender: string; resend: boolean },
  { store, mailer, clock }: { store: ObjectStore; mailer: Mailer; clock: Clock },
): Promise<Delivery[]> => {
  const deliveries: Delivery[] = [];
  const refusals: ReportError[] = [];
  for (const recipient of recipients) {
    const key = `deliveries/month=${month}/revision=${revision}/${mailer.name}/${digestOf(recipient)}.json`;
    const known = await store.get(key);
    const entry =
      known === null ? null : decode(entrySchema, known.bytes, key, `Delete ${key} to have the mail sent again.`);
    if (!resend && entry?.state === 'sent') {
      deliveries.push({ recipient, outcome: 'already sent', where: entry.where });
      continue;
    }
    if (!resend && entry?.state === 'sending' && !mailer.repeatable) {
      deliveries.push({ recipient, outcome: 'unknown', where: null });
      continue;
    }
    const at = clock.now();
    const note = (state: 'sending' | 'sent' | 'failed', where: string | null) =>
      encode({ state, at: at.toISOString(), where });
    await store.put(key, note('sending', null));
    try {
      const messageId = messageIdOf(month, revision, recipient, sender);
      const where = await mailer.send({ ...message, from: sender, to: recipient, date: at, messageId });
      await store.put(key, note('sent', where));
      deliveries.push({ recipient, outcome: 'sent', where });
    } catch (error) {
      // A refusal is an answer: the next run may try again. Silence is not, and stays on record.
      if (error instanceof ReportError && !error.code.endsWith('OUTCOME_UNKNOWN'))
        await store.put(key, note('failed', null));
      // Who is refused must not keep the mail from the others; a server that is out of order would fail them all.
      if (!(error instanceof ReportError) || !error.code.endsWith('_REJECTED')) throw error;
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
