/** The accounts that moved most, each with its cause and the reason as the billing system gave it. */
import type { WindowName } from '../core/month.ts';
import type { Report, TopMover } from '../core/report.ts';
import { displayText } from './display-text.ts';
import { amountText } from './formats.ts';
import { type Signed, signedAmount } from './signed.ts';

export type MoverLine = {
  readonly account: string;
  /** "Churn, involuntary: card_expired", "Expansion: Upsell by Ada Moss" */
  readonly why: string;
  readonly from: string;
  readonly to: string;
  readonly change: Signed;
};

const parts = (list: string): string[] => (list === '' ? [] : list.split(';'));

/**
 * The sale behind a movement, as far as the CRM tells it: type and owner of the first of several, its id where neither
 * is known. Null where there is none, and for who left: a sale is not why a customer went.
 */
const saleOf = ({ movement, opportunityIds, opportunityTypes, opportunityOwners }: TopMover): string | null => {
  const [id, ...others] = movement === 'churn' ? [] : parts(opportunityIds);
  if (id === undefined) return null;
  // Lists go together: the first type and owner are those of the first id.
  const [type = ''] = parts(opportunityTypes);
  const [owner = ''] = parts(opportunityOwners);
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  if (type === '' && owner === '') return `opportunity ${displayText(id, 30)}${more}`;
  const kind = type === '' ? 'opportunity' : displayText(type, 30);
  return `${kind}${owner === '' ? '' : ` by ${displayText(owner, 30)}`}${more}`;
};

const whyOf = (mover: TopMover): string => {
  const { movement, cause, reason } = mover;
  const name = `${movement.charAt(0).toUpperCase()}${movement.slice(1)}`;
  const caused = cause === null ? name : `${name}, ${cause}`;
  const given = reason === null || reason === '' ? saleOf(mover) : displayText(reason, 50);
  return given === null ? caused : `${caused}: ${given}`;
};

/** A name is optional in the customers file; an account is never nameless here. */
const nameOf = ({ accountName, accountId }: TopMover): string =>
  displayText(accountName === '' ? accountId : accountName);

/** At most `rows` movers of one window, in the report's order: largest first. */
export const moverTable = (report: Report, window: WindowName, rows: number): MoverLine[] =>
  report.topMovers
    .filter((mover) => mover.window === window)
    .slice(0, rows)
    .map((mover) => ({
      account: nameOf(mover),
      why: whyOf(mover),
      from: amountText(mover.openingMrr),
      to: amountText(mover.closingMrr),
      change: signedAmount(mover.deltaMrr, 'up'),
    }));
