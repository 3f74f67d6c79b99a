/** What a stack's own billing system means for the commands that run months on it. */
import { type ReportError, usageError } from '../errors.ts';
import { invoicesAsked, type Vendor } from '../sources/billing/vendor.ts';
import type { StackPlace } from './stack-place.ts';

type Deployed = Pick<StackPlace, 'stack' | 'outputs'>;

const deployHint = (address: string): string =>
  `Deploy it with one: npx cdk deploy -c 'billingSource=${address}'. See "On AWS" in the README.`;

/** The refusal of an account as `--source` of a stack, which pulls from the one that it was deployed with. */
export const refusedAccount = (vendor: Vendor, asked: string, { outputs, stack }: Deployed): ReportError => {
  const { title, name } = vendor;
  const invoices = invoicesAsked(vendor, asked);
  if (invoices !== null)
    return usageError(
      'a stack takes months, not the invoices that they are made of',
      `Make its months here: retention backfill --from <month> --to <month> --source '${name}:?basis=invoiced' --home <home>. Then send them: --source <home>/inbox/${invoices.name}`,
    );
  const { BillingSource: address } = outputs;
  const what = `a stack pulls from ${title} by itself, not through this machine`;
  if (address === undefined) return usageError(`${what}, and ${stack} has no billing system`, deployHint(`${name}:`));
  return usageError(
    `${what}: ${stack} pulls from ${address}`,
    'Leave --source out: each run pulls its month first. Another account: deploy the stack with it.',
  );
};

/** What a request says of pulling. Throws a ReportError of kind `usage` where there is nothing to pull from. */
export const pulling = (again: boolean | undefined, { outputs, stack }: Deployed): { readonly pullAgain?: true } => {
  if (again !== true) return {};
  if (outputs.BillingSource !== undefined) return { pullAgain: true };
  throw usageError(`${stack} has no billing system: its months are uploaded`, deployHint('stripe:'));
};
