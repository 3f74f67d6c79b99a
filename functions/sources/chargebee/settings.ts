/** What `--source chargebee:?…` may say about how a site is to be read. */
import { namesIn, settingsIn, wrongAddress } from '../billing/address.ts';

export type ChargebeeSettings = {
  /** The name of the site, as in `<site>.chargebee.com`. */
  readonly site: string;
  /** Custom field of a customer that holds its parent's customer id; null: Chargebee's own hierarchy says. */
  readonly parent: string | null;
  /** Custom fields of customers that become dimensions; null: all of them. */
  readonly dimensions: readonly string[] | null;
  /** Custom field of a subscription that holds its CRM opportunity. */
  readonly opportunity: string | null;
  /** What a metered item is worth: nothing, or a month's average of what was invoiced in the last three. */
  readonly metered: 'zero' | 'average';
};

const form = {
  name: 'chargebee',
  title: 'Chargebee',
  known: ['site', 'parent', 'dimensions', 'opportunity', 'metered'],
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
  const metered = given.get('metered') ?? 'zero';
  if (metered !== 'zero' && metered !== 'average') throw wrongAddress(form, 'metered is zero or average');
  return {
    site: site.toLowerCase(),
    parent: given.get('parent') ?? null,
    dimensions: namesIn(given.get('dimensions')),
    opportunity: given.get('opportunity') ?? null,
    metered,
  };
};
