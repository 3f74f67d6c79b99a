/** The few S3 requests that queries need, over a folder with one subfolder a bucket: GET, HEAD, PUT and ListObjectsV2. */
import { createReadStream } from 'node:fs';
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';

const xml = (value: string) => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const refuse = (response: ServerResponse, status: number, code: string) => {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
};

/** Keys of a bucket below a prefix, with their sizes. */
export const keysBelow = async (bucket: string, prefix: string): Promise<{ key: string; bytes: number }[]> => {
  const folder = join(bucket, prefix.slice(0, prefix.lastIndexOf('/') + 1));
  const names = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const keys = names
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(bucket.length + 1))
    .filter((key) => key.startsWith(prefix))
    .sort();
  return Promise.all(keys.map(async (key) => ({ key, bytes: (await stat(join(bucket, key))).size })));
};

/** AWS's clients send a body in chunks, each led by its length and signature and followed by checksums. */
const unchunked = (body: Buffer, request: IncomingMessage): Buffer => {
  if (!`${request.headers['x-amz-content-sha256']}`.startsWith('STREAMING-')) return body;
  const parts: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const length = parseInt(body.subarray(at, end).toString('latin1'), 16);
    if (length === 0) return Buffer.concat(parts);
    parts.push(body.subarray(end + 2, end + 2 + length));
    at = end + 2 + length + 2;
  }
};

const list = async (root: string, bucket: string, query: URLSearchParams, response: ServerResponse) => {
  const limit = parseInt(query.get('max-keys') ?? '1000', 10);
  const after = query.get('continuation-token') ?? '';
  const found = (await keysBelow(join(root, bucket), query.get('prefix') ?? '')).filter(({ key }) => key > after);
  const page = found.slice(0, limit);
  const next = found.length > limit ? page.at(-1)?.key : undefined;
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(
    `<?xml version="1.0"?><ListBucketResult><IsTruncated>${next !== undefined}</IsTruncated>${
      next === undefined ? '' : `<NextContinuationToken>${xml(next)}</NextContinuationToken>`
    }${page.map(({ key, bytes }) => `<Contents><Key>${xml(key)}</Key><Size>${bytes}</Size></Contents>`).join('')}</ListBucketResult>`,
  );
};

const answer = async (root: string, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://s3');
  const [, bucket = '', ...rest] = url.pathname.split('/').map(decodeURIComponent);
  const key = rest.join('/');
  if (url.searchParams.get('list-type') === '2') return list(root, bucket, url.searchParams, response);
  const path = join(root, bucket, key);
  if (request.method === 'PUT') {
    const bytes = unchunked(await buffer(request), request);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}~`, bytes);
    await rename(`${path}~`, path);
    response.writeHead(200, { etag: '"0"' });
    response.end();
    return;
  }
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) return refuse(response, 404, 'NoSuchKey');
  response.writeHead(200, { 'content-length': found.size, etag: '"0"' });
  if (request.method === 'HEAD') response.end();
  else createReadStream(path).pipe(response);
};

export const startFakeS3 = async (root: string) => {
  const server = createServer((request, response) => {
    answer(root, request, response).catch(() => refuse(response, 500, 'InternalError'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
