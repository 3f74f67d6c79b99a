/** What every mailer promises: the message as it was given, to one recipient, and nothing that a name could smuggle in. */
import PostalMime from 'postal-mime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ReportError } from '../../functions/errors.ts';
import type { Mail, Mailer } from '../../functions/ports.ts';
import { mimeMessage } from '../../functions/render/mime.ts';

/** A message as it arrived. `recipients` is null where there is no envelope. */
export type Arrival = {
  readonly bytes: Uint8Array;
  readonly sender: string | null;
  readonly recipients: readonly string[] | null;
};

export type MailerHarness = {
  readonly mailer: Mailer;
  /** Everything that arrived so far, in order. */
  arrivals(): Promise<readonly Arrival[]>;
  /** From now on the medium refuses mail for this recipient. */
  refuse(recipient: string): void;
  close(): Promise<void>;
};

export const makeMail = (changes: Partial<Mail> = {}): Mail => ({
  from: 'retention@example.com',
  to: 'cfo@example.com',
  subject: 'Retention, Oct 2026: NDR 106.4% (−0.8 pp), GRR 92.5%',
  html: '<p>Müller &amp; Söhne, 株式会社, שלום 👩‍👩‍👧‍👦</p>\n<p>.</p>\n'.padEnd(3000, 'x '),
  text: 'Müller & Söhne, 株式会社, שלום 👩‍👩‍👧‍👦\n.\n..\nFrom the start\n',
  date: new Date('2026-11-02T06:00:00Z'),
  messageId: 'report-2026-10-r1-cfo@reports.example.com',
  ...changes,
});

const addressAttacks = [
  'cfo@example.com\r\nBcc: everyone@example.com',
  'cfo@example.com\nSubject: other',
  'cfo@example.com, thief@example.com',
  'cfo@example.com; thief@example.com',
  'cfo@example.com thief@example.com',
  'Team: cfo@example.com, thief@example.com;',
  '"CFO" <cfo@example.com>',
  '<cfo@example.com>',
  'cfo@example.com>\r\nRCPT TO:<thief@example.com',
  'cfo(comment)@example.com',
  '"cfo thief@example.com"@example.com',
  'cfö@example.com',
  'cfo@example',
  'cfo@-example.com',
  'cfo@example..com',
  'cfo@exam\u0000ple.com',
  `${'c'.repeat(65)}@example.com`,
  `cfo@${'a.'.repeat(130)}com`,
  '@example.com',
  'cfo',
  '',
];

export const mailerContract = (name: string, open: () => Promise<MailerHarness>): void => {
  describe(`${name} keeps the mailer's contract`, () => {
    let harness: MailerHarness;
    beforeEach(async () => {
      harness = await open();
    });
    afterEach(async () => {
      await harness.mailer.close();
      await harness.close();
    });

    const onlyArrival = async (): Promise<Arrival> => {
      const arrivals = await harness.arrivals();
      expect(arrivals).toHaveLength(1);
      const [arrival] = arrivals;
      if (arrival === undefined) throw new Error('nothing arrived');
      return arrival;
    };

    test('both parts arrive as they were given, whatever their script', async () => {
      const mail = makeMail();
      expect(await harness.mailer.send(mail)).not.toBe('');
      const parsed = await PostalMime.parse((await onlyArrival()).bytes);
      expect(parsed.subject).toBe(mail.subject);
      expect(parsed.text?.replaceAll('\r\n', '\n').trimEnd()).toBe(mail.text.trimEnd());
      expect(parsed.html?.replaceAll('\r\n', '\n').trimEnd()).toBe(mail.html.trimEnd());
      expect(parsed.from).toEqual({ name: '', address: mail.from });
      expect(parsed.to).toEqual([{ name: '', address: mail.to }]);
      expect(parsed.messageId).toBe(`<${mail.messageId}>`);
      expect(parsed.date).toBe('2026-11-02T06:00:00.000Z');
      expect(parsed.attachments).toEqual([]);
    });

    test('what arrives is the message byte for byte', async () => {
      const mail = makeMail();
      await harness.mailer.send(mail);
      expect(Buffer.from((await onlyArrival()).bytes).equals(await mimeMessage(mail))).toBe(true);
    });

    test('pictures arrive inside, each as it was given, by the name that the HTML shows', async () => {
      const images = ['bridge', 'trend'].map((chart, place) => ({
        contentId: `${chart}.${place}@reports.example.com`,
        fileName: `${chart}.png`,
        // Every byte there is, and more than a line of them.
        png: Uint8Array.from({ length: 70_000 }, (_, index) => (index + place) % 256),
      }));
      const html = `<p>${images.map(({ contentId }) => `<img src="cid:${contentId}" alt="chart" />`).join('\n')}</p>`;
      const mail = makeMail({ html, images });
      await harness.mailer.send(mail);
      const { bytes } = await onlyArrival();
      expect(Buffer.from(bytes).equals(await mimeMessage(mail))).toBe(true);
      const parsed = await PostalMime.parse(bytes);
      expect(parsed.html?.trim()).toBe(html);
      expect(parsed.text).toContain('Müller');
      const arrived = parsed.attachments.map(({ contentId, disposition, mimeType, content }) => {
        if (typeof content === 'string') throw new Error('a picture arrived as text');
        return { contentId, disposition, mimeType, content: Buffer.from(new Uint8Array(content)) };
      });
      expect(arrived).toEqual(
        images.map(({ contentId, png }) => ({
          contentId: `<${contentId}>`,
          disposition: 'inline',
          mimeType: 'image/png',
          content: Buffer.from(png),
        })),
      );
    });

    test('each recipient gets a message of their own', async () => {
      const recipients = Array.from({ length: 7 }, (_, index) => `member${index}@example.com`);
      for (const to of recipients)
        await harness.mailer.send(makeMail({ to, messageId: `${to.slice(0, 7)}@reports.example.com` }));
      const arrivals = await harness.arrivals();
      const addressed = await Promise.all(arrivals.map(async ({ bytes }) => (await PostalMime.parse(bytes)).to));
      expect(addressed.map((to) => to?.map(({ address }) => address)).sort()).toEqual(recipients.map((to) => [to]));
      for (const { recipients: envelope } of arrivals) expect(envelope === null || envelope.length === 1).toBe(true);
    });

    test.each(addressAttacks)('an address that is not one plain address is refused: %j', async (address) => {
      await expect(harness.mailer.send(makeMail({ to: address }))).rejects.toMatchObject({ kind: 'usage' });
      await expect(harness.mailer.send(makeMail({ from: address }))).rejects.toMatchObject({ kind: 'usage' });
      expect(await harness.arrivals()).toEqual([]);
    });

    test.each([
      'Hi\r\nBcc: thief@example.com',
      'Hi\nX-Evil: 1\n\nbody',
      'Hi\u2028Bcc: thief@example.com',
      'Hi\rBcc: thief@example.com',
    ])('a subject cannot add a header: %j', async (subject) => {
      await harness.mailer.send(makeMail({ subject }));
      const parsed = await PostalMime.parse((await onlyArrival()).bytes);
      const keys = parsed.headers.map(({ key }) => key);
      expect(keys).not.toContain('bcc');
      expect(keys).not.toContain('x-evil');
      expect(parsed.subject).toMatch(/^Hi /);
      expect(parsed.text).toContain('Müller');
    });

    test('a Message-ID cannot add a header', async () => {
      const messageId = 'a@example.com>\r\nBcc: thief@example.com';
      await expect(harness.mailer.send(makeMail({ messageId }))).rejects.toMatchObject({ kind: 'usage' });
      expect(await harness.arrivals()).toEqual([]);
    });

    test('one refused recipient is a dependency failure with a hint; the others still get theirs', async () => {
      harness.refuse('gone@example.com');
      const failure: unknown = await harness.mailer
        .send(makeMail({ to: 'gone@example.com' }))
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ReportError);
      expect(failure).toMatchObject({ kind: 'dependency', hint: expect.stringMatching(/\w/) });
      await harness.mailer.send(makeMail());
      await onlyArrival();
    });
  });
};
