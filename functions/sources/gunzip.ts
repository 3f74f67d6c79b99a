/** Unpacks a gzipped input file for tools that need the plain bytes, and never more than a sane file can hold. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { dependencyError, ReportError } from '../errors.ts';
import { badRow } from './bad-row.ts';
import type { SourceFile } from './source-file.ts';

const mebibyte = 1024 * 1024;
const chunkBytes = mebibyte / 4;

/** Tables shrink 5 to 30 times; what grows 200 times is no table but an attack on the disk. */
const capBytes = (packedBytes: number): number => Math.max(64 * mebibyte, 200 * packedBytes);

const corrupt = (file: SourceFile, cause: unknown): ReportError =>
  badRow(`${file.name} is not a sound gzip file`, 'Export or upload the file again.', cause);

const explain = (file: SourceFile, target: string, error: unknown): unknown => {
  if (error instanceof ReportError || !(error instanceof Error) || !('code' in error)) return error;
  if (`${error.code}`.startsWith('Z_')) return corrupt(file, error);
  const hint = error.code === 'ENOSPC' ? 'Free space on the disk, then run again.' : 'Check the disk and its rights.';
  return dependencyError('DISK', `Could not unpack ${file.name} to ${target}: ${error.code}`, hint, error);
};

/**
 * Unpacks `file` to a new file at `target`, which a failure removes. Members one after another are one text, as gzip
 * has it. A corrupt file, an implausibly large one, or one that changed since it was hashed is `BAD_ROW`.
 */
export const gunzipTo = async (file: SourceFile, target: string): Promise<void> => {
  const cap = capBytes(file.bytes);
  const hash = createHash('sha256');
  const unpack = createGunzip({ chunkSize: chunkBytes });

  async function* hashed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  }
  async function* capped(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > cap) {
        throw badRow(
          `${file.name} expands to more than ${Math.floor(cap / mebibyte)} MiB; refused`,
          'Check the file; if it is right, provide it unpacked.',
        );
      }
      yield chunk;
    }
  }

  const packed = await file.local();
  try {
    const output = await open(target, 'wx');
    try {
      const input = createReadStream(packed, { highWaterMark: chunkBytes });
      await pipeline(input, hashed, unpack, capped, output.createWriteStream());
      // zlib stops in silence at zero bytes between or after members: all of the file must have been used.
      if (unpack.bytesWritten !== file.bytes) throw corrupt(file, undefined);
      if (hash.digest('hex') !== file.sha256) {
        throw badRow(
          `${file.name} changed while it was being read`,
          'Wait until the export has finished, then run again.',
        );
      }
    } catch (error) {
      await rm(target, { force: true });
      throw error;
    } finally {
      await output.close();
    }
  } catch (error) {
    throw explain(file, target, error);
  }
};
