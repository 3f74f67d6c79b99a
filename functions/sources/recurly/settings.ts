/** What `--source recurly:?…` may say about how a site is to be read. */
import { namesIn, settingsIn, wrongAddress } from '../billing/address.ts';

export type RecurlySettings = {
  /** Where Recurly keeps the site's data. */
  readonly region: 'us' | 'eu';
  /**
   * Which child accounts belong to their parent: those that the parent pays for, all of them, or none.
   */
  readonly hierarchy: 'paying' | 'all' | 'none';
  /** Custom fields of accounts that become dimensions; null: all of them. */
  readonly dimensions: readonly string[] | null;
  /** Custom field of a subscription that holds its CRM opportunity. */
  readonly opportunity: string | null;
  /** What usage is worth: nothing, or a month's average of what was invoiced in the last three. */
  readonly metered: 'zero' | 'average';
};

const form = {
  name: 'recurly',
  title: 'Recurly',
  known: ['region', 'hierarchy', 'dimensions', 'opportunity', 'metered'],
  example: 'recurly:?region=eu&dimensions=plan,region',
};

const chosen = <T extends string>(
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

/**
 * Reads `recurly:` or `recurly:?region=eu&hierarchy=all&dimensions=plan,region&opportunity=deal&metered=average`.
 * Throws a ReportError of kind `usage` for anything else.
 */
export const parseRecurlyAddress = (address: string): RecurlySettings => {
  const given = settingsIn(form, address);
  return {
    region: chosen(given, 'region', ['us', 'eu']),
    hierarchy: chosen(given, 'hierarchy', ['paying', 'all', 'none']),
    dimensions: namesIn(given.get('dimensions')),
    opportunity: given.get('opportunity') ?? null,
    metered: chosen(given, 'metered', ['zero', 'average']),
  };
};
