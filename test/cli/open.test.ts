/** `open`: what is served, to whom, and how it ends. */
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { folderObjectStore } from '../../functions/adapters/folder-object-store.ts';
import { rebuildSite } from '../../functions/site/rebuild-site.ts';
import { type FakeStack, outputs, startFakeStack } from '../aws/fake-stack.ts';
import { archiveReport, reportOf } from '../pipeline/archived-reports.ts';
import { treeOf } from '../pipeline/folder.ts';
import { retention, start, type Told } from './retention.ts';

const revision = 'month=2026-10/revision=1';

let root: string;
let home: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'open-'));
  home = join(root, 'home');
  const store = folderObjectStore(home);
  for (const month of ['2026-09', '2026-10']) await archiveReport(store, reportOf(month), { 'email.eml': 'To: a' });
  await mkdir(join(home, 'lake'));
  await writeFile(join(home, 'lake/catalog.json'), 'secret');
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A command that serves, once it has said where. */
const serving = async (
  args: readonly string[],
  environment = {},
): Promise<{ address: string; end(): Promise<Told> }> => {
  const { child, told } = start(['open', ...args], { cwd: root, environment });
  const first = await Promise.race([once(child.stdout!, 'data').then(([text]) => `${text}`), told]);
  if (typeof first !== 'string') throw new Error(`it ended: ${first.stderr}`);
  return {
    address: first.trim(),
    end() {
      child.kill('SIGINT');
      return told;
    },
  };
};

type Answer = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly text: string };

/** Asks for exactly this path, as no browser would. */
const ask = (address: string, path: string, { method = 'GET', host = '' } = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(address);
    const headers = host === '' ? {} : { Host: host };
    request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text: `${Buffer.concat(chunks)}` }),
      );
    })
      .on('error', reject)
      .end();
  });

describe('at home', () => {
  let at: Awaited<ReturnType<typeof serving>>;
  let before: Record<string, string>;
  beforeAll(async () => {
    before = await treeOf(home);
    at = await serving(['--home', home]);
  });
  afterAll(async () => {
    await at.end();
  });

  test('the address is one of this machine', () => {
    expect(at.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  test('no other address of the machine answers', async () => {
    const other = at.address.replace('127.0.0.1', '127.0.0.2');
    await expect(ask(other, '/', { host: new URL(at.address).host })).rejects.toThrow(/^connect /);
  });

  test('the site, though no run has left one; and not kept by the browser', async () => {
    const { status, headers, text } = await ask(at.address, '/');
    expect(status).toBe(200);
    expect(text).toContain('September 2026');
    expect(headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers['content-security-policy']).toBeUndefined();
    expect((await ask(at.address, '/index.html')).text).toBe(text);
    expect(JSON.parse((await ask(at.address, '/index.json')).text)).toMatchObject({
      months: [{ month: '2026-10' }, { month: '2026-09' }],
    });
  });

  test.each([
    ['report.html', 'text/html; charset=utf-8', 'inline'],
    ['report.json', 'application/json', 'inline'],
    ['movements.csv', 'text/csv; charset=utf-8', 'attachment; filename="movements.csv"'],
    ['email.eml', 'message/rfc822', 'attachment; filename="email.eml"'],
  ])('%s, as it is archived', async (name, type, disposition) => {
    for (const path of [`/${revision}/${name}`, `/${revision.replaceAll('=', '%3D')}/${name}?x=1`]) {
      const { status, headers, text } = await ask(at.address, path);
      expect({ status, text }).toEqual({
        status: 200,
        text: await readFile(join(home, 'archive', revision, name), 'utf8'),
      });
      expect(headers).toMatchObject({ 'content-type': type, 'content-disposition': disposition });
    }
    const head = await ask(at.address, `/${revision}/${name}`, { method: 'HEAD' });
    expect({ ...head, length: head.headers['content-length'] }).toMatchObject({
      status: 200,
      text: '',
      length: expect.stringMatching(/^[1-9]/),
    });
  });

  test.each([
    '/lake/catalog.json',
    '/../lake/catalog.json',
    '/%2e%2e/lake/catalog.json',
    '/..%2flake/catalog.json',
    '/..%5clake/catalog.json',
    `/${revision}/../../../lake/catalog.json`,
    `/${revision}/%2e%2e/%2e%2e/%2e%2e/lake/catalog.json`,
    '//etc/passwd',
    '/%2fetc%2fpasswd',
    `/${revision}`,
    `/${revision}/`,
    `/${revision}/none.html`,
    '/nul%00',
    '/%zz',
    `/${'a'.repeat(300)}`,
    'http://example.com/index.html',
  ])('nothing else: %s', async (path) => {
    const { status, text } = await ask(at.address, path);
    expect(status).toBe(404);
    expect(text).not.toContain('secret');
    expect(text).not.toContain(root);
  });

  test.each(['evil.example', 'evil.example:80', '127.0.0.1', '127.0.0.1.evil.example', 'localhost:1', '[::1]'])(
    'a browser that was told this is %s is sent away',
    async (host) => {
      const { status, text } = await ask(at.address, '/', { host });
      expect(status).toBe(421);
      expect(text).not.toContain('September');
    },
  );

  test('localhost is a name of it', async () => {
    expect(await ask(at.address, '/', { host: `localhost:${new URL(at.address).port}` })).toMatchObject({
      status: 200,
    });
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s is refused', async (method) => {
    const { status, headers } = await ask(at.address, `/${revision}/report.html`, { method });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: 'GET, HEAD' });
  });

  test('a month that was archived since is there', async () => {
    const copy = join(root, 'growing');
    const store = folderObjectStore(copy);
    await archiveReport(store, reportOf('2026-09'));
    await rebuildSite(store);
    const other = await serving(['--home', copy]);
    await archiveReport(store, reportOf('2026-10'));
    expect((await ask(other.address, '/')).text).toContain('October 2026');
    await other.end();
  });

  test('Ctrl-C ends it well; nothing was changed', async () => {
    const other = await serving(['--home', home, '--month', '2026-10']);
    expect(other.address).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:\\d+/${revision}/report\\.html$`));
    const told = await other.end();
    expect(told).toMatchObject({ status: 0, stdout: `${other.address}\n` });
    expect(told.stderr).toMatch(/^The archive in .*home, for the browsers of this machine alone\. Ctrl-C ends it\.\n$/);
    await expect(ask(other.address, '/')).rejects.toThrow('ECONNREFUSED');
    expect(await treeOf(home)).toEqual(before);
  });
});

describe('what cannot be', () => {
  test('a port that is taken: 4, and what to do', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const told = await retention(['open', '--home', home, '--port', `${port}`]);
    expect(told).toMatchObject({
      status: 4,
      stdout: '',
      stderr: expect.stringMatching(/^PORT: port \d+ of 127\.0\.0\.1 .*EADDRINUSE/),
    });
    expect(told.stderr).toContain('--port');
    taken.close();
  });

  test.each<[string, readonly string[], string]>([
    ['an empty archive', ['--home', 'none'], 'is empty'],
    ['a month that it does not have', ['--month', '2031-01'], 'no report of 2031-01'],
    ['a port that is none', ['--port', '65536'], '65535'],
    ['a port in words', ['--port', 'web'], 'not a port'],
    ['two places', ['--stack', 'acme', '--home', 'none'], 'on one of them'],
  ])('%s: 2, before anything is served', async (_what, args, words) => {
    const place = args.includes('--home') ? [] : ['--home', home];
    const told = await retention(['open', ...args, ...place], { cwd: root });
    expect(told).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(words) });
  });
});

test('open --help teaches', async () => {
  const { status, stdout } = await retention(['open', '--help']);
  expect(status).toBe(0);
  const words = stdout.replaceAll(/\s+/g, ' ');
  for (const told of [
    '127.0.0.1',
    '--port <n>',
    '--month <YYYY-MM>',
    '--home <dir>',
    '--stack <name>',
    'until Ctrl-C',
    'index.html opens by itself',
  ])
    expect(words).toContain(told);
  for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(140);
});

describe('of a stack', () => {
  let fake: FakeStack;
  beforeAll(async () => {
    fake = await startFakeStack();
    for (const path of Object.keys(await treeOf(join(home, 'archive'))))
      fake.s3.put(outputs.ArchiveBucket, `archive/${path}`, await readFile(join(home, 'archive', path)));
  });
  afterAll(() => fake.close());

  test('the same site and files, through this machine; nothing is written to the bucket', async () => {
    const keys = [...fake.s3.buckets.get(outputs.ArchiveBucket)!.keys()];
    const at = await serving(['--stack', 'acme'], fake.environment);
    const site = await ask(at.address, '/');
    expect(site).toMatchObject({ status: 200, text: expect.stringContaining('September 2026') });
    const file = await ask(at.address, `/${revision}/movements.csv`);
    expect(file).toMatchObject({
      status: 200,
      text: await readFile(join(home, 'archive', revision, 'movements.csv'), 'utf8'),
    });
    expect(await ask(at.address, `/${revision}/none.html`)).toMatchObject({ status: 404 });
    const told = await at.end();
    expect(told).toMatchObject({ status: 0, stderr: expect.stringContaining('of the stack acme') });
    expect([...fake.s3.buckets.get(outputs.ArchiveBucket)!.keys()]).toEqual(keys);
  });
});
