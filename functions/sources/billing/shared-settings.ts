/** What the address of every billing system may say. */
import { type AddressForm, namesIn, wrongAddress } from './address.ts';

export type SharedSettings = {
  /** Fields of customers that become dimensions; null: all of them. */
  readonly dimensions: readonly string[] | null;
  /** Field of a subscription that holds its CRM opportunity. */
  readonly opportunity: string | null;
  /** What metered use is worth: nothing, or a month's average of what was invoiced in the last three. */
  readonly metered: 'zero' | 'average';
};

/** The names of these settings, for the form of an address. */
export const sharedNames = ['dimensions', 'opportunity', 'metered'] as const;

/** One of some values, the first where nothing is said. Throws a ReportError of kind `usage` for anything else. */
export const chosen = <T extends string>(
  form: AddressForm,
  given: ReadonlyMap<string, string>,
  key: string,
  [first, ...rest]: [T, ...T[]],
): T => {
  const value = given.get(key);
  if (value === undefined) return first;
  const found = [first, ...rest].find((one) => one === value);
  if (found === undefined) throw wrongAddress(form, `${key} is ${[first, ...rest].join(' or ')}`);
  return found;
};

export const sharedSettings = (form: AddressForm, given: ReadonlyMap<string, string>): SharedSettings => ({
  dimensions: namesIn(given.get('dimensions')),
  opportunity: given.get('opportunity') ?? null,
  metered: chosen(form, given, 'metered', ['zero', 'average']),
});
