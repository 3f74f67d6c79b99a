/** A server on loopback that speaks AWS JSON 1.1, as Athena and Glue do: an action in `x-amz-target`, JSON both ways. */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** An error as AWS words it: a name, a message, and fields that some errors have. */
export class AwsFault extends Error {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly status: number;

  constructor(name: string, message: string, fields: Readonly<Record<string, unknown>> = {}, status = 400) {
    super(message);
    this.name = name;
    this.fields = fields;
    this.status = status;
  }
}

/** Thrown by an action that did its work and whose answer gets lost on the way. */
export const lostAnswer = Symbol('lost answer');

export type JsonServer = { readonly url: string; readonly close: () => Promise<void> };

export type JsonServerOptions = {
  /** 0 or absent: any free one. */
  readonly port?: number | undefined;
  readonly act: (action: string, input: unknown) => Promise<unknown>;
  /** GET and POST of `/_fake`, for those who test. */
  readonly control?: (method: string, body: unknown) => Promise<unknown>;
};

const answerOf = async (request: IncomingMessage, { act, control }: JsonServerOptions): Promise<unknown> => {
  const body = await text(request);
  const input: unknown = body === '' ? {} : JSON.parse(body);
  if (request.url === '/_fake') return control?.(request.method ?? 'GET', input);
  const target = `${request.headers['x-amz-target'] ?? ''}`;
  return act(target.slice(target.indexOf('.') + 1), input);
};

export const serveJson = async (options: JsonServerOptions): Promise<JsonServer> => {
  const server = createServer((request, response) => {
    answerOf(request, options).then(
      (answer) => {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1', 'x-amzn-requestid': randomUUID() });
        response.end(JSON.stringify(answer ?? {}));
      },
      (error: unknown) => {
        if (error === lostAnswer) {
          request.socket.destroy();
          return;
        }
        const fault = error instanceof AwsFault ? error : new AwsFault('InternalServerException', `${error}`, {}, 500);
        response.writeHead(fault.status, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify({ __type: fault.name, message: fault.message, ...fault.fields }));
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
