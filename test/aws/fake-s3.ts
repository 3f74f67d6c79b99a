/**
 * S3's REST protocol on loopback, for the real SDK: objects, pages of listings, uploads in parts, conditions, checksums,
 * and failures on demand. What it does not know it refuses (501).
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Client } from '@aws-sdk/client-s3';

export type FakeObject = {
  readonly bytes: Buffer;
  readonly etag: string;
  /** Content type and disposition, `x-amz-meta-…`. */
  readonly headers: Readonly<Record<string, string>>;
};

export type Operation =
  | 'GetObject'
  | 'HeadObject'
  | 'PutObject'
  | 'DeleteObject'
  | 'ListObjectsV2'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload';

/**
 * What goes wrong: an error instead of the work, an answer that is lost after the work, a connection that breaks before the
 * work, a body that breaks off half-way or arrives changed, or a pause before the work.
 */
export type Fault =
  | { readonly status: number; readonly code: string; readonly message?: string }
  | 'lost answer'
  | 'cut request'
  | 'cut body'
  | 'garbled body'
  | { readonly slowMs: number };

export type FakeS3 = {
  readonly endpoint: string;
  /** By bucket, then by key; to be looked at and changed. */
  readonly buckets: Map<string, Map<string, FakeObject>>;
  /** Uploads in parts that are neither complete nor given up. */
  readonly uploads: ReadonlyMap<string, unknown>;
  /** Everything asked so far: `PutObject a/b`. */
  readonly asked: string[];
  /** The next `times` requests of this kind, of keys that contain `key`, fail so. */
  fail(operation: Operation, fault: Fault, settings?: { times?: number; key?: string }): void;
  /** Runs before the next request of this kind is carried out: what a rival does in between. */
  before(operation: Operation, work: () => void): void;
  put(bucket: string, key: string, bytes: string | Uint8Array): void;
  client(options?: { readonly maxAttempts?: number; readonly requestTimeoutMs?: number }): S3Client;
  close(): Promise<void>;
};

class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message = code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

type Upload = {
  readonly key: string;
  readonly headers: Record<string, string>;
  readonly parts: Map<number, FakeObject>;
};

const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** As S3 encodes keys in a listing: a blank is a plus. */
const urlEncoded = (text: string) => encodeURIComponent(text).replaceAll('%20', '+').replaceAll('%2F', '/');

const xml = (name: string, content: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${name}>`;

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
const etagOf = (bytes: Uint8Array) => `"${md5(bytes)}"`;

const checksumOf = (bytes: Uint8Array): string => {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
};

const kept = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      /^(content-type|content-disposition|x-amz-meta-.*)$/.test(name) && typeof value === 'string'
        ? [[name, value]]
        : [],
    ),
  );

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (`${request.headers['x-amz-content-sha256']}`.startsWith('STREAMING')) throw new S3Error(501, 'NotImplemented');
  const said = request.headers['x-amz-checksum-crc32'];
  if (said !== undefined && said !== checksumOf(body)) throw new S3Error(400, 'BadDigest');
  return body;
};

const operationOf = (method: string, key: string, query: URLSearchParams): Operation => {
  if (key === '' && method === 'GET' && query.get('list-type') === '2') return 'ListObjectsV2';
  if (key !== '') {
    if (method === 'POST' && query.has('uploads')) return 'CreateMultipartUpload';
    if (method === 'POST' && query.has('uploadId')) return 'CompleteMultipartUpload';
    if (method === 'PUT') return query.has('uploadId') ? 'UploadPart' : 'PutObject';
    if (method === 'DELETE') return query.has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    if (method === 'GET') return 'GetObject';
    if (method === 'HEAD') return 'HeadObject';
  }
  throw new S3Error(501, 'NotImplemented');
};

/** Has the buckets named, empty. `pageSize` is the most that a page of a listing holds. */
export const openFakeS3 = async ({
  buckets: names = ['bucket'],
  pageSize = 1_000,
}: {
  readonly buckets?: readonly string[];
  readonly pageSize?: number;
} = {}): Promise<FakeS3> => {
  const buckets = new Map(names.map((name) => [name, new Map<string, FakeObject>()]));
  const uploads = new Map<string, Upload>();
  const asked: string[] = [];
  const faults: { operation: Operation; fault: Fault; times: number; key: string }[] = [];
  const rivals: { operation: Operation; work: () => void }[] = [];
  const clients: S3Client[] = [];

  const list = (objects: ReadonlyMap<string, FakeObject>, query: URLSearchParams): string => {
    const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
    const after = query.get('continuation-token') ?? '';
    const encode = query.get('encoding-type') === 'url' ? urlEncoded : escaped;
    const names = new Set<string>();
    for (const key of objects.keys()) {
      if (!key.startsWith(prefix)) continue;
      const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
      names.add(end < 0 ? key : key.slice(0, end + 1));
    }
    const inBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    const rest = [...names].sort(inBytes).filter((name) => inBytes(name, after) > 0);
    const page = rest.slice(0, pageSize);
    const shown = page.map((name) => {
      const object = objects.get(name);
      if (object === undefined) return `<CommonPrefixes><Prefix>${encode(name)}</Prefix></CommonPrefixes>`;
      return `<Contents><Key>${encode(name)}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified><ETag>${escaped(object.etag)}</ETag><Size>${object.bytes.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
    });
    const more = rest.length > page.length;
    const next = more ? `<NextContinuationToken>${escaped(page.at(-1) ?? '')}</NextContinuationToken>` : '';
    const encoding = query.has('encoding-type') ? '<EncodingType>url</EncodingType>' : '';
    return xml(
      'ListBucketResult',
      `<IsTruncated>${more}</IsTruncated>${next}${encoding}<KeyCount>${page.length}</KeyCount>${shown.join('')}`,
    );
  };

  const mayWrite = (request: IncomingMessage, before: FakeObject | undefined): void => {
    if (request.headers['if-none-match'] === '*' && before !== undefined) throw new S3Error(412, 'PreconditionFailed');
    const match = request.headers['if-match'];
    if (match === undefined) return;
    if (before === undefined) throw new S3Error(404, 'NoSuchKey');
    if (match !== before.etag) throw new S3Error(412, 'PreconditionFailed');
  };

  const uploadOf = (query: URLSearchParams, key: string): Upload => {
    const upload = uploads.get(query.get('uploadId') ?? '');
    if (upload === undefined || upload.key !== key) throw new S3Error(404, 'NoSuchUpload');
    return upload;
  };

  const complete = (upload: Upload, body: string): FakeObject => {
    const parts = [...body.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => {
      const [, number = ''] = /<PartNumber>(\d+)</.exec(part) ?? [];
      const [, etag = ''] = /<ETag>(.*?)</.exec(part) ?? [];
      const found = upload.parts.get(Number(number));
      if (found === undefined || found.etag !== etag.replaceAll('&quot;', '"')) throw new S3Error(400, 'InvalidPart');
      return found.bytes;
    });
    if (parts.slice(0, -1).some((part) => part.length < 5 * 1024 * 1024)) throw new S3Error(400, 'EntityTooSmall');
    const digest = createHash('md5');
    for (const part of parts) digest.update(createHash('md5').update(part).digest());
    return { bytes: Buffer.concat(parts), etag: `"${digest.digest('hex')}-${parts.length}"`, headers: upload.headers };
  };

  const answer = (
    response: ServerResponse,
    headers: Readonly<Record<string, string | number>>,
    body: string | Uint8Array = '',
    status = 200,
  ): void => {
    response.writeHead(status, {
      'x-amz-request-id': randomUUID(),
      'content-length': Buffer.byteLength(body),
      ...headers,
    });
    response.end(body);
  };

  /** Sends an object as far as the fault lets it. */
  const send = (
    request: IncomingMessage,
    response: ServerResponse,
    object: FakeObject,
    fault: Fault | undefined,
  ): void => {
    const { etag, bytes } = object;
    const headers = {
      ...object.headers,
      etag,
      'content-length': bytes.length,
      'x-amz-checksum-crc32': checksumOf(bytes),
    };
    const match = request.headers['if-match'];
    if (match !== undefined && match !== etag) throw new S3Error(412, 'PreconditionFailed');
    if (request.headers['if-none-match'] === etag) answer(response, { etag }, '', 304);
    else if (request.method === 'HEAD') response.writeHead(200, headers).end();
    else if (fault === 'cut body') {
      response.writeHead(200, headers);
      response.write(bytes.subarray(0, bytes.length / 2), () => response.destroy());
    } else answer(response, headers, fault === 'garbled body' ? bytes.map((byte) => byte ^ 1) : bytes);
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [path = '', search = ''] = (request.url ?? '').split('?', 2);
    const query = new URLSearchParams(search);
    const [, bucket = '', ...parts] = path.split('/');
    const key = decodeURIComponent(parts.join('/'));
    const operation = operationOf(request.method ?? '', key, query);
    asked.push(`${operation} ${operation === 'ListObjectsV2' ? (query.get('prefix') ?? '') : key}`);
    const due = faults.find((one) => one.operation === operation && one.times > 0 && key.includes(one.key));
    if (due !== undefined) due.times -= 1;
    const fault = due?.fault;
    if (fault === 'cut request') return void request.socket.destroy();
    const body = await bodyOf(request);
    if (!request.headers.authorization?.startsWith('AWS4-HMAC-SHA256 ') && !query.has('X-Amz-Signature'))
      throw new S3Error(403, 'AccessDenied');
    if (typeof fault === 'object' && 'slowMs' in fault)
      await new Promise((resolve) => setTimeout(resolve, fault.slowMs));
    else if (typeof fault === 'object') throw new S3Error(fault.status, fault.code, fault.message);
    const rival = rivals.findIndex((one) => one.operation === operation);
    if (rival >= 0) rivals.splice(rival, 1)[0]?.work();
    // The work is done, its answer goes nowhere.
    const given = (headers: Record<string, string>, content = '', status = 200) =>
      fault === 'lost answer' ? void request.socket.destroy() : answer(response, headers, content, status);

    const objects = buckets.get(bucket);
    if (objects === undefined) throw new S3Error(404, 'NoSuchBucket', 'The specified bucket does not exist');
    const before = objects.get(key);
    switch (operation) {
      case 'ListObjectsV2':
        return given({ 'content-type': 'application/xml' }, list(objects, query));
      case 'GetObject':
      case 'HeadObject':
        if (before === undefined) throw new S3Error(404, 'NoSuchKey', 'The specified key does not exist.');
        return send(request, response, before, fault);
      case 'PutObject': {
        mayWrite(request, before);
        const object = { bytes: body, etag: etagOf(body), headers: kept(request) };
        objects.set(key, object);
        return given({ etag: object.etag });
      }
      case 'DeleteObject':
        objects.delete(key);
        return given({}, '', 204);
      case 'CreateMultipartUpload': {
        const id = randomUUID();
        uploads.set(id, { key, headers: kept(request), parts: new Map() });
        return given({}, xml('InitiateMultipartUploadResult', `<Key>${escaped(key)}</Key><UploadId>${id}</UploadId>`));
      }
      case 'UploadPart': {
        const part = { bytes: body, etag: etagOf(body), headers: {} };
        uploadOf(query, key).parts.set(Number(query.get('partNumber')), part);
        return given({ etag: part.etag, 'x-amz-checksum-crc32': checksumOf(body) });
      }
      case 'CompleteMultipartUpload': {
        const object = complete(uploadOf(query, key), body.toString());
        mayWrite(request, before);
        objects.set(key, object);
        uploads.delete(query.get('uploadId') ?? '');
        return given(
          {},
          xml('CompleteMultipartUploadResult', `<Key>${escaped(key)}</Key><ETag>${escaped(object.etag)}</ETag>`),
        );
      }
      case 'AbortMultipartUpload':
        uploadOf(query, key);
        uploads.delete(query.get('uploadId') ?? '');
        return given({}, '', 204);
    }
  };

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      const { status, code, message } = error instanceof S3Error ? error : new S3Error(500, 'FakeIsBroken', `${error}`);
      const told = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`;
      answer(response, { 'content-type': 'application/xml' }, request.method === 'HEAD' ? '' : told, status);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  const endpoint = `http://127.0.0.1:${address.port}`;

  return {
    endpoint,
    buckets,
    uploads,
    asked,
    fail: (operation, fault, { times = 1, key = '' } = {}) => void faults.push({ operation, fault, times, key }),
    before: (operation, work) => void rivals.push({ operation, work }),
    put(bucket, key, content) {
      const bytes = Buffer.from(content);
      buckets.get(bucket)?.set(key, { bytes, etag: etagOf(bytes), headers: {} });
    },
    client({ maxAttempts = 3, requestTimeoutMs = 5_000 } = {}) {
      const client = new S3Client({
        endpoint,
        region: 'eu-central-1',
        forcePathStyle: true,
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
        maxAttempts,
        requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
      });
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
