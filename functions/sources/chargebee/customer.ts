/** One customer of Chargebee as a row of the customers table: its name, its account, and its custom fields as dimensions. */
import type { TableRow } from '../billing/port.ts';
import { fieldNames, fieldOf, plainName, textLength } from './custom-fields.ts';
import type { Customer } from './objects.ts';
import type { ChargebeeSettings } from './settings.ts';

/** Columns that have a meaning of their own, in the table or in the report. */
const taken = new Set(['customer_id', 'name', 'account_id', 'acv_band', 'cohort_year']);

/** Whom a customer belongs to: the one that goes on in its place, else its parent; '' where there is neither. */
export const parentOf = (customer: Customer, { parent }: ChargebeeSettings): string => {
  const { id, active_id: active = id } = customer;
  if (active !== id) return active;
  return parent === null ? (customer.relationship?.parent_id ?? '') : fieldOf(customer, parent);
};

/** The head of a family: the parent's parent, and so on. Families that go round in a circle have their first as head. */
export const accountOf = (customer: string, parents: ReadonlyMap<string, string>): string => {
  const line: string[] = [];
  for (let at: string | undefined = customer; at !== undefined; at = parents.get(at)) {
    if (line.includes(at)) return line.slice(line.indexOf(at)).sort()[0] ?? customer;
    line.push(at);
  }
  return line.at(-1) ?? customer;
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
  const own = new Set([...(parent === null ? [] : [plainName(parent)]), ...taken]);
  const names = (dimensions ?? fieldNames(customer)).map((name) => ({ name, column: plainName(name) }));
  const values = names
    .filter(({ column }) => column !== '' && !own.has(column))
    .map(({ name, column }): [string, string] => [column, fieldOf(customer, name)])
    .filter(([, value]) => value !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const name = nameOf(customer);
  const account = accountOf(customer.id, parents);
  return {
    customer_id: customer.id,
    ...(name === '' ? {} : { name }),
    ...(account === customer.id ? {} : { account_id: account }),
    ...Object.fromEntries(values),
  };
};
