/** What a pull needs of a billing system: pages of what it says, and how pages become the contract's tables. */
import type { Month } from '../../core/month.ts';
import type { TableName } from '../source-file.ts';

/** A month to pull. Times are whole seconds since 1970 UTC. */
export type PullRequest = {
  readonly month: Month;
  /** The time zone that the month's days are those of. */
  readonly timeZone: string;
  /** The first second of the month. */
  readonly from: number;
  /** The first second after the month: the snapshot is the state just before it. */
  readonly until: number;
  /** When the pull began; the same for a pull that was resumed. */
  readonly pulledAt: number;
  /** When this stretch of the pull began: later than `pulledAt` where it goes on. For `pages` alone, not for rows. */
  readonly resumedAt?: number;
  /**
   * A folder of this machine for what does not fit in memory: shared by `pages` and `batches`, empty when the pull begins
   * or goes on, gone when it ends. Where there is none, a source makes and removes its own.
   */
  readonly scratch?: string;
};

/** One answer of the billing system, as it came. `name` is the page's place among the kept ones: letters, digits, `-`, `/`. */
export type Page = { readonly name: string; readonly body: unknown };

/** The pages that a pull has kept so far: what is here is not asked for again. */
export type KeptPages = {
  /** The body of a page; null when it is not kept. */
  get(name: string): Promise<unknown>;
};

/** A row of a contract table, column to text. An absent value is left out. */
export type TableRow = Readonly<Record<string, string>>;

/** Lines and their MRR by currency, as the source counted them while it made them. */
export type ControlTotals = { readonly lines: number; readonly mrr: Readonly<Record<string, string>> };

/** Rows of one page: bounded by what a page holds. */
export type Batch = {
  readonly rows: Partial<Readonly<Record<TableName, readonly TableRow[]>>>;
  readonly control: ControlTotals;
  /** How many of what, such as lines whose state at the month's end is not known; added up over the batches. */
  readonly counts: Readonly<Record<string, number>>;
};

/**
 * A billing system. `pages` asks it and goes on where `kept` ends, so that a pull may stop after any page; `batches`
 * asks nobody: the same kept pages give the same rows in the same order.
 *
 * Faults of the system are ReportErrors of kind `dependency`; no message quotes a key or a customer.
 */
export type BillingSource = {
  /** Names its folder in the inbox. */
  readonly name: string;
  pages(request: PullRequest, kept: KeptPages): AsyncIterable<Page>;
  batches(request: PullRequest, kept: KeptPages): AsyncIterable<Batch>;
  /** What the summed counts mean for a reader, one sentence each. */
  notes(counts: Readonly<Record<string, number>>): readonly string[];
};

/** Rows of an export of invoice lines, and of the tables beside it. */
export type ExportBatch = {
  readonly rows: Partial<Readonly<Record<'invoice_lines' | 'customers' | 'cancellations', readonly TableRow[]>>>;
  readonly counts: Readonly<Record<string, number>>;
  /** The first second that one of the lines serves and counts; null where none does. */
  readonly servedFrom: number | null;
};

/**
 * All invoices of a billing system as an export of their lines, whose times are those of UTC. `pages` and `batches` are
 * as those of a `BillingSource`; the request's month is the last one that books are made of.
 */
export type InvoiceSource = {
  /** Names its folder in the inbox. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  pages(request: PullRequest, kept: KeptPages): AsyncIterable<Page>;
  batches(request: PullRequest, kept: KeptPages): AsyncIterable<ExportBatch>;
  /** What the summed counts mean for a reader, one sentence each. */
  notes(counts: Readonly<Record<string, number>>): readonly string[];
};
