/**
 * A month that the stack pulls by itself: the schedule fires, the key comes from the secret, one call after another keeps
 * pages, and what is mailed is what one machine makes of the same account.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { addMonths, parseMonth } from '../../functions/core/month.ts';
import { retention } from '../cli/retention.ts';
import { type Folder, openFolder } from '../pipeline/folder.ts';
import { apiKey, type StripeServer, startStripe } from '../servers/stripe.ts';
import { accountAt, pulledOn, rates } from '../sources/stripe/book.ts';
import { type Cloud, openCloud } from './cloud.ts';
import { region, rootCredentials } from './emulator.ts';
import { settings } from './installation.ts';
import { until } from './processes.ts';
import { type Ended, type Ops, opsOf } from './runs.ts';
import { fireSchedule } from './scheduler.ts';
import { synthesized } from './synth.ts';

const address = 'stripe:?parent=group';
const now = new Date();

/** A schedule that fires now reports the month before. */
const zone = new Intl.DateTimeFormat('sv-SE', {
  timeZone: settings.config.timeZone,
  year: 'numeric',
  month: '2-digit',
});
const month = addMonths(parseMonth(zone.format(now)), -1);
const before = addMonths(month, -1);

const files = [
  ...['report.json', 'report.html', 'report.pdf', 'report.xlsx'],
  ...['email.html', 'email.txt', 'email.eml', 'segments.csv', 'movements.csv'],
];

let assembly: Awaited<ReturnType<typeof synthesized>>;
let stripe: StripeServer;
let cloud: Cloud;
let ops: Ops;
let folder: Folder;

beforeAll(async () => {
  stripe = await startStripe(accountAt(pulledOn('2026-10')), 8);
  assembly = await synthesized({ billingSource: address });
  cloud = await openCloud(assembly.assembly);
  ops = opsOf(cloud);
  folder = await openFolder({});
  // The account is on this machine, and a call has time for one page: it always ends within two minutes of its end.
  await cloud.lambda.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: cloud.functionNames.get('pull'),
      Timeout: 120,
      Environment: {
        Variables: {
          INBOX_BUCKET: cloud.outputs.InboxBucket,
          LAKE_BUCKET: cloud.outputs.LakeBucket,
          BILLING_SOURCE: address,
          BILLING_SECRET: cloud.outputs.BillingSecretArn ?? '',
          RETENTION_STRIPE_URL: stripe.url,
        },
      },
    }),
  );
  // Stripe has no rates: they are put into the inbox by people.
  const place = { Bucket: cloud.outputs.InboxBucket, Key: `inbox/${before}/fx.csv` };
  await cloud.s3.send(new PutObjectCommand({ ...place, Body: rates }));
  await mkdir(join(folder.home, `inbox/stripe/${before}`), { recursive: true });
  await writeFile(join(folder.home, `inbox/stripe/${before}/fx.csv`), rates);
  await writeFile(join(folder.home, 'config.json'), JSON.stringify(settings.config));
}, 360_000);

afterAll(async () => {
  await cloud?.close();
  await stripe?.close();
  await folder?.dispose();
  await assembly?.dispose();
});

/** What the machine makes of the month that is pulled at this very moment. */
const runHere = async (at: string): Promise<void> => {
  const own = ['--home', folder.home, '--config', join(folder.home, 'config.json'), '--no-email'];
  const told = await retention(['run', '--month', at, '--source', address, ...own], {
    environment: {
      STRIPE_API_KEY: apiKey,
      RETENTION_STRIPE_URL: stripe.url,
      SOURCE_DATE_EPOCH: `${Math.floor(now.getTime() / 1000)}`,
    },
  });
  expect(told, told.stderr).toMatchObject({ status: 0 });
};

/** The first revision of a month, here and there. */
const expectSame = async (at: string): Promise<void> => {
  expect(await ops.report(at, 1)).toEqual(await folder.report(1, at));
  for (const name of files) {
    const path = `archive/month=${at}/revision=1/${name}`;
    const here = await readFile(join(folder.home, path));
    expect((await ops.read(path))?.equals(here), `${path} is the same in both`).toBe(true);
  }
};

const putKey = (key: string) =>
  new SecretsManagerClient({ endpoint: cloud.emulator.endpoint, region, credentials: rootCredentials }).send(
    new PutSecretValueCommand({ SecretId: cloud.outputs.BillingSecretArn, SecretString: key }),
  );

/** What the doctor says of the key, which it does not read. */
const keyAsLookedAt = async (): Promise<unknown> => {
  const told = await retention(['doctor', '--stack', settings.stackName, '--json'], { environment: cloud.environment });
  const { checks } = z.object({ checks: z.array(z.looseObject({ name: z.string() })) }).parse(JSON.parse(told.stdout));
  return checks.find(({ name }) => name === 'key')?.outcome;
};

/** What ops are told of a run that failed: a moment after its end. */
const alertOf = ({ name }: Ended) => until(`the alert of ${name}`, async () => ops.alerts(name)[0] ?? null);

const callsOf = ({ events }: Ended, state: string): number =>
  events.filter(({ stateEnteredEventDetails: entered }) => entered?.name === state).length;

describe('a stack with a billing system', () => {
  it('says that its secret holds no key yet, and what to do', async () => {
    const run = await ops.run({ month: before });
    expect(run).toMatchObject({
      status: 'FAILED',
      error: 'BILLING_KEY',
      failure: { code: 'BILLING_KEY', kind: 'usage' },
    });
    const alert = await alertOf(run);
    expect(alert.subject).toContain('BILLING_KEY');
    expect(alert.text).toContain('aws secretsmanager put-secret-value --secret-id');
    expect(stripe.asked).toEqual([]);
    expect(await keyAsLookedAt()).toBe('fail');
  });

  it('tells of a key that the vendor does not know, and never quotes it', async () => {
    await putKey('rk_wrong_key');
    expect(await keyAsLookedAt()).toBe('ok');
    const run = await ops.run({ month: before });
    expect(run).toMatchObject({ status: 'FAILED', error: 'Dependency', failure: { code: 'STRIPE_KEY' } });
    const alert = await alertOf(run);
    expect(alert.text).toContain('aws secretsmanager put-secret-value');
    expect(alert.text).not.toContain('rk_wrong_key');
    await putKey(JSON.stringify({ apiKey }));
  });

  it('pulls a month in as many calls as it takes, and archives what one machine makes of it', async () => {
    const run = await ops.run({ month: before });
    expect(run).toMatchObject({ status: 'SUCCEEDED', error: null, failure: null });
    expect(callsOf(run, 'Pull')).toBeGreaterThan(5);
    await runHere(before);
    await expectSame(before);
    expect((await ops.keys(`inbox/stripe-raw/${before}/`)).map((key) => key.split('/')[3])).toContain('pull=1');
  });

  it('pulls by itself when the schedule fires, and mails the board', async () => {
    await fireSchedule(cloud, 'Monthly');
    const run = await ops.end(`scheduled-${month}`);
    expect(run).toMatchObject({ status: 'SUCCEEDED', error: null, failure: null });
    expect(callsOf(run, 'Pull')).toBeGreaterThan(5);
    expect(run.outcome).toMatchObject({ month, archived: { revision: 1, added: true } });
    await runHere(month);
    await expectSame(month);
    const mails = await ops.newMails();
    expect(mails.flatMap(({ To }) => To).sort()).toEqual([...settings.config.recipients].sort());
  });

  it('does not ask again for a month that is there, unless it is told to', async () => {
    const asked = stripe.asked.length;
    const again = await ops.run({ month });
    expect(again).toMatchObject({ status: 'SUCCEEDED', outcome: { archived: { revision: 1, added: false } } });
    expect([stripe.asked.length, callsOf(again, 'Pull')]).toEqual([asked, 1]);
    const anew = await ops.run({ month, pullAgain: true });
    expect(anew).toMatchObject({ status: 'SUCCEEDED', outcome: { archived: { revision: 1, added: false } } });
    expect(stripe.asked.length).toBeGreaterThan(asked + 5);
    expect(`${await ops.read(`inbox/stripe/${month}.json`)}`).toContain('"pull": 2');
  });

  it('writes its key nowhere', async () => {
    const logged = cloud.emulator.log();
    expect(logged.length).toBeGreaterThan(1000);
    for (const key of [apiKey, 'rk_wrong_key']) expect(logged.includes(key)).toBe(false);
    for (const prefix of ['inbox/', 'runs/', 'lake/', 'archive/'])
      for (const key of await ops.keys(prefix)) expect((await ops.read(key))?.includes(apiKey), key).toBe(false);
  });
});
