/** Reading a vendor's API: waits, gives up, follows nobody, and repeats nothing that it was told. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type HttpReaderOptions, httpReader } from '../../../functions/sources/billing/http-reader.ts';
import { checkedKey, loopback } from '../../../functions/sources/billing/patience.ts';

const key = 'key_that_nobody_may_see';
const asked = { title: 'Vendor', keyVariable: 'VENDOR_KEY', keyHint: 'another key', permissionHint: 'more rights' };

let close = async () => {};
afterEach(() => close());

/** A reader of a server that answers with `answers` in turn, the last one for ever. */
const reading = (...answers: RequestListener[]) => readingWith({}, ...answers);

type Options = Pick<HttpReaderOptions, 'parse' | 'waitMsOf'>;

const readingWith = async (options: Options, ...answers: RequestListener[]) => {
  const seen: string[] = [];
  const waits: number[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const answer = answers[Math.min(seen.length, answers.length) - 1];
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const reader = httpReader({
    asked,
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    headers: { authorization: `Basic ${key}` },
    resourceOf: () => 'things',
    pause: async (milliseconds) => waits.push(milliseconds),
    ...options,
  });
  return { reader, seen, waits };
};

const ok: RequestListener = (_, response) => response.end('{"things": ["1.10"]}');
const status =
  (code: number, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(code, headers).end(`no, ${key}`);
const cut: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-length': '100' }).write('{"things"', () => response.destroy());
};

it('gives the answer, asked for with the key', async () => {
  const { reader, seen } = await reading(ok);
  expect((await reader.get('/v1/things?limit=2'))?.body).toEqual({ things: ['1.10'] });
  expect(seen).toEqual([`GET /v1/things?limit=2 Basic ${key}`]);
});

it('has nothing where there is nothing', async () => {
  const { reader } = await reading(status(404));
  expect(await reader.get('/v1/things/1')).toBeNull();
});

it.each<[told: string, fault: RequestListener]>([
  ['too much is asked', status(429)],
  ['the server fails', status(502)],
  ['the connection breaks in the middle', cut],
  ['the answer is no JSON', (_, response) => response.end('<html>')],
])('asks again where %s, waiting longer every time', async (_, fault) => {
  const { reader, waits } = await reading(fault, fault, fault, ok);
  expect((await reader.get('/'))?.body).toEqual({ things: ['1.10'] });
  expect(waits).toEqual([500, 1000, 2000]);
});

it('waits as long as it is told to, within reason', async () => {
  const { reader, waits } = await reading(
    status(429, { 'retry-after': '17' }),
    status(429, { 'retry-after': '99999' }),
    status(429, { 'retry-after': '-5' }),
    ok,
  );
  await reader.get('/');
  expect(waits).toEqual([17_000, 120_000, 2000]);
});

it('reads answers and refusals as a vendor has them', async () => {
  const waitMsOf = (status: number, headers: Headers) => status + parseInt(headers.get('x-wait') ?? '', 10);
  const { reader, waits } = await readingWith(
    { parse: (text) => text.length, waitMsOf },
    status(429, { 'x-wait': '600' }),
    ok,
  );
  expect((await reader.get('/'))?.body).toBe(20);
  expect(waits).toEqual([1029]);
});

it.each<[code: number, expected: { code: string; hint?: string }]>([
  [401, { code: 'VENDOR_KEY', hint: 'another key' }],
  [403, { code: 'VENDOR_PERMISSION', hint: 'more rights' }],
  [400, { code: 'VENDOR_REFUSED' }],
  [302, { code: 'VENDOR_REFUSED' }],
  [500, { code: 'VENDOR_UNAVAILABLE' }],
])('tells of %i without a word of what the server said', async (code, expected) => {
  const { reader } = await reading(status(code, { location: '/elsewhere', 'x-request-id': 'req-1' }));
  const failed: unknown = await reader.get('/').catch((error: unknown) => error);
  expect(failed).toMatchObject({ kind: 'dependency', ...expected });
  expect(`${failed}`).toContain('req-1');
  expect(`${failed} ${JSON.stringify(failed)}`).not.toContain(key);
});

it('follows no redirect: the key would go along', async () => {
  const { reader, seen } = await reading(status(307, { location: '/elsewhere' }), ok);
  await expect(reader.get('/')).rejects.toMatchObject({ code: 'VENDOR_REFUSED' });
  expect(seen).toHaveLength(1);
});

it('sends keys to this machine or to the vendor, and no key that is none', () => {
  for (const url of ['https://127.0.0.1', 'http://example.com', 'http://127.0.0.1.example.com', 'nonsense'])
    expect(() => loopback(url, 'VENDOR_URL')).toThrow('VENDOR_URL is not an http address of this machine');
  expect(loopback('http://localhost:80', 'VENDOR_URL').hostname).toBe('localhost');
  for (const bad of ['', 'a b', 'a\r\nb', 'ä']) expect(() => checkedKey(bad, asked)).toThrow('VENDOR_KEY is not a key');
});
