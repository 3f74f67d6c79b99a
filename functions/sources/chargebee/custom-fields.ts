/** What a site adds to Chargebee's objects: custom fields, whose names begin with `cf_`, and entries of meta data. */
import { textLength } from '../billing/dimensions.ts';

const prefix = 'cf_';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Text, numbers and truth values as text; anything else is none. */
const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value.slice(0, textLength);
  return typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';
};

/** The name of a custom field as people call it, without its prefix. */
export const plainName = (name: string): string => (name.startsWith(prefix) ? name.slice(prefix.length) : name);

/** What an object says under a name: a custom field, else an entry of its meta data; '' where it says nothing. */
export const fieldOf = (object: Readonly<Record<string, unknown>>, name: string): string => {
  const plain = plainName(name);
  const custom = Object.hasOwn(object, `${prefix}${plain}`) ? textOf(object[`${prefix}${plain}`]) : '';
  if (custom !== '') return custom;
  const meta = object.meta_data;
  return isRecord(meta) && Object.hasOwn(meta, name) ? textOf(meta[name]) : '';
};

/** The names of all custom fields of an object, without their prefix, in order. */
export const fieldNames = (object: Readonly<Record<string, unknown>>): string[] =>
  Object.keys(object)
    .filter((key) => key.startsWith(prefix) && key.length > prefix.length)
    .map(plainName)
    .sort();
