/** Months that were pulled as they stood, which books made of invoices must not take the place of. */
import type { Month } from '../../core/month.ts';
import type { ObjectStore } from '../../ports.ts';
import { isPulled } from './pull-month.ts';

/** The first of some months, oldest first, that was pulled from a vendor's subscriptions and is not after `until`; null for none. */
export const firstCommitted = async (
  vendor: string,
  months: readonly Month[],
  until: Month,
  store: ObjectStore,
): Promise<Month | null> => {
  for (const month of months) if (month <= until && (await isPulled(vendor, month, store))) return month;
  return null;
};

/** Why no month is made of invoices where such a month is in the way, and what to do. */
export const inTheWay = (month: Month, vendor: string): { readonly problem: string; readonly hint: string } => ({
  problem: `${month} was pulled from subscriptions into this home, on the basis committed: its book of invoices would take the place of that`,
  hint: `End with the month before ${month}, or keep the invoices in another --home. To have ${month} made of invoices, remove its folder in inbox/${vendor}.`,
});
