/** A server that speaks Trino's protocol on loopback: a statement is posted, its pages are fetched one by one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export type FakeAnswer =
  | { readonly columns: readonly (readonly [name: string, type: string])[]; readonly rows: readonly unknown[][] }
  | { readonly error: string; readonly message: string }
  | { readonly status: number };

export type FakeTrino = {
  readonly url: string;
  /** Statements as they came. */
  readonly asked: string[];
  /** Ids of statements that were cancelled. */
  readonly cancelled: string[];
  close(): Promise<void>;
};

/** One row a page, and an empty page before the first, as of a query that waits. */
export const fakeTrino = async (answer: (sql: string) => FakeAnswer): Promise<FakeTrino> => {
  const asked: string[] = [];
  const cancelled: string[] = [];
  const answers: FakeAnswer[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const send = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body));
    };
    const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [, , kind, id = '', page = ''] = (request.url ?? '').split('/');
    if (request.method === 'DELETE') {
      cancelled.push(id);
      return send(204, null);
    }
    if (request.method === 'POST') {
      const sql = Buffer.concat(chunks).toString();
      const found = answer(sql);
      asked.push(sql);
      answers.push(found);
      if ('status' in found) return send(found.status, {});
      const made = `q${answers.length - 1}`;
      return send(200, { id: made, nextUri: `${here}/v1/page/${made}/0` });
    }
    const found = answers[parseInt(id.slice(1), 10)];
    if (kind !== 'page' || found === undefined || 'status' in found) return send(404, {});
    const at = parseInt(page, 10);
    const nextUri = `${here}/v1/page/${id}/${at + 1}`;
    if (at === 0) return send(200, { id, nextUri });
    if ('error' in found)
      return send(200, { id, error: { errorName: found.error, message: found.message, errorType: 'USER_ERROR' } });
    const columns = found.columns.map(([name, type]) => ({ name, type }));
    const data = found.rows.slice(at - 1, at);
    const last = at > found.rows.length;
    return send(200, { id, columns, ...(data.length > 0 ? { data } : {}), ...(last ? {} : { nextUri }) });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    cancelled,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
