/** What the folder of an export holds: invoice lines, and beside them tables of months as any source has them. */
import type { Month } from '../../core/month.ts';
import { usageError } from '../../errors.ts';
import { entriesOf, type Found, reading } from '../folder-source.ts';
import { monthsOf } from '../snapshot-layout.ts';
import { type FileForm, formOf } from '../source-file.ts';

export type ExportFile = Found & FileForm;

/** A file that goes into a month as it is, at `name` below the month's folder. */
export type Beside = { readonly name: string; readonly path: string };

export type ExportFolder = {
  /** The invoice lines, in the order of their names. */
  readonly lines: readonly ExportFile[];
  /** Tables at the top, which hold from the first month on. */
  readonly shared: readonly Beside[];
  /** Files of the months that have a folder of their own. */
  readonly months: ReadonlyMap<Month, readonly Beside[]>;
  readonly warnings: readonly string[];
};

const table = 'invoice_lines';
/** Events of payments belong to their months; what is here holds from a month on, or tells its own days. */
const sharedTables = ['customers', 'fx', 'cancellations', 'opportunities'];

const plainName = ({ name }: Found): string => name.slice(name.lastIndexOf('/') + 1);
const stemOf = (entry: Found): string =>
  entry.kind === 'folder' ? plainName(entry) : (formOf(plainName(entry))?.stem ?? '');

/** Every file of an entry, named as it is to be named in a month. */
const filesOf = async (entry: Found): Promise<Beside[]> => {
  const plain = plainName(entry);
  if (entry.kind === 'file') return [{ name: plain, path: entry.path }];
  const inside = await entriesOf(entry.path, `${plain}/`);
  return inside.filter(({ kind }) => kind === 'file').map(({ name, path }) => ({ name, path }));
};

/** Whether a month's own files are a snapshot, which no invoice need stand in for. */
export const hasLines = (files: readonly Beside[]): boolean =>
  files.some(({ name }) => name.startsWith('lines/') || formOf(name)?.stem === 'lines');

/** Lists an export. Throws a ReportError of kind `usage` for a folder that has no invoice lines, or has them twice. */
export const listExport = async (dir: string): Promise<ExportFolder> => {
  const warnings: string[] = [];
  const top = await reading(dir, entriesOf(dir, ''));
  const owners = top.filter((entry) => stemOf(entry) === table);
  const [owner, other] = owners;
  if (owner === undefined)
    throw usageError(
      `${dir} has no ${table}`,
      `Put the export there as ${table}.csv (or .csv.gz, .ndjson, .parquet), or in parts as ${table}/*.csv.`,
    );
  if (other !== undefined)
    throw usageError(`${table} is there twice: ${owner.name} and ${other.name}`, 'Keep the right one.');
  const parts = owner.kind === 'file' ? [owner] : await reading(owner.name, entriesOf(owner.path, `${table}/`));
  const lines = parts.flatMap((part): ExportFile[] => {
    const form = part.kind === 'file' ? formOf(plainName(part)) : null;
    if (form === null) warnings.push(`${part.name} is no part of a table and was ignored`);
    return form === null ? [] : [{ ...part, ...form }];
  });
  if (lines.length === 0) throw usageError(`${owner.name} holds no parts of a table`, `Put the export there.`);

  const shared: Beside[] = [];
  const rest: Found[] = [];
  for (const entry of top) {
    if (entry === owner) continue;
    if (sharedTables.includes(stemOf(entry))) shared.push(...(await reading(entry.name, filesOf(entry))));
    else rest.push(entry);
  }
  const months = new Map<Month, readonly Beside[]>();
  for (const month of monthsOf(rest, warnings)) {
    const folder = rest.find(({ name }) => name === month);
    const entries = folder === undefined ? [] : await reading(month, entriesOf(folder.path, `${month}/`));
    const files = await reading(month, Promise.all(entries.map(filesOf)));
    months.set(month, files.flat());
  }
  return { lines, shared, months, warnings };
};
