/** What every TableLoader promises: rows that are right are stored whole and exact; otherwise nothing is, and it says where. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import type { GateFault } from '../../functions/gate-fault.ts';
import { lakeTables } from '../../functions/lake/tables.ts';
import type { LoadedTable, ObjectStore, Partition, QueryEngine, Row, TableLoader } from '../../functions/ports.ts';
import { formOf, type SourceFile, type TableName } from '../../functions/sources/source-file.ts';
import { loaderFaults } from './table-loader-faults.ts';
import { loaderForms } from './table-loader-forms.ts';
import { loaderRules } from './table-loader-rules.ts';

export type TableLoaderHarness = {
  readonly loader: TableLoader;
  readonly store: ObjectStore;
  /** Reads what the loader stored. */
  readonly engine: QueryEngine;
  /** Runs a statement that writes a Parquet file, as another system would have written it. */
  readonly writeParquet: (sql: string, path: string) => Promise<void>;
  readonly dispose: () => Promise<void>;
};

/** What the parts of the suite load with. */
export type Bench = {
  harness(): TableLoaderHarness;
  /** Writes files and loads them as one table. Names end as in a snapshot: `lines.csv`, `lines/2.ndjson.gz`. */
  load(table: TableName, files: Readonly<Record<string, string | Uint8Array>>): Promise<Loading>;
  loadPaths(table: TableName, paths: readonly { readonly name: string; readonly path: string }[]): Promise<Loading>;
  scratch(): string;
};

export type Loading = {
  readonly loaded: LoadedTable | null;
  readonly faults: readonly GateFault[];
  readonly target: Partition;
  /** The rows that are stored, with every column as text. */
  rows(): Promise<Row[]>;
};

const month = '2026-10';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Columns of a table as text; a map as its entries in order. */
const textOf = ([column, type]: readonly [string, string]): string =>
  type.startsWith('MAP')
    ? `array_join(map_keys(${column}), '|') AS attribute_names, array_join(map_values(${column}), '|') AS attribute_values`
    : `CAST(${column} AS VARCHAR) AS ${column}`;

export const tableLoaderContract = (name: string, open: () => Promise<TableLoaderHarness>): void => {
  describe(`${name} as a table loader`, () => {
    let harness: TableLoaderHarness;
    let scratch: string;
    let loads = 0;

    beforeAll(async () => {
      harness = await open();
      scratch = await mkdtemp(join(tmpdir(), 'table-loader-'));
    });
    afterAll(async () => {
      await harness.dispose();
      await rm(scratch, { recursive: true, force: true });
    });

    const loadFiles = async (table: TableName, files: readonly SourceFile[]): Promise<Loading> => {
      loads += 1;
      const target = { table, month, version: `v${loads}` };
      const result = await harness.loader.load({ table, files, target });
      const loaded = 'loaded' in result ? result.loaded : null;
      return {
        loaded,
        faults: 'faults' in result ? result.faults : [],
        target,
        async rows() {
          // Rates are no table of the lake: they are told, and kept with what is told.
          if (table === 'fx')
            return Object.entries(loaded?.rates ?? {}).map(([currency, rate]) => ({ currency, rate }));
          const columns = Object.entries<string>(lakeTables[table].columns).map(textOf).join(', ');
          const where = `month = '${month}' AND version = '${target.version}'`;
          return harness.engine.query(`SELECT ${columns} FROM ${table} WHERE ${where}`, [target]);
        },
      };
    };

    const bench: Bench = {
      harness: () => harness,
      scratch: () => scratch,
      async load(table, contents) {
        const files: { name: string; path: string }[] = [];
        for (const [name, content] of Object.entries(contents)) {
          const path = join(scratch, `${loads + 1}`, name);
          await mkdir(dirname(path), { recursive: true });
          await writeFile(path, content);
          files.push({ name, path });
        }
        return bench.loadPaths(table, files);
      },
      async loadPaths(table, paths) {
        const files: SourceFile[] = [];
        for (const { name, path } of paths) {
          const form = formOf(name);
          if (form === null) throw new Error(`${name} has no form`);
          const bytes = await readFile(path);
          const content = { bytes: bytes.byteLength, sha256: sha256(bytes) };
          files.push({
            name: `${month}/${name}`,
            local: async () => path,
            form: form.form,
            gzip: form.gzip,
            ...content,
          });
        }
        return loadFiles(table, files);
      },
    };

    loaderForms(bench);
    loaderRules(bench);
    loaderFaults(bench);
  });
};
