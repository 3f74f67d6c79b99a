/** What the MRR of a snapshot rests on. Figures of two bases are never set against each other. */

/**
 * `committed`: the recurring lines of subscriptions as they stood at the end of the month. `invoiced`: lines of invoices,
 * spread over their service periods.
 */
export const basisNames = ['committed', 'invoiced'] as const;
export type MrrBasis = (typeof basisNames)[number];
