/** A made-up company's recurring book, month by month, in the form that the report reads: for trying it out. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addMonths, type Month, monthRange, parseMonth } from '../core/month.ts';
import { accountLife, type Life, type SampleRow } from './sample-book/account-life.ts';
import { amountText } from './sample-book/amounts.ts';
import { ratesOf } from './sample-book/currencies.ts';
import { diceFor } from './sample-book/dice.ts';
import { exportColumns, sampleCrm } from './sample-book/opportunities.ts';
import { profileOf } from './sample-book/profile.ts';
import { type Wrapping, writeTable } from './sample-book/table-file.ts';

export type SampleOptions = {
  /** Accounts that ever come, about two in three of which are there at the end. */
  readonly accounts?: number;
  readonly months?: number;
  readonly newest?: Month;
  readonly seed?: number;
};

const columnsOf = {
  lines: [
    'customer_id',
    'subscription_id',
    'item_id',
    'product',
    'plan',
    'pricing_model',
    'quantity',
    'currency',
    'mrr',
    'discount_mrr',
    'status',
    'renews_on',
    'invoice_id',
    'opportunity_id',
  ],
  customers: ['customer_id', 'name', 'account_id', 'plan', 'region', 'industry'],
  cancellations: ['customer_id', 'subscription_id', 'ended_on', 'reason', 'note'],
  payments: ['customer_id', 'invoice_id', 'failed_on', 'amount', 'currency', 'decline_code', 'state', 'resolved_on'],
  fx: ['currency', 'rate'],
} as const;

/** Two in five accounts are older than the book; the others come month by month, ever more of them. */
const startOf = (index: number, accounts: number, months: number, ageMonths: number): number => {
  const older = Math.ceil(accounts * 0.4);
  if (index < older || months < 2) return -ageMonths;
  const share = (index - older) / (accounts - older);
  return 1 + Math.floor((Math.sqrt(1 + 3 * share) - 1) * (months - 1));
};

const rootOf = ({ profile }: Life): string => profile.holding ?? profile.customers[0];

/** Some accounts are bought by the one before them, a few months after both have come. */
const buyerOf = (lives: readonly Life[], index: number, at: number): Life | null => {
  const buyer = index % 90 === 44 ? lives[index - 1] : undefined;
  const bought = lives[index];
  if (buyer === undefined || bought === undefined) return null;
  const signedAt = Math.max(buyer.profile.start, bought.profile.start, 0) + 3 + ((index * 7) % 23);
  return at >= signedAt ? buyer : null;
};

const customerRows = (lives: readonly Life[], index: number, at: number): SampleRow[] => {
  const life = lives[index];
  if (life === undefined || life.profile.start > at) return [];
  const { holding, customers, name, region, industry } = life.profile;
  const buyer = buyerOf(lives, index, at);
  const root = rootOf(buyer ?? life);
  const row = (customer_id: string, title: string): SampleRow => ({
    customer_id,
    name: title,
    account_id: customer_id === root && index % 3 > 0 ? '' : root,
    plan: life.plan(),
    region,
    industry,
  });
  return [
    ...(holding === null ? [] : [row(holding, `${name} Group`)]),
    ...customers.map((customer, at) => row(customer, at === 0 ? name : `${name} (subsidiary ${at})`)),
  ];
};

/** Mostly plain CSV, and each other form somewhere before the newest month. */
const wrappingOf = (monthsToNewest: number): Wrapping => {
  if (monthsToNewest === 5) return 'ndjson';
  if (monthsToNewest === 8) return 'parts';
  return monthsToNewest % 6 === 3 ? 'csv.gz' : 'csv';
};

const controlOf = (lines: readonly SampleRow[]): string => {
  const totals = new Map<string, number>();
  for (const { currency = '', mrr = '' } of lines) {
    const [units = '', fraction = ''] = mrr.split('.');
    totals.set(currency, (totals.get(currency) ?? 0) + parseInt(units + fraction.padEnd(4, '0'), 10));
  }
  const mrr = Object.fromEntries([...totals].sort().map(([currency, total]) => [currency, amountText(total)]));
  return `${JSON.stringify({ lines: lines.length, mrr }, null, 2)}\n`;
};

/**
 * Writes the sample into `dir`, a folder a month, over files of the same names. The same options make the same bytes.
 */
export const writeSampleBook = async (dir: string, options: SampleOptions = {}): Promise<void> => {
  const { accounts = 2_000, months = 37, newest = parseMonth('2026-10'), seed = 20_261 } = options;
  const calendar = monthRange(addMonths(newest, 1 - months), newest);
  const rates = ratesOf(months, seed);
  const lives = Array.from({ length: accounts }, (_, index) => {
    const dice = diceFor(seed, index);
    return accountLife(profileOf(index, startOf(index, accounts, months, dice.between(1, 24)), dice), dice);
  });

  const crm = sampleCrm(seed);
  let late: SampleRow | undefined;
  for (const [at, month] of calendar.entries()) {
    const happenings = lives.map((life) => life.live(at, month));
    for (const [index, life] of lives.entries()) {
      const told = happenings[index];
      if (told !== undefined) crm.watch(index, { profile: life.profile, root: rootOf(life) }, at, month, told);
    }
    const tables = {
      lines: happenings.flatMap(({ lines }) => lines),
      customers: lives.flatMap((_, index) => customerRows(lives, index, at)),
      cancellations: happenings.flatMap(({ cancellations }) => cancellations),
      payments: happenings.flatMap(({ payments }) => payments),
      fx: Object.entries(rates[at] ?? {}).map(([currency, rate]) => ({ currency, rate })),
    };
    const toNewest = months - 1 - at;
    // One cancellation reaches the billing system two months late, as they do.
    if (toNewest === 16) late = tables.cancellations.pop();
    if (toNewest === 14 && late !== undefined) tables.cancellations.push(late);

    const folder = join(dir, month);
    await mkdir(folder, { recursive: true });
    for (const table of ['lines', 'customers', 'cancellations', 'payments'] as const) {
      await writeTable(folder, table, columnsOf[table], tables[table], wrappingOf(toNewest));
    }
    await writeTable(folder, 'fx', columnsOf.fx, tables.fx, 'csv');
    // A CRM is exported whole: the newest export replaces those before it.
    if (toNewest === 0) await writeTable(folder, 'opportunities', exportColumns, crm.rows(), 'csv');
    await writeFile(join(folder, 'control.json'), controlOf(tables.lines));
  }
};
