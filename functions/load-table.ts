/** Brings one table of one month into the lake, unless the same files are there already. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { CrmReading } from './core/crm.ts';
import type { Month } from './core/month.ts';
import type { GateFault } from './gate-fault.ts';
import { type Catalog, type CatalogTable, decode, encode } from './lake/catalog.ts';
import type { ObjectStore, TableLoader } from './ports.ts';
import type { SourceFile, TableName } from './sources/source-file.ts';

/** Raised when the way files become rows changes: what was read the old way is read again. */
const readingVersion = 1;

const loadedSchema = z.strictObject({
  rows: z.int(),
  furtherColumns: z.array(z.string()),
  sums: z.record(z.string(), z.strictObject({ all: z.string(), counting: z.string() })),
  endedMonths: z.record(z.string(), z.int()),
  rates: z.record(z.string(), z.string()),
});

const versionOf = ({ month, table, files, reading }: TableFiles): string => {
  const contents = files.map(({ form, gzip, sha256 }) => [form, gzip, sha256]);
  // Settings that make other rows of the same bytes make another version.
  const settings = table === 'opportunities' ? [reading] : [];
  return createHash('sha256')
    .update(JSON.stringify([readingVersion, month, table, contents, ...settings]))
    .digest('hex')
    .slice(0, 32);
};

export const fileOf = ({ name, sha256, bytes }: SourceFile) => ({ name, sha256, bytes });

export type TableFiles = {
  readonly month: Month;
  readonly table: TableName;
  readonly files: readonly SourceFile[];
  /** How a CRM's opportunities are to be read. */
  readonly reading: CrmReading;
};

/** The table as the catalog describes it, where these very files have been loaded before; otherwise null. */
export const loadedTable = async (
  tableFiles: TableFiles,
  known: Catalog,
  store: ObjectStore,
): Promise<CatalogTable | null> => {
  const { month, table, files } = tableFiles;
  const version = versionOf(tableFiles);
  const current = known.get(month)?.[table];
  if (current?.version === version) return current;
  const stored = await store.get(factsKey(month, table, version));
  if (stored === null) return null;
  const key = factsKey(month, table, version);
  const facts = decode(loadedSchema, stored.bytes, key, `Delete ${key}: the next run reads the source again.`);
  return { version, files: files.map(fileOf), ...facts };
};

// Stored after the rows: where the facts are, the table is whole. Engines that read the folder pass over `_`.
const factsKey = (month: Month, table: TableName, version: string) =>
  `lake/${table}/month=${month}/version=${version}/_facts.json`;

/** The table, loaded if need be; or what is wrong with its files. */
export const loadTable = async (
  files: TableFiles,
  known: Catalog,
  { store, loader }: { store: ObjectStore; loader: TableLoader },
): Promise<CatalogTable | readonly GateFault[]> => {
  const before = await loadedTable(files, known, store);
  if (before !== null) return before;
  const { month, table, reading } = files;
  const version = versionOf(files);
  const result = await loader.load({ table, files: files.files, target: { table, month, version }, reading });
  if ('faults' in result) return result.faults;
  await store.put(factsKey(month, table, version), encode(result.loaded));
  return {
    version,
    files: files.files.map(fileOf),
    ...result.loaded,
    furtherColumns: [...result.loaded.furtherColumns],
  };
};
