/** The accounts that moved most, each with its cause and the reason as the billing system gave it. */
import type { WindowName } from '../core/month.ts';
import type { Report, TopMover } from '../core/report.ts';
import { displayText } from './display-text.ts';
import { amountText } from './formats.ts';
import { type Signed, signedAmount } from './signed.ts';

export type MoverLine = {
  readonly account: string;
  /** "Churn, involuntary: card_expired" */
  readonly why: string;
  readonly from: string;
  readonly to: string;
  readonly change: Signed;
};

const whyOf = ({ movement, cause, reason }: TopMover): string => {
  const name = `${movement.charAt(0).toUpperCase()}${movement.slice(1)}`;
  const caused = cause === null ? name : `${name}, ${cause}`;
  return reason === null || reason === '' ? caused : `${caused}: ${displayText(reason, 50)}`;
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
