/** The largest movements of a window, read back from the ledger that was written. */
import { causeNames, movementNames } from './core/report.ts';
import { joins, type LedgerRow } from './render/ledger.ts';
import { firstRecords } from './sources/csv-records.ts';

/** The apostrophe that keeps spreadsheets from running a cell is not part of the text. */
const plain = (cell: string): string => cell.replace(/^'(?='*[=+@\t\r-])/, '');

/** One string for all that are equal: a segment's name is in thousands of rows. */
const shared = () => {
  const known = new Map<string, string>();
  return (text: string): string => {
    const found = known.get(text) ?? plain(text);
    known.set(text, found);
    return found;
  };
};

/** Columns after the dimensions. */
const columnsAfter = 5;

const rowOf = (fields: readonly string[], once: (cell: string) => string): LedgerRow => {
  const [
    ,
    accountId = '',
    accountName = '',
    movement,
    cause,
    reason = '',
    openingMrr = '',
    closingMrr = '',
    deltaMrr = '',
  ] = fields;
  const moved = movementNames.find((name) => name === movement);
  if (moved === undefined) throw new RangeError(`${movement} is not a movement`);
  const [invoiceIds = '', opportunityIds = '', opportunityTypes = '', opportunityOwners = '', joinedBy = ''] =
    fields.slice(-columnsAfter);
  return {
    accountId: plain(accountId),
    accountName: plain(accountName),
    movement: moved,
    cause: causeNames.find((name) => name === cause) ?? null,
    reason: reason === '' ? null : once(reason),
    openingMrr,
    closingMrr,
    deltaMrr,
    segments: fields.slice(9, -columnsAfter).map(once),
    invoiceIds: plain(invoiceIds),
    opportunityIds: plain(opportunityIds),
    opportunityTypes: once(opportunityTypes),
    opportunityOwners: once(opportunityOwners),
    opportunityJoinedBy: joins.find((join) => join === joinedBy) ?? null,
  };
};

/** The first `limit` rows of a ledger file with a header, one window's: the largest movements, as they are sorted. */
export const readLedgerRows = (path: string, limit: number): Promise<LedgerRow[]> => {
  const once = shared();
  return firstRecords(path, limit, (fields) => rowOf(fields, once));
};
