/** One account of Recurly as a row of the customers table: its name, who pays for it, and its custom fields. */
import type { TableRow } from '../billing/port.ts';
import type { Account } from './objects.ts';
import type { RecurlySettings } from './settings.ts';

/** Columns that have a meaning of their own, in the table or in the report. */
const taken = new Set(['customer_id', 'name', 'account_id', 'acv_band', 'cohort_year']);

/** The longest text that the contract takes. */
const textLength = 10_000;

/** The account that an account belongs to, one step up; null where it stands for itself. */
export const parentOf = (
  { parent_account_id: parent, bill_to: billTo }: Account,
  hierarchy: RecurlySettings['hierarchy'],
): string | null => (hierarchy === 'all' || (hierarchy === 'paying' && billTo === 'parent') ? parent : null);

/** The account at the top of a chain of parents. A chain that comes back to itself ends where it began to. */
export const topOf = (id: string, parents: ReadonlyMap<string, string>): string => {
  const seen = new Set<string>();
  let at = id;
  for (let next = parents.get(at); next !== undefined && !seen.has(at); next = parents.get(at)) {
    seen.add(at);
    at = next;
  }
  return at;
};

const nameOf = ({ company, first_name: first, last_name: last }: Account): string =>
  (company ?? '') === '' ? `${first ?? ''} ${last ?? ''}`.trim() : (company ?? '');

export const accountRow = (
  account: Account,
  parents: ReadonlyMap<string, string>,
  { dimensions }: RecurlySettings,
): TableRow => {
  const top = topOf(account.id, parents);
  const name = nameOf(account).slice(0, textLength);
  const chosen = account.custom_fields
    .filter(({ name: field }) => field !== '' && !taken.has(field) && (dimensions?.includes(field) ?? true))
    .map(({ name: field, value }): [string, string] => [field, value ?? ''])
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    customer_id: account.id,
    ...(name === '' ? {} : { name }),
    ...(top === account.id ? {} : { account_id: top }),
    ...Object.fromEntries(chosen),
  };
};
