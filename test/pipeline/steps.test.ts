/** A run as steps: the same bytes as in one go, whatever is repeated, and every fault told at once. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLocalWorld } from '../../functions/compose-local.ts';
import { parseConfig } from '../../functions/config-file.ts';
import { defaultConfig } from '../../functions/core/config.ts';
import { parseMonth } from '../../functions/core/month.ts';
import type { World } from '../../functions/pipeline.ts';
import { recipientsOf } from '../../functions/recipients.ts';
import { outcomeSchema, type RunRequest } from '../../functions/run-record.ts';
import { openBucketSource, type SnapshotBucket } from '../../functions/sources/bucket-source.ts';
import { archiveStep, deliverStep, measureStep, readTable, tasksOf } from '../../functions/steps.ts';
import { type Folder, openFolder, treeOf } from './folder.ts';

const month = parseMonth('2026-10');
const config = parseConfig({ recipients: ['board@example.com'] }, 'the configuration');
const ops = ['ops@example.com'];
const request: RunRequest = { month, check: false, mail: { to: 'ops', resend: false } };

/** The folder as a bucket that has it below `inbox/`, and what was fetched of it. */
const bucketOf = (dir: string): { bucket: SnapshotBucket; fetched: string[] } => {
  const fetched: string[] = [];
  const hashOf = async (path: string) =>
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
  const pathOf = (key: string) => join(dir, key.slice('inbox/'.length));
  const bucket: SnapshotBucket = {
    name: 'the inbox',
    names: async (prefix) => {
      const entries = await readdir(pathOf(prefix), { withFileTypes: true });
      return entries.map((entry) => `${prefix}${entry.name}${entry.isDirectory() ? '/' : ''}`);
    },
    objects: async (prefix) => {
      const entries = await readdir(pathOf(prefix), { recursive: true, withFileTypes: true });
      const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      return Promise.all(
        paths.sort().map(async (path) => ({
          key: `inbox/${path.slice(dir.length + 1)}`,
          etag: await hashOf(path),
          bytes: (await stat(path)).size,
        })),
      );
    },
    fetch: async ({ key }) => {
      fetched.push(key);
      return { path: pathOf(key), sha256: await hashOf(pathOf(key)) };
    },
  };
  return { bucket, fetched };
};

let folder: Folder;
let home: string;
beforeEach(async () => {
  folder = await openFolder();
  home = await mkdtemp(join(tmpdir(), 'steps-'));
});
afterEach(async () => {
  await folder.dispose();
  await rm(home, { recursive: true, force: true });
});

const inWorld = <T>(work: (world: World) => Promise<T>): Promise<T> =>
  withLocalWorld(
    {
      home,
      dryRun: false,
      environment: { SOURCE_DATE_EPOCH: '1793600000' },
      progress: () => {},
      note: () => {},
    },
    work,
  );

/** Each step in a world of its own, as functions have it, and each of them twice. */
const twice = async <T>(work: (world: World) => Promise<T>): Promise<T> => {
  await inWorld(work);
  return inWorld(work);
};

const plan = () =>
  inWorld(async ({ store }) =>
    tasksOf(month, await openBucketSource(bucketOf(folder.source).bucket, store), defaultConfig, store),
  );
const readAll = (run: string) =>
  inWorld(async (world) => {
    const source = await sourceOf(world);
    for (const task of await tasksOf(month, source, defaultConfig, world.store))
      await readTable(run, task, source, defaultConfig, world);
  });
const sourceOf = ({ store }: World) => openBucketSource(bucketOf(folder.source).bucket, store);
const outcome = async (run: string) =>
  outcomeSchema.parse(JSON.parse(await readFile(join(home, `runs/${run}/outcome.json`), 'utf8')));

describe('a run in steps', () => {
  it('archives the bytes of a run in one go, and mails once', async () => {
    await folder.run({ config: { recipients: ['board@example.com'] }, email: false });
    const whole = await folder.tree('archive');

    const tasks = await plan();
    expect(tasks).toContainEqual({ month, table: 'lines' });
    await readAll('one');
    expect(await plan(), 'nothing is read twice').toEqual([]);
    await twice(async (world) => measureStep('one', request, await sourceOf(world), config, world));
    const first = await inWorld(async (world) => archiveStep('one', request, await sourceOf(world), config, world));
    expect(first).toEqual({ revision: 1, added: true, missing: [] });
    const again = await inWorld(async (world) => archiveStep('one', request, await sourceOf(world), config, world));
    expect(again, 'a second try adds nothing').toEqual({ revision: 1, added: false, missing: [] });
    const deliveries = await twice((world) => deliverStep('one', request, 1, ops, config, world));
    expect(deliveries).toMatchObject([{ recipient: 'ops@example.com', outcome: 'already sent' }]);

    expect(await treeOf(join(home, 'archive'))).toEqual(whole);
    expect(await readdir(join(home, 'outbox'))).toHaveLength(1);
    expect(await outcome('one')).toMatchObject({
      month,
      archived: { revision: 1 },
      deliveries: [{ outcome: 'already sent' }],
    });
  });

  it('fetches nothing to measure but the control totals', async () => {
    await readAll('one');
    const { bucket, fetched } = bucketOf(folder.source);
    await inWorld(async (world) =>
      measureStep('one', request, await openBucketSource(bucket, world.store), config, world),
    );
    expect(fetched.filter((key) => !key.endsWith('control.json'))).toEqual([]);
  });

  it('tells the faults of every table, archives nothing', async () => {
    await folder.write({
      '2026-10/lines.csv':
        'customer_id,subscription_id,item_id,product,currency,mrr,status\na,b,c,Core,USD,-5,active\n',
      '2026-10/payments.csv':
        'customer_id,invoice_id,failed_on,amount,currency,state\na,b,2026-10-40,1,USD,recovered\n',
    });
    await readAll('bad');
    const measured = inWorld(async (world) => measureStep('bad', request, await sourceOf(world), config, world));
    await expect(measured).rejects.toMatchObject({ kind: 'blocked', code: 'NEGATIVE_MRR, BAD_ROW' });
    await expect(readdir(join(home, 'archive'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('only looks when it is a check', async () => {
    await readAll('look');
    await inWorld(async (world) =>
      measureStep('look', { ...request, check: true }, await sourceOf(world), config, world),
    );
    expect(await outcome('look')).toMatchObject({ month, archived: null, deliveries: [] });
    await expect(readdir(join(home, 'archive'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('mails nobody a revision that has been corrected since', async () => {
    await readAll('late');
    await inWorld(async (world) => archiveStep('late', request, await sourceOf(world), config, world));
    await folder.write({ '2026-10/fx.csv': 'currency,rate\nEUR,1.20\n' });
    await readAll('next');
    await inWorld(async (world) => archiveStep('next', request, await sourceOf(world), config, world));
    const late = inWorld((world) => deliverStep('late', request, 1, ops, config, world));
    await expect(late).rejects.toMatchObject({ kind: 'usage', message: expect.stringContaining('superseded') });
    await expect(readdir(join(home, 'outbox'))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await inWorld((world) => deliverStep('next', request, 2, ops, config, world))).toHaveLength(1);
  });

  it('a month that another run is archiving is left to it', async () => {
    await readAll('two');
    await inWorld(async (world) => {
      const lease = { holder: 'other', until: new Date(world.clock.now().getTime() + 60_000).toISOString() };
      await world.store.put(`runs/leases/month=${month}.json`, new TextEncoder().encode(JSON.stringify(lease)));
    });
    const archived = inWorld(async (world) => archiveStep('two', request, await sourceOf(world), config, world));
    await expect(archived).rejects.toMatchObject({ kind: 'dependency', code: 'MONTH_BUSY' });
    await expect(readdir(join(home, 'archive'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('who is mailed', () => {
  it.each([
    ['ops', ops],
    ['recipients', ['board@example.com']],
    [['one@example.com'], ['one@example.com']],
  ] as const)('%j', (to, addresses) =>
    expect(recipientsOf({ to: typeof to === 'string' ? to : [...to], resend: false }, config, ops)).toEqual(addresses),
  );

  it.each(['ops', 'recipients'] as const)('nobody in %s is an error, not a silent run', (to) => {
    const nobody = parseConfig({}, 'the configuration');
    expect(() => recipientsOf({ to, resend: false }, nobody, [])).toThrow(expect.objectContaining({ kind: 'usage' }));
  });
});
