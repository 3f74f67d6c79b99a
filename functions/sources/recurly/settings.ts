/** What `--source recurly:?…` may say about how a site is to be read. */
import { settingsIn } from '../billing/address.ts';
import { chosen, type SharedSettings, sharedNames, sharedSettings } from '../billing/shared-settings.ts';

export type RecurlySettings = SharedSettings & {
  /** Where Recurly keeps the site's data. */
  readonly region: 'us' | 'eu';
  /** Which child accounts belong to their parent: those that the parent pays for, all of them, or none. */
  readonly hierarchy: 'paying' | 'all' | 'none';
};

const form = {
  name: 'recurly',
  title: 'Recurly',
  known: ['region', 'hierarchy', ...sharedNames],
  example: 'recurly:?region=eu&dimensions=plan,region',
};

/**
 * Reads `recurly:` or `recurly:?region=eu&hierarchy=all&dimensions=plan,region&opportunity=deal&metered=average`.
 * Throws a ReportError of kind `usage` for anything else.
 */
export const parseRecurlyAddress = (address: string): RecurlySettings => {
  const given = settingsIn(form, address);
  return {
    region: chosen(form, given, 'region', ['us', 'eu']),
    hierarchy: chosen(form, given, 'hierarchy', ['paying', 'all', 'none']),
    ...sharedSettings(form, given),
  };
};
