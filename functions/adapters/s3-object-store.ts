/** Objects in S3 buckets: conditional writes decide between rivals, and a lost answer is not taken for a lost race. */
import { createHash, randomUUID } from 'node:crypto';
import { lstat, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { dependencyError } from '../errors.ts';
import type { ObjectStore, PutCondition, StoredObject } from '../ports.ts';
import { downloadObject, readObject } from './s3-download.ts';
import { pause, s3Failure, statusOf } from './s3-errors.ts';
import { s3Headers } from './s3-headers.ts';
import { inCodeUnitOrder, s3Pages } from './s3-list.ts';
import { uploadFile } from './s3-upload.ts';

export type S3ObjectStoreOptions = {
  /** Whoever made it closes it. Its own retries are for 5xx, throttling and broken connections. */
  readonly client: S3Client;
  /** The bucket of a key, or of a prefix: a listing never spans buckets. */
  readonly bucketOf: (key: string) => string;
  /** A folder of this run's own, for local copies. */
  readonly scratch: string;
};

/** Rivals within the same moment are told 409 and may ask again. */
const conflictAttempts = 6;

const isPart = (part: string): boolean => part !== '' && part !== '.' && part !== '..';

const isKey = (key: string): boolean => key.isWellFormed() && !/[\\\0]/.test(key) && key.split('/').every(isPart);

const headersOf = (condition: PutCondition | undefined) => {
  if (condition === undefined) return {};
  return 'ifAbsent' in condition ? { IfNoneMatch: '*' } : { IfMatch: condition.ifMatch };
};

/**
 * An ObjectStore over one or several buckets, whose etags are S3's. A written object carries the id of its write as
 * metadata (`write-id`), by which a write is known again whose answer was lost.
 */
export const s3ObjectStore = ({ client, bucketOf, scratch }: S3ObjectStoreOptions): ObjectStore => {
  const copies = new Map<string, { readonly etag: string; readonly path: string }>();
  const running = new Map<string, Promise<string | null>>();

  const placeOf = (key: string): { readonly Bucket: string; readonly Key: string } => {
    if (!isKey(key)) throw new RangeError(`${JSON.stringify(key)} is no object key`);
    return { Bucket: bucketOf(key), Key: key };
  };

  /** The etag of what is stored when it is this very write; null when it is another's. */
  const own = async (place: ReturnType<typeof placeOf>, writeId: string): Promise<string | null> => {
    try {
      const { Metadata, ETag } = await client.send(new HeadObjectCommand(place));
      return Metadata?.['write-id'] === writeId && ETag !== undefined ? ETag : null;
    } catch (error) {
      if (statusOf(error) === 404) return null;
      throw error;
    }
  };

  const get = async (key: string): Promise<StoredObject | null> => {
    const { Bucket } = placeOf(key);
    const found = await readObject(client, { bucket: Bucket, key });
    return typeof found === 'string' ? null : found;
  };

  const put = async (key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | null> => {
    const place = placeOf(key);
    const what = `write s3://${place.Bucket}/${key}`;
    const writeId = randomUUID();
    const command = new PutObjectCommand({
      ...place,
      ...s3Headers(key),
      ...headersOf(condition),
      Body: bytes,
      Metadata: { 'write-id': writeId },
    });
    try {
      for (let attempt = 1; attempt <= conflictAttempts; attempt += 1) {
        try {
          const { ETag } = await client.send(command);
          if (ETag === undefined) throw new Error('the answer has no etag');
          return ETag;
        } catch (error) {
          const status = condition === undefined ? 0 : statusOf(error);
          // An earlier attempt of the SDK's may have written, its answer lost on the way: then it is ourselves we met.
          if (status === 412) return await own(place, writeId);
          if (status === 404 && error instanceof Error && error.name !== 'NoSuchBucket') return null;
          if (status !== 409) throw error;
        }
        await pause(25 * 2 ** attempt);
      }
    } catch (error) {
      throw s3Failure(what, error);
    }
    throw dependencyError('S3_CONFLICT', `Could not ${what}: others kept writing it`, 'Run again when they are done.');
  };

  const putFile = async (key: string, source: string): Promise<void> => {
    const place = placeOf(key);
    const writeId = randomUUID();
    try {
      if (!(await lstat(source)).isFile()) throw new RangeError(`${source} is not a regular file`);
      await uploadFile(client, { ...place, ...s3Headers(key), Metadata: { 'write-id': writeId } }, source).catch(
        async (error: unknown) => {
          // The last step of an upload can have been done, and its answer lost.
          if (statusOf(error) !== 404 || (await own(place, writeId)) === null) throw error;
        },
      );
      await rm(source);
    } catch (error) {
      throw error instanceof RangeError ? error : s3Failure(`write s3://${place.Bucket}/${key}`, error);
    }
  };

  const copyOf = async (bucket: string, key: string): Promise<string | null> => {
    const before = copies.get(key);
    const isHere = before !== undefined && (await lstat(before.path).catch(() => null)) !== null;
    const name = (etag: string) =>
      createHash('sha256')
        .update(JSON.stringify([bucket, key, etag]))
        .digest('hex');
    const condition = isHere ? { ifNoneMatch: before.etag } : {};
    const found = await downloadObject(client, { bucket, key, ...condition }, (etag) =>
      join(scratch, `copy-${name(etag)}`),
    );
    if (found === 'unchanged') return before?.path ?? null;
    if (typeof found === 'string') return null;
    copies.set(key, found);
    return found.path;
  };

  const localFile = async (key: string): Promise<string | null> => {
    const { Bucket } = placeOf(key);
    const work = running.get(key) ?? copyOf(Bucket, key).finally(() => running.delete(key));
    running.set(key, work);
    return work;
  };

  async function* keysBelow(prefix: string): AsyncGenerator<string> {
    for await (const { objects } of s3Pages(client, { bucket: bucketOf(prefix), prefix }))
      for (const { key } of objects) if (isKey(key)) yield key;
  }

  async function* list(prefix: string): AsyncGenerator<string> {
    if (!isKey(`${prefix}x`)) throw new RangeError(`${JSON.stringify(prefix)} is no prefix of object keys`);
    yield* inCodeUnitOrder(keysBelow(prefix));
  }

  return { get, put, putFile, localFile, list };
};
