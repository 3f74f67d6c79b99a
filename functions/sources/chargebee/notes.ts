/** What a pull counted, in sentences: which lines were put back, which may differ, and what counts for how much. */
import { meteredBelowZero } from '../billing/average-use.ts';
import { type LineNote, lineNotes } from '../billing/line-notes.ts';
import type { CountName } from './subscription-lines.ts';

const ofLines: readonly LineNote<CountName>[] = [
  ['linesRebuilt', (count) => `${count} changed since the month’s end and were put back from Chargebee’s events`],
  [
    'linesUnknown',
    (count) =>
      `${count} may differ from the month’s end: no event that Chargebee still has tells what they were, so items, quantities and discounts are those of later`,
  ],
  ['discountsUnknown', (count) => `${count} had a discount that Chargebee does not tell; none was taken off`],
  ['taxUnknown', (count) => `${count} may include tax that no invoice tells; it was left in`],
  ['invoicesCut', (count) => `${count} have an invoice too long to be told whole: their tax or average use may be off`],
  ['pricesUnknown', (count) => `${count} have an item price that is gone from the catalog; it stands for the product`],
  ['giftsFree', (count) => `${count} are gifts and count 0`],
  ['meteredZero', (count) => `${count} are metered and count 0`],
  ['meteredAveraged', (count) => `${count} are metered and count a month’s average of what three months invoiced`],
  ['meteredBelowZero', (count) => `${count} ${meteredBelowZero}`],
];

/** One sentence for every count that is not 0. */
export const notes = (counts: Readonly<Record<string, number>>): string[] => {
  const told = lineNotes(ofLines, counts);
  const differs = counts.mrrDiffers ?? 0;
  if (differs === 0) return told;
  return [
    ...told,
    `${differs} of ${counts.subscriptionsCompared ?? 0} subscriptions have another MRR in Chargebee, which is not used`,
  ];
};
