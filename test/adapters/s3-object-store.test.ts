/** Objects in S3, by the real SDK against a server that speaks its protocol and fails as it is told to. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { s3ObjectStore } from '../../functions/adapters/s3-object-store.ts';
import { ReportError } from '../../functions/errors.ts';
import type { ObjectStore } from '../../functions/ports.ts';
import { type FakeS3, type Fault, openFakeS3 } from '../aws/fake-s3.ts';
import { objectStoreContract } from '../contract/object-store.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

objectStoreContract('S3', async () => {
  const s3 = await openFakeS3({ pageSize: 5 });
  const scratch = await mkdtemp(join(tmpdir(), 's3-'));
  const open = () => s3ObjectStore({ client: s3.client(), bucketOf: () => 'bucket', scratch });
  return {
    store: open(),
    again: open,
    async dispose() {
      await s3.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
});

describe('the S3 object store', () => {
  let s3: FakeS3;
  let scratch: string;
  let store: ObjectStore;

  beforeEach(async () => {
    s3 = await openFakeS3({ buckets: ['lake', 'archive'] });
    scratch = await mkdtemp(join(tmpdir(), 's3-'));
    store = storeOf();
  });
  afterEach(async () => {
    await s3.close();
    await rm(scratch, { recursive: true, force: true });
  });

  const storeOf = (options: Parameters<FakeS3['client']>[0] = {}) =>
    s3ObjectStore({
      client: s3.client(options),
      bucketOf: (key) => (key.startsWith('archive/') ? 'archive' : 'lake'),
      scratch: join(scratch, 'copies'),
    });
  const failureOf = async (work: Promise<unknown>): Promise<ReportError> => {
    const failure = await work.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ReportError);
    return failure as ReportError;
  };
  const fileOf = async (content: string | Uint8Array): Promise<string> => {
    const path = join(scratch, 'finished');
    await writeFile(path, content);
    return path;
  };
  const askedFor = (operation: string) => s3.asked.filter((asked) => asked.startsWith(`${operation} `)).length;
  const mebibytes = (count: number) => randomBytes(count * 1024 * 1024);

  it('routes keys and prefixes to their buckets', async () => {
    await store.put('archive/a', bytesOf('one'));
    await store.put('lake/a', bytesOf('two'));
    expect([...s3.buckets.get('archive')!.keys()]).toEqual(['archive/a']);
    expect([...s3.buckets.get('lake')!.keys()]).toEqual(['lake/a']);
    expect(await Array.fromAsync(store.list('archive/'))).toEqual(['archive/a']);
  });

  it.each([
    ['report.html', 'text/html; charset=utf-8', 'inline'],
    ['report.json', 'application/json', 'inline'],
    ['index.html', 'text/html; charset=utf-8', 'inline'],
    ['index.json', 'application/json', 'inline'],
    ['email.txt', 'text/plain; charset=utf-8', 'inline'],
    ['report.pdf', 'application/pdf', 'inline'],
    ['chart.png', 'image/png', 'inline'],
    [
      'report.xlsx',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'attachment; filename="report.xlsx"',
    ],
    ['segments.csv', 'text/csv; charset=utf-8', 'attachment; filename="segments.csv"'],
    ['email.eml', 'message/rfc822', 'attachment; filename="email.eml"'],
    ['a"b.csv', 'text/csv; charset=utf-8', 'attachment'],
    ['LICENSE', 'application/octet-stream', undefined],
  ])('%s opens as %s', async (name, type, disposition) => {
    await store.put(`archive/${name}`, bytesOf('x'));
    const { headers } = s3.buckets.get('archive')!.get(`archive/${name}`)!;
    expect([headers['content-type'], headers['content-disposition']]).toEqual([type, disposition]);
  });

  it('lists neither folder markers nor keys that are none, and asks for every page', async () => {
    const small = await openFakeS3({ pageSize: 2 });
    const other = s3ObjectStore({ client: small.client(), bucketOf: () => 'bucket', scratch });
    for (const key of ['a/', 'a//b', 'a/../b', 'a/1', 'a/2', 'a/3', 'a/\u0001&<4>']) small.put('bucket', key, 'x');
    expect(await Array.fromAsync(other.list('a/'))).toEqual(['a/\u0001&<4>', 'a/1', 'a/2', 'a/3']);
    expect(small.asked).toHaveLength(4);
    await small.close();
  });

  describe('an answer that is lost', () => {
    it('after a write ifAbsent: the write is known again', async () => {
      s3.fail('PutObject', 'lost answer');
      const etag = await store.put('a', bytesOf('one'), { ifAbsent: true });
      expect(etag).toBe(s3.buckets.get('lake')!.get('a')!.etag);
      expect(askedFor('PutObject')).toBe(2);
      expect(await store.put('a', bytesOf('two'), { ifMatch: etag! })).not.toBeNull();
    });

    it('after a write ifMatch: the write is known again', async () => {
      const etag = (await store.put('a', bytesOf('one')))!;
      s3.fail('PutObject', 'lost answer');
      expect(await store.put('a', bytesOf('two'), { ifMatch: etag })).toBe(s3.buckets.get('lake')!.get('a')!.etag);
      expect(textOf((await store.get('a'))?.bytes)).toBe('two');
    });

    it('does not make a rival that wrote the very same bytes a winner', async () => {
      expect(await store.put('a', bytesOf('one'), { ifAbsent: true })).not.toBeNull();
      expect(await storeOf().put('a', bytesOf('one'), { ifAbsent: true })).toBeNull();
    });

    it('and replaced by a rival before we look: null, and the rival stays', async () => {
      s3.fail('PutObject', 'lost answer');
      s3.before('HeadObject', () => s3.put('lake', 'a', 'rival'));
      expect(await store.put('a', bytesOf('one'), { ifAbsent: true })).toBeNull();
      expect(textOf((await store.get('a'))?.bytes)).toBe('rival');
    });

    it('after the last step of an upload in parts: the object is there and nothing is left over', async () => {
      const bytes = mebibytes(17);
      s3.fail('CompleteMultipartUpload', 'lost answer');
      await store.putFile('a', await fileOf(bytes));
      expect(bytes.equals(s3.buckets.get('lake')!.get('a')!.bytes)).toBe(true);
      expect(s3.uploads.size).toBe(0);
    });
  });

  describe('rivals at the same moment', () => {
    it('409 is asked again, and written', async () => {
      s3.fail('PutObject', { status: 409, code: 'ConditionalRequestConflict' }, { times: 2 });
      expect(await store.put('a', bytesOf('one'), { ifAbsent: true })).not.toBeNull();
      expect(askedFor('PutObject')).toBe(3);
    });

    it('409, and then the rival is there: null', async () => {
      s3.fail('PutObject', { status: 409, code: 'ConditionalRequestConflict' });
      s3.before('PutObject', () => s3.put('lake', 'a', 'rival'));
      expect(await store.put('a', bytesOf('one'), { ifAbsent: true })).toBeNull();
    });

    it('409 for ever is an error, not a lost race', async () => {
      s3.fail('PutObject', { status: 409, code: 'ConditionalRequestConflict' }, { times: 100 });
      const failure = await failureOf(store.put('a', bytesOf('one'), { ifAbsent: true }));
      expect(failure).toMatchObject({ kind: 'dependency', code: 'S3_CONFLICT' });
      expect(failure.message).toContain('s3://lake/a');
    });
  });

  describe('broken connections', () => {
    it('a body that breaks off is read again', async () => {
      await store.put('a', mebibytes(1));
      s3.fail('GetObject', 'cut body', { times: 2 });
      expect((await store.get('a'))?.bytes.length).toBe(1024 * 1024);
      s3.fail('GetObject', 'cut body');
      expect((await stat((await store.localFile('a'))!)).size).toBe(1024 * 1024);
      expect(await readdir(join(scratch, 'copies'))).toHaveLength(1);
    });

    it('a body that always breaks off is an error, and leaves no half file', async () => {
      await store.put('a', mebibytes(1));
      s3.fail('GetObject', 'cut body', { times: 100 });
      const failure = await failureOf(store.localFile('a'));
      expect(failure).toMatchObject({ kind: 'dependency', code: 'S3_INTERRUPTED' });
      expect(failure.message).toContain('s3://lake/a');
      expect(await readdir(join(scratch, 'copies'))).toEqual([]);
    });

    it('bytes that change on the way are read again', async () => {
      await store.put('a', bytesOf('one'));
      s3.fail('GetObject', 'garbled body');
      expect(textOf((await store.get('a'))?.bytes)).toBe('one');
      s3.fail('GetObject', 'garbled body');
      expect(await readFile((await store.localFile('a'))!, 'utf8')).toBe('one');
      expect(askedFor('GetObject')).toBe(4);
    });

    it('5xx and cut requests are repeated', async () => {
      s3.fail('PutObject', { status: 503, code: 'SlowDown' });
      s3.fail('PutObject', 'cut request');
      expect(await store.put('a', bytesOf('one'), { ifAbsent: true })).not.toBeNull();
      s3.fail('ListObjectsV2', { status: 500, code: 'InternalError' });
      expect(await Array.fromAsync(store.list(''))).toEqual(['a']);
    });

    it('silence is a failure that says so', async () => {
      s3.fail('GetObject', { slowMs: 1_000 });
      const failure = await failureOf(storeOf({ maxAttempts: 1, requestTimeoutMs: 100 }).get('a'));
      expect(failure).toMatchObject({ kind: 'dependency', code: 'S3_INTERRUPTED' });
    });

    it('no S3 at all is unreachable', async () => {
      const gone = await openFakeS3();
      const client = gone.client({ maxAttempts: 1 });
      await gone.close();
      const failure = await failureOf(s3ObjectStore({ client, bucketOf: () => 'bucket', scratch }).get('a'));
      expect(failure).toMatchObject({ kind: 'dependency', code: 'S3_UNREACHABLE' });
    });
  });

  describe('failures name code, bucket, key and a way out', () => {
    const cases: readonly [Fault & object, string, RegExp][] = [
      [{ status: 403, code: 'AccessDenied' }, 'S3_ACCESS_DENIED', /ListBucket/],
      [{ status: 403, code: 'AccessDenied', message: 'no kms:Decrypt on key' }, 'S3_KMS', /kms:GenerateDataKey/],
      [{ status: 400, code: 'KMS.DisabledException' }, 'S3_KMS', /enabled/],
      [{ status: 404, code: 'NoSuchBucket' }, 'S3_NO_BUCKET', /deployed/],
      [{ status: 503, code: 'SlowDown' }, 'S3_BUSY', /again/],
      [{ status: 400, code: 'ExpiredToken' }, 'S3_CREDENTIALS', /Renew/],
      [{ status: 403, code: 'InvalidObjectState' }, 'S3_ARCHIVED', /restore/],
      [{ status: 418, code: 'Teapot' }, 'S3_FAILED', /S3 said/],
    ];
    it.each(cases)('%j', async (fault, code, hint) => {
      for (const operation of ['GetObject', 'PutObject'] as const) s3.fail(operation, fault, { times: 9 });
      const once = storeOf({ maxAttempts: 1 });
      for (const work of [
        () => once.get('k/1'),
        () => once.localFile('k/1'),
        () => once.put('k/1', bytesOf('x'), { ifAbsent: true }),
      ]) {
        const failure = await failureOf(work());
        expect(failure).toMatchObject({ kind: 'dependency', code, hint: expect.stringMatching(hint) });
        expect(failure.message).toContain('s3://lake/k/1');
      }
    });

    it('a bucket that does not exist has no absent keys', async () => {
      const other = s3ObjectStore({ client: s3.client(), bucketOf: () => 'none', scratch });
      const path = await fileOf('x');
      for (const work of [
        () => other.get('a'),
        () => other.localFile('a'),
        () => other.put('a', bytesOf('x'), { ifMatch: '"x"' }),
        () => Array.fromAsync(other.list('')),
        () => other.putFile('a', path),
      ])
        expect(await failureOf(work())).toMatchObject({ code: 'S3_NO_BUCKET' });
    });
  });

  describe('putFile', () => {
    it('uploads a large file in parts, which nobody sees before the last', async () => {
      const bytes = mebibytes(17);
      let seen: boolean | undefined;
      s3.before('CompleteMultipartUpload', () => {
        seen = s3.buckets.get('archive')!.has('archive/movements.csv');
      });
      const path = await fileOf(bytes);
      await store.putFile('archive/movements.csv', path);
      const object = s3.buckets.get('archive')!.get('archive/movements.csv')!;
      expect(bytes.equals(object.bytes)).toBe(true);
      expect(object.headers['content-type']).toBe('text/csv; charset=utf-8');
      expect([seen, askedFor('UploadPart'), s3.uploads.size]).toEqual([false, 3, 0]);
      await expect(stat(path)).rejects.toThrow('ENOENT');
    });

    it.each(['UploadPart', 'CompleteMultipartUpload'] as const)(
      'when %s fails, keeps the file, gives the parts up and writes nothing',
      async (operation) => {
        const path = await fileOf(mebibytes(17));
        s3.fail(operation, { status: 400, code: 'InvalidRequest' });
        expect(await failureOf(store.putFile('a', path))).toMatchObject({ code: 'S3_FAILED' });
        expect(s3.buckets.get('lake')!.size).toBe(0);
        expect(s3.uploads.size).toBe(0);
        expect((await stat(path)).size).toBe(17 * 1024 * 1024);
      },
    );

    it('repeats a part', async () => {
      const bytes = mebibytes(17);
      s3.fail('UploadPart', { status: 503, code: 'SlowDown' });
      s3.fail('UploadPart', 'lost answer');
      await store.putFile('a', await fileOf(bytes));
      expect(bytes.equals(s3.buckets.get('lake')!.get('a')!.bytes)).toBe(true);
    });

    it('moves regular files only', async () => {
      await expect(store.putFile('a', scratch)).rejects.toThrow(RangeError);
      expect(await failureOf(store.putFile('a', join(scratch, 'none')))).toMatchObject({ code: 'DISK' });
    });
  });

  describe('localFile', () => {
    it('fetches an object once, however often and at once it is asked for', async () => {
      await store.put('a', bytesOf('one'));
      const paths = await Promise.all([store.localFile('a'), store.localFile('a'), store.localFile('a')]);
      expect(new Set(paths).size).toBe(1);
      expect(askedFor('GetObject')).toBe(1);
      expect(await store.localFile('a')).toBe(paths[0]);
    });

    it('fetches another version, and leaves the one before to whoever reads it', async () => {
      await store.put('a', bytesOf('one'));
      const before = (await store.localFile('a'))!;
      await store.put('a', bytesOf('two'));
      const after = (await store.localFile('a'))!;
      expect([await readFile(before, 'utf8'), await readFile(after, 'utf8')]).toEqual(['one', 'two']);
    });

    it('fetches again what was removed from the disk, and has null once the object is gone', async () => {
      await store.put('a', bytesOf('one'));
      await rm((await store.localFile('a'))!);
      expect(await readFile((await store.localFile('a'))!, 'utf8')).toBe('one');
      s3.buckets.get('lake')!.delete('a');
      expect(await store.localFile('a')).toBeNull();
    });
  });
});
