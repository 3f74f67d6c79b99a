/** The ledger of deliveries between rivals and accidents, on S3 and SES as the SDK speaks them: never two mails by accident. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { emlMailer } from '../../functions/adapters/eml-mailer.ts';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { s3ObjectStore } from '../../functions/adapters/s3-object-store.ts';
import { sesMailer } from '../../functions/adapters/ses-mailer.ts';
import { parseMonth } from '../../functions/core/month.ts';
import { type Delivery, deliver } from '../../functions/deliver.ts';
import type { Mailer, ObjectStore } from '../../functions/ports.ts';
import { type FakeS3, openFakeS3 } from '../aws/fake-s3.ts';
import { type FakeSes, openFakeSes } from '../aws/fake-ses.ts';

const month = parseMonth('2026-10');
const message = { subject: 'Retention', html: '<p>up</p>', text: 'up' };
const [cfo, chair] = ['cfo@example.com', 'chair@example.com'];
const clock = { now: () => new Date('2026-11-02T06:00:00Z') };

let s3: FakeS3;
let ses: FakeSes;
let scratch: string;

beforeEach(async () => {
  s3 = await openFakeS3();
  ses = await openFakeSes();
  scratch = await mkdtemp(join(tmpdir(), 'ledger-'));
});
afterEach(async () => {
  await s3.close();
  await ses.close();
  await rm(scratch, { recursive: true, force: true });
});

const storeOf = () => s3ObjectStore({ client: s3.client(), bucketOf: () => 'bucket', scratch });
const mailerOf = () =>
  sesMailer({ client: ses.client(), configurationSet: 'reports', timeoutMs: 400, throttlePauseMs: 1 });

type World = {
  readonly store?: ObjectStore;
  readonly mailer?: Mailer;
  readonly resend?: boolean;
  readonly to?: string[];
};
const run = ({ store = storeOf(), mailer = mailerOf(), resend = false, to = [cfo] }: World = {}) =>
  deliver(
    { month, revision: 1, message },
    { recipients: to, sender: 'reports@example.com', resend },
    { store, mailer, clock },
  );
const outcomes = (deliveries: readonly Delivery[]) => deliveries.map(({ outcome }) => outcome);
const states = () => [...(s3.buckets.get('bucket')?.values() ?? [])].map(({ bytes }) => JSON.parse(`${bytes}`).state);
const sentTo = () => ses.mails.map(({ destinations }) => destinations[0]);

describe('two deliverers at once', () => {
  test('each recipient gets one mail; who came second says that it does not know, or that it is sent', async () => {
    const to = Array.from({ length: 6 }, (_, at) => `member${at}@example.com`);
    const runs = await Promise.all([run({ to }), run({ to }), run({ to: to.toReversed() })]);
    expect(sentTo().sort()).toEqual(to);
    const told = runs.flat();
    for (const recipient of to)
      expect(told.filter((one) => one.recipient === recipient && one.outcome === 'sent')).toHaveLength(1);
    expect(states()).toEqual(to.map(() => 'sent'));
    expect(outcomes(await run({ to }))).toEqual(to.map(() => 'already sent'));
  });

  test('who loses the claim sends nothing and says unknown, as the other may still fail', async () => {
    const mailer = mailerOf();
    let rival: Delivery[] | undefined;
    // While the first is sending, the second finds the ledger taken.
    const slow: Mailer = {
      ...mailer,
      async send(mail) {
        rival = await run();
        return mailer.send(mail);
      },
    };
    expect(outcomes(await run({ mailer: slow }))).toEqual(['sent']);
    expect(rival).toEqual([{ recipient: cfo, outcome: 'unknown', where: null }]);
    expect(sentTo()).toEqual([cfo]);
  });

  test('who reads the ledger before the other claims it, and writes after, loses too', async () => {
    const store = storeOf();
    let others: Delivery[] | undefined;
    const late: ObjectStore = {
      ...store,
      async put(key, bytes, condition) {
        others ??= await run();
        return store.put(key, bytes, condition);
      },
    };
    // The rival is done by then: its mail is known to be sent.
    expect(outcomes(await run({ store: late }))).toEqual(['already sent']);
    expect(outcomes(others ?? [])).toEqual(['sent']);
    expect(sentTo()).toEqual([cfo]);
  });

  test('after a refusal, two that try again send one mail', async () => {
    ses.refuse(chair);
    await expect(run({ to: [chair] })).rejects.toMatchObject({ code: 'SES_REJECTED' });
    expect(states()).toEqual(['failed']);
    await ses.close();
    ses = await openFakeSes();
    const both = await Promise.all([run({ to: [chair] }), run({ to: [chair] })]);
    expect(both.flat().filter(({ outcome }) => outcome === 'sent')).toHaveLength(1);
    expect(sentTo()).toEqual([chair]);
  });

  test('two that send again on purpose send one mail between them', async () => {
    await run();
    const store = storeOf();
    let others: Delivery[] | undefined;
    const late: ObjectStore = {
      ...store,
      async put(key, bytes, condition) {
        others ??= await run({ resend: true });
        return store.put(key, bytes, condition);
      },
    };
    expect(outcomes(await run({ store: late, resend: true }))).toEqual(['already sent']);
    expect(outcomes(others ?? [])).toEqual(['sent']);
    expect(sentTo()).toEqual([cfo, cfo]);
  });

  test('a person who has it sent again meanwhile has the last word in the ledger', async () => {
    const mailer = mailerOf();
    const slow: Mailer = {
      ...mailer,
      async send(mail) {
        const where = await mailer.send(mail);
        await run({ resend: true });
        return where;
      },
    };
    const [first] = await run({ mailer: slow });
    expect(first?.where).toContain('01071');
    expect(sentTo()).toEqual([cfo, cfo]);
    expect((await run())[0]).toMatchObject({ outcome: 'already sent', where: expect.stringContaining('01072') });
  });

  test('mails that are files are written by both, and are one', async () => {
    const store = folderObjectStore(scratch);
    const mailer = emlMailer({ store, prefix: 'outbox/' });
    const both = await Promise.all([run({ store, mailer }), run({ store, mailer })]);
    expect(both.flat().map(({ outcome }) => outcome)).not.toContain('unknown');
    expect(await Array.fromAsync(store.list('outbox/'))).toHaveLength(1);
  });
});

describe('lost answers', () => {
  test.each([1, 2])('of the ledger, at its write %i, make no difference', async (write) => {
    if (write === 2) s3.before('PutObject', () => s3.fail('PutObject', 'lost answer'));
    else s3.fail('PutObject', 'lost answer');
    expect(outcomes(await run())).toEqual(['sent']);
    expect(sentTo()).toEqual([cfo]);
    expect(states()).toEqual(['sent']);
  });

  test.each(['lost answer', 'silent', 'garbled'] as const)(
    'of SES (%s) leave it to a person, and send nothing by themselves',
    async (fault) => {
      ses.fail(fault);
      await expect(run()).rejects.toMatchObject({ kind: 'dependency', code: 'SES_OUTCOME_UNKNOWN' });
      expect(states()).toEqual(['sending']);
      const again = await run();
      expect(again).toEqual([{ recipient: cfo, outcome: 'unknown', where: null }]);
      expect(sentTo()).toEqual([cfo]);
      expect(outcomes(await run({ resend: true }))).toEqual(['sent']);
      expect(sentTo()).toEqual([cfo, cfo]);
    },
  );

  test('throttling is no silence: the next run sends', async () => {
    ses.fail({ status: 400, code: 'Throttling', message: 'Maximum sending rate exceeded.' }, 5);
    await expect(run()).rejects.toMatchObject({ code: 'SES_THROTTLED' });
    expect(states()).toEqual(['failed']);
    expect(outcomes(await run())).toEqual(['sent']);
  });
});

describe('stopped between its steps', () => {
  const dying = (at: number): ObjectStore => {
    const store = storeOf();
    let writes = 0;
    return {
      ...store,
      async put(key, bytes, condition) {
        writes += 1;
        if (writes === at) throw new Error('the power is gone');
        return store.put(key, bytes, condition);
      },
    };
  };

  test('before the claim: nothing happened, the next run sends', async () => {
    await expect(run({ store: dying(1) })).rejects.toThrow('the power is gone');
    expect([sentTo(), states()]).toEqual([[], []]);
    expect(outcomes(await run())).toEqual(['sent']);
  });

  test('between claim and mail: unknown, nothing is sent', async () => {
    const dead: Mailer = { ...mailerOf(), send: () => Promise.reject(new Error('the power is gone')) };
    await expect(run({ mailer: dead })).rejects.toThrow('the power is gone');
    expect(outcomes(await run())).toEqual(['unknown']);
    expect(sentTo()).toEqual([]);
  });

  test('between mail and its note: unknown, nothing is sent again', async () => {
    await expect(run({ store: dying(2) })).rejects.toMatchObject({ code: 'DELIVERY_UNKNOWN' });
    expect(outcomes(await run())).toEqual(['unknown']);
    expect(sentTo()).toEqual([cfo]);
  });

  test('a ledger that cannot be written after the mail is no failed mail', async () => {
    s3.before('PutObject', () => s3.fail('PutObject', { status: 503, code: 'SlowDown' }, { times: 3 }));
    await expect(run()).rejects.toMatchObject({ kind: 'dependency', code: 'DELIVERY_UNKNOWN' });
    expect(states()).toEqual(['sending']);
    expect(outcomes(await run())).toEqual(['unknown']);
    expect(sentTo()).toEqual([cfo]);
  });

  test('a ledger that cannot be written before the mail sends none', async () => {
    s3.fail('PutObject', { status: 503, code: 'SlowDown' }, { times: 3 });
    await expect(run()).rejects.toMatchObject({ code: 'S3_BUSY' });
    expect([sentTo(), states()]).toEqual([[], []]);
  });

  test('an entry that is damaged is told, with its key', async () => {
    await run();
    const [key = ''] = s3.buckets.get('bucket')?.keys() ?? [];
    s3.put('bucket', key, '{');
    await expect(run()).rejects.toMatchObject({ code: 'DAMAGED', hint: expect.stringContaining(key) });
    expect(sentTo()).toEqual([cfo]);
  });
});
