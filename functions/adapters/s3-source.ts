/** The snapshots of an inbox bucket, below `inbox/`. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { dependencyError } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import { type BucketSource, openBucketSource } from '../sources/bucket-source.ts';
import { downloadObject } from './s3-download.ts';
import { s3Pages } from './s3-list.ts';

export type S3SourceOptions = {
  readonly client: S3Client;
  readonly bucket: string;
  /** Where the hashes of files are remembered. */
  readonly store: ObjectStore;
  /** A folder of this run's own, for fetched files. */
  readonly scratch: string;
};

export const openS3Source = ({ client, bucket, store, scratch }: S3SourceOptions): Promise<BucketSource> =>
  openBucketSource(
    {
      name: `s3://${bucket}/inbox`,
      async names(prefix) {
        const pages = await Array.fromAsync(s3Pages(client, { bucket, prefix, delimiter: '/' }));
        return pages.flatMap(({ folders, objects }) => [...folders, ...objects.map(({ key }) => key)]);
      },
      async objects(prefix) {
        return (await Array.fromAsync(s3Pages(client, { bucket, prefix }))).flatMap(({ objects }) => objects);
      },
      async fetch({ key, etag }, ending) {
        // A key is never part of a path: it may say `..`.
        const name = createHash('sha256')
          .update(JSON.stringify([bucket, key, etag]))
          .digest('hex');
        const path = join(scratch, `source-${name}.${ending}`);
        const found = await downloadObject(client, { bucket, key, ifMatch: etag }, () => path);
        if (typeof found !== 'string') return found;
        throw dependencyError(
          'SOURCE_CHANGED',
          `s3://${bucket}/${key} was replaced or removed after it was listed`,
          'Wait until the upload has finished, then run the month again.',
        );
      },
    },
    store,
  );
