/** Objects to memory and to local files: whole, or not at all. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { GetObjectCommand, type GetObjectCommandOutput, type S3Client } from '@aws-sdk/client-s3';
import { isLocal, pause, s3Failure, statusOf } from './s3-errors.ts';

export type S3Place = {
  readonly bucket: string;
  readonly key: string;
  /** This etag or nothing. */
  readonly ifMatch?: string;
  /** Nothing when it still has this etag. */
  readonly ifNoneMatch?: string;
};

/** Why there are no bytes: the key is absent, is as known, or is no longer what was asked for. */
export type S3Nothing = 'absent' | 'unchanged' | 'changed';

export type S3Bytes = { readonly bytes: Uint8Array; readonly etag: string };
export type S3File = { readonly etag: string; readonly sha256: string; readonly bytes: number };

/** The SDK repeats a request, but not a body that breaks off. */
const bodyAttempts = 4;

const nothing = (error: unknown): S3Nothing | null => {
  if (statusOf(error) === 304) return 'unchanged';
  if (statusOf(error) === 412) return 'changed';
  return error instanceof Error && error.name === 'NoSuchKey' ? 'absent' : null;
};

const reading = async <T>(
  client: S3Client,
  place: S3Place,
  consume: (answer: GetObjectCommandOutput) => Promise<T>,
): Promise<T | S3Nothing> => {
  const command = new GetObjectCommand({
    Bucket: place.bucket,
    Key: place.key,
    ...(place.ifMatch === undefined ? {} : { IfMatch: place.ifMatch }),
    ...(place.ifNoneMatch === undefined ? {} : { IfNoneMatch: place.ifNoneMatch }),
  });
  const failed = (error: unknown) => s3Failure(`read s3://${place.bucket}/${place.key}`, error);
  for (let attempt = 1; ; attempt += 1) {
    let answer: GetObjectCommandOutput;
    try {
      answer = await client.send(command);
    } catch (error) {
      const why = nothing(error);
      if (why !== null) return why;
      throw failed(error);
    }
    try {
      return await consume(answer);
    } catch (error) {
      if (attempt === bodyAttempts || isLocal(error)) throw failed(error);
      await pause(50 * 2 ** attempt);
    }
  }
};

export const readObject = (client: S3Client, place: S3Place): Promise<S3Bytes | S3Nothing> =>
  reading(client, place, async ({ Body, ETag }) => ({
    bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(),
    etag: ETag ?? '',
  }));

/** Streams an object to a file beside the place that `pathOf` names by its etag, and moves it there when it is whole. */
export const downloadObject = (
  client: S3Client,
  place: S3Place,
  pathOf: (etag: string) => string,
): Promise<(S3File & { readonly path: string }) | S3Nothing> =>
  reading(client, place, async ({ Body, ETag }) => {
    const etag = ETag ?? '';
    const path = pathOf(etag);
    await mkdir(dirname(path), { recursive: true });
    const unfinished = `${path}.${randomUUID()}.part`;
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await open(unfinished, 'wx');
    try {
      if (Body instanceof Readable)
        for await (const chunk of Body) {
          hash.update(chunk);
          bytes += chunk.length;
          await file.writeFile(chunk);
        }
      await file.close();
      await rename(unfinished, path);
    } finally {
      await file.close();
      await rm(unfinished, { force: true });
    }
    return { path, etag, bytes, sha256: hash.digest('hex') };
  });
