/** Tables written in parts as rows come: `lines/part-00001.ndjson` and so on, one JSON object a row. */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableRow } from './port.ts';

/** Rows of one part. */
const partRows = 50_000;

/** Rows that are written at a time. */
const rowsAtOnce = 2_000;

type Part = { readonly handle: FileHandle; readonly number: number; rows: number; waiting: string[] };

/** Every value is text: a JSON number would pass through a float. */
const lineOf = (row: TableRow): string => `${JSON.stringify(row)}\n`;

const flush = async (part: Part): Promise<void> => {
  const text = part.waiting.join('');
  part.waiting = [];
  await part.handle.appendFile(text);
};

const close = async (part: Part): Promise<void> => {
  try {
    await flush(part);
    await part.handle.sync();
  } finally {
    await part.handle.close();
  }
};

export type PartFiles = {
  add(table: string, rows: readonly TableRow[]): Promise<void>;
  /** Writes what is waiting. */
  close(): Promise<void>;
};

/** Parts of tables below `dir`, which is there and has none of them. */
export const partFiles = (dir: string): PartFiles => {
  const parts = new Map<string, Part>();
  const partFor = async (table: string): Promise<Part> => {
    const known = parts.get(table);
    if (known !== undefined && known.rows < partRows) return known;
    if (known !== undefined) await close(known);
    const number = (known?.number ?? 0) + 1;
    await mkdir(join(dir, table), { recursive: true });
    const path = join(dir, table, `part-${`${number}`.padStart(5, '0')}.ndjson`);
    const part: Part = { handle: await open(path, 'wx'), number, rows: 0, waiting: [] };
    parts.set(table, part);
    return part;
  };
  return {
    async add(table, rows) {
      if (rows.length === 0) return;
      const part = await partFor(table);
      part.waiting.push(...rows.map(lineOf));
      part.rows += rows.length;
      if (part.waiting.length >= rowsAtOnce) await flush(part);
    },
    async close() {
      for (const part of parts.values()) await close(part);
    },
  };
};
