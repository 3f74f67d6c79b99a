/** Where records begin and end in a CSV file (RFC 4180), told the way DuckDB's reader sees them. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { badRow } from './bad-row.ts';

const [lf, cr, quote, comma] = [0x0a, 0x0d, 0x22, 0x2c];
const byteOrderMark = [0xef, 0xbb, 0xbf];
const headerLimitBytes = 64 * 1024;
const chunkBytes = 256 * 1024;

type RecordSeen = {
  /** The physical line on which the record begins, from 1. */
  readonly line: number;
  /** An empty line. */
  readonly blank: boolean;
  readonly columns: number;
  /** Offset of the line end in the chunk that has it. */
  readonly end: number;
};

type Place = 'field begins' | 'plain' | 'quoted' | 'quote closed';

/**
 * A scanner fed with a file's bytes, chunk by chunk, that tells of each record when it has ended; `onRecord` returns
 * false to stop. A quote opens a quoted field only where a field begins. Lines end with LF or CRLF.
 */
const recordScanner = (onRecord: (record: RecordSeen) => boolean) => {
  let place: Place = 'field begins';
  let line = 1;
  let began = 1;
  let bytes = 0;
  let columns = 1;
  let last = 0;

  const finish = (end: number): boolean => {
    const goOn = onRecord({ line: began, blank: bytes === 0 || (bytes === 1 && last === cr), columns, end });
    place = 'field begins';
    bytes = 0;
    columns = 1;
    return goOn;
  };

  const step = (byte: number): void => {
    if (byte === quote) {
      if (place === 'field begins' || place === 'quote closed') place = 'quoted';
      else if (place === 'quoted') place = 'quote closed';
    } else if (place !== 'quoted') {
      if (byte === comma) columns += 1;
      place = byte === comma ? 'field begins' : 'plain';
    }
    bytes += 1;
    last = byte;
  };

  return {
    /** False when `onRecord` asked to stop. */
    feed(chunk: Uint8Array): boolean {
      for (let at = 0; at < chunk.length; at++) {
        const byte = chunk[at] ?? 0;
        if (byte === lf) line += 1;
        if (byte !== lf || place === 'quoted') step(byte);
        else {
          if (!finish(at)) return false;
          began = line;
        }
      }
      return true;
    },
    /** The last record may lack its line end. */
    end(offset: number): void {
      if (bytes > 0) finish(offset);
    },
  };
};

const withoutMark = (bytes: Uint8Array): Uint8Array =>
  byteOrderMark.every((byte, at) => bytes[at] === byte) ? bytes.subarray(byteOrderMark.length) : bytes;

const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|$)/gy;

/** The fields of one record's text; null when a quote is out of place. */
const fieldsOf = (text: string): string[] | null => {
  const fields: string[] = [];
  field.lastIndex = 0;
  while (true) {
    const match = field.exec(text);
    if (match === null) return null;
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') return fields;
  }
};

const startOf = async (path: string, bytes: number): Promise<Uint8Array> => {
  const handle = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(bytes), position: 0 });
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

const headerHint = 'The first line of a CSV file names its columns: UTF-8, separated by commas.';

/** The cells of a CSV file's first record. `name` stands for the file in messages. BAD_ROW when they cannot be read. */
export const headerCells = async (path: string, name: string = path): Promise<string[]> => {
  const start = withoutMark(await startOf(path, headerLimitBytes));
  const ends: number[] = [];
  const scanner = recordScanner(({ end }) => {
    ends.push(end);
    return false;
  });
  if (scanner.feed(start) && start.length < headerLimitBytes - byteOrderMark.length) scanner.end(start.length);
  const [end] = ends;
  if (end === undefined) {
    const fault = start.length === 0 ? 'is empty' : 'has no end of its header in the first 64 KiB';
    throw badRow(`${name} ${fault}`, headerHint);
  }
  const record = start.subarray(0, start[end - 1] === cr ? end - 1 : end);

  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(record);
  } catch (error) {
    throw badRow(`${name}, line 1: the header is not valid UTF-8`, 'Export the file as UTF-8.', error);
  }
  if (text === '') throw badRow(`${name}, line 1: the header is an empty line`, headerHint);
  const columns = fieldsOf(text);
  if (columns === null) {
    throw badRow(`${name}, line 1: a quote or a line end is out of place in the header`, headerHint);
  }
  return columns;
};

/**
 * The column names of a plain CSV file, as written. `name` stands for the file in messages.
 *
 * BAD_ROW when there is none in the first 64 KiB, when it is not valid UTF-8 or CSV, or when a name is empty or there
 * twice. Names that differ in case alone count as the same: SQL could not tell them apart.
 */
export const headerOf = async (path: string, name: string = path): Promise<string[]> => {
  const columns = await headerCells(path, name);
  const seen = new Set<string>();
  for (const [at, column] of columns.entries()) {
    if (column.trim() === '') throw badRow(`${name}, line 1: column ${at + 1} has no name`, headerHint);
    if (seen.has(column.toLowerCase())) {
      throw badRow(`${name}, line 1: the column ${JSON.stringify(column)} is there twice`, 'Keep one of the two.');
    }
    seen.add(column.toLowerCase());
  }
  return columns;
};

/** Scans a file until `onRecord`, which gets the record's number among all records and empty lines, returns false. */
const scan = async (path: string, onRecord: (number: number, record: RecordSeen) => boolean): Promise<void> => {
  let number = 0;
  const scanner = recordScanner((record) => {
    number += 1;
    return onRecord(number, record);
  });
  let first = true;
  for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    if (!scanner.feed(first ? withoutMark(chunk) : chunk)) return;
    first = false;
  }
  scanner.end(0);
};

/**
 * The physical line, from 1, on which each of some data records begins, for messages about bad rows.
 *
 * An ordinal counts from 0 the records that DuckDB returns: without the header, without those it rejected (`skipLines`,
 * as `reject_errors.line` has them) and without empty lines, though in a file of a single column an empty line is a
 * record with an empty field. An ordinal beyond the end is left out. Reads the file as a stream, up to the last ordinal.
 */
export const locateRecords = async (
  path: string,
  ordinals: readonly number[],
  skipLines: ReadonlySet<number> = new Set(),
): Promise<Map<number, number>> => {
  const wanted = new Set(ordinals);
  const found = new Map<number, number>();
  if (wanted.size === 0) return found;
  let single = false;
  let ordinal = -1;
  await scan(path, (number, { line, blank, columns }) => {
    if (number === 1) single = columns === 1;
    else if ((!blank || single) && !skipLines.has(number)) ordinal += 1;
    if (wanted.has(ordinal) && !found.has(ordinal)) found.set(ordinal, line);
    return found.size < wanted.size;
  });
  return found;
};

/**
 * The physical line, from 1, for each `reject_errors.line` of DuckDB. That number counts records and empty lines from
 * the header on, so it falls short of the physical line after every line end inside quotes.
 */
export const locateRejects = async (path: string, lines: readonly number[]): Promise<Map<number, number>> => {
  const wanted = new Set(lines);
  const found = new Map<number, number>();
  if (wanted.size === 0) return found;
  await scan(path, (number, { line }) => {
    if (wanted.has(number)) found.set(number, line);
    return found.size < wanted.size;
  });
  return found;
};

/**
 * What `read` makes of the fields of the first `limit` data records of a CSV file that has a header. Reads no further than
 * it must. BAD_ROW when a quote is out of place.
 */
export const firstRecords = async <T>(path: string, limit: number, read: (fields: string[]) => T): Promise<T[]> => {
  const records: T[] = [];
  if (limit <= 0) return records;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const before: Uint8Array[] = [];
  let chunk: Uint8Array = new Uint8Array();
  let start = 0;
  let header = true;
  const scanner = recordScanner(({ end, blank, line }) => {
    const bytes = Buffer.concat([...before.splice(0), chunk.subarray(start, end)]);
    start = end + 1;
    if (!header && !blank) {
      const fields = fieldsOf(decoder.decode(bytes.at(-1) === cr ? bytes.subarray(0, -1) : bytes));
      if (fields === null) throw badRow(`${path}, line ${line}: a quote is out of place`, 'Write the file again.');
      records.push(read(fields));
    }
    header = false;
    return records.length < limit;
  });
  for await (chunk of createReadStream(path, { highWaterMark: chunkBytes })) {
    start = 0;
    if (!scanner.feed(chunk)) return records;
    before.push(chunk.subarray(start));
  }
  [chunk, start] = [new Uint8Array(), 0];
  scanner.end(0);
  return records;
};
