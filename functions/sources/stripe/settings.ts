/** What `--source stripe:?…` may say about how an account is to be read. */
import { basisNames, type MrrBasis } from '../../core/basis.ts';
import { settingsIn, wrongAddress } from '../billing/address.ts';
import { type SharedSettings, sharedNames, sharedSettings } from '../billing/shared-settings.ts';

export type StripeSettings = SharedSettings & {
  /** What months are made of: subscriptions as they stood, or the lines of all invoices over their service periods. */
  readonly basis: MrrBasis;
  /** Metadata key of a customer that holds the id of its parent customer; null: every customer is its own account. */
  readonly parent: string | null;
};

/** The folder of months that are made of invoices. */
export const invoicedName = 'stripe-invoiced';

const form = {
  name: 'stripe',
  title: 'Stripe',
  known: ['basis', 'parent', ...sharedNames],
  example: 'stripe:?parent=parent_id&dimensions=plan,region',
};

/**
 * Reads `stripe:` or `stripe:?parent=group&dimensions=plan,region&opportunity=deal&metered=average`, and
 * `stripe:?basis=invoiced` with all of these but `metered`.
 * Throws a ReportError of kind `usage` for anything else.
 */
export const parseStripeAddress = (address: string): StripeSettings => {
  const given = settingsIn(form, address);
  const basis = basisNames.find((name) => name === (given.get('basis') ?? 'committed'));
  if (basis === undefined) throw wrongAddress(form, `basis is one of ${basisNames.join(', ')}`);
  if (basis === 'invoiced' && given.has('metered'))
    throw wrongAddress(form, 'metered is for subscriptions; with basis=invoiced, use counts as it was invoiced');
  return { basis, parent: given.get('parent') ?? null, ...sharedSettings(form, given) };
};
