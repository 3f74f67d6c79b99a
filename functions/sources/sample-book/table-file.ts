/** Writes rows of the sample as the files of a snapshot: CSV, gzipped CSV, NDJSON, or parts. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { SampleRow } from './account-life.ts';

export type Wrapping = 'csv' | 'csv.gz' | 'ndjson' | 'parts';

const cell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

const csvOf = (columns: readonly string[], rows: readonly SampleRow[]): string =>
  [columns, ...rows.map((row) => columns.map((column) => cell(row[column] ?? '')))]
    .map((cells) => `${cells.join(',')}\n`)
    .join('');

/** Every value is a string, money above all: a JSON number would pass through a float. Empty is left out. */
const ndjsonOf = (columns: readonly string[], rows: readonly SampleRow[]): string =>
  rows
    .map((row) => columns.flatMap((column) => (row[column] ? [[column, row[column]] as const] : [])))
    .map((entries) => `${JSON.stringify(Object.fromEntries(entries))}\n`)
    .join('');

/** Writes a table into a month's folder. A table in parts has a plain one and a gzipped one. */
export const writeTable = async (
  folder: string,
  table: string,
  columns: readonly string[],
  rows: readonly SampleRow[],
  wrapping: Wrapping,
): Promise<void> => {
  const path = join(folder, table);
  if (wrapping === 'csv') await writeFile(`${path}.csv`, csvOf(columns, rows));
  else if (wrapping === 'csv.gz') await writeFile(`${path}.csv.gz`, gzipSync(csvOf(columns, rows)));
  else if (wrapping === 'ndjson') await writeFile(`${path}.ndjson`, ndjsonOf(columns, rows));
  else {
    const half = Math.ceil(rows.length / 2);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'part-1.csv'), csvOf(columns, rows.slice(0, half)));
    await writeFile(join(path, 'part-2.csv.gz'), gzipSync(csvOf(columns, rows.slice(half))));
  }
};
