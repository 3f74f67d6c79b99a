/** A bucket's listing, page by page, with keys exactly as they are stored. */
import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { s3Failure } from './s3-errors.ts';

export type S3Listed = { readonly key: string; readonly etag: string; readonly bytes: number };
export type S3Page = { readonly objects: readonly S3Listed[]; readonly folders: readonly string[] };

/** Keys travel percent-encoded: XML cannot hold every character that a key can. */
const decoded = (text: string | undefined, encoding: string | undefined): string =>
  encoding === 'url' ? decodeURIComponent((text ?? '').replaceAll('+', ' ')) : (text ?? '');

/** Pages in S3's own order, that of UTF-8 bytes. With a `delimiter` deeper keys are rolled up into folders. */
export async function* s3Pages(
  client: S3Client,
  { bucket, prefix, delimiter }: { bucket: string; prefix: string; delimiter?: '/' },
): AsyncGenerator<S3Page> {
  let token: string | undefined;
  do {
    const page = await client
      .send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: prefix,
          EncodingType: 'url',
          ...(delimiter === undefined ? {} : { Delimiter: delimiter }),
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      )
      .catch((error: unknown) => {
        throw s3Failure(`list s3://${bucket}/${prefix}`, error);
      });
    const text = (value: string | undefined) => decoded(value, page.EncodingType);
    yield {
      objects: (page.Contents ?? []).map(({ Key, ETag, Size }) => ({
        key: text(Key),
        etag: ETag ?? '',
        bytes: Size ?? 0,
      })),
      folders: (page.CommonPrefixes ?? []).map(({ Prefix }) => text(Prefix)),
    };
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}

/** Up to the first character that UTF-8 and UTF-16 order differently, or null where there is none. */
const common = (key: string): string | null => {
  const at = key.search(/[\ud800-\uffff]/);
  return at < 0 ? null : key.slice(0, at);
};

/** The same keys in code unit order. Only neighbours that part at a character above U+D7FF can stand the other way round. */
export async function* inCodeUnitOrder(keys: AsyncIterable<string>): AsyncGenerator<string> {
  let held: string[] = [];
  let heldBelow: string | null = null;
  const release = () => held.sort((a, b) => (a < b ? -1 : 1));
  for await (const key of keys) {
    const below = common(key);
    if (below === null || below !== heldBelow) {
      yield* release();
      [held, heldBelow] = [[], below];
    }
    if (below === null) yield key;
    else held.push(key);
  }
  yield* release();
}
