/** A finished local file to an object: in one request, or in parts that nobody sees before the last one is there. */
import { type FileHandle, open } from 'node:fs/promises';
import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';

const mebibyte = 1024 * 1024;

/** Parts in memory at a time. */
const sideBySide = 4;

/** S3 takes 10,000 parts of at least 5 MiB. */
const partBytes = (total: number): number => Math.max(8 * mebibyte, Math.ceil(total / 9_000));

type Target = Pick<PutObjectCommandInput, 'Metadata' | 'ContentType' | 'ContentDisposition'> & {
  readonly Bucket: string;
  readonly Key: string;
};

const bytesAt = async (file: FileHandle, start: number, length: number): Promise<Uint8Array> => {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, start + done);
    if (bytesRead === 0) throw new Error('the file became shorter while it was uploaded');
    done += bytesRead;
  }
  return bytes;
};

/**
 * Uploads a regular file. What fails leaves nothing behind: parts are given up, unless S3 cannot be told; the bucket's
 * lifecycle clears up after a process that was killed. (The SDK's own Upload keeps its parts when the last step fails.)
 */
export const uploadFile = async (client: S3Client, target: Target, path: string): Promise<void> => {
  const file = await open(path, 'r');
  try {
    const { size: total } = await file.stat();
    const size = partBytes(total);
    if (total > size) await inParts(client, target, file, total, size);
    else await client.send(new PutObjectCommand({ ...target, Body: await bytesAt(file, 0, total) }));
  } finally {
    await file.close();
  }
};

const inParts = async (
  client: S3Client,
  target: Target,
  file: FileHandle,
  total: number,
  size: number,
): Promise<void> => {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }));
  const upload = { Bucket: target.Bucket, Key: target.Key, UploadId };
  const parts: CompletedPart[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (!failed && next * size < total) {
      const at = next;
      next += 1;
      const Body = await bytesAt(file, at * size, Math.min(size, total - at * size));
      const { ETag, ChecksumCRC32 } = await client.send(
        new UploadPartCommand({ ...upload, PartNumber: at + 1, Body, ChecksumAlgorithm: 'CRC32' }),
      );
      parts[at] = { PartNumber: at + 1, ETag, ChecksumCRC32 };
    }
  };
  const stopping = () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    });
  try {
    const ends = await Promise.allSettled(Array.from({ length: sideBySide }, stopping));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts: parts } }));
  } catch (error) {
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
    throw error;
  }
};
