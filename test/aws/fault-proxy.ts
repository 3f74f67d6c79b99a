/**
 * Stands between the functions and AWS: passes everything on, remembers what was asked by whom, and breaks what it is told
 * to break, as a network or a service would.
 */
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

export type AwsCall = {
  readonly service: string;
  /** As AWS names it: PutObject, SendRawEmail, CreatePartition. */
  readonly action: string;
  /** The key that signed it. */
  readonly accessKey: string;
  /** Below the bucket, for S3. */
  readonly key: string;
  /** Whether a write was tied to a condition. */
  readonly condition: 'absent' | 'match' | null;
  readonly body: Buffer;
};

export type Fault =
  /** The service refuses: nothing was done. */
  | { readonly refuse: { readonly status: number; readonly code: string } }
  /** The service did it, and its answer is lost on the way. */
  | 'lose answer'
  /** Nothing is passed on and nothing answered until the fault is lifted; who hung up meanwhile never asked. */
  | 'hold';

export type Injected = {
  /** The calls that it hit, so far. */
  readonly hits: readonly AwsCall[];
  /** The first of them. */
  readonly first: Promise<AwsCall>;
  /** Somebody hung up while being held. */
  readonly dropped: Promise<void>;
  lift(): void;
};

export type Passed = AwsCall & { readonly status: number };

export type FaultProxy = {
  readonly endpoint: string;
  /** Where calls are passed on to; to be set before the first. */
  target(endpoint: string): void;
  /** Breaks the calls that `when` picks: the first `times` of them, after passing over `skip`. */
  inject(when: (call: AwsCall) => boolean, fault: Fault, options?: { times?: number; skip?: number }): Injected;
  /** Every call that was answered, in order. */
  readonly passed: readonly Passed[];
  close(): Promise<void>;
};

const s3Action = (method: string, key: string, query: URLSearchParams): string => {
  if (method === 'POST') return query.has('uploads') ? 'CreateMultipartUpload' : 'CompleteMultipartUpload';
  if (method === 'PUT') return query.has('partNumber') ? 'UploadPart' : 'PutObject';
  if (method === 'GET') return key === '' ? 'ListObjectsV2' : 'GetObject';
  return method === 'HEAD' ? 'HeadObject' : 'DeleteObject';
};

/** What a request to AWS asks for, told by its signature and its form. */
export const callOf = ({ method = 'GET', url = '/', headers }: IncomingMessage, body: Buffer): AwsCall => {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const scope = /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? '');
  const [, accessKey = '', service = ''] = scope ?? [];
  const key = service === 's3' ? decodeURIComponent(pathname.split('/').slice(2).join('/')) : '';
  const target = headers['x-amz-target'];
  const form = new URLSearchParams(service === 's3' ? '' : body.toString('utf8'));
  const action =
    typeof target === 'string'
      ? target.slice(target.lastIndexOf('.') + 1)
      : service === 's3'
        ? s3Action(method, key, searchParams)
        : (form.get('Action') ?? `${method} ${pathname}`);
  const condition =
    headers['if-none-match'] !== undefined ? 'absent' : headers['if-match'] !== undefined ? 'match' : null;
  return { service, action, accessKey, key, condition, body };
};

const refusal = ({ service }: AwsCall, code: string): { type: string; text: string } => {
  if (service === 's3')
    return {
      type: 'application/xml',
      text: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>by wish</Message></Error>`,
    };
  if (service === 'ses' || service === 'email' || service === 'sns')
    return {
      type: 'text/xml',
      text: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>by wish</Message></Error><RequestId>0</RequestId></ErrorResponse>`,
    };
  return { type: 'application/x-amz-json-1.1', text: JSON.stringify({ __type: code, message: 'by wish' }) };
};

type Rule = {
  readonly when: (call: AwsCall) => boolean;
  readonly fault: Fault;
  readonly lifted: Promise<void>;
  readonly hit: (call: AwsCall) => void;
  readonly dropped: () => void;
  skip: number;
  left: number;
};

const bytesOf = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => Buffer.concat(await Array.fromAsync(stream));

export const startFaultProxy = async (): Promise<FaultProxy> => {
  const agent = new Agent({ keepAlive: true });
  const rules = new Set<Rule>();
  const passed: Passed[] = [];
  let target = '';

  const ruleFor = (call: AwsCall): Rule | null => {
    for (const rule of rules) {
      if (rule.left === 0 || !rule.when(call)) continue;
      if (rule.skip > 0) {
        rule.skip -= 1;
        continue;
      }
      rule.left -= 1;
      rule.hit(call);
      return rule;
    }
    return null;
  };

  /** What AWS says to it. Host and signature stay those of the caller. */
  const forward = async (incoming: IncomingMessage, body: Buffer) => {
    const { hostname, port } = new URL(target);
    const headers = { ...incoming.headers };
    delete headers.expect;
    const outgoing = request({ hostname, port, agent, method: incoming.method, path: incoming.url, headers });
    outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return { status: answer.statusCode ?? 500, headers: answer.headers, body: await bytesOf(answer) };
  };

  const serve = async (incoming: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const body = await bytesOf(incoming);
    const call = callOf(incoming, body);
    const rule = ruleFor(call);
    if (rule?.fault === 'hold') {
      const gone = once(incoming.socket, 'close').then(() => true);
      if (await Promise.race([rule.lifted.then(() => false), gone])) return rule.dropped();
    }
    if (typeof rule?.fault === 'object') {
      const { status, code } = rule.fault.refuse;
      const { type, text } = refusal(call, code);
      passed.push({ ...call, status });
      answer.writeHead(status, { 'content-type': type, 'x-amzn-errortype': code }).end(text);
      return;
    }
    const said = await forward(incoming, body);
    passed.push({ ...call, status: said.status });
    if (rule?.fault === 'lose answer') {
      incoming.socket.destroy();
      return;
    }
    // The length is that of the whole answer; to HEAD it comes without a body.
    answer.writeHead(said.status, said.headers).end(said.body);
  };

  const server = createServer((incoming, answer) => {
    serve(incoming, answer).catch(() => incoming.socket.destroy());
  });
  server.keepAliveTimeout = 0;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');

  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    target: (endpoint) => {
      target = endpoint;
    },
    inject(when, fault, { times = Number.POSITIVE_INFINITY, skip = 0 } = {}) {
      const hits: AwsCall[] = [];
      const { promise: first, resolve: told } = Promise.withResolvers<AwsCall>();
      const { promise: lifted, resolve: lift } = Promise.withResolvers<void>();
      const { promise: dropped, resolve: drop } = Promise.withResolvers<void>();
      const hit = (call: AwsCall) => {
        hits.push(call);
        told(call);
      };
      const rule: Rule = { when, fault, lifted, hit, dropped: drop, skip, left: times };
      rules.add(rule);
      return {
        hits,
        first,
        dropped,
        lift() {
          rules.delete(rule);
          lift();
        },
      };
    },
    passed,
    async close() {
      server.closeAllConnections();
      server.close();
      agent.destroy();
    },
  };
};
