/** One account of Recurly as a row of the customers table: its name, who pays for it, and its custom fields. */
import { dimensionColumns, textLength } from '../billing/dimensions.ts';
import { headOf } from '../billing/family.ts';
import type { TableRow } from '../billing/port.ts';
import type { Account } from './objects.ts';
import type { RecurlySettings } from './settings.ts';

/** The account that an account belongs to, one step up; null where it stands for itself. */
export const parentOf = (
  { parent_account_id: parent, bill_to: billTo }: Account,
  hierarchy: RecurlySettings['hierarchy'],
): string | null => (hierarchy === 'all' || (hierarchy === 'paying' && billTo === 'parent') ? parent : null);

const nameOf = ({ company, first_name: first, last_name: last }: Account): string =>
  (company ?? '') === '' ? `${first ?? ''} ${last ?? ''}`.trim() : (company ?? '');

export const accountRow = (
  account: Account,
  parents: ReadonlyMap<string, string>,
  { dimensions }: RecurlySettings,
): TableRow => {
  const top = headOf(account.id, parents);
  const name = nameOf(account).slice(0, textLength);
  const fields = account.custom_fields.map(({ name: field, value }): [string, string] => [field, value ?? '']);
  return {
    customer_id: account.id,
    ...(name === '' ? {} : { name }),
    ...(top === account.id ? {} : { account_id: top }),
    ...dimensionColumns(fields, dimensions),
  };
};
