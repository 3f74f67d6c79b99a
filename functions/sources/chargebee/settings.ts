/** What `--source chargebee:?…` may say about how a site is to be read. */
import { settingsIn, wrongAddress } from '../billing/address.ts';
import { type SharedSettings, sharedNames, sharedSettings } from '../billing/shared-settings.ts';

export type ChargebeeSettings = SharedSettings & {
  /** The name of the site, as in `<site>.chargebee.com`. */
  readonly site: string;
  /** Custom field of a customer that holds its parent's customer id; null: Chargebee's own hierarchy says. */
  readonly parent: string | null;
};

const form = {
  name: 'chargebee',
  title: 'Chargebee',
  known: ['site', 'parent', ...sharedNames],
  example: 'chargebee:?site=acme&dimensions=plan,region',
  alone: false,
};

/**
 * Reads `chargebee:?site=acme` with, where wanted, `&parent=group&dimensions=plan,region&opportunity=deal&metered=average`.
 * Throws a ReportError of kind `usage` for anything else.
 */
export const parseChargebeeAddress = (address: string): ChargebeeSettings => {
  const given = settingsIn(form, address);
  const site = given.get('site');
  // It becomes a part of the host's name that the key is sent to.
  if (site === undefined || !/^[a-z0-9][a-z0-9-]{0,61}$/i.test(site))
    throw wrongAddress(form, 'site is the name before .chargebee.com, letters, digits and hyphens');
  return { site: site.toLowerCase(), parent: given.get('parent') ?? null, ...sharedSettings(form, given) };
};
