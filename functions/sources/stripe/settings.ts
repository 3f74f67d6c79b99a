/** What `--source stripe:?…` may say about how an account is to be read. */
import { namesIn, settingsIn, wrongAddress } from '../billing/address.ts';

export type StripeSettings = {
  /** Metadata key of a customer that holds the id of its parent customer; null: every customer is its own account. */
  readonly parent: string | null;
  /** Metadata keys that become dimensions; null: all of them. */
  readonly dimensions: readonly string[] | null;
  /** Metadata key of a subscription that holds its CRM opportunity. */
  readonly opportunity: string | null;
  /** What a metered price is worth: nothing, or a month's average of what was invoiced in the last three. */
  readonly metered: 'zero' | 'average';
};

const form = {
  name: 'stripe',
  title: 'Stripe',
  known: ['parent', 'dimensions', 'opportunity', 'metered'],
  example: 'stripe:?parent=parent_id&dimensions=plan,region',
};

/**
 * Reads `stripe:` or `stripe:?parent=group&dimensions=plan,region&opportunity=deal&metered=average`.
 * Throws a ReportError of kind `usage` for anything else.
 */
export const parseStripeAddress = (address: string): StripeSettings => {
  const given = settingsIn(form, address);
  const metered = given.get('metered') ?? 'zero';
  if (metered !== 'zero' && metered !== 'average') throw wrongAddress(form, 'metered is zero or average');
  return {
    parent: given.get('parent') ?? null,
    dimensions: namesIn(given.get('dimensions')),
    opportunity: given.get('opportunity') ?? null,
    metered,
  };
};
