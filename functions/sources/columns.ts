/** The contract's columns: what each may hold, and how a text becomes its exact type. Expressions are DuckDB's: it does the ingest. */
import type { StagedTable, TableName } from './source-file.ts';

export type Column = {
  readonly name: string;
  readonly required: boolean;
  /** True where the raw text may not stand. NULL is an absent value. */
  readonly wrong: (raw: string) => string;
  /** The type of the stored column. */
  readonly type: string;
  readonly problem: string;
  /** Money must be text in JSON: a JSON number passes through a float. */
  readonly exact: boolean;
};

const idLength = 255;
const textLength = 10_000;

const column = (name: string, rest: Omit<Column, 'name' | 'required' | 'exact'>, exact = false) => ({
  name,
  required: false,
  exact,
  ...rest,
});

const text = (name: string, length = textLength): Column =>
  column(name, {
    wrong: (raw) => `length(${raw}) > ${length}`,
    type: 'VARCHAR',
    problem: `must be at most ${length} characters`,
  });

const oneOf = (name: string, values: readonly string[]): Column =>
  column(name, {
    wrong: (raw) => `${raw} NOT IN (${values.map((value) => `'${value}'`).join(', ')})`,
    type: 'VARCHAR',
    problem: `must be one of ${values.join(', ')}`,
  });

const decimal = (name: string, places: number, sign: '' | '-?', words: string): Column =>
  column(
    name,
    {
      wrong: (raw) => `NOT regexp_full_match(${raw}, '${sign}[0-9]{1,${18 - places}}(\\.[0-9]{1,${places}})?')`,
      type: `DECIMAL(18,${places})`,
      problem: `must be ${words} such as 1234.50: at most ${places} decimals, no exponent, separators or signs of currency; in JSON as text in quotes, in Parquet as DECIMAL or text`,
    },
    true,
  );

const date = (name: string): Column =>
  column(name, {
    wrong: (raw) =>
      `${raw} IS NOT NULL AND (NOT regexp_full_match(${raw}, '[0-9]{4}-[0-9]{2}-[0-9]{2}') OR TRY_CAST(${raw} AS DATE) IS NULL)`,
    type: 'DATE',
    problem: 'must be a day, YYYY-MM-DD',
  });

/** A day, or a time of day on it, of the reporting time zone's clock. */
const dayOrTime = (name: string): Column =>
  column(name, {
    wrong: (raw) =>
      `${raw} IS NOT NULL AND (NOT regexp_full_match(${raw}, '(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?)?') OR TRY_CAST(${raw} AS TIMESTAMP) IS NULL)`,
    type: 'TIMESTAMP',
    problem: 'must be a day, YYYY-MM-DD, or a time in the reporting time zone, YYYY-MM-DD HH:MM:SS without a zone',
  });

const currency: Column = column('currency', {
  wrong: (raw) => `NOT regexp_full_match(${raw}, '[A-Z]{3}')`,
  type: 'VARCHAR',
  problem: 'must be an ISO 4217 code of three capitals, such as USD',
});

/** A value must be there as well as right. */
const required = (rule: Column): Column => ({
  ...rule,
  required: true,
  wrong: (raw) => `${raw} IS NULL OR (${rule.wrong(raw)})`,
  problem: `${rule.problem} (and is required)`,
});

/** The column must be there; its values may be absent. */
const present = (rule: Column): Column => ({ ...rule, required: true });

const id = (name: string) => text(name, idLength);

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

export const contractColumns: Readonly<Record<StagedTable, readonly Column[]>> = {
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

/** Columns of which a row that lacks one is not compared with others. */
export const comparedWith: Partial<Readonly<Record<StagedTable, string>>> = { invoice_lines: 'line_id' };

/** Columns that identify a row: it may be there once. Tables without may repeat rows. */
export const uniqueBy: Partial<Readonly<Record<StagedTable, readonly string[]>>> = {
  customers: ['customer_id'],
  fx: ['currency'],
  invoice_lines: ['invoice_id', 'line_id'],
};

/** The order in which rows are stored: neighbours compress, and the file is the same whatever order the source had. */
export const sortedBy: Readonly<Record<TableName, readonly string[]>> = {
  lines: ['customer_id', 'subscription_id', 'item_id'],
  customers: ['customer_id'],
  cancellations: ['customer_id', 'ended_on', 'reason', 'subscription_id', 'note'],
  payments: ['customer_id', 'invoice_id', 'failed_on', 'state', 'amount', 'currency', 'resolved_on', 'decline_code'],
  fx: ['currency'],
};
