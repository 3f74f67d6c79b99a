/** What makes books of invoice lines: it reads an export once, and writes the book of one month-end after another. */
import type { Month } from '../../core/month.ts';
import type { SourceFile } from '../source-file.ts';

/** The lines that count, and their MRR by currency. */
export type BookTotals = { readonly lines: number; readonly mrr: Readonly<Record<string, string>> };

/** Items of a book whose MRR rests on more than one line that says so. */
export type BookRemarks = {
  /** Items with several whole periods at once, which add up. */
  readonly overlapping: number;
  /** Items that a credit of another item of their subscription made smaller. */
  readonly reduced: number;
  /** Subscriptions whose credits come to more than what was charged, where these count 0. */
  readonly belowZero: number;
};

export type ExportFacts = {
  /** The month in which the oldest line begins; null where no line has a service period. */
  readonly firstMonth: Month | null;
  /** The month in which the newest line begins. */
  readonly newestMonth: Month | null;
  readonly rows: number;
  /** Lines of invoices that nobody owes: void, written off, drafts. */
  readonly leftOut: number;
  /** Lines without a service period: one-off charges. */
  readonly withoutPeriod: number;
  /** Lines whose period is whole months as it stands, and were its end the last day that is served. */
  readonly whole: number;
  readonly wholeWithLastDay: number;
};

export type InvoiceBooks = {
  readonly facts: ExportFacts;
  /**
   * Writes the book at the end of a month to a new Parquet file with the contract's columns of `lines`.
   * Throws BlockedError where credits come to more than what was charged, unless these count 0.
   */
  write(month: Month, path: string): Promise<BookTotals & BookRemarks>;
};

/** How an export is meant. */
export type ExportReading = {
  /** A period's end is its last day, not the first one after it. */
  readonly lastDayIsServed: boolean;
  /** The first moment after a month, `YYYY-MM-DD HH:MM:SS` as the export has times; left out: midnight. */
  readonly endOf?: (month: Month) => string;
  /** Credits beyond what was charged: left out, they are refused, as somebody can put the export right. */
  readonly belowZero?: 'counts 0';
};

/**
 * Reads the files of an export and hands its books to `work`; what it held is gone afterwards. Throws BlockedError with
 * all that is wrong with the files.
 */
export type OpenInvoiceBooks = <T>(
  files: readonly SourceFile[],
  reading: ExportReading,
  work: (books: InvoiceBooks) => Promise<T>,
) => Promise<T>;
