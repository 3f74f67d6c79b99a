/** The contract's columns, table by table, what makes a row one of its kind, and the order in which rows are stored. */
import { type CrmReading, crmReading, crmSchema } from '../core/crm.ts';
import {
  type Column,
  column,
  currency,
  date,
  dayOrTime,
  decimal,
  id,
  oneOf,
  present,
  required,
  text,
} from './column-rules.ts';
import { opportunityColumns } from './opportunity-columns.ts';
import type { StagedTable, TableName } from './source-file.ts';

export type { Column } from './column-rules.ts';

/** States of an invoice whose lines were or will be paid for, and those whose lines nobody owes. */
export const invoiceStates = {
  counted: ['paid', 'open', 'posted', 'payment_due', 'not_paid', 'past_due', 'processing', 'closed'],
  leftOut: ['void', 'voided', 'uncollectible', 'written_off', 'draft', 'pending', 'failed', 'deleted'],
} as const;

const invoiceStatus: Column = column('status', {
  wrong: (raw) =>
    `lower(${raw}) NOT IN (${Object.values(invoiceStates)
      .flat()
      .map((state) => `'${state}'`)
      .join(', ')})`,
  type: 'VARCHAR',
  problem: `must be one of ${Object.values(invoiceStates).flat().join(', ')}`,
});

const fixedColumns: Readonly<Record<Exclude<StagedTable, 'opportunities'>, readonly Column[]>> = {
  lines: [
    required(id('customer_id')),
    required(id('subscription_id')),
    required(id('item_id')),
    required(id('product')),
    required(currency),
    required(decimal('mrr', 4, '-?', 'a decimal number')),
    required(oneOf('status', ['active', 'past_due', 'trialing', 'paused', 'free', 'unpaid', 'canceled'])),
    decimal('quantity', 4, '-?', 'a decimal number'),
    text('plan'),
    oneOf('pricing_model', ['flat', 'seat', 'tiered', 'usage']),
    decimal('discount_mrr', 4, '-?', 'a decimal number'),
    date('renews_on'),
    id('invoice_id'),
    id('opportunity_id'),
  ],
  customers: [required(id('customer_id')), text('name'), id('account_id')],
  cancellations: [
    required(id('customer_id')),
    id('subscription_id'),
    required(date('ended_on')),
    required(text('reason')),
    text('note'),
  ],
  payments: [
    required(id('customer_id')),
    required(id('invoice_id')),
    required(date('failed_on')),
    required(decimal('amount', 4, '', 'a decimal number, not negative,')),
    required(currency),
    text('decline_code'),
    required(oneOf('state', ['in_grace', 'recovered', 'exhausted'])),
    date('resolved_on'),
  ],
  fx: [required(currency), required(decimal('rate', 8, '', 'a decimal number above zero'))],
  invoice_lines: [
    required(id('customer_id')),
    required(id('invoice_id')),
    id('line_id'),
    id('subscription_id'),
    id('item_id'),
    required(text('product')),
    required(currency),
    required(decimal('amount', 4, '-?', 'a decimal number')),
    present(dayOrTime('period_start')),
    present(dayOrTime('period_end')),
    invoiceStatus,
    text('plan'),
    oneOf('pricing_model', ['flat', 'seat', 'tiered', 'usage']),
    id('opportunity_id'),
  ],
};

/** An export of a CRM as the defaults read it. */
export const usualReading: CrmReading = crmReading(crmSchema.parse({}));

/** The columns of a table. Those of opportunities depend on how the CRM's export is to be read. */
export const contractColumns = (table: StagedTable, reading: CrmReading = usualReading): readonly Column[] =>
  table === 'opportunities' ? opportunityColumns(reading) : fixedColumns[table];

/** Columns of which a row that lacks one is not compared with others. */
export const comparedWith: Partial<Readonly<Record<StagedTable, string>>> = { invoice_lines: 'line_id' };

/** Columns that identify a row: it may be there once. Tables without may repeat rows. */
export const uniqueBy: Partial<Readonly<Record<StagedTable, readonly string[]>>> = {
  customers: ['customer_id'],
  fx: ['currency'],
  opportunities: ['opportunity_key'],
  invoice_lines: ['invoice_id', 'line_id'],
};

/** The order in which rows are stored: neighbours compress, and the file is the same whatever order the source had. */
export const sortedBy: Readonly<Record<TableName, readonly string[]>> = {
  lines: ['customer_id', 'subscription_id', 'item_id'],
  customers: ['customer_id'],
  cancellations: ['customer_id', 'ended_on', 'reason', 'subscription_id', 'note'],
  payments: ['customer_id', 'invoice_id', 'failed_on', 'state', 'amount', 'currency', 'resolved_on', 'decline_code'],
  fx: ['currency'],
  opportunities: ['opportunity_key', 'opportunity_id'],
};
