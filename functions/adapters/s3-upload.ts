/** A finished local file to an object: in one request, or in parts that nobody sees before the last one is there. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { AbortMultipartUploadCommand, type PutObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

const mebibyte = 1024 * 1024;

/** S3 takes 10,000 parts of at least 5 MiB. */
const partBytes = (total: number): number => Math.max(8 * mebibyte, Math.ceil(total / 9_000));

type Target = Pick<PutObjectCommandInput, 'Metadata' | 'ContentType' | 'ContentDisposition'> & {
  readonly Bucket: string;
  readonly Key: string;
};

/**
 * Uploads a regular file. What fails leaves nothing behind: parts are given up, unless S3 cannot be told; the bucket's
 * lifecycle clears up after a process that was killed.
 */
export const uploadFile = async (client: S3Client, target: Target, path: string): Promise<void> => {
  const { size } = await stat(path);
  const body = createReadStream(path);
  const upload = new Upload({ client, params: { ...target, Body: body }, partSize: partBytes(size) });
  try {
    await upload.done();
  } catch (error) {
    const { uploadId: UploadId } = upload;
    const { Bucket, Key } = target;
    // The library gives the parts up when one of them fails, but not when the last step does.
    if (UploadId !== undefined)
      await client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })).catch(() => {});
    throw error;
  } finally {
    body.destroy();
  }
};
