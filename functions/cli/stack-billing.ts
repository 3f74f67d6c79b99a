/** What a stack's own billing system means for the commands that run months on it. */
import { type ReportError, usageError } from '../errors.ts';
import { invoicesAsked, type Vendor } from '../sources/billing/vendor.ts';
import { deployAgain, shellWord } from '../stack/deploy-again.ts';
import type { StackPlace } from './stack-place.ts';

type Deployed = Pick<StackPlace, 'stack' | 'outputs'>;

const deployHint = (stack: string, address: string): string =>
  `${deployAgain(stack, address)}. See "On AWS" in the README.`;

/**
 * The refusal of an account as `--source` of a stack, which pulls from the one that it was deployed with. It repeats the
 * address: one that says no settings, and may hold anything, is refused by itself.
 */
export const refusedAccount = (vendor: Vendor, asked: string, { outputs, stack }: Deployed): ReportError => {
  vendor.check(asked);
  const invoices = invoicesAsked(vendor, asked);
  if (invoices !== null)
    return usageError(
      'a stack takes months, not the invoices that they are made of',
      `Make its months here: retention backfill --from <month> --to <month> --source ${shellWord(asked)} --home <home>. Then send them: --source <home>/inbox/${invoices.name}`,
    );
  const { BillingSource: address } = outputs;
  const what = `a stack pulls from ${vendor.title} by itself, not through this machine`;
  if (address === undefined) return usageError(`${what}, and ${stack} has no billing system`, deployHint(stack, asked));
  return usageError(
    `${what}: ${stack} pulls from ${address}`,
    'Leave --source out: each run pulls its month first. Another account or setting: deploy the stack with it.',
  );
};

/** What a request says of pulling. Throws a ReportError of kind `usage` where there is nothing to pull from. */
export const pulling = (again: boolean | undefined, { outputs, stack }: Deployed): { readonly pullAgain?: true } => {
  if (again !== true) return {};
  if (outputs.BillingSource !== undefined) return { pullAgain: true };
  throw usageError(`${stack} has no billing system: its months are uploaded`, deployHint(stack, 'stripe:'));
};
