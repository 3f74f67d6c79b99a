/** What `--source invoices:DIR?…` may say about how an export of invoice lines is to be read. */
import { isMonth, type Month } from '../../core/month.ts';
import { type ReportError, usageError } from '../../errors.ts';

export type InvoiceSettings = {
  readonly dir: string;
  /** The last month of which the export has every invoice; null: the one before that in which its newest line begins. */
  readonly until: Month | null;
  /** Whether a period's end is its last day or the first day after it; null: the first day after it, if that makes sense. */
  readonly end: 'inclusive' | 'exclusive' | null;
};

/** How a source that is an export of invoice lines begins. */
export const invoicesPrefix = 'invoices:';

const known = ['until', 'end'];

/** Reads `invoices:DIR?until=2026-09&end=inclusive`. Throws a ReportError of kind `usage` for anything else. */
export const parseInvoicesAddress = (address: string): InvoiceSettings => {
  const wrong = (problem: string): ReportError =>
    usageError(
      `The address behind "${invoicesPrefix}" does not say how to read invoice lines: ${problem}`,
      'For example: --source invoices:exports or --source "invoices:exports?until=2026-09"',
    );
  const [, dir = '', query] = /^invoices:([^?]*)(?:\?(.*))?$/s.exec(address) ?? [];
  if (dir === '') throw wrong('write the folder of the export behind it');
  if (query === '') throw wrong('nothing stands behind the ?');
  const given = new URLSearchParams(query ?? '');
  const twice = [...given.keys()].find((key) => given.getAll(key).length > 1);
  if (twice !== undefined) throw wrong(`${twice} is there twice`);
  if ([...given.keys()].some((key) => !known.includes(key)))
    throw wrong(`it has a setting that is none of ${known.join(', ')}`);
  const [until, end] = [given.get('until'), given.get('end')];
  if (until !== null && !isMonth(until)) throw wrong('until is a month, such as 2026-09');
  if (end !== null && end !== 'inclusive' && end !== 'exclusive') throw wrong('end is inclusive or exclusive');
  return { dir, until, end };
};
