/** What the lake knows: for each month, which version of each table is the good one, and what it holds. */
import { z } from 'zod';
import { basisNames, type MrrBasis } from '../core/basis.ts';
import { isMonth, type Month } from '../core/month.ts';
import { ReportError } from '../errors.ts';
import type { ObjectStore, Partition } from '../ports.ts';
import type { TableName } from '../sources/source-file.ts';

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);

const fileSchema = z.strictObject({ name: z.string(), sha256: z.string(), bytes: z.int() });

const tableSchema = z.strictObject({
  /** Names the content: a hash of the source files and of the way they are read. */
  version: z.string(),
  files: z.array(fileSchema),
  rows: z.int(),
  furtherColumns: z.array(z.string()),
  sums: z.record(z.string(), z.strictObject({ all: decimal, counting: decimal })),
  endedMonths: z.record(z.string(), z.int()),
  rates: z.record(z.string(), decimal),
});

const monthSchema = z.strictObject({
  /** What its source could not know, as control.json says; left out where that is nothing. */
  notes: z.array(z.string()).optional(),
  lines: tableSchema.optional(),
  customers: tableSchema.optional(),
  cancellations: tableSchema.optional(),
  payments: tableSchema.optional(),
  fx: tableSchema.optional(),
  opportunities: tableSchema.optional(),
  control: fileSchema.optional(),
  /** What the MRR of its lines rests on; left out where it is committed. */
  basis: z.enum(basisNames).optional(),
});

const catalogSchema = z.strictObject({
  schemaVersion: z.literal(1),
  months: z.record(z.string().refine(isMonth), monthSchema),
});

export type CatalogTable = z.infer<typeof tableSchema>;
export type CatalogMonth = Readonly<z.infer<typeof monthSchema>>;

/** The months of the lake; absent tables are absent. */
export type Catalog = ReadonlyMap<Month, CatalogMonth>;

const key = 'lake/catalog.json';

export const encode = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

const damaged = (what: string, hint: string, cause: unknown) =>
  new ReportError('unexpected', 'DAMAGED', `${what} is damaged`, hint, { cause });

/** Parses stored JSON against its schema; `DAMAGED` when it is not what was written. */
export const decode = <T>(schema: z.ZodType<T>, bytes: Uint8Array, what: string, hint: string): T => {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw damaged(what, hint, error);
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw damaged(what, hint, parsed.error);
  return parsed.data;
};

/** The catalog as stored, with the etag that `saveCatalog` needs; empty before the first ingest. */
export const loadCatalog = async (store: ObjectStore): Promise<{ catalog: Catalog; etag: string | null }> => {
  const stored = await store.get(key);
  if (stored === null) return { catalog: new Map(), etag: null };
  const hint = 'Delete the lake folder: the next run builds it anew from the source folder.';
  const { months } = decode(catalogSchema, stored.bytes, key, hint);
  const entries = Object.entries(months).filter((entry): entry is [Month, CatalogMonth] => isMonth(entry[0]));
  return { catalog: new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1))), etag: stored.etag };
};

/** Swaps the catalog in one step; `etag` is that of the one it replaces. */
export const saveCatalog = async (store: ObjectStore, catalog: Catalog, etag: string | null): Promise<void> => {
  const months = Object.fromEntries([...catalog].sort(([a], [b]) => (a < b ? -1 : 1)));
  const written = await store.put(
    key,
    encode({ schemaVersion: 1, months }),
    etag === null ? { ifAbsent: true } : { ifMatch: etag },
  );
  if (written === null)
    throw new ReportError(
      'dependency',
      'CONFLICT',
      'another run changed the lake at the same time',
      'Run the month again.',
    );
};

/** The partition of a month's table; null when the month does not have it, or has no rows in it. */
export const partitionOf = (catalog: Catalog, month: Month, table: TableName): Partition | null => {
  const found = catalog.get(month)?.[table];
  return found === undefined || found.rows === 0 ? null : { table, month, version: found.version };
};

/** Months, oldest first, that have the table, up to and including `until`. */
export const monthsWith = (catalog: Catalog, table: TableName, until?: Month): Month[] =>
  [...catalog.keys()]
    .filter((month) => (until === undefined || month <= until) && catalog.get(month)?.[table] !== undefined)
    .sort();

/** Months that have a book, oldest first. */
export const bookMonths = (catalog: Catalog, until: Month): Month[] =>
  monthsWith(catalog, 'lines', until).filter((month) => partitionOf(catalog, month, 'lines') !== null);

/** What the MRR of a month rests on. */
export const basisOf = (catalog: Catalog, month: Month): MrrBasis => catalog.get(month)?.basis ?? 'committed';

/** Rates into the reporting currency as they stood at a month: those of the newest fx file not later than it. */
export const ratesAt = (catalog: Catalog, month: Month, reportingCurrency: string): ReadonlyMap<string, string> => {
  const newest = monthsWith(catalog, 'fx', month).at(-1);
  const rates = newest === undefined ? {} : (catalog.get(newest)?.fx?.rates ?? {});
  return new Map([...Object.entries(rates), [reportingCurrency, '1']]);
};
