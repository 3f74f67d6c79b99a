/** What the contract allows in each column, told by examples: a good row of every table, and what spoils it. */
import type { TableName } from '../../functions/sources/source-file.ts';

export type SourceRow = Readonly<Record<string, string>>;

/** A row with every column of the contract filled in. */
export const goodRows: Readonly<Record<TableName, SourceRow>> = {
  lines: {
    customer_id: 'cus_1',
    subscription_id: 'sub_1',
    item_id: 'item_1',
    product: 'Core',
    currency: 'USD',
    mrr: '100.1234',
    status: 'active',
    quantity: '3',
    plan: 'Pro',
    pricing_model: 'seat',
    discount_mrr: '1.5',
    renews_on: '2027-01-31',
    invoice_id: 'in_1',
    opportunity_id: 'opp_1',
  },
  customers: { customer_id: 'cus_1', name: 'One, Inc.', account_id: 'acc_1' },
  cancellations: {
    customer_id: 'cus_1',
    subscription_id: 'sub_1',
    ended_on: '2026-10-31',
    reason: 'Too Expensive!',
    note: 'said "no"',
  },
  payments: {
    customer_id: 'cus_1',
    invoice_id: 'in_1',
    failed_on: '2026-10-01',
    amount: '100.00',
    currency: 'USD',
    decline_code: 'insufficient_funds',
    state: 'recovered',
    resolved_on: '2026-10-05',
  },
  fx: { currency: 'EUR', rate: '1.07123456' },
  opportunities: {
    opportunity_id: '0061a00000abcdeAAA',
    customer_id: 'cus_1',
    account_id: 'acc_1',
    close_date: '2026-10-31',
    type: 'Upsell',
    owner: 'Mia Chen',
    stage: 'Closed Won',
    is_won: 'true',
  },
};

export const requiredColumns: Readonly<Record<TableName, readonly string[]>> = {
  lines: ['customer_id', 'subscription_id', 'item_id', 'product', 'currency', 'mrr', 'status'],
  customers: ['customer_id'],
  cancellations: ['customer_id', 'ended_on', 'reason'],
  payments: ['customer_id', 'invoice_id', 'failed_on', 'amount', 'currency', 'state'],
  fx: ['currency', 'rate'],
  opportunities: ['opportunity_id'],
};

const noMoney = [
  '1e3',
  '1_000',
  '1,000',
  '$5',
  '5 USD',
  ' 5',
  '5 ',
  '.5',
  '5.',
  '1.00001',
  '+5',
  'abc',
  'NaN',
  '0x10',
  '٥',
];
const noDays = ['2026-13-01', '2026-02-30', '2026-1-1', '31.10.2026', '20261031', '2026-10-31T00:00:00Z', 'today'];
const tooLong = 'x'.repeat(256);

/** Values that must be refused, by table and column. */
export const spoilers: Readonly<Record<TableName, Readonly<Record<string, readonly string[]>>>> = {
  lines: {
    customer_id: [tooLong],
    subscription_id: [tooLong],
    item_id: [tooLong],
    product: [tooLong],
    currency: ['usd', 'US', 'USDX', 'U1D', ' USD', '€'],
    mrr: [...noMoney, '123456789012345'],
    status: ['Active', 'expired', 'active '],
    quantity: ['many', '1e2', '1.23456'],
    plan: ['x'.repeat(10_001)],
    pricing_model: ['Seat', 'per_seat'],
    discount_mrr: ['5%', '1e1'],
    renews_on: noDays,
    invoice_id: [tooLong],
    opportunity_id: [tooLong],
  },
  customers: { customer_id: [tooLong], name: ['x'.repeat(10_001)], account_id: [tooLong] },
  cancellations: { customer_id: [tooLong], subscription_id: [tooLong], ended_on: noDays, reason: ['x'.repeat(10_001)] },
  payments: {
    customer_id: [tooLong],
    invoice_id: [tooLong],
    failed_on: noDays,
    amount: ['-1', ...noMoney],
    currency: ['usd'],
    decline_code: ['x'.repeat(10_001)],
    state: ['failed', 'In_Grace'],
    resolved_on: noDays,
  },
  opportunities: {
    opportunity_id: [tooLong, 'a;b'],
    customer_id: [tooLong],
    close_date: [
      '2026-13-01',
      '2026-02-30',
      '2026-1-1',
      '20261031',
      'today',
      '31/10/26',
      '13/13/2026',
      '04/05/2026',
      '04-05-2026',
      '31.13.2026',
      '2026-10-31 late',
      '1793404800000',
    ],
    type: ['x'.repeat(10_001)],
    owner: ['x'.repeat(10_001)],
    stage: ['x'.repeat(10_001)],
    is_won: ['maybe', '2', 'Closed Won'],
  },
  fx: { currency: ['eur', 'EURO'], rate: ['-1', '1.123456789', '1e0', '1,07', '0', '0.00000000'] },
};

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Rows as CSV, columns as the first row has them. */
export const csvOf = (rows: readonly SourceRow[], columns = Object.keys(rows[0] ?? {}), end = '\n'): string =>
  [columns, ...rows.map((row) => columns.map((column) => row[column] ?? ''))]
    .map((cells) => `${cells.map(quoted).join(',')}${end}`)
    .join('');

export const ndjsonOf = (rows: readonly SourceRow[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
