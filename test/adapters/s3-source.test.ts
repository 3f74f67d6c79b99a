/** Snapshots in a bucket: the folder's rules, hashes that are remembered, and files fetched when they are read. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3ObjectStore } from '../../functions/adapters/s3-object-store.ts';
import { openS3Source } from '../../functions/adapters/s3-source.ts';
import { parseMonth } from '../../functions/core/month.ts';
import { ReportError } from '../../functions/errors.ts';
import { type FakeS3, openFakeS3 } from '../aws/fake-s3.ts';

const october = parseMonth('2026-10');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('openS3Source', () => {
  let s3: FakeS3;
  let scratch: string;

  beforeEach(async () => {
    s3 = await openFakeS3({ buckets: ['inbox', 'lake'], pageSize: 3 });
    scratch = await mkdtemp(join(tmpdir(), 's3-source-'));
  });
  afterEach(async () => {
    await s3.close();
    await rm(scratch, { recursive: true, force: true });
  });

  const put = (name: string, content = name) => s3.put('inbox', `inbox/${name}`, content);
  const open = () => {
    const client = s3.client();
    const bucketOf = (key: string) => (key.startsWith('inbox/') ? 'inbox' : 'lake');
    const store = s3ObjectStore({ client, bucketOf, scratch });
    return openS3Source({ client, bucket: 'inbox', store, scratch });
  };
  const failureOf = async (work: Promise<unknown>): Promise<ReportError> => {
    const failure = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ReportError);
    return failure as ReportError;
  };
  const fetched = () => s3.asked.filter((asked) => asked.startsWith('GetObject inbox/'));

  it('has the months that have objects, and warns of what lies beside them', async () => {
    for (const month of ['2026-10', '2025-12', '2026-01', '2026-02', '2026-03']) put(`${month}/lines.csv`);
    for (const name of ['', 'notes.txt', '2026-10', 'old/x', '.git/config', '../2026-11/lines.csv', '/2026-11/fx.csv'])
      put(name);
    s3.put('inbox', 'outbox/2026-11/lines.csv', 'x');
    const source = await open();
    expect(source.months).toEqual(['2025-12', '2026-01', '2026-02', '2026-03', '2026-10']);
    expect(source.warnings.map((warning) => warning.split(' ')[0])).toEqual(['/', '2026-10', 'notes.txt', 'old']);
  });

  it('has months that were pulled, of each the pull that counts and nothing else, beside what was uploaded', async () => {
    for (const pull of [1, 2, 3])
      for (const name of ['control.json', 'lines/part-00001.ndjson', 'customers/part-00001.ndjson'])
        put(`stripe/2026-10/pull=${pull}/${name}`, `pull ${pull} ${name}`);
    // One is under way, and another month has not been whole yet.
    put('stripe/2026-10.json', '{"pull":2}');
    put('stripe/2026-11/pull=1/lines/part-00001.ndjson');
    put('stripe-raw/2026-10/pull=2/charges/000001.json.gz');
    for (const name of ['2026-10/fx.csv', '2026-09/lines.csv']) put(name);
    const source = await open();
    expect([source.months, source.warnings]).toEqual([['2026-09', '2026-10'], []]);
    const { tables, control, warnings } = await source.read(october);
    expect(warnings).toEqual([]);
    const found = [...Object.values(tables).flat(), ...(control === null ? [] : [control])];
    expect(found.map(({ name }) => name)).toEqual([
      '2026-10/lines/part-00001.ndjson',
      '2026-10/customers/part-00001.ndjson',
      '2026-10/fx.csv',
      '2026-10/control.json',
    ]);
    expect(await readFile((await found[0]?.local()) ?? '', 'utf8')).toBe('pull 2 lines/part-00001.ndjson');
    expect(control?.sha256).toBe(sha256('pull 2 control.json'));
    put('2026-10/lines.csv');
    expect(await failureOf(source.survey(october))).toMatchObject({ kind: 'blocked' });
  });

  it('may be empty, and has no month that is not there', async () => {
    const source = await open();
    expect(source.months).toEqual([]);
    expect(await failureOf(source.read(october))).toMatchObject({ kind: 'usage' });
    put('2026-1/lines.csv');
    expect((await failureOf(open())).message).toBe('The folder 2026-1 is not a month');
  });

  it('reads a month as a folder would: files, parts in order, control totals, warnings', async () => {
    for (const name of ['fx.csv', 'lines/b.csv.gz', 'lines/a.ndjson', 'lines/part-10.csv', 'lines/part-2.csv'])
      put(`2026-10/${name}`);
    for (const name of ['control.json', 'refunds.csv', 'lines/readme.txt', 'lines/deep/c.csv', '.x', 'lines/.y.csv'])
      put(`2026-10/${name}`);
    for (const marker of ['2026-10/', '2026-10/lines/', '2026-10/payments/']) put(marker, '');
    put('2026-11/lines.csv');
    const found = await (await open()).read(october);
    expect(found.tables.lines.map(({ name, form, gzip }) => [name, form, gzip])).toEqual([
      ['2026-10/lines/a.ndjson', 'ndjson', false],
      ['2026-10/lines/b.csv.gz', 'csv', true],
      ['2026-10/lines/part-10.csv', 'csv', false],
      ['2026-10/lines/part-2.csv', 'csv', false],
    ]);
    const [fx] = found.tables.fx;
    expect(fx).toMatchObject({ name: '2026-10/fx.csv', bytes: 14, sha256: sha256('2026-10/fx.csv') });
    expect(await readFile((await fx?.local()) ?? '', 'utf8')).toBe('2026-10/fx.csv');
    expect(found.control).toMatchObject({ name: '2026-10/control.json' });
    expect(found.tables.payments).toEqual([]);
    expect(found.warnings.map((warning) => warning.split(' ')[0])).toEqual([
      '2026-10/lines/deep',
      '2026-10/lines/readme.txt',
      '2026-10/refunds.csv',
    ]);
  });

  it.each([
    ['lines.csv', 'lines.parquet'],
    ['lines.csv', 'lines/a.csv'],
    ['lines/a.csv', 'lines/a.csv.gz'],
  ])('refuses a table that is there twice, as %s and %s', async (one, other) => {
    put(`2026-10/${one}`);
    put(`2026-10/${other}`);
    expect(await failureOf((await open()).read(october))).toMatchObject({ kind: 'blocked', code: 'BAD_ROW' });
  });

  it('is not led out of its scratch folder by a key', async () => {
    const hostile = [
      'lines/..',
      'lines/../../../../escape.csv',
      'lines/a\u0001\n.csv',
      'lines//b.csv',
      'lines/c\\..\\d.csv',
    ];
    for (const name of hostile) put(`2026-10/${name}`);
    const { tables, warnings } = await (await open()).read(october);
    expect(tables.lines.map(({ name }) => name)).toEqual(['2026-10/lines/a\u0001\n.csv', '2026-10/lines/c\\..\\d.csv']);
    expect(warnings).toEqual(['2026-10/lines/ is no part of a table and was ignored']);
    for (const { local } of tables.lines)
      expect(await local()).toMatch(new RegExp(`^${scratch}/source-[0-9a-f]{64}\\.csv$`));
    expect((await readdir(scratch)).every((name) => name.startsWith('source-'))).toBe(true);
  });

  describe('hashes', () => {
    it('are remembered: a file is fetched to be hashed once, and again only to be read', async () => {
      put('2026-10/lines.csv', 'one');
      await (await open()).read(october);
      expect(fetched()).toHaveLength(1);
      const [file] = (await (await open()).read(october)).tables.lines;
      expect(file?.sha256).toBe(sha256('one'));
      expect(fetched()).toHaveLength(1);
      const paths = await Promise.all([file?.local(), file?.local()]);
      expect(await readFile(paths[0] ?? '', 'utf8')).toBe('one');
      expect(fetched()).toHaveLength(2);
      expect([...s3.buckets.get('lake')!.keys()]).toEqual([
        `lake/source-hashes/${sha256('inbox/2026-10/lines.csv')}.json`,
      ]);
    });

    it('a file that was hashed just now is not fetched a second time to be read', async () => {
      put('2026-10/lines.csv', 'one');
      const [file] = await (await open()).readTable(october, 'lines');
      expect(await readFile((await file?.local()) ?? '', 'utf8')).toBe('one');
      expect(fetched()).toHaveLength(1);
    });

    it('of a replaced file are those of the new one', async () => {
      put('2026-10/lines.csv', 'one');
      await (await open()).read(october);
      put('2026-10/lines.csv', 'two');
      expect((await (await open()).read(october)).tables.lines[0]?.sha256).toBe(sha256('two'));
    });

    it('that were tampered with are noticed when the file is read', async () => {
      put('2026-10/lines.csv', 'one');
      await (await open()).read(october);
      const [key, memo] = [...s3.buckets.get('lake')!][0]!;
      s3.put('lake', key, memo.bytes.toString().replace(sha256('one'), sha256('two')));
      const [file] = (await (await open()).read(october)).tables.lines;
      expect(await failureOf(file?.local() ?? Promise.resolve())).toMatchObject({
        code: 'DAMAGED',
        hint: expect.stringContaining(key),
      });
    });
  });

  describe('a survey', () => {
    it('tells which tables have a file that nobody hashed, and fetches none', async () => {
      put('2026-10/fx.csv');
      put('2026-10/lines/a.csv');
      await (await open()).read(october);
      put('2026-10/lines/b.csv');
      put('2026-10/payments.csv');
      const before = fetched().length;
      const { tables } = await (await open()).survey(october);
      expect(tables).toMatchObject({
        lines: null,
        payments: null,
        customers: [],
        fx: [{ name: '2026-10/fx.csv', sha256: sha256('2026-10/fx.csv') }],
      });
      expect(fetched()).toHaveLength(before);
    });
  });

  it.each(['replaced', 'removed'])(
    'a file that is %s after it was listed is told, and another run reads it',
    async (how) => {
      put('2026-10/lines.csv', 'one');
      const change = () => (how === 'replaced' ? put('2026-10/lines.csv', 'two') : s3.buckets.get('inbox')!.clear());
      s3.before('GetObject', () => {}); // the memo
      s3.before('GetObject', change);
      const failure = await failureOf((await open()).read(october));
      expect(failure).toMatchObject({ kind: 'dependency', code: 'SOURCE_CHANGED' });
      expect(failure.message).toContain('s3://inbox/inbox/2026-10/lines.csv');
      expect(await readdir(scratch)).toEqual([]);
      if (how === 'replaced') expect((await (await open()).read(october)).tables.lines[0]?.sha256).toBe(sha256('two'));
    },
  );

  it('a download that fails can be tried again', async () => {
    put('2026-10/lines.csv', 'one');
    await (await open()).read(october);
    const [file] = (await (await open()).read(october)).tables.lines;
    s3.fail('GetObject', { status: 403, code: 'AccessDenied' });
    expect(await failureOf(file?.local() ?? Promise.resolve())).toMatchObject({ code: 'S3_ACCESS_DENIED' });
    expect(await readFile((await file?.local()) ?? '', 'utf8')).toBe('one');
  });
});
