/** How much of what moved is traced to an invoice and to an opportunity of the CRM. */
import { exact, moneyText, ratioText } from './money.ts';
import type { Traced } from './report.ts';

/** The sums of one window as SQL has them, exact text, in the currency's decimals. */
export const tracedOf = (
  sums: { readonly moved: string; readonly byInvoice: string; readonly byOpportunity: string; readonly both: string },
  decimals: number,
): Traced => {
  const money = (text: string) => moneyText(exact(text), decimals);
  return {
    movedMrr: money(sums.moved),
    byInvoiceMrr: money(sums.byInvoice),
    byOpportunityMrr: money(sums.byOpportunity),
    tracedMrr: money(sums.both),
  };
};

/** Whether anything connects these windows with a CRM; where nothing does, a share of nothing is not worth telling. */
export const isConnected = (windows: readonly Traced[], hasExport: boolean): boolean =>
  hasExport || windows.some(({ byOpportunityMrr }) => !exact(byOpportunityMrr).isZero());

/** tracedMrr / movedMrr; null where nothing moved or no CRM is connected. */
export const tracedShareOf = ({ tracedMrr, movedMrr }: Traced, connected: boolean): string | null =>
  connected ? ratioText(exact(tracedMrr), exact(movedMrr)) : null;
