/** A folder of monthly snapshots on this machine's disk. */
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Month } from '../core/month.ts';
import { ReportError, usageError } from '../errors.ts';
import { type HashMemo, hashFile } from './hash-memo.ts';
import { byName, type Entry, isHidden, listMonth, monthsOf, noSuchMonth, readListing } from './snapshot-layout.ts';
import type { FileForm, SourceFile, SourceMonth } from './source-file.ts';

export type FolderSource = {
  /** The folder itself, links resolved. */
  readonly dir: string;
  /** Months that have a folder, oldest first. */
  readonly months: readonly Month[];
  /** What lies beside the months and is left aside. */
  readonly warnings: readonly string[];
  /** The files of one of `months`, hashed. `trustMemo` takes the hash of a file that looks unchanged from the memo. */
  read(month: Month, options?: { readonly trustMemo?: boolean }): Promise<SourceMonth>;
};

/** An entry of a folder, and where it lies on the disk. */
export type Found = Entry & { readonly path: string };

/** Turns a refusal of the file system into a fault of the argument; anything else passes. */
export const reading = async <T>(what: string, work: Promise<T>): Promise<T> => {
  try {
    return await work;
  } catch (error) {
    if (error instanceof ReportError || !(error instanceof Error) || !('code' in error)) throw error;
    const hint =
      error.code === 'ENOENT' || error.code === 'ENOTDIR'
        ? 'Name a folder that holds one folder a month, such as 2026-10.'
        : 'Give this user the right to read it, then run again.';
    throw usageError(`${what} cannot be read: ${error.code}`, hint, error);
  }
};

/** What a folder holds, dot-files left out. Links and devices are refused: what is read must lie inside the source. */
export const entriesOf = async (path: string, prefix: string): Promise<Found[]> => {
  const entries: Found[] = [];
  for (const plain of await readdir(path)) {
    if (isHidden(plain)) continue;
    const entry = { name: `${prefix}${plain}`, path: join(path, plain) };
    const found = await lstat(entry.path);
    if (found.isSymbolicLink()) {
      throw usageError(
        `${entry.name} is a symbolic link, which is never followed`,
        'Put the file itself in its place.',
      );
    }
    if (!found.isFile() && !found.isDirectory()) {
      throw usageError(`${entry.name} is neither a file nor a folder`, 'Remove it from the source.');
    }
    entries.push({ ...entry, kind: found.isFile() ? 'file' : 'folder' });
  }
  return entries.sort(byName);
};

/**
 * Opens a folder of snapshots and lists its months; files are read only by `read`.
 *
 * `dir` itself may be a link. Inside it nothing but regular files in plain folders is read. Faults of the layout are
 * ReportErrors of kind `usage`; a table that is there twice, or a file that changes under the reader, is `BAD_ROW`.
 */
export const openFolderSource = async (dir: string, known: HashMemo = new Map()): Promise<FolderSource> => {
  const root = await reading(dir, realpath(dir));
  const topWarnings: string[] = [];
  const months = monthsOf(await reading(dir, entriesOf(root, '')), topWarnings);

  const read = async (month: Month, { trustMemo = false } = {}): Promise<SourceMonth> => {
    if (!months.includes(month)) throw noSuchMonth(dir, month, months);
    const warnings: string[] = [];
    const inside = ({ path, name }: Found) => entriesOf(path, `${name}/`);
    const list = async () => listMonth(month, await entriesOf(join(root, month), `${month}/`), inside, warnings);
    const hashed = async ({ name, path, form, gzip }: Found & FileForm): Promise<SourceFile> => {
      const digest = await reading(name, hashFile(path, name, known, trustMemo));
      return { name, form, gzip, ...digest, local: async () => path };
    };
    const found = await readListing(month, await reading(month, list()), hashed, warnings);

    const files = [...Object.values(found.tables).flat(), ...(found.control === null ? [] : [found.control])];
    const present = new Set(files.map(({ name }) => name));
    for (const name of known.keys()) if (name.startsWith(`${month}/`) && !present.has(name)) known.delete(name);
    return found;
  };

  return { dir: root, months, warnings: topWarnings, read };
};
