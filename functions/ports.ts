/** What the pipeline needs of the world. Each port has one contract suite in test/contract that every adapter passes. */
import type { CrmReading } from './core/crm.ts';
import type { GateFault } from './gate-fault.ts';
import type { SourceFile, TableName } from './sources/source-file.ts';

/** An object as stored. `etag` identifies exactly these bytes at this key. */
export type StoredObject = { readonly bytes: Uint8Array; readonly etag: string };

export type PutCondition = { readonly ifAbsent: true } | { readonly ifMatch: string };

/**
 * Keys to bytes: a folder, or buckets.
 *
 * Keys are relative, `/`-separated, without `.` or `..` parts; anything else is a RangeError. A reader never sees half of
 * a write. Failures of the medium are ReportErrors of kind `dependency`.
 */
export interface ObjectStore {
  /** The object, or null when the key is absent. */
  get(key: string): Promise<StoredObject | null>;
  /** Writes whole. Returns the new etag, or null when the condition did not hold and nothing was written. */
  put(key: string, bytes: Uint8Array, condition?: PutCondition): Promise<string | null>;
  /** Moves a finished local file to the key, replacing what was there. For tables too large for memory. */
  putFile(key: string, path: string): Promise<void>;
  /** A local file with the object's bytes, for tools that read files; not to be changed. Null when absent. */
  localFile(key: string): Promise<string | null>;
  /** Keys below a prefix, in code unit order. Never shows unfinished writes. */
  list(prefix: string): AsyncIterable<string>;
}

/** A value of a result row: exact text as SQL prints it, or null. Numbers never become floats on the way. */
export type Row = Readonly<Record<string, string | null>>;

/** Where one version of a table's month is stored in the lake. */
export type Partition = { readonly table: string; readonly month: string; readonly version: string };

/**
 * Runs rendered, portable SQL over the lake's tables: DuckDB, Trino or Athena.
 *
 * Every table carries its partition columns `month` and `version` as text. A query names each partition it reads by
 * literals on both, and tells the same list as `reads`. A failing query is a ReportError of kind `dependency`.
 */
export interface QueryEngine {
  /** Name and version of the engine, for the manifest. */
  readonly name: string;
  /** Statements that it is worth giving it at a time: 1 where one keeps all cores busy. */
  readonly concurrency: number;
  /** Whether a partition is stored already. */
  has(partition: Partition): Promise<boolean>;
  /** All rows of a small result, in the query's order. */
  query(sql: string, reads: readonly Partition[]): Promise<Row[]>;
  /** Stores a query's rows as a partition of the lake, whole or not at all. */
  materialise(sql: string, reads: readonly Partition[], target: Partition): Promise<void>;
  /**
   * Writes a query's rows, in order, as RFC 4180 CSV (header, LF, empty for NULL) to a new local file at `path`.
   * A text cell that a spreadsheet would run as a formula (it begins with `= + - @`, tab or carriage return) gets a leading `'`.
   */
  exportCsv(sql: string, reads: readonly Partition[], path: string): Promise<void>;
}

/** A PNG inside a message, which its HTML shows as `cid:<contentId>`. */
export type InlineImage = {
  /** `local@domain`, distinct within the message. */
  readonly contentId: string;
  readonly fileName: string;
  readonly png: Uint8Array;
};

/** One finished message for one recipient. */
export type Mail = {
  readonly from: string;
  /** Exactly one address. */
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** Each shown by the HTML, and all that it shows. */
  readonly images?: readonly InlineImage[];
  readonly date: Date;
  /** Stable for a report and recipient, so that a repeated message is recognisable. */
  readonly messageId: string;
};

/** Hands one message over for delivery. Resolves with where it went; rejects with a ReportError of kind `dependency`. */
export interface Mailer {
  readonly name: string;
  /** True where sending the same message again leaves one message, not two. */
  readonly repeatable: boolean;
  send(mail: Mail): Promise<string>;
  close(): Promise<void>;
}

export interface Clock {
  now(): Date;
}

/** Progress of long work, for people. `done` of `total` steps of `task`. */
export type Progress = (task: string, done: number, total: number) => void;

/** The source files of one table of one month, and the partition they become. */
export type LoadRequest = {
  readonly table: TableName;
  readonly files: readonly SourceFile[];
  readonly target: Partition;
  /** How a CRM's opportunities are to be read, where not as the defaults have it. */
  readonly reading?: CrmReading;
};

/** What the pipeline must know of a loaded table without reading it again. Sums are exact decimal text. */
export type LoadedTable = {
  readonly rows: number;
  /** Columns beyond the contract's: dimensions in `customers`, ignored elsewhere. */
  readonly furtherColumns: readonly string[];
  /** lines: Σ mrr of every row, and of the counting ones, by currency. payments: Σ amount. */
  readonly sums: Readonly<Record<string, { readonly all: string; readonly counting: string }>>;
  /** cancellations: rows by the month they are dated in. */
  readonly endedMonths: Readonly<Record<string, number>>;
  /** fx: units of reporting currency for one unit of each. */
  readonly rates: Readonly<Record<string, string>>;
};

/** Turns raw files into a typed, checked partition. Nothing is stored unless every row is right. */
export interface TableLoader {
  load(request: LoadRequest): Promise<{ readonly loaded: LoadedTable } | { readonly faults: readonly GateFault[] }>;
  /** The columns of a file by the names that it has itself. Throws a ReportError of kind `blocked` for one without any. */
  columns(file: SourceFile): Promise<readonly string[]>;
}
