/** One customer of Stripe as a row of the customers table: its name, its parent, and its metadata as dimensions. */
import type { TableRow } from '../billing/port.ts';
import type { Customer } from './objects.ts';
import type { StripeSettings } from './settings.ts';

/** Columns that have a meaning of their own, in the table or in the report. */
const taken = new Set(['customer_id', 'name', 'account_id', 'acv_band', 'cohort_year']);

/** The longest text that the contract takes. */
const textLength = 10_000;

export const customerRow = (
  { id, name, metadata }: Customer,
  { parent, dimensions, opportunity }: StripeSettings,
): TableRow => {
  const isDimension = (key: string) =>
    key !== '' && key !== parent && key !== opportunity && !taken.has(key) && (dimensions?.includes(key) ?? true);
  const chosen = Object.entries(metadata)
    .filter(([key, value]) => isDimension(key) && value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const account = parent === null ? '' : (metadata[parent] ?? '');
  return {
    customer_id: id,
    ...(name === null || name === undefined || name === '' ? {} : { name: name.slice(0, textLength) }),
    ...(account === '' ? {} : { account_id: account }),
    ...Object.fromEntries(chosen),
  };
};
