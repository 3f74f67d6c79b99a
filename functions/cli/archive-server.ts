/** Serves an archive to the browsers of this machine: the site, and the files of its months. Changes nothing. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { s3Headers } from '../adapters/s3-headers.ts';
import { dependencyError } from '../errors.ts';
import { encode } from '../lake/catalog.ts';
import type { ObjectStore } from '../ports.ts';
import { archivePage } from '../render/archive-page.ts';
import { currentSite } from '../site/rebuild-site.ts';

const loopback = '127.0.0.1';

export type ArchiveServer = {
  /** Ends with a slash; the site is there, the months below it. */
  readonly address: string;
  close(): Promise<void>;
};

export type ServerOptions = {
  readonly store: ObjectStore;
  /** 0 for any that is free. */
  readonly port: number;
  /** Told what went wrong with a request; the browser is told no more than that. */
  readonly failed: (error: unknown) => void;
};

/** Where a page and a bucket put a file, without what leads elsewhere: null for a path that can name none. */
const nameOf = (url: string): string | null => {
  const [path = ''] = url.split(/[?#]/);
  if (!path.startsWith('/')) return null;
  try {
    const parts = path.slice(1).split('/').map(decodeURIComponent);
    const names = parts.every((part) => /^[^/\\\0]{1,200}$/.test(part) && part !== '.' && part !== '..');
    return names ? parts.join('/') : path === '/' ? 'index.html' : null;
  } catch {
    return null;
  }
};

type Found = { readonly bytes: number } & ({ readonly content: Uint8Array } | { readonly path: string });

/** The site as it is now, whoever ran what since; everything else as it lies in the archive. */
const find = async (store: ObjectStore, name: string): Promise<Found | null> => {
  if (name === 'index.html' || name === 'index.json') {
    const site = await currentSite(store);
    const content = name === 'index.json' ? encode(site) : new TextEncoder().encode(archivePage(site));
    return { content, bytes: content.byteLength };
  }
  const path = await store.localFile(`archive/${name}`).catch((error: unknown) => {
    if (error instanceof RangeError) return null;
    throw error;
  });
  return path === null ? null : { path, bytes: (await stat(path)).size };
};

const plain = (response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...headers }).end(`${text}\n`);
};

const answer = async (store: ObjectStore, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
  response.setHeader('Referrer-Policy', 'no-referrer');
  // A page elsewhere can have its own name point here (DNS rebinding): then the browser says that name.
  const port = request.socket.localPort;
  const host = request.headers.host ?? '';
  // Port 80 goes without saying.
  const names = [loopback, 'localhost'].flatMap((name) => [`${name}:${port}`, ...(port === 80 ? [name] : [])]);
  if (!names.includes(host)) return plain(response, 421, `This is ${loopback}:${port} and nothing else.`);
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return plain(response, 405, 'The archive can only be read.', { Allow: 'GET, HEAD' });
  const name = nameOf(request.url ?? '');
  const found = name === null ? null : await find(store, name);
  if (name === null || found === null) return plain(response, 404, 'The archive has no such file.');
  const { ContentType, ContentDisposition } = s3Headers(name);
  response.writeHead(200, {
    'Content-Type': ContentType,
    'Content-Length': found.bytes,
    ...(ContentDisposition === undefined ? {} : { 'Content-Disposition': ContentDisposition }),
  });
  if (request.method === 'HEAD') response.end();
  else if ('content' in found) response.end(found.content);
  else await pipeline(createReadStream(found.path), response);
};

const wentAway = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';

/**
 * Serves the keys below `archive/` on the loopback interface, for reading. Throws `PORT` of kind `dependency` when the
 * port cannot be had.
 */
export const serveArchive = async ({ store, port, failed }: ServerOptions): Promise<ArchiveServer> => {
  const server = createServer((request, response) => {
    answer(store, request, response).catch((error: unknown) => {
      if (wentAway(error)) return;
      failed(error);
      if (response.headersSent) response.destroy();
      else plain(response, 500, 'This file could not be read; the terminal says why.');
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        dependencyError(
          'PORT',
          `port ${port} of ${loopback} cannot be had: ${'code' in error ? error.code : error.message}`,
          'Another program may use it. Give another --port, or none for any that is free.',
          error,
        ),
      ),
    );
    server.listen(port, loopback, resolve);
  });
  const bound = server.address();
  const at = bound !== null && typeof bound === 'object' ? bound.port : port;
  return {
    address: `http://${loopback}:${at}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
