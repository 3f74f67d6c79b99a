/** Links to archived files that open in a browser, for an hour. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { asking } from './aws-error.ts';

const linkSeconds = 3600;

/** Pages open where they are clicked; everything else is saved under its name. */
const answerAs = (key: string) => {
  const name = key.slice(key.lastIndexOf('/') + 1);
  if (name.endsWith('.html')) return { ResponseContentType: 'text/html; charset=utf-8' };
  return { ResponseContentDisposition: `attachment; filename="${name}"` };
};

/** Whoever has the link can read the file until it runs out, or until the credentials that signed it do. */
export const linkTo = (client: S3Client, bucket: string, key: string): Promise<string> =>
  asking('sign a link', () =>
    getSignedUrl(client, new GetObjectCommand({ Bucket: bucket, Key: key, ...answerAs(key) }), {
      expiresIn: linkSeconds,
    }),
  );
