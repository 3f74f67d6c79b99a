/** The books that the suite looks at, each run once by the command line: a sample, a hostile one, and a first month ever. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { retention } from '../cli/retention.ts';
import { bookFiles, type Files, writeFiles } from '../pipeline/book.ts';
import { hostileFiles } from './hostile-book.ts';

export const bookNames = ['sample', 'hostile', 'first month'] as const;
export type BookName = (typeof bookNames)[number];

export type Book = {
  /** The local store. */
  readonly home: string;
  /** The folder of the archived revision, with every file that it consists of. */
  readonly revision: string;
  /** The message as it was sent. */
  readonly mail: string;
};

declare module 'vitest' {
  interface ProvidedContext {
    readonly books: Readonly<Record<BookName, Book>>;
  }
}

const command = async (args: readonly string[]): Promise<void> => {
  const { status, stderr } = await retention(args);
  if (status !== 0) throw new Error(`retention ${args.join(' ')} ended with ${status}: ${stderr}`);
};

const bookAt = async (home: string): Promise<Book> => {
  const [mail] = await readdir(join(home, 'outbox'));
  if (mail === undefined) throw new Error(`${home} has no mail`);
  return { home, revision: join(home, 'archive/month=2026-10/revision=1'), mail: join(home, 'outbox', mail) };
};

const isThere = (path: string): boolean => existsSync(join(path, 'archive/month=2026-10/current.json'));

const bookOf = async (root: string, files: Files): Promise<Book> => {
  const [home, source] = [join(root, 'home'), join(root, 'source')];
  if (isThere(home)) return bookAt(home);
  await writeFiles(source, files);
  await command(['run', '--month', '2026-10', '--source', source, '--home', home, '--to', 'cfo@example.com']);
  return bookAt(home);
};

const sampleBook = async (home: string): Promise<Book> => {
  if (!isThere(home)) await command(['demo', '--home', home]);
  return bookAt(home);
};

const firstMonth = (): Files =>
  Object.fromEntries(Object.entries(bookFiles('2026-10')).filter(([path]) => path.startsWith('2026-10/')));

/** BOOKS names a folder that keeps them, for those who try something twenty times: delete it after a change of the product. */
export default async ({ provide }: TestProject): Promise<() => Promise<void>> => {
  const kept = process.env.BOOKS;
  const root = kept ?? (await mkdtemp(join(tmpdir(), 'browser-')));
  const sample = await sampleBook(join(root, 'sample'));
  const hostile = await bookOf(join(root, 'hostile'), hostileFiles());
  provide('books', { sample, hostile, 'first month': await bookOf(join(root, 'first-month'), firstMonth()) });
  return async () => {
    if (kept === undefined) await rm(root, { recursive: true, force: true });
  };
};
