/** The part of the ledger that page and workbook carry: the largest movements of each window, up to a limit. */
import type { WindowName } from '../core/month.ts';
import type { Cause, Movement } from '../core/report.ts';

/** How an opportunity was found: by its id on the lines that changed, or by account and close date. */
export const joins = ['id', 'account_and_date'] as const;
export type Join = (typeof joins)[number];

/** For people; empty where no won opportunity was found. */
export const joinWords = (join: Join | null): string => {
  if (join === null) return '';
  return join === 'id' ? 'id' : 'account and date';
};

/** One account that moved in one window. Money in the reporting currency, as the ledger states it. */
export type LedgerRow = {
  readonly accountId: string;
  readonly accountName: string;
  readonly movement: Movement;
  readonly cause: Cause | null;
  readonly reason: string | null;
  readonly openingMrr: string;
  readonly closingMrr: string;
  /** Signed. */
  readonly deltaMrr: string;
  /** At the opening, in the order of `Ledger.dimensions`. */
  readonly segments: readonly string[];
  /** As in movements.csv: ids with a semicolon between, empty without any. */
  readonly invoiceIds: string;
  readonly opportunityIds: string;
  /** One for each id, in their order, with a semicolon between. */
  readonly opportunityTypes: string;
  readonly opportunityOwners: string;
  /** Null where no won opportunity was found. */
  readonly opportunityJoinedBy: Join | null;
};

export type LedgerWindow = {
  readonly window: WindowName;
  /** Largest first, by |delta|, then by account id. */
  readonly rows: readonly LedgerRow[];
  /** Rows that movements.csv has for the window: more than `rows` where the limit cut them. */
  readonly total: number;
};

export type Ledger = {
  /** Dimension columns of movements.csv: the reported ones, `acv_band` and `cohort_year`. */
  readonly dimensions: readonly string[];
  /** Those that were measured: month, quarter, ttm. */
  readonly windows: readonly LedgerWindow[];
};
