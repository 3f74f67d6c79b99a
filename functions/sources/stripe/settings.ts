/** What `--source stripe:?…` may say about how an account is to be read. */
import { usageError } from '../../errors.ts';

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

/** How a source that is a Stripe account begins. */
export const stripePrefix = 'stripe:';

const known = ['parent', 'dimensions', 'opportunity', 'metered'];

/**
 * Reads `stripe:` or `stripe:?parent=group&dimensions=plan,region&opportunity=deal&metered=average`.
 * Throws a ReportError of kind `usage` for anything else.
 */
export const parseStripeAddress = (address: string): StripeSettings => {
  const wrong = (problem: string) =>
    usageError(
      `"${address}" does not say how to read Stripe: ${problem}`,
      'For example: --source stripe: or --source "stripe:?parent=parent_id&dimensions=plan,region"',
    );
  const [, query = ''] = /^stripe:(?:\?(.*))?$/s.exec(address) ?? [];
  if (!address.startsWith(stripePrefix) || (address !== stripePrefix && query === ''))
    throw wrong('write stripe: and nothing, or ? and settings, behind it');
  const given = new URLSearchParams(query);
  const twice = [...given.keys()].find((key) => given.getAll(key).length > 1);
  if (twice !== undefined) throw wrong(`${twice} is there twice`);
  const stranger = [...given.keys()].find((key) => !known.includes(key));
  if (stranger !== undefined) throw wrong(`"${stranger}" is none of ${known.join(', ')}`);
  const empty = [...given].find(([, value]) => value.trim() === '');
  if (empty !== undefined) throw wrong(`${empty[0]} is empty`);
  const metered = given.get('metered') ?? 'zero';
  if (metered !== 'zero' && metered !== 'average') throw wrong('metered is zero or average');
  const names = given.get('dimensions')?.split(',') ?? null;
  return {
    parent: given.get('parent'),
    dimensions: names?.map((name) => name.trim()) ?? null,
    opportunity: given.get('opportunity'),
    metered,
  };
};
