/** The pages of one pull, gzipped, one object a page: written once, read again as often as wanted. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { atMost } from '../../lake/at-most.ts';
import type { ObjectStore } from '../../ports.ts';
import type { KeptPages, Page } from './port.ts';

export type Shelf = KeptPages & {
  /** Keeps a page. False where somebody else has kept one of its name meanwhile, which stays as it is. */
  keep(page: Page): Promise<boolean>;
  /** How many pages are kept. */
  count(): Promise<number>;
};

const ending = '.json.gz';

/** Pages that are fetched at a time. */
const sideBySide = 32;

const isName = (page: string): boolean => /^[a-z]+\/[a-z0-9/]+$/.test(page);

const checked = (page: string): string => {
  if (!isName(page)) throw new RangeError(`"${page}" is no name of a page`);
  return page;
};

const bodyOf = (bytes: Uint8Array): unknown => JSON.parse(gunzipSync(bytes).toString('utf8'));

/** Bytes of a file; null where there is none. */
const readIfThere = async (path: string): Promise<Uint8Array | null> => {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
};

const write = async (path: string, bytes: Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
};

/**
 * The pages below `prefix`, which ends in a slash. Where the store is far away, `near` is a folder of this process alone:
 * what is kept is brought there once, many pages at a time, and read from there. Nobody else may keep pages meanwhile.
 */
export const shelfOf = (store: ObjectStore, prefix: string, near: string | null): Shelf => {
  const own = new Set<string>();
  const keyOf = (page: string) => `${prefix}${checked(page)}${ending}`;
  const pathIn = (folder: string, page: string) => join(folder, `${checked(page)}${ending}`);
  const names = async () => (await Array.fromAsync(store.list(prefix))).map((key) => key.slice(prefix.length));

  const bring = async (folder: string): Promise<void> => {
    const pages = (await names()).map((name) => name.slice(0, -ending.length)).filter(isName);
    await atMost(sideBySide, pages, async (page) => {
      const stored = await store.get(keyOf(page));
      if (stored !== null) await write(pathIn(folder, page), stored.bytes);
    });
  };
  let brought: Promise<void> | undefined;

  const bytesOf = async (page: string): Promise<Uint8Array | null> => {
    if (near === null) return (await store.get(keyOf(page)))?.bytes ?? null;
    brought ??= bring(near);
    await brought;
    return readIfThere(pathIn(near, page));
  };

  return {
    async get(page) {
      const bytes = await bytesOf(page);
      return bytes === null ? null : bodyOf(bytes);
    },
    async keep({ name, body }) {
      if (own.has(name)) return true;
      const bytes = gzipSync(JSON.stringify(body));
      if ((await store.put(keyOf(name), bytes, { ifAbsent: true })) === null) return false;
      own.add(name);
      if (near !== null) await write(pathIn(near, name), bytes);
      return true;
    },
    count: async () => (await names()).length,
  };
};
