/** A vendor's API on loopback that answers as it is told to, and fails on demand: errors, cut answers, silence. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What becomes of the request of a number (from 1) for a path: an error, a cut in the middle of the answer, or nothing. */
export type Fault =
  | {
      readonly status: number;
      readonly retryAfter?: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | 'cut'
  | 'stall'
  | null;

/** How one vendor answers. */
export type Answering = {
  answer(url: URL): { readonly status: number; readonly body: unknown };
  /** What a request that may not be asked is told, or null. */
  refusal(headers: IncomingHttpHeaders): string | null;
  /** The form of its errors. */
  errorBody(status: number, message: string): unknown;
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** Told with every error that is wanted: nothing of it may come out. */
  readonly secret: string;
};

export type FaultyServer = {
  readonly url: string;
  /** Paths that were asked for, queries included, in order. */
  readonly asked: string[];
  fault: (number: number, path: string) => Fault;
  /** What its clock says; null for the time of day. */
  date: string | null;
  close(): Promise<void>;
};

/** Starts a server that takes nothing but GET. */
export const startFaulty = async ({
  answer,
  refusal,
  errorBody,
  headers,
  secret,
}: Answering): Promise<FaultyServer> => {
  const refuse = (response: ServerResponse, status: number, message: string, more: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers, ...more });
    response.end(JSON.stringify(errorBody(status, message)));
  };
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://vendor');
    server.asked.push(`${url.pathname}${url.search}`);
    if (server.date !== null) response.setHeader('date', server.date);
    const fault = server.fault(server.asked.length, url.pathname);
    if (fault === 'stall') return;
    if (request.method !== 'GET') return refuse(response, 405, `${request.method} is not reading`);
    const refused = refusal(request.headers);
    if (refused !== null) return refuse(response, 401, refused);
    if (typeof fault === 'object' && fault !== null)
      return refuse(response, fault.status, fault.message ?? `a secret in a message: ${secret}`, {
        ...fault.headers,
        ...(fault.retryAfter === undefined ? {} : { 'retry-after': `${fault.retryAfter}` }),
      });
    const { status, body } = answer(url);
    const text = JSON.stringify(body);
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...headers,
    });
    if (fault !== 'cut') return response.end(text);
    response.write(text.slice(0, Math.floor(text.length / 2)), () => response.destroy());
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: FaultyServer = {
    url: `http://127.0.0.1:${port}`,
    asked: [],
    fault: () => null,
    date: null,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
};
