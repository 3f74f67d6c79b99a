/** The mailer that writes files. */
import { expect, test } from 'vitest';
import { emlMailer } from '../../functions/adapters/eml-mailer.ts';
import { dependencyError } from '../../functions/errors.ts';
import { type MailerHarness, mailerContract, makeMail } from '../contract/mailer.ts';

const openStore = (): MailerHarness & { readonly objects: ReadonlyMap<string, Uint8Array> } => {
  const objects = new Map<string, Uint8Array>();
  const refused = new Set<string>();
  const mailer = emlMailer({
    prefix: 'outbox/',
    store: {
      async put(key, bytes) {
        if ([...refused].some((recipient) => Buffer.from(bytes).includes(`To: ${recipient}`))) {
          throw dependencyError('DISK_FULL', `${key} cannot be written`, 'Make room on the disk.');
        }
        objects.set(key, bytes);
        return 'etag';
      },
    },
  });
  return {
    objects,
    mailer,
    arrivals: async () => [...objects.values()].map((bytes) => ({ bytes, sender: null, recipients: null })),
    refuse: (recipient) => refused.add(recipient),
    close: async () => {},
  };
};

mailerContract('eml', async () => openStore());

test('it answers with the key, and the same mail again takes the same place', async () => {
  const { mailer, objects } = openStore();
  const key = await mailer.send(makeMail());
  expect(key).toMatch(/^outbox\/report-2026-10-r1-cfo-[0-9a-f]{12}\.eml$/);
  expect(await mailer.send(makeMail())).toBe(key);
  expect([...objects.keys()]).toEqual([key]);
});

test('another recipient of the same id takes another place', async () => {
  const { mailer, objects } = openStore();
  await mailer.send(makeMail());
  await mailer.send(makeMail({ to: 'ceo@example.com' }));
  expect(objects.size).toBe(2);
});

test('a key is never a path: dots and slashes of the id stay out', async () => {
  const { mailer } = openStore();
  const key = await mailer.send(makeMail({ messageId: '../../etc/passwd@example.com' }));
  expect(key).toMatch(/^outbox\/etc-passwd-[0-9a-f]{12}\.eml$/);
});
