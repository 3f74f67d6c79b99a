/** A book with one account for each thing that can go wrong. */
import { type Book, bookOf, gridOf, together } from './book.ts';

const euro = { currency: 'EUR', product: 'plus', subscription_id: 'euro', item_id: 'euro' };

export const mutantBook: Book = together(
  gridOf(`
    account           2024-12   2025-10   2026-07   2026-09   2026-10
    steady            500       500       500       500       500
    grows             500       500       500       500       700
    shrinks           500       500       500       500       400
    leaves            500       500       500       500       -
    outgrows          -         80        80        80        110
    on-a-bound        -         100       100       100       90
    joins             -         -         -         -         50
    comes-back        60        -         -         -         60
    came-and-went     -         -         40        -         -
    came-and-paused   -         -         -         -         40:paused
    in-grace          70        70        70        70        70:past_due
    on-trial          -         -         80:trialing  80:trialing  80:trialing
    tried-at-first    90:trialing  90     90        90        90
    rested-at-first   90:paused    90     90        90        90
    parent            10        10        10        10        10
    child             10        -         10        10        -
    sibling           -         10        10        10        30
    paused            30        30        30        30        30:paused
    failed            30        30        30        30        -
    undecided         30        30        30        30        -
    tied              30        30        30        30        -
    unheard-of        30        30        30        30        -
    earlier           30        30        30        30        -
    later             30        30        30        30        -
    tiny              0.006     0.006     0.006     0.006     0.006
  `),
  gridOf(
    'account 2024-12 2025-10 2026-07 2026-09 2026-10\nsteady 100 100 100 100 100\nsibling - 20 20 20 20\nmixed - - - 0.004 0.004',
    euro,
  ),
  bookOf({
    lines: `
      month    customer_id  subscription_id  item_id  product  mrr
      2026-09  swaps        one              a        basic    120
      2026-10  swaps        two              b        pro      120
      2026-09  splinters    one              a        core     0.005
      2026-09  splinters    one              b        core     0.005
      2026-10  splinters    one              a        core     0.005
      2026-10  splinters    one              b        core     0.005
      2026-09  mixed        one              a        plus     0.004
      2026-10  mixed        one              a        plus     0.004
    `,
    customers: `
      month    customer_id  account_id  plan
      2024-12  child        parent      tin
      2024-12  sibling      parent      tin
      2024-12  steady       -           gold
      2025-10  grows        -           tin
      2025-10  child        parent      tin
      2025-10  sibling      parent      gold
    `,
    cancellations: `
      month    customer_id  ended_on    reason
      2026-10  paused       2026-10-03  payment_failed
      2026-10  failed       2026-10-03  payment_failed
      2026-10  undecided    2026-10-03  payment_failed
      2026-10  undecided    2026-10-09  too_expensive
      2026-10  tied         2026-10-03  too_expensive
      2026-10  tied         2026-10-03  payment_failed
      2026-10  unheard-of   2026-10-03  who~knows
      2026-10  earlier      2026-09-30  payment_failed
      2026-10  later        2026-11-01  payment_failed
    `,
    payments: `
      month    customer_id  invoice_id  failed_on   amount  currency  state      resolved_on
      2026-09  in-grace     in-1        2026-09-03  70      USD       exhausted  2026-09-20
      2026-10  in-grace     in-1        2026-09-03  70      USD       in_grace   -
      2026-10  failed       in-2        2026-09-03  30      EUR       exhausted  2026-10-03
    `,
    fx: `
      month    currency  rate
      2024-12  EUR       1.20
      2025-10  EUR       1.15
      2026-09  EUR       1.10
      2026-10  EUR       1.07
    `,
  }),
);

/** Bounds that an amount can stand on to the cent: twelve times 100 is 1,200. */
export const mutantSettings = {
  acvBands: [
    { name: 'SMB', from: '0' },
    { name: 'Mid-market', from: '1200' },
    { name: 'Enterprise', from: '100000' },
  ],
};
