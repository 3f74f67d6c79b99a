/** One customer of Stripe as a row of the customers table: its name, its parent, and its metadata as dimensions. */
import { dimensionColumns, textLength } from '../billing/dimensions.ts';
import type { TableRow } from '../billing/port.ts';
import type { Customer } from './objects.ts';
import type { StripeSettings } from './settings.ts';

export const customerRow = (
  { id, name, metadata }: Customer,
  { parent, dimensions, opportunity }: StripeSettings,
): TableRow => {
  const account = parent === null ? '' : (metadata[parent] ?? '');
  return {
    customer_id: id,
    ...(name === null || name === undefined || name === '' ? {} : { name: name.slice(0, textLength) }),
    ...(account === '' ? {} : { account_id: account }),
    ...dimensionColumns(Object.entries(metadata), dimensions, [parent, opportunity]),
  };
};
