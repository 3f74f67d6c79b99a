/** The lake's tables, column by column: what the queries may read, on every engine. */
import type { Partition } from '../ports.ts';

type Table = {
  readonly columns: Readonly<Record<string, string>>;
  /** A table of the `run` is scratch: nobody reads it after the run that made it. */
  readonly lifetime: 'lake' | 'run';
};

const id = 'VARCHAR';
const money = 'DECIMAL(18,4)';
const amount = 'DECIMAL(18,4)';

/** Types are spelled as DuckDB and Trino both read them. */
export const lakeTables = {
  lines: {
    lifetime: 'lake',
    columns: {
      customer_id: id,
      subscription_id: id,
      item_id: id,
      product: 'VARCHAR',
      currency: 'VARCHAR',
      mrr: money,
      status: 'VARCHAR',
      quantity: 'DECIMAL(18,4)',
      plan: 'VARCHAR',
      pricing_model: 'VARCHAR',
      discount_mrr: money,
      renews_on: 'DATE',
      invoice_id: id,
      opportunity_id: id,
    },
  },
  customers: {
    lifetime: 'lake',
    columns: { customer_id: id, name: 'VARCHAR', account_id: id, attributes: 'MAP(VARCHAR, VARCHAR)' },
  },
  cancellations: {
    lifetime: 'lake',
    columns: {
      customer_id: id,
      subscription_id: id,
      ended_on: 'DATE',
      ended_month: 'VARCHAR',
      reason: 'VARCHAR',
      reason_key: 'VARCHAR',
      note: 'VARCHAR',
    },
  },
  payments: {
    lifetime: 'lake',
    columns: {
      customer_id: id,
      invoice_id: id,
      failed_on: 'DATE',
      amount: money,
      currency: 'VARCHAR',
      decline_code: 'VARCHAR',
      state: 'VARCHAR',
      resolved_on: 'DATE',
    },
  },
  opportunities: {
    lifetime: 'lake',
    columns: {
      opportunity_id: id,
      customer_id: id,
      account_id: id,
      close_date: 'DATE',
      type: 'VARCHAR',
      owner: 'VARCHAR',
      stage: 'VARCHAR',
      is_won: 'VARCHAR',
      /** What ids are compared by: Salesforce has each in two lengths. */
      opportunity_key: id,
      /** Days from 1970-01-01 to the close date. */
      close_day: 'BIGINT',
      won: 'BOOLEAN',
    },
  },
  book: {
    lifetime: 'lake',
    columns: { customer_id: id, product: 'VARCHAR', currency: 'VARCHAR', mrr: money, paused: 'BOOLEAN' },
  },
  customer_month: {
    lifetime: 'lake',
    columns: {
      customer_id: id,
      at_closing: amount,
      at_month: amount,
      at_quarter: amount,
      at_ttm: amount,
      paused: 'BOOLEAN',
      first_month: 'VARCHAR',
      dimension_1: 'VARCHAR',
      dimension_2: 'VARCHAR',
      dimension_3: 'VARCHAR',
      dimension_4: 'VARCHAR',
      dimension_5: 'VARCHAR',
      dimension_6: 'VARCHAR',
      dimension_7: 'VARCHAR',
      dimension_8: 'VARCHAR',
    },
  },
  families: { lifetime: 'lake', columns: { customer_id: id, account_id: id } },
  first_seen: { lifetime: 'lake', columns: { customer_id: id, first_month: 'VARCHAR' } },
  stale_customers: {
    lifetime: 'lake',
    columns: { customer_id: id, name: 'VARCHAR', attributes: 'MAP(VARCHAR, VARCHAR)' },
  },
  movement_evidence: { lifetime: 'run', columns: { account_id: id, invoice_id: id, opportunity_id: id } },
  movement_ids: { lifetime: 'run', columns: { account_id: id, invoice_ids: 'VARCHAR', opportunity_ids: 'VARCHAR' } },
  movement_opportunities: {
    lifetime: 'run',
    columns: {
      account_id: id,
      opportunity_ids: 'VARCHAR',
      opportunity_types: 'VARCHAR',
      opportunity_owners: 'VARCHAR',
      joined_by: 'VARCHAR',
    },
  },
  window_accounts: {
    lifetime: 'run',
    columns: {
      account_id: id,
      opening_mrr: amount,
      closing_mrr: amount,
      closing_mrr_at_closing_rates: amount,
      movement: 'VARCHAR',
      cause: 'VARCHAR',
      reason: 'VARCHAR',
      acv_band: 'VARCHAR',
      cohort_year: 'VARCHAR',
      dimension_1: 'VARCHAR',
      dimension_2: 'VARCHAR',
      dimension_3: 'VARCHAR',
      dimension_4: 'VARCHAR',
      dimension_5: 'VARCHAR',
      dimension_6: 'VARCHAR',
      dimension_7: 'VARCHAR',
      dimension_8: 'VARCHAR',
    },
  },
} as const satisfies Readonly<Record<string, Table>>;

export type LakeTable = keyof typeof lakeTables;

/** Customers-file columns that one report can show beside acv_band and cohort_year. */
export const dimensionSlots = 8;

/** Where a partition's Parquet file is stored. */
export const partitionKey = ({ table, month, version }: Partition): string =>
  `lake/${table}/month=${month}/version=${version}/${table}.parquet`;
