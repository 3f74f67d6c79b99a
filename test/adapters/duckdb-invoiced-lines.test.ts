import { beforeAll, describe, expect, it } from 'vitest';
import { type Books, booksOfFiles, exportOf, ledgerLines } from './invoiced-books.ts';

type Case = readonly [told: string, lines: string, books: Readonly<Record<string, string>>];

const cases: readonly Case[] = [
  [
    'a month is worth its amount until it ends',
    `2026-10-01 2026-11-01 100.00`,
    { '2026-09': '', '2026-10': 'i1 100.0000', '2026-11': '' },
  ],
  [
    'a month that begins in the middle counts at the end it covers',
    `2026-10-16 2026-11-16 100.00`,
    { '2026-09': '', '2026-10': 'i1 100.0000', '2026-11': '' },
  ],
  [
    'a year in advance is twelve months',
    `2026-03-15 2027-03-15 1200.00`,
    { '2026-02': '', '2026-03': 'i1 100.0000', '2026-12': 'i1 100.0000', '2027-02': 'i1 100.0000', '2027-03': '' },
  ],
  [
    'a quarter is three, rounded half away from zero at four decimals',
    `2026-01-01 2026-04-01 100.00`,
    { '2025-12': '', '2026-01': 'i1 33.3333', '2026-03': 'i1 33.3333', '2026-04': '' },
  ],
  ['a half that cannot be told goes away from zero', `2026-01-01 2027-01-01 0.0006`, { '2026-01': 'i1 0.0001' }],
  [
    'months that begin on the last day end on the last day',
    `2026-01-31 2026-02-28 100.00
     2026-02-28 2026-03-31 100.00
     2026-03-31 2026-04-30 100.00`,
    { '2026-01': 'i1 100.0000', '2026-02': 'i1 100.0000', '2026-03': 'i1 100.0000', '2026-04': '' },
  ],
  [
    'a year over the 29th of February is a year',
    `2024-02-29 2025-02-28 1200.00
     2023-02-28 2024-02-29 1200.00 i2`,
    { '2024-01': 'i2 100.0000', '2024-02': 'i1 100.0000' },
  ],
  ['a week is 52 twelfths of a month', `2026-10-28 2026-11-04 12.00`, { '2026-10': 'i1 52.0000' }],
  [
    'a time that is no whole months counts by its days, 365 a year',
    `2026-10-11 2026-11-10 120.00`,
    { '2026-10': 'i1 121.6667' },
  ],
  [
    'an upgrade on a day: the old is taken back, the new counts',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 -51.61
     2026-10-16 2026-11-01 103.22`,
    { '2026-10': 'i1 200.0000' },
  ],
  [
    'an upgrade in the afternoon, told without the hour',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 -49.60
     2026-10-16 2026-11-01 99.20`,
    { '2026-10': 'i1 200.0000' },
  ],
  [
    'an upgrade in the afternoon, told with the hour',
    `2026-10-01T00:00 2026-11-01T00:00 100.00
     2026-10-16T15:00:00 2026-11-01T00:00:00 -49.60
     2026-10-16T15:00:00 2026-11-01T00:00:00 99.20`,
    { '2026-10': 'i1 200.0000' },
  ],
  [
    'a downgrade of a year half through it',
    `2026-01-01 2027-01-01 2400.00
     2026-07-01 2027-01-01 -1209.86
     2026-07-01 2027-01-01 604.93`,
    { '2026-06': 'i1 200.0000', '2026-07': 'i1 100.0000', '2026-12': 'i1 100.0000', '2027-01': '' },
  ],
  [
    'the same, taken back by months',
    `2026-01-01 2027-01-01 2400.00
     2026-07-01 2027-01-01 -1200.00
     2026-07-01 2027-01-01 600.00`,
    { '2026-06': 'i1 200.0000', '2026-07': 'i1 100.0000' },
  ],
  [
    'several changes inside one month',
    `2026-10-01 2026-11-01 100.00
     2026-10-11 2026-11-01 -67.74
     2026-10-11 2026-11-01 135.48
     2026-10-21 2026-11-01 -70.97
     2026-10-21 2026-11-01 106.45`,
    { '2026-10': 'i1 299.9816' },
  ],
  [
    'an upgrade that charges the difference alone',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 25.81`,
    { '2026-10': 'i1 150.0069' },
  ],
  [
    'less of an item, of which the difference comes back',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 -15.48
     2026-11-01 2026-12-01 70.00`,
    { '2026-10': 'i1 70.0075', '2026-11': 'i1 70.0000' },
  ],
  [
    'cancelled at once, on a day: nothing is left, not a cent',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 -51.61`,
    { '2026-10': '' },
  ],
  [
    'cancelled at once, in the afternoon: nothing is left either',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 -49.60`,
    { '2026-10': '' },
  ],
  [
    'cancelled on the last day, when a cent is worth a third',
    `2026-10-01 2026-11-01 100.00
     2026-10-31 2026-11-01 -3.23`,
    { '2026-10': '' },
  ],
  [
    'upgraded and then cancelled in one month',
    `2026-10-01 2026-11-01 100.00
     2026-10-11 2026-11-01 -67.74
     2026-10-11 2026-11-01 135.48
     2026-10-21 2026-11-01 -70.97`,
    { '2026-10': '' },
  ],
  [
    'less in the last days, and renewed: less, and not the end',
    `2026-10-01 2026-11-01 100.00
     2026-10-30 2026-11-01 -4.52
     2026-11-01 2026-12-01 30.00`,
    { '2026-10': 'i1 29.9400', '2026-11': 'i1 30.0000' },
  ],
  [
    'refunded as a whole by a credit note',
    `2026-10-01 2026-11-01 100.00
     2026-10-01 2026-11-01 -100.00`,
    { '2026-10': '' },
  ],
  [
    'refunded in part',
    `2026-10-01 2026-11-01 100.00
     2026-10-01 2026-11-01 -20.00`,
    { '2026-10': 'i1 80.0000' },
  ],
  [
    'a discount as an item of its own comes off the largest of its subscription',
    `2026-10-01 2026-11-01 100.00
     2026-10-01 2026-11-01 40.00 i2
     2026-10-01 2026-11-01 -110.00 discount`,
    { '2026-10': 'i2 30.0000' },
  ],
  [
    'one-off lines are no MRR: without a period, or one of no length',
    `2026-10-01 2026-11-01 100.00
     - - 5000.00 setup
     2026-10-05 2026-10-05 300.00 training`,
    { '2026-10': 'i1 100.0000' },
  ],
  [
    'an item added within the month counts by the share of the month',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 51.61 i2`,
    { '2026-10': 'i1 100.0000, i2 99.9944' },
  ],
  [
    'a swap of items: the one goes, the other comes',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 -51.61
     2026-10-16 2026-11-01 103.22 i2`,
    { '2026-10': 'i2 200.0000' },
  ],
  [
    'from monthly to yearly: the month that is left is taken back, the year begins',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 -51.61
     2026-10-16 2027-10-16 960.00`,
    { '2026-10': 'i1 80.0000', '2026-11': 'i1 80.0000', '2027-09': 'i1 80.0000', '2027-10': '' },
  ],
  [
    'whole periods that overlap add up',
    `2026-10-01 2027-10-01 1200.00
     2027-09-01 2028-09-01 1200.00`,
    { '2027-08': 'i1 100.0000', '2027-09': 'i1 200.0000', '2027-10': 'i1 100.0000' },
  ],
  [
    'what is paid late is served all the same, and a gap is a gap',
    `2026-08-01 2026-09-01 100.00
     2026-10-10 2026-11-10 100.00`,
    { '2026-08': 'i1 100.0000', '2026-09': '', '2026-10': 'i1 100.0000' },
  ],
  [
    'usage in arrears counts in the month in which it was used',
    `2026-09-01 2026-10-01 73.10
     2026-10-01 2026-11-01 81.25`,
    { '2026-08': '', '2026-09': 'i1 73.1000', '2026-10': 'i1 81.2500' },
  ],
  [
    'an end one second before midnight is the end of the day',
    `2026-10-01T00:00:00 2026-10-31T23:59:59 100.00`,
    { '2026-10': 'i1 100.0000', '2026-11': '' },
  ],
  [
    'a year beside months that end with it, in one subscription',
    `2026-01-01 2027-01-01 1200.00
     2026-12-01 2027-01-01 30.00 i2`,
    { '2026-12': 'i1 100.0000, i2 30.0000' },
  ],
];

describe('the book at the end of a month, of invoice lines', () => {
  let books: Books;
  // One export of them all, a customer a case.
  beforeAll(async () => {
    const lines = cases.flatMap(([, text], at) =>
      ledgerLines(text).map((line) => ({ ...line, customer_id: `c${at}` })),
    );
    const months = [...new Set(cases.flatMap(([, , expected]) => Object.keys(expected)))];
    books = await booksOfFiles({ 'invoice_lines.csv': exportOf(lines) }, months);
  });

  it.each(cases.map(([told, , expected], at) => [told, at, expected] as const))('%s', (_told, at, expected) => {
    const lines = (month: string) => (books.lines[month] ?? []).filter(({ customer_id }) => customer_id === `c${at}`);
    const found = Object.keys(expected).map((month) => [
      month,
      lines(month)
        .map(({ item_id, mrr }) => `${item_id} ${mrr}`)
        .join(', '),
    ]);
    expect(Object.fromEntries(found)).toEqual(expected);
  });
});
