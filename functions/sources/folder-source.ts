/** A folder of monthly snapshots: which months it has, and which files make up a month's tables. */
import { lstat, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isMonth, type Month } from '../core/month.ts';
import { ReportError, usageError } from '../errors.ts';
import { badRow } from './bad-row.ts';
import { type HashMemo, hashFile } from './hash-memo.ts';
import { type FileForm, formOf, type SourceFile, type SourceMonth, type TableName, tableNames } from './source-file.ts';

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

type Entry = { readonly name: string; readonly path: string; readonly kind: 'file' | 'folder' };
type Found = Entry & FileForm;

const likeMonth = /^\d{4}[-_. ]?\d{1,2}$/;

const isTable = (name: string): name is TableName => (tableNames as readonly string[]).includes(name);

const byName = (a: { readonly name: string }, b: { readonly name: string }): number => (a.name < b.name ? -1 : 1);

/** Turns a refusal of the file system into a fault of the argument; anything else passes. */
const reading = async <T>(what: string, work: Promise<T>): Promise<T> => {
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
const entriesOf = async (path: string, prefix: string): Promise<Entry[]> => {
  const entries: Entry[] = [];
  for (const plain of await readdir(path)) {
    if (plain.startsWith('.')) continue;
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

const plainName = (entry: Entry): string => entry.name.slice(entry.name.lastIndexOf('/') + 1);

const twice = (what: string, first: Entry, second: Entry): ReportError =>
  badRow(`${what} is there twice: ${first.name} and ${second.name}`, 'Keep the right one and remove the other.');

/** Refuses two forms of one file, such as part-1.csv beside part-1.csv.gz. */
const onceEach = (files: readonly Found[]): void => {
  const stems = new Map<string, Found>();
  for (const file of files) {
    const other = stems.get(file.stem);
    if (other !== undefined) throw twice(`The content of "${file.stem}"`, other, file);
    stems.set(file.stem, file);
  }
};

const partsOf = async (folder: Entry, warnings: string[]): Promise<Found[]> => {
  const parts: Found[] = [];
  for (const entry of await entriesOf(folder.path, `${folder.name}/`)) {
    const form = formOf(plainName(entry));
    if (entry.kind === 'file' && form !== null) parts.push({ ...entry, ...form });
    else warnings.push(`${entry.name} is no part of a table and was ignored`);
  }
  if (parts.length === 0) warnings.push(`${folder.name} holds no parts of a table and was ignored`);
  onceEach(parts);
  return parts;
};

type Listing = { readonly tables: Map<TableName, readonly Found[]>; readonly control: Entry | null };

const listMonth = async (path: string, month: Month, warnings: string[]): Promise<Listing> => {
  const tables = new Map<TableName, readonly Found[]>();
  const owners = new Map<TableName, Entry>();
  let control: Entry | null = null;
  for (const entry of await entriesOf(path, `${month}/`)) {
    const form = entry.kind === 'file' ? formOf(plainName(entry)) : null;
    const table = entry.kind === 'folder' ? plainName(entry) : (form?.stem ?? '');
    if (entry.kind === 'file' && plainName(entry) === 'control.json') control = entry;
    else if (!isTable(table)) warnings.push(`${entry.name} is no file of a snapshot and was ignored`);
    else {
      const owner = owners.get(table);
      if (owner !== undefined) throw twice(`The table "${table}" of ${month}`, owner, entry);
      owners.set(table, entry);
      tables.set(table, form === null ? await partsOf(entry, warnings) : [{ ...entry, ...form }]);
    }
  }
  return { tables, control };
};

const monthsOf = (entries: readonly Entry[], warnings: string[]): Month[] => {
  const months: Month[] = [];
  for (const { name, kind } of entries) {
    if (kind === 'folder' && isMonth(name)) months.push(name);
    else if (kind === 'folder' && likeMonth.test(name)) {
      throw usageError(`The folder ${name} is not a month`, 'Name the folder of a month YYYY-MM, such as 2026-10.');
    } else warnings.push(`${name} is no folder of a month and was ignored`);
  }
  return months;
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
    if (!months.includes(month)) {
      const span = months.length === 0 ? 'It has no month at all.' : `It has ${months[0]} to ${months.at(-1)}.`;
      throw usageError(`${dir} has no folder ${month}`, span);
    }
    const warnings: string[] = [];
    const listing = await reading(month, listMonth(join(root, month), month, warnings));

    const hashed = async (file: Entry, form: FileForm): Promise<SourceFile> => {
      const digest = await reading(file.name, hashFile(file.path, file.name, known, trustMemo));
      return { name: file.name, path: file.path, form: form.form, gzip: form.gzip, ...digest };
    };
    const tableOf = async (table: TableName): Promise<readonly SourceFile[]> => {
      const files: SourceFile[] = [];
      for (const file of listing.tables.get(table) ?? []) files.push(await hashed(file, file));
      return files;
    };

    const tables = {
      lines: await tableOf('lines'),
      customers: await tableOf('customers'),
      cancellations: await tableOf('cancellations'),
      payments: await tableOf('payments'),
      fx: await tableOf('fx'),
    };
    const json: FileForm = { stem: 'control', form: 'ndjson', gzip: false };
    const control = listing.control === null ? null : await hashed(listing.control, json);

    const present = new Set(
      [...Object.values(tables).flat(), ...(control === null ? [] : [control])].map((f) => f.name),
    );
    for (const name of known.keys()) if (name.startsWith(`${month}/`) && !present.has(name)) known.delete(name);
    return { month, tables, control, warnings };
  };

  return { dir: root, months, warnings: topWarnings, read };
};
