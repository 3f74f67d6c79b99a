/** The files that a month of input may consist of, by name. */
import type { Month } from '../core/month.ts';

export const tableNames = ['lines', 'customers', 'cancellations', 'payments', 'fx', 'opportunities'] as const;
export type TableName = (typeof tableNames)[number];

/** What files are read as: the tables of a month, and the lines of invoices that books of months are made of. */
export type StagedTable = TableName | 'invoice_lines';

export type Form = 'csv' | 'ndjson' | 'parquet';

export type SourceFile = {
  /** Relative to the source's folder, `/`-separated, for messages: `2026-10/lines/part-1.csv.gz`. */
  readonly name: string;
  readonly form: Form;
  readonly gzip: boolean;
  readonly bytes: number;
  readonly sha256: string;
  /** Path of a local file with exactly these bytes, not to be changed. What lies elsewhere is fetched when first asked for. */
  local(): Promise<string>;
};

export type SourceMonth = {
  readonly month: Month;
  /** The files of each table in the order of their names; none when the month does not have the table. */
  readonly tables: Readonly<Record<TableName, readonly SourceFile[]>>;
  readonly control: SourceFile | null;
  /** What was found and left aside. */
  readonly warnings: readonly string[];
};

export type FileForm = { readonly stem: string; readonly form: Form; readonly gzip: boolean };

/** Splits `lines.csv.gz` into stem, form and compression; null for a name of no known form. */
export const formOf = (name: string): FileForm | null => {
  const [, stem, plain, packed] = /^(.+)\.(?:(csv|ndjson|parquet)|(csv|ndjson)\.gz)$/s.exec(name) ?? [];
  const form = plain ?? packed;
  if (stem === undefined || (form !== 'csv' && form !== 'ndjson' && form !== 'parquet')) return null;
  return { stem, form, gzip: packed !== undefined };
};
