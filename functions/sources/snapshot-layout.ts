/** How a source's files and folders become months and tables, wherever they lie. */
import { isMonth, type Month } from '../core/month.ts';
import { type ReportError, usageError } from '../errors.ts';
import { badRow } from './bad-row.ts';
import { type FileForm, formOf, type SourceFile, type SourceMonth, type TableName, tableNames } from './source-file.ts';

/** `name` is relative to the source, `/`-separated. */
export type Entry = { readonly name: string; readonly kind: 'file' | 'folder' };

export type Listing<E extends Entry> = {
  readonly tables: ReadonlyMap<TableName, readonly (E & FileForm)[]>;
  readonly control: (E & FileForm) | null;
};

const likeMonth = /^\d{4}[-_. ]?\d{1,2}$/;

const isTable = (name: string): name is TableName => (tableNames as readonly string[]).includes(name);

const plainName = ({ name }: Entry): string => name.slice(name.lastIndexOf('/') + 1);

/** Dot-files are nobody's business. */
export const isHidden = (plain: string): boolean => plain.startsWith('.');

/** In the order that tables take their parts in. */
export const byName = (a: { readonly name: string }, b: { readonly name: string }): number =>
  a.name < b.name ? -1 : 1;

/** The months among the entries of a source's top. */
export const monthsOf = (entries: readonly Entry[], warnings: string[]): Month[] => {
  const months: Month[] = [];
  for (const { name, kind } of entries) {
    if (kind === 'folder' && isMonth(name)) months.push(name);
    else if (kind === 'folder' && likeMonth.test(name)) {
      throw usageError(`The folder ${name} is not a month`, 'Name the folder of a month YYYY-MM, such as 2026-10.');
    } else warnings.push(`${name} is no folder of a month and was ignored`);
  }
  return months;
};

/** The fault of asking for a month that is not there. */
export const noSuchMonth = (source: string, month: Month, months: readonly Month[]): ReportError => {
  const span = months.length === 0 ? 'It has no month at all.' : `It has ${months[0]} to ${months.at(-1)}.`;
  return usageError(`${source} has no folder ${month}`, span);
};

const twice = (what: string, first: Entry, second: Entry): ReportError =>
  badRow(`${what} is there twice: ${first.name} and ${second.name}`, 'Keep the right one and remove the other.');

/** Refuses two forms of one file, such as part-1.csv beside part-1.csv.gz. */
const onceEach = (files: readonly (Entry & FileForm)[]): void => {
  const stems = new Map<string, Entry>();
  for (const file of files) {
    const other = stems.get(file.stem);
    if (other !== undefined) throw twice(`The content of "${file.stem}"`, other, file);
    stems.set(file.stem, file);
  }
};

const partsOf = <E extends Entry>(folder: E, entries: readonly E[], warnings: string[]): (E & FileForm)[] => {
  const parts: (E & FileForm)[] = [];
  for (const entry of entries) {
    const form = formOf(plainName(entry));
    if (entry.kind === 'file' && form !== null) parts.push({ ...entry, ...form });
    else warnings.push(`${entry.name} is no part of a table and was ignored`);
  }
  if (parts.length === 0) warnings.push(`${folder.name} holds no parts of a table and was ignored`);
  onceEach(parts);
  return parts;
};

/** Sorts out a month's entries, in the order of their names; `inside` tells those of a folder. */
export const listMonth = async <E extends Entry>(
  month: Month,
  entries: readonly E[],
  inside: (folder: E) => readonly E[] | Promise<readonly E[]>,
  warnings: string[],
): Promise<Listing<E>> => {
  const tables = new Map<TableName, readonly (E & FileForm)[]>();
  const owners = new Map<TableName, Entry>();
  let control: (E & FileForm) | null = null;
  for (const entry of entries) {
    const form = entry.kind === 'file' ? formOf(plainName(entry)) : null;
    const table = entry.kind === 'folder' ? plainName(entry) : (form?.stem ?? '');
    if (entry.kind === 'file' && plainName(entry) === 'control.json') {
      if (control !== null) throw twice(`The control totals of ${month}`, control, entry);
      control = { ...entry, stem: 'control', form: 'ndjson', gzip: false };
    } else if (!isTable(table)) warnings.push(`${entry.name} is no file of a snapshot and was ignored`);
    else {
      const owner = owners.get(table);
      if (owner !== undefined) throw twice(`The table "${table}" of ${month}`, owner, entry);
      owners.set(table, entry);
      tables.set(table, form === null ? partsOf(entry, await inside(entry), warnings) : [{ ...entry, ...form }]);
    }
  }
  return { tables, control };
};

/** Reads the files of a listing one after another. */
export const readListing = async <E extends Entry>(
  month: Month,
  listing: Listing<E>,
  read: (file: E & FileForm) => Promise<SourceFile>,
  warnings: readonly string[],
): Promise<SourceMonth> => {
  const filesOf = (table: TableName) => Array.fromAsync(listing.tables.get(table) ?? [], read);
  const tables = {
    lines: await filesOf('lines'),
    customers: await filesOf('customers'),
    cancellations: await filesOf('cancellations'),
    payments: await filesOf('payments'),
    fx: await filesOf('fx'),
    opportunities: await filesOf('opportunities'),
  };
  return { month, tables, control: listing.control === null ? null : await read(listing.control), warnings };
};
