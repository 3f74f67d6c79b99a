/** One customer of Chargebee as a row of the customers table: its name, its account, and its custom fields as dimensions. */
import { dimensionColumns, textLength } from '../billing/dimensions.ts';
import { headOf } from '../billing/family.ts';
import type { TableRow } from '../billing/port.ts';
import { fieldNames, fieldOf, plainName } from './custom-fields.ts';
import type { Customer } from './objects.ts';
import type { ChargebeeSettings } from './settings.ts';

/** Whom a customer belongs to: the one that goes on in its place, else its parent; '' where there is neither. */
export const parentOf = (customer: Customer, { parent }: ChargebeeSettings): string => {
  const { id, active_id: active = id } = customer;
  if (active !== id) return active;
  return parent === null ? (customer.relationship?.parent_id ?? '') : fieldOf(customer, parent);
};

const nameOf = ({ company, first_name: first, last_name: last }: Customer): string =>
  (company ?? [first, last].filter((part) => part !== undefined && part !== '').join(' ')).slice(0, textLength);

/** `parents` has the parent of every customer that has one. */
export const customerRow = (
  customer: Customer,
  settings: ChargebeeSettings,
  parents: ReadonlyMap<string, string>,
): TableRow => {
  const { parent, dimensions } = settings;
  const values = (dimensions ?? fieldNames(customer)).map((name): [string, string] => [
    plainName(name),
    fieldOf(customer, name),
  ]);
  const name = nameOf(customer);
  const account = headOf(customer.id, parents);
  return {
    customer_id: customer.id,
    ...(name === '' ? {} : { name }),
    ...(account === customer.id ? {} : { account_id: account }),
    ...dimensionColumns(values, dimensions?.map(plainName) ?? null, [parent === null ? null : plainName(parent)]),
  };
};
