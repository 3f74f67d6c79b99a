/**
 * A deployed stack as the command line sees it: CloudFormation, Lambda, Step Functions and S3 on one port of loopback, each
 * in its own wire protocol. What a run does is scripted; nothing here computes.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { type OpsRequest, opsRequestSchema } from '../../functions/run-record.ts';

export const outputs = {
  InboxBucket: 'acme-inbox',
  LakeBucket: 'acme-lake',
  ArchiveBucket: 'acme-archive',
  ResultsBucket: 'acme-results',
  StarterFunction: 'acme-starter',
  StateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:acme',
};

export type StoredObject = { readonly bytes: Buffer; readonly headers: Readonly<Record<string, string>> };

export type HistoryEvent = { readonly type: string; readonly [details: string]: unknown };

export type Run = {
  /** Descriptions that still find it running. */
  readonly polls?: number;
  readonly events?: readonly HistoryEvent[];
  readonly status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly error?: string;
  readonly cause?: string;
  /** Objects of the lake bucket that it leaves. */
  readonly leaves?: Readonly<Record<string, unknown>>;
};

type Refusal = { readonly status: number; readonly code: string; readonly message: string };

export type FakeStack = {
  readonly url: string;
  /** For the process of the command line. */
  readonly environment: Readonly<Record<string, string>>;
  /** Objects by `bucket/key`. */
  readonly objects: Map<string, StoredObject>;
  /** What S3 was asked for, such as `PUT acme-inbox/inbox/2026-10/lines.csv`. */
  readonly asked: string[];
  /** Requests that the starter was invoked with. */
  readonly started: OpsRequest[];
  readonly stacks: Map<string, Readonly<Record<string, string>>>;
  /** Answers in place of the service's own, by service. */
  readonly refusals: Map<'cloudformation' | 'lambda' | 'states' | 's3', Refusal>;
  /** What the run of a request does. */
  onStart(script: (request: OpsRequest) => Run): void;
  /** A run that somebody else started. */
  addRun(name: string, run: Run): void;
  put(place: string, content: Uint8Array | string, metadata?: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
};

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
const sent = (response: ServerResponse, status: number, type: string, body: string) =>
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': randomUUID() }).end(body);
const xml = (response: ServerResponse, body: string, status = 200) =>
  sent(response, status, 'text/xml', `<?xml version="1.0"?>${body}`);
const json = (response: ServerResponse, value: unknown, status = 200) =>
  sent(response, status, 'application/x-amz-json-1.0', JSON.stringify(value));

/** A body as AWS's clients send it: plain, or in chunks that each say their length. */
const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const body = await buffer(request);
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

const headersOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers)
      .filter(([name]) => name.startsWith('x-amz-meta-') || name === 'content-type')
      .map(([name, value]) => [name, `${value}`]),
  );

const etagOf = (bytes: Uint8Array) => `"${createHash('md5').update(bytes).digest('hex')}"`;

/** The S3 that the command line needs: objects with metadata, uploads in parts, listings of two keys a page. */
const openS3 = (objects: Map<string, StoredObject>, asked: string[]) => {
  const uploads = new Map<string, { headers: Record<string, string>; parts: Map<number, Buffer> }>();

  const list = (bucket: string, query: URLSearchParams, response: ServerResponse) => {
    const [prefix, after] = [query.get('prefix') ?? '', query.get('continuation-token') ?? ''];
    const found = [...objects]
      .filter(([place]) => place.startsWith(`${bucket}/${prefix}`))
      .map(([place, { bytes }]) => ({ key: place.slice(bucket.length + 1), bytes }))
      .filter(({ key }) => key > after)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    const page = found.slice(0, 2);
    const more = found.length > page.length;
    const contents = page.map(
      ({ key, bytes }) =>
        `<Contents><Key>${escaped(key)}</Key><Size>${bytes.length}</Size><ETag>${etagOf(bytes)}</ETag></Contents>`,
    );
    const next = more ? `<NextContinuationToken>${escaped(page.at(-1)?.key ?? '')}</NextContinuationToken>` : '';
    xml(response, `<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`);
  };

  /** Uploads in parts; false when the request is none. */
  const inParts = async (
    request: IncomingMessage,
    place: string,
    query: URLSearchParams,
    response: ServerResponse,
  ): Promise<boolean> => {
    if (query.has('uploads')) {
      const id = randomUUID();
      uploads.set(id, { headers: headersOf(request), parts: new Map() });
      xml(response, `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`);
      return true;
    }
    const id = query.get('uploadId');
    if (id === null) return false;
    const upload = uploads.get(id) ?? { headers: {}, parts: new Map<number, Buffer>() };
    if (request.method === 'PUT') {
      const bytes = await bodyOf(request);
      upload.parts.set(parseInt(query.get('partNumber') ?? '0', 10), bytes);
      response.writeHead(200, { etag: etagOf(bytes) }).end();
    } else if (request.method === 'POST') {
      const bytes = Buffer.concat([...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part));
      objects.set(place, { bytes, headers: upload.headers });
      xml(response, `<CompleteMultipartUploadResult><ETag>${etagOf(bytes)}</ETag></CompleteMultipartUploadResult>`);
    } else {
      uploads.delete(id);
      response.writeHead(204).end();
    }
    return true;
  };

  return async (request: IncomingMessage, url: URL, response: ServerResponse) => {
    const place = decodeURIComponent(url.pathname.slice(1)).replace(/\/$/, '');
    const query = url.searchParams;
    const what = query.has('uploads')
      ? 'POST uploads'
      : query.has('uploadId')
        ? `${request.method} part`
        : request.method;
    asked.push(`${what} ${place}`);
    if (query.get('list-type') === '2') return list(place, query, response);
    if (await inParts(request, place, query, response)) return;
    if (request.method === 'PUT') {
      const bytes = await bodyOf(request);
      objects.set(place, { bytes, headers: headersOf(request) });
      return response.writeHead(200, { etag: etagOf(bytes) }).end();
    }
    if (request.method === 'DELETE') {
      objects.delete(place);
      return response.writeHead(204).end();
    }
    const found = objects.get(place);
    if (found === undefined)
      return xml(response, '<Error><Code>NoSuchKey</Code><Message>The key does not exist.</Message></Error>', 404);
    const head = { ...found.headers, 'content-length': `${found.bytes.length}`, etag: etagOf(found.bytes) };
    response.writeHead(200, head).end(request.method === 'HEAD' ? undefined : found.bytes);
  };
};

type Execution = Run & { polled: number };

/** Step Functions, in pages of three events. */
const openStates =
  (executions: Map<string, Execution>) => (target: string, body: unknown, response: ServerResponse) => {
    const { executionArn = '', nextToken = '' } = body as { executionArn?: string; nextToken?: string };
    const execution = executions.get(executionArn);
    if (execution === undefined)
      return json(
        response,
        { __type: 'ExecutionDoesNotExist', message: `Execution Does Not Exist: '${executionArn}'` },
        400,
      );
    const { polls = 1, events = [], status, error, cause } = execution;
    if (target.endsWith('DescribeExecution')) {
      execution.polled += 1;
      const ended = execution.polled > polls;
      return json(response, { executionArn, status: ended ? status : 'RUNNING', ...(ended ? { error, cause } : {}) });
    }
    // As many events have happened as the run has been asked after.
    const happened = events.slice(0, Math.ceil((events.length * Math.min(execution.polled, polls)) / polls));
    const from = parseInt(nextToken || '0', 10);
    const page = happened
      .slice(from, from + 3)
      .map((event, at) => ({ ...event, id: from + at + 1, timestamp: 1793600000 }));
    json(response, { events: page, ...(from + 3 < happened.length ? { nextToken: `${from + 3}` } : {}) });
  };

export const startFakeStack = async (): Promise<FakeStack> => {
  const objects = new Map<string, StoredObject>();
  const asked: string[] = [];
  const started: OpsRequest[] = [];
  const stacks = new Map<string, Readonly<Record<string, string>>>([['acme', outputs]]);
  const refusals: FakeStack['refusals'] = new Map();
  const executions = new Map<string, Execution>();
  const [s3, states] = [openS3(objects, asked), openStates(executions)];
  let script = (_: OpsRequest): Run => ({ status: 'SUCCEEDED' });

  const put: FakeStack['put'] = (place, content, metadata = {}) => {
    const headers = Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]);
    objects.set(place, { bytes: Buffer.from(content), headers: Object.fromEntries(headers) });
  };

  const addRun: FakeStack['addRun'] = (name, run) => {
    const arn = `${outputs.StateMachineArn.replace('stateMachine', 'execution')}:${name}`;
    executions.set(arn, { ...run, polled: 0 });
    for (const [file, value] of Object.entries(run.leaves ?? {}))
      put(`${outputs.LakeBucket}/runs/${name}/${file}`, JSON.stringify(value));
    return arn;
  };

  const describeStacks = (body: string, response: ServerResponse) => {
    const name = new URLSearchParams(body).get('StackName') ?? '';
    const stack = stacks.get(name);
    if (stack === undefined)
      return xml(
        response,
        `<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>Stack with id ${name} does not exist</Message></Error></ErrorResponse>`,
        400,
      );
    const members = Object.entries(stack).map(
      ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${escaped(value)}</OutputValue></member>`,
    );
    xml(
      response,
      `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>${name}</StackName><CreationTime>2026-11-01T00:00:00Z</CreationTime><StackStatus>UPDATE_COMPLETE</StackStatus><Outputs>${members.join('')}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`,
    );
  };

  const invoke = (body: string, response: ServerResponse) => {
    const request = opsRequestSchema.safeParse(JSON.parse(body));
    if (!request.success) {
      response.setHeader('x-amz-function-error', 'Unhandled');
      return json(response, { errorType: 'USAGE', errorMessage: request.error.message });
    }
    started.push(request.data);
    const name = `ops-${request.data.month}-${request.data.requestId}`;
    const run = script(request.data);
    addRun(name, run);
    json(response, {
      executionName: name,
      executionArn: `${outputs.StateMachineArn.replace('stateMachine', 'execution')}:${name}`,
    });
  };

  const serviceOf = (request: IncomingMessage, url: URL) => {
    if (url.pathname.startsWith('/2015-03-31/functions/')) return 'lambda';
    if (request.headers['x-amz-target'] !== undefined) return 'states';
    return `${request.headers['content-type']}`.startsWith('application/x-www-form-urlencoded')
      ? 'cloudformation'
      : 's3';
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const service = serviceOf(request, url);
    const refusal = refusals.get(service);
    if (refusal !== undefined) {
      const { status, code, message } = refusal;
      response.setHeader('x-amzn-errortype', code);
      const [error, body] = [`<Error><Code>${code}</Code><Message>${escaped(message)}</Message></Error>`, { message }];
      if (service === 's3') return xml(response, error, status);
      if (service === 'cloudformation') return xml(response, `<ErrorResponse>${error}</ErrorResponse>`, status);
      return json(response, { __type: code, ...body }, status);
    }
    if (service === 's3') return s3(request, url, response);
    const body = (await buffer(request)).toString();
    if (service === 'cloudformation') return describeStacks(body, response);
    if (service === 'lambda') return invoke(body, response);
    return states(`${request.headers['x-amz-target']}`, JSON.parse(body), response);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(`${error}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    environment: {
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example-secret',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    objects,
    asked,
    started,
    stacks,
    refusals,
    onStart(next) {
      script = next;
    },
    addRun,
    put,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
