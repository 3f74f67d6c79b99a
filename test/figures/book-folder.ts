/** Writes a book as a folder of snapshots: in any form, in one file or in parts, in any order of rows and columns. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { type Book, bookTables, type Fields } from './book.ts';

export const writtenForms = ['csv', 'csv.gz', 'ndjson', 'ndjson.gz', 'parquet'] as const;

export type Writing = {
  readonly form?: (typeof writtenForms)[number];
  /** Files a table is split into; 1 is a file of the table's own name. */
  readonly parts?: number;
  /** Anything but 0 puts rows and columns in another order. */
  readonly shuffle?: number;
};

/** The same items in an order that only the seed decides. */
const shuffled = <T>(items: readonly T[], seed: number): T[] => {
  let state = seed;
  const draw = () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state;
  };
  return seed === 0
    ? [...items]
    : items
        .map((item) => ({ item, place: draw() }))
        .sort((a, b) => a.place - b.place)
        .map(({ item }) => item);
};

const columnsOf = (rows: readonly Fields[]): string[] => [...new Set(rows.flatMap((row) => Object.keys(row)))];

const csvCell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const csvOf = (rows: readonly Fields[], columns: readonly string[]): string =>
  [columns, ...rows.map((row) => columns.map((name) => row[name] ?? ''))]
    .map((cells) => `${cells.map(csvCell).join(',')}\n`)
    .join('');

const ndjsonOf = (rows: readonly Fields[], columns: readonly string[]): string =>
  rows
    .map((row) => `${JSON.stringify(Object.fromEntries(columns.map((name) => [name, row[name] ?? null])))}\n`)
    .join('');

/** Types a warehouse would export; every other column is text. */
const parquetTypes: Readonly<Record<string, string>> = {
  mrr: 'DECIMAL(18,4)',
  amount: 'DECIMAL(18,4)',
  rate: 'DECIMAL(18,8)',
  ended_on: 'DATE',
  failed_on: 'DATE',
  resolved_on: 'DATE',
  close_date: 'DATE',
};

const writeParquet = async (path: string, rows: readonly Fields[], columns: readonly string[]): Promise<void> => {
  await writeFile(`${path}.csv`, csvOf(rows, columns));
  const types = columns.map((name) => `'${name}': '${parquetTypes[name] ?? 'VARCHAR'}'`).join(', ');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT * FROM read_csv('${path}.csv', auto_detect = false, header = true, delim = ',', quote = '"', columns = {${types}})) TO '${path}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
  await rm(`${path}.csv`);
};

const writeRows = async (stem: string, rows: readonly Fields[], columns: readonly string[], form: string) => {
  const path = `${stem}.${form}`;
  if (form === 'parquet') return writeParquet(path, rows, columns);
  const text = form.startsWith('csv') ? csvOf(rows, columns) : ndjsonOf(rows, columns);
  await writeFile(path, form.endsWith('.gz') ? gzipSync(text) : text);
};

/** One folder a month below `dir`. */
export const writeBook = async (dir: string, book: Book, writing: Writing = {}): Promise<void> => {
  const { form = 'csv', parts = 1, shuffle = 0 } = writing;
  for (const [month, snapshot] of Object.entries(book)) {
    const folder = join(dir, month);
    await mkdir(folder, { recursive: true });
    if (snapshot.control !== undefined) await writeFile(join(folder, 'control.json'), snapshot.control);
    for (const table of bookTables) {
      const rows = snapshot[table];
      if (rows === undefined || rows.length === 0) continue;
      const ordered = shuffled(rows, shuffle);
      const columns = shuffled(columnsOf(rows), shuffle);
      if (parts === 1) {
        await writeRows(join(folder, table), ordered, columns, form);
        continue;
      }
      await mkdir(join(folder, table), { recursive: true });
      const size = Math.ceil(ordered.length / parts);
      for (let part = 0; part * size < ordered.length; part += 1)
        await writeRows(
          join(folder, table, `part-${part + 1}`),
          ordered.slice(part * size, part * size + size),
          columns,
          form,
        );
    }
  }
};
