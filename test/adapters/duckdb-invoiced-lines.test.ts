/** Books of month-ends from invoice lines: which counts how much, written like a ledger, and what is refused. */
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { BlockedError, type GateFault } from '../../functions/gate-fault.ts';
import { type Books, booksOfFiles, exportOf, type InvoiceLine, ledgerLines } from './invoiced-books.ts';

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
    'an item added and taken off again within the month',
    `2026-10-01 2026-11-01 100.00
     2026-10-16 2026-11-01 51.61 i2
     2026-10-21 2026-11-01 -35.48 i2`,
    { '2026-10': 'i1 100.0000' },
  ],
  [
    'a monthly item cancelled in the last month of a year that ends with it',
    `2026-01-01 2027-01-01 1200.00
     2026-12-01 2027-01-01 30.00 i2
     2026-12-11 2027-01-01 -20.32 i2`,
    { '2026-12': 'i1 100.0000' },
  ],
  [
    'a monthly item that changes in the last month of a year that ends with it',
    `2026-01-01 2027-01-01 1200.00
     2026-12-01 2027-01-01 30.00 i2
     2026-12-11 2027-01-01 -20.32 i2
     2026-12-11 2027-01-01 40.65 i2`,
    { '2026-12': 'i1 100.0000, i2 60.0148' },
  ],
  [
    'a year cancelled after five months and paid back by months: nothing is left, not a cent',
    `2026-01-01 2027-01-01 1000.00
     2026-06-01 2027-01-01 -583.33`,
    { '2026-05': 'i1 83.3333', '2026-06': '' },
  ],
  [
    'a small credit on the last day is less, and not the end',
    `2026-10-01 2026-11-01 100.00
     2026-10-31 2026-11-01 -1.00`,
    { '2026-10': 'i1 69.0000' },
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

const usual = { invoice_id: 'in_0', period_start: '2026-10-01', period_end: '2026-11-01', amount: '100.00' };
const october = async (...lines: InvoiceLine[]) =>
  booksOfFiles({ 'invoice_lines.csv': exportOf(lines.map((line) => ({ ...usual, ...line }))) }, ['2026-10']);

const faultsOf = async (...lines: InvoiceLine[]): Promise<readonly GateFault[]> => {
  const outcome = await october(...lines).catch((error: unknown) => error);
  if (outcome instanceof BlockedError) return outcome.faults;
  throw outcome instanceof Error ? outcome : new Error('nothing was blocked');
};

describe('an export of invoice lines', () => {
  it.each([
    ['amount', '1e3'],
    ['amount', '$100'],
    ['amount', '10.00001'],
    ['amount', '123456789012345'],
    ['currency', 'usd'],
    ['customer_id', ''],
    ['invoice_id', 'x'.repeat(256)],
    ['product', ''],
    ['period_start', '2026-02-30'],
    ['period_start', '01/10/2026'],
    ['period_start', '0001-01-01'],
    ['period_end', '2026-11-01T00:00:00Z'],
    ['period_end', '2026-11-01 00:00:00+02'],
    ['status', 'perhaps'],
    ['pricing_model', 'cheap'],
  ])('is refused for a row whose %s is %s', async (column, value) => {
    expect(await faultsOf(usual, { [column]: value })).toMatchObject([
      { code: 'BAD_ROW', total: 1, findings: [{ file: 'invoice_lines.csv', line: 3, column }] },
    ]);
  });

  it.each([
    ['it ends before it begins', { period_end: '2026-09-30' }],
    ['it has no end', { period_end: '' }],
    ['it has no beginning', { period_start: '' }],
  ])('is refused for a period of which %s', async (_told, line) => {
    expect(await faultsOf(usual, line)).toMatchObject([
      { code: 'BAD_ROW', total: 1, findings: [{ line: 3, column: 'period_end' }] },
    ]);
  });

  it('is refused for a column of periods that is missing, not for one of statuses', async () => {
    const without = (name: string) =>
      exportOf([usual])
        .split('\n')
        .map((row) =>
          row
            .split(',')
            .filter((_, at) => exportOf([]).split(',')[at]?.trim() !== name)
            .join(','),
        )
        .join('\n');
    await expect(booksOfFiles({ 'invoice_lines.csv': without('period_end') }, [])).rejects.toThrow('period_end');
    const { totals } = await booksOfFiles({ 'invoice_lines.csv': without('status') }, ['2026-10']);
    expect(totals['2026-10']?.lines).toBe(1);
  });

  it('is refused for a field of five megabytes', async () => {
    const faults = await faultsOf(usual, { product: 'x'.repeat(5_000_000) });
    expect(faults.map(({ code }) => code)).toEqual(['BAD_ROW']);
  });

  it('is refused for a line that is there twice; lines without an id may be alike', async () => {
    expect(await faultsOf({ line_id: 'il_1' }, { line_id: 'il_2' }, { line_id: 'il_1' })).toMatchObject([
      { code: 'BAD_ROW', total: 1, findings: [{ line: 4, column: 'invoice_id, line_id', value: 'in_0, il_1' }] },
    ]);
    expect((await october(usual, usual)).lines['2026-10']).toMatchObject([{ mrr: '200.0000' }]);
  });

  it('is refused where credits come to more than what was charged, with whom and how much', async () => {
    expect(await faultsOf(usual, { subscription_id: 's2', amount: '-0.01' })).toMatchObject([
      {
        code: 'NEGATIVE_MRR',
        total: 1,
        findings: [{ column: 'customer acme, subscription s2', value: '-0.0100 USD' }],
      },
    ]);
  });

  it.each([
    ['paid', 1],
    ['Open', 1],
    ['PAST_DUE', 1],
    ['', 1],
    ['void', 0],
    ['Voided', 0],
    ['uncollectible', 0],
    ['draft', 0],
  ])('counts a line of an invoice that is %j: %d', async (status, lines) => {
    const { totals, facts } = await october({ status });
    expect(totals['2026-10']?.lines).toBe(lines);
    expect(facts.leftOut).toBe(1 - lines);
  });

  it('tells the invoice, product and opportunity of the newest charge, and keeps hostile text as it is', async () => {
    const product = '"=HYPERLINK(""http://x"")"';
    const { lines } = await october(
      { invoice_id: 'in_old', product: 'old', opportunity_id: 'o1' },
      { invoice_id: 'in_new', product, opportunity_id: 'o2', plan: "Team'; DROP", period_start: '2026-10-20' },
      { invoice_id: 'in_credit', product: 'old', amount: '-38.71', period_start: '2026-10-20' },
    );
    expect(lines['2026-10']).toMatchObject([
      { product: '=HYPERLINK("http://x")', invoice_id: 'in_new', opportunity_id: 'o2', plan: "Team'; DROP" },
    ]);
  });

  it('has one line an item and currency, whatever is left out of it', async () => {
    const bare = { subscription_id: '', item_id: '' };
    const { lines } = await october(
      { ...bare, product: 'seats' },
      { ...bare, product: 'seats', amount: '5.00' },
      { ...bare, product: 'x'.repeat(9000) },
      { currency: 'EUR' },
      { currency: 'USD' },
      { currency: 'JPY', item_id: 'yen', amount: '1000' },
    );
    const shown = (lines['2026-10'] ?? []).map((line) => `${line.subscription_id} ${line.item_id} ${line.mrr}`);
    expect(shown.slice(0, 2)).toMatchObject([
      expect.stringMatching(/^invoiced [0-9a-f]{32} 100.0000$/),
      'invoiced seats 105.0000',
    ]);
    expect(shown.slice(2)).toEqual(['s1 i1 EUR 100.0000', 's1 i1 USD 100.0000', 's1 yen 1000.0000']);
  });

  it('may be in parts, of any form, and packed', async () => {
    const row = { customer_id: 'b', invoice_id: 'in_9', product: 'core', currency: 'USD', amount: '60.00' };
    const period = { period_start: '2026-09-10', period_end: '2026-12-10' };
    const { lines } = await booksOfFiles(
      {
        'invoice_lines/1.csv.gz': gzipSync(exportOf([usual])),
        'invoice_lines/2.ndjson': `${JSON.stringify({ ...row, ...period })}\n`,
      },
      ['2026-10'],
    );
    expect(lines['2026-10']?.map(({ customer_id, mrr }) => `${customer_id} ${mrr}`)).toEqual([
      'acme 100.0000',
      'b 20.0000',
    ]);
  });

  it('refuses amounts that are JSON numbers', async () => {
    const row = { customer_id: 'b', invoice_id: 'in_9', product: 'core', currency: 'USD', amount: 60 };
    const line = JSON.stringify({ ...row, period_start: '2026-09-10', period_end: '2026-12-10' });
    await expect(booksOfFiles({ 'invoice_lines.ndjson': `${line}\n` }, [])).rejects.toThrow(BlockedError);
  });

  it('says what it holds: months, lines that count nothing, and periods that read as if a day were missing', async () => {
    const { facts, totals } = await october(
      usual,
      { period_start: '', period_end: '' },
      { status: 'void' },
      { period_start: '2026-08-15', period_end: '2026-09-14' },
      { period_start: '2026-11-01', period_end: '2026-11-30' },
    );
    expect(facts).toEqual({
      firstMonth: '2026-08',
      newestMonth: '2026-11',
      rows: 5,
      leftOut: 1,
      withoutPeriod: 1,
      whole: 2,
      wholeWithLastDay: 2,
    });
    expect(totals['2026-10']).toEqual({ lines: 1, mrr: { USD: '100.0000' }, overlapping: 0, reduced: 0, belowZero: 0 });
  });

  it('remarks only on lines that are in the book', async () => {
    const own = { subscription_id: 's1', item_id: 'i1' };
    const { totals } = await october(own, own, { ...own, item_id: 'i2', amount: '-200.00' });
    expect(totals['2026-10']).toEqual({ lines: 0, mrr: {}, overlapping: 0, reduced: 0, belowZero: 0 });
  });

  it('reads the last day of a period as served where that is what it says', async () => {
    const lines = exportOf([{ ...usual, period_end: '2026-10-31' }]);
    const books = await booksOfFiles({ 'invoice_lines.csv': lines }, ['2026-10', '2026-11'], true);
    expect(books.lines['2026-10']).toMatchObject([{ mrr: '100.0000' }]);
    expect(books.lines['2026-11']).toEqual([]);
  });

  it('holds the largest amounts there are, and says which come to more', async () => {
    const largest = '99999999999999.9999';
    const end = { period_start: '2026-10-01 00:00:01' };
    const swapped = [{ amount: largest }, { ...end, amount: `-${largest}` }, { ...end, amount: largest }];
    expect((await october(...swapped)).lines['2026-10']).toMatchObject([{ mrr: largest }]);
    expect(await faultsOf({ amount: largest }, { amount: largest })).toMatchObject([
      { code: 'BAD_ROW', total: 1, findings: [{ value: '199999999999999.9998 USD' }] },
    ]);
  });
});
