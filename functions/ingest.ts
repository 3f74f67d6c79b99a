/** Brings the source's months into the lake: what is new or changed is read, everything else is left alone. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { basisNames, type MrrBasis } from './core/basis.ts';
import type { CrmReading } from './core/crm.ts';
import { exact } from './core/money.ts';
import type { Month } from './core/month.ts';
import { type Finding, fault, type GateFault } from './gate-fault.ts';
import type { Catalog, CatalogMonth, CatalogTable } from './lake/catalog.ts';
import { fileOf, loadTable } from './load-table.ts';
import type { ObjectStore, Progress, TableLoader } from './ports.ts';
import { type SourceFile, type SourceMonth, type TableName, tableNames } from './sources/source-file.ts';

/** A place that has snapshots; `folder-source` is one. */
export type SnapshotSource = {
  readonly months: readonly Month[];
  read(month: Month, options?: { readonly trustMemo?: boolean }): Promise<SourceMonth>;
};

export type Ingested = {
  readonly catalog: Catalog;
  readonly faults: readonly GateFault[];
  readonly warnings: readonly string[];
};

/** Source files of a month up to this size are read together. */
const sideBySideBytes = 32 * 1024 * 1024;

/**
 * The catalog as it will be with every month of the source up to `until`, newest included. Stores tables beside those
 * of other versions and changes nothing that is in use: whoever calls swaps the catalog when all gates have passed.
 */
export const ingest = async (
  source: SnapshotSource,
  until: Month,
  known: Catalog,
  reading: CrmReading,
  { store, loader, progress }: { store: ObjectStore; loader: TableLoader; progress: Progress },
): Promise<Ingested> => {
  const catalog = new Map(known);
  const faults: GateFault[] = [];
  const warnings: string[] = [];
  const months = source.months.filter((month) => month <= until);

  for (const [at, month] of months.entries()) {
    progress('Reading snapshots', at, months.length);
    const found = await source.read(month, { trustMemo: month !== until });
    warnings.push(...found.warnings);
    const tables: { -readonly [K in keyof CatalogMonth]: CatalogMonth[K] } = {};
    const present = tableNames.filter((table) => found.tables[table].length > 0);
    const load = (table: TableName) =>
      loadTable({ month, table, files: found.tables[table], reading }, known, { store, loader });
    const bytes = present.flatMap((table) => found.tables[table]).reduce((total, file) => total + file.bytes, 0);
    // Small tables cost mostly their overhead and are read side by side; large ones would share one memory.
    const entries =
      bytes < sideBySideBytes
        ? await Promise.all(present.map(load))
        : await Array.fromAsync(present, (table) => load(table));
    for (const [at, table] of present.entries()) {
      const entry = entries[at] ?? [];
      if (!('version' in entry)) {
        faults.push(...entry);
        continue;
      }
      tables[table] = entry;
      if (table !== 'customers' && entry.furtherColumns.length > 0)
        warnings.push(`${entry.files[0]?.name}: columns not in use were ignored: ${entry.furtherColumns.join(', ')}`);
    }
    if (found.control !== null) {
      const notes = await statedNotes(found.control);
      if (notes.length > 0) tables.notes = notes;
      tables.control = fileOf(found.control);
      if (tables.lines !== undefined) {
        const { basis, faults: differences } = await controlled(found.control, tables.lines);
        faults.push(...differences);
        if (basis !== 'committed') tables.basis = basis;
      }
    }
    catalog.set(month, tables);
  }
  if (months.length > 0) progress('Reading snapshots', months.length, months.length);
  return { catalog, faults, warnings };
};

/** What the billing system could not know, for the reader of the report. */
const notesSchema = z.array(z.string().min(1).max(500)).max(20).default([]);

/** The notes of a month; none of a file whose form is at fault, which `controlFaults` tells. */
const statedNotes = async (control: SourceFile): Promise<string[]> => {
  try {
    const value: unknown = JSON.parse((await readFile(await control.local())).toString('utf8'));
    return z.object({ notes: notesSchema }).safeParse(value).data?.notes ?? [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
};

const controlSchema = z.strictObject({
  notes: notesSchema,
  lines: z.int().nonnegative(),
  mrr: z.record(z.string().regex(/^[A-Z]{3}$/), z.string().regex(/^-?\d{1,24}(\.\d{1,4})?$/)),
  /** What the lines rest on. */
  basis: z.enum(basisNames).default('committed'),
});

type Controlled = { readonly basis: MrrBasis; readonly faults: readonly GateFault[] };

/**
 * What the billing system says of the lines it sent, and where it differs from what arrived: every row counts, whatever
 * its status.
 */
const controlled = async (control: SourceFile, lines: CatalogTable): Promise<Controlled> => {
  const refused = (...faults: GateFault[]): Controlled => ({ basis: 'committed', faults });
  const bytes = await readFile(await control.local());
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    return refused(
      fault('BAD_ROW', `${control.name} is not valid JSON: ${error instanceof Error ? error.message : error}`),
    );
  }
  const parsed = controlSchema.safeParse(value);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({
      file: control.name,
      line: null,
      column: path.join('.') || null,
      value: null,
      problem: message,
    }));
    return refused(
      fault('BAD_ROW', `${control.name} does not have the form {"lines": 12, "mrr": {"USD": "34.50"}}`, problems),
    );
  }
  const stated = parsed.data;
  const findings: Finding[] = [];
  const differ = (column: string, said: string, found: string) =>
    findings.push({ file: control.name, line: null, column, value: said, problem: `the snapshot has ${found}` });
  if (stated.lines !== lines.rows) differ('lines', `${stated.lines}`, `${lines.rows}`);
  const currencies = [...new Set([...Object.keys(stated.mrr), ...Object.keys(lines.sums)])].sort();
  for (const currency of currencies) {
    const [said, found] = [stated.mrr[currency] ?? '0', lines.sums[currency]?.all ?? '0'];
    if (!exact(said).equals(exact(found))) differ(`mrr.${currency}`, said, found);
  }
  const faults =
    findings.length === 0
      ? []
      : [fault('CONTROL_TOTAL', `${control.name} and the snapshot's ${lines.rows} lines differ`, findings)];
  return { basis: stated.basis, faults };
};
