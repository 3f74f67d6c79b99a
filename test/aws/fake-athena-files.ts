/** Where the fake Athena reads tables and writes results: a folder with one subfolder a bucket, or an S3 endpoint. */
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { keysBelow } from './fake-athena-s3.ts';

export type LakeFile = { readonly location: string; readonly bytes: number };

export type LakeFiles = {
  /** Everything below `s3://bucket/prefix`. */
  list(location: string): Promise<LakeFile[]>;
  /** A local file with the object's bytes. */
  local(location: string): Promise<string>;
  put(location: string, path: string): Promise<void>;
  remove(location: string): Promise<void>;
};

const partsOf = (location: string): { bucket: string; key: string } => {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/(.*)$/s.exec(location) ?? [];
  if (bucket === '') throw new RangeError(`${location} is no place in S3`);
  return { bucket, key };
};

export const folderFiles = (root: string): LakeFiles => {
  const pathOf = (location: string) => join(root, partsOf(location).bucket, partsOf(location).key);
  return {
    async list(location) {
      const { bucket, key } = partsOf(location);
      const found = await keysBelow(join(root, bucket), key);
      return found.map((file) => ({ location: `s3://${bucket}/${file.key}`, bytes: file.bytes }));
    },
    local: async (location) => pathOf(location),
    async put(location, path) {
      await mkdir(dirname(pathOf(location)), { recursive: true });
      await copyFile(path, pathOf(location));
    },
    remove: (location) => rm(pathOf(location), { force: true }),
  };
};

/** Objects are fetched once a version: Parquet files of a lake do not change. */
export const endpointFiles = (endpoint: string, region: string, cache: string): LakeFiles => {
  const client = new S3Client({
    endpoint,
    region,
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  return {
    async list(location) {
      const { bucket, key } = partsOf(location);
      const files: LakeFile[] = [];
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: key, ContinuationToken: token }),
        );
        for (const { Key, Size } of page.Contents ?? [])
          files.push({ location: `s3://${bucket}/${Key}`, bytes: Size ?? 0 });
        token = page.NextContinuationToken;
      } while (token !== undefined);
      return files;
    },
    async local(location) {
      const { bucket, key } = partsOf(location);
      const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const path = join(cache, createHash('sha256').update(`${location} ${found.ETag}`).digest('hex'));
      if (await stat(path).catch(() => null)) {
        (found.Body as Readable).destroy();
        return path;
      }
      await mkdir(cache, { recursive: true });
      const unfinished = `${path}.${Math.random()}`;
      await pipeline(found.Body as Readable, createWriteStream(unfinished));
      await rename(unfinished, path);
      return path;
    },
    async put(location, path) {
      const { bucket, key } = partsOf(location);
      await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: await readFile(path) }));
    },
    async remove(location) {
      const { bucket, key } = partsOf(location);
      await client.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
    },
  };
};
