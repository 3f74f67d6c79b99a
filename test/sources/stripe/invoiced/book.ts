/** Fourteen months of a company's invoices on Stripe, and what each subscription is worth at the end of each, by hand. */
import { exact } from '../../../../functions/core/money.ts';
import { addMonths, monthRange, parseMonth } from '../../../../functions/core/month.ts';
import type { Account, StripeObject } from '../../../servers/stripe.ts';
import { item, price, subscription } from '../objects.ts';
import { at, type Bill, creditNoteOf, invoiceOf, type Line, type Raw } from './objects.ts';

export const months = monthRange(parseMonth('2025-09'), parseMonth('2026-10'));

/** What a subscription that nothing happens to is billed: each month the same. */
type Steady = Omit<Partial<Line>, 'amount'> & {
  readonly amount: number | ((month: string) => number | null);
  readonly day?: string;
  readonly every?: number;
  readonly currency?: string;
  /** The last month in which it is billed. */
  readonly until?: string;
  readonly from?: string;
  readonly changes?: Readonly<Record<string, Partial<Bill>>>;
  readonly more?: Readonly<Record<string, readonly Line[]>>;
};

/** Invoices of `sub_<name>` for customer `cus_<name>`: one a period, from September 2025 on, named `in_<name>_<month>`. */
const bills = (name: string, steady: Steady): Bill[] => {
  const { amount, day = '10T12:00:00Z', every = 1, currency = 'usd', until = '2026-11', from = '2025-09' } = steady;
  const { changes = {}, more = {}, ...line } = steady;
  return monthRange(parseMonth(from), parseMonth(until)).flatMap((month, number): Bill[] => {
    const due = typeof amount === 'number' ? amount : amount(month);
    if (number % every !== 0 || due === null) return [];
    const on = `${month}-${day}`;
    const own: Line = {
      ...line,
      id: `il_${name}_${month}`,
      sub: `sub_${name}`,
      from: on,
      to: `${addMonths(month, every)}-${day}`,
      amount: due,
    };
    const lines = [own, ...(more[month] ?? [])];
    return [{ id: `in_${name}_${month}`, customer: `cus_${name}`, on, currency, lines, ...changes[month] }];
  });
};

/** Usage of a month, billed on the first day of the next. */
const usage: Readonly<Record<string, number>> = { '2026-08': 4_000, '2026-09': 5_500, '2026-10': 3_000 };

const arrears = (name: string): Bill[] =>
  Object.entries(usage).map(([month, amount]) => {
    const on = `${addMonths(parseMonth(month), 1)}-01T00:00:00Z`;
    const own = { id: `il_${name}_${month}`, sub: `sub_${name}`, from: `${month}-01T00:00:00Z`, to: on, amount };
    return { id: `in_${name}_${month}`, customer: `cus_${name}`, on, lines: [own] };
  });

const many = Array.from({ length: 13 }, (_, number): Line => {
  const period = { from: '2026-10-05T00:00:00Z', to: '2026-11-05T00:00:00Z' };
  return { id: `il_onyx_${number + 1}`, sub: 'sub_onyx', item: `si_onyx_${number + 1}`, amount: 1_000, ...period };
});

const setup = (name: string, on: string): Line => ({
  id: `il_${name}_setup`,
  from: on,
  to: on,
  amount: 90_000,
  product: 'prod_setup',
});

const all: readonly Bill[] = [
  ...bills('atlas', { amount: 10_000, addedTax: 1_900 }),
  // A year in advance, and a dearer one after it.
  ...bills('birch', {
    amount: (month) => (month < '2026' ? 120_000 : 180_000),
    every: 12,
    day: '15T08:00:00Z',
    currency: 'eur',
  }),
  // Twice as much from January 20 on: taken back and charged on the next invoice.
  ...bills('cedar', {
    amount: (month) => (month < '2026-02' ? 10_000 : 20_000),
    more: {
      '2026-02': [
        {
          id: 'il_cedar_back',
          sub: 'sub_cedar',
          from: '2026-01-20T09:00:00Z',
          to: '2026-02-10T12:00:00Z',
          amount: -6_815,
          proration: true,
        },
        {
          id: 'il_cedar_new',
          sub: 'sub_cedar',
          from: '2026-01-20T09:00:00Z',
          to: '2026-02-10T12:00:00Z',
          amount: 13_629,
          proration: true,
        },
      ],
    },
  }),
  // Half price for two months.
  ...bills('dune', { amount: 10_000, until: '2025-10', discount: 5_000 }),
  ...bills('dune', { amount: 10_000, from: '2025-11' }),
  ...bills('elm', { amount: 10_000 }),
  ...bills('fern', {
    amount: 10_000,
    changes: { '2026-04': { status: 'void' }, '2026-08': { status: 'uncollectible' } },
  }),
  ...bills('gale', { amount: 10_000, more: { '2026-03': [setup('gale', '2026-03-10T12:00:00Z')] } }),
  ...bills('haven', { amount: 12_000, currency: 'jpy' }),
  ...bills('iris', { amount: 12_345, currency: 'kwd' }),
  // Ended on the spot, and nothing was paid back.
  ...bills('jade', { amount: 10_000, until: '2026-06' }),
  // Never paid again, and ended for it; the invoice is still open.
  ...bills('kite', { amount: 10_000, until: '2026-07', changes: { '2026-07': { status: 'open', attempts: 4 } } }),
  // A year in advance, ended after half of it, and half of it paid back.
  ...bills('lark', { amount: 120_000, every: 12, from: '2025-10', until: '2025-10', day: '01T00:00:00Z' }),
  ...bills('mole', { amount: 12_000, includedTax: 2_000 }),
  ...arrears('nest'),
  { id: 'in_onyx', customer: 'cus_onyx', on: '2026-10-05T00:00:00Z', lines: many },
  // Ended with its period.
  ...bills('pine', { amount: 7_000, day: '28T00:00:00Z', until: '2026-01' }),
  {
    id: 'in_gale_once',
    customer: 'cus_gale',
    on: '2026-05-05T00:00:00Z',
    lines: [setup('once', '2026-05-05T00:00:00Z')],
  },
  {
    id: 'in_draft',
    customer: 'cus_atlas',
    on: '2026-10-20T00:00:00Z',
    status: 'draft',
    lines: [setup('draft', '2026-10-20T00:00:00Z')],
  },
];

const invoices = all.map(invoiceOf);

const invoice = (id: string) => {
  const found = invoices.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no invoice ${id}`);
  return found;
};

const creditNotes = [
  creditNoteOf(invoice('in_elm_2026-03'), '2026-04-02T09:00:00Z', [
    { id: 'cnli_elm_1', of: 'il_elm_2026-03', amount: 2_000 },
  ]),
  // All of it, in words.
  creditNoteOf(invoice('in_elm_2026-05'), '2026-07-01T09:00:00Z', [{ id: 'cnli_elm_2', amount: 10_000 }]),
  // A favour, and one that was void.
  creditNoteOf(invoice('in_gale_2026-06'), '2026-06-20T09:00:00Z', [{ id: 'cnli_gale', amount: 1_000 }]),
  creditNoteOf(
    invoice('in_gale_2026-07'),
    '2026-07-20T09:00:00Z',
    [{ id: 'cnli_void', of: 'il_gale_2026-07', amount: 5_000 }],
    'void',
  ),
  creditNoteOf(invoice('in_lark_2025-10'), '2026-04-01T10:00:00Z', [
    { id: 'cnli_lark', of: 'il_lark_2025-10', amount: 60_000 },
  ]),
  // More lines than a list of credit notes tells.
  creditNoteOf(
    invoice('in_onyx'),
    '2026-10-25T10:00:00Z',
    many.slice(0, 11).map(({ id }, number) => ({ id: `cnli_onyx_${number + 1}`, of: id, amount: 100 })),
  ),
];

const over = (name: string, when: string, details: Raw): Raw => ({
  ...subscription({ items: [item({ id: `si_${name}`, price: price() })] }),
  id: `sub_${name}`,
  customer: `cus_${name}`,
  created: at('2025-08-01T00:00:00Z'),
  status: 'canceled',
  ended_at: at(when),
  cancellation_details: { comment: null, feedback: null, reason: null, ...details },
});

const ended = [
  over('jade', '2026-06-18T15:00:00Z', { reason: 'cancellation_requested', feedback: 'too_expensive' }),
  // Without a reason: its invoice tells.
  over('kite', '2026-07-24T10:00:00Z', {}),
  over('lark', '2026-04-01T09:30:00Z', { reason: 'cancellation_requested' }),
  over('pine', '2026-02-28T00:00:00Z', { reason: 'cancellation_requested', feedback: 'unused' }),
];

const names = 'atlas birch cedar dune elm fern gale haven iris jade kite lark mole nest onyx pine'.split(' ');

/** When the account is asked: after the newest month, whose use has been billed. */
export const november = '2026-11-12T06:00:00Z';

/** The account as it is on November 12, 2026. */
export const account = (): Account => ({
  subscriptions: ended as unknown as StripeObject[],
  customers: names.map((name) => ({
    id: `cus_${name}`,
    created: at('2025-08-01T00:00:00Z'),
    name: name.toUpperCase(),
    metadata: { plan: name < 'h' ? 'Team' : 'Solo', ...(name === 'mole' ? { group: 'cus_atlas' } : {}) },
  })),
  invoices: invoices.filter(({ created }) => created <= at(november)),
  credit_notes: creditNotes,
  charges: [],
  events: [],
  coupons: [],
  prices: [],
});

export const rates = 'currency,rate\nEUR,1.10\nJPY,0.0065\nKWD,3.25\n';

/** What a line is worth from a month on; null is gone. */
type Since = readonly [month: string, mrr: string | null];

const ledger: readonly (readonly [name: string, currency: string, ...Since[]])[] = [
  ['atlas', 'USD', ['2025-09', '100']],
  ['birch', 'EUR', ['2025-09', '100'], ['2026-09', '150']],
  ['cedar', 'USD', ['2025-09', '100'], ['2026-01', '199.9853'], ['2026-02', '200']],
  ['dune', 'USD', ['2025-09', '50'], ['2025-11', '100']],
  ['elm', 'USD', ['2025-09', '100'], ['2026-03', '80'], ['2026-04', '100'], ['2026-05', null], ['2026-06', '100']],
  ['fern', 'USD', ['2025-09', '100'], ['2026-04', null], ['2026-05', '100'], ['2026-08', null], ['2026-09', '100']],
  ['gale', 'USD', ['2025-09', '100']],
  ['haven', 'JPY', ['2025-09', '12000']],
  ['iris', 'KWD', ['2025-09', '12.345']],
  ['jade', 'USD', ['2025-09', '100'], ['2026-06', null]],
  ['kite', 'USD', ['2025-09', '100'], ['2026-07', null]],
  ['lark', 'USD', ['2025-10', '100'], ['2026-04', null]],
  ['mole', 'USD', ['2025-09', '100']],
  ['nest', 'USD', ['2026-08', '40'], ['2026-09', '55'], ['2026-10', '30']],
  ...Array.from({ length: 13 }, (_, at): [string, string, Since] => [
    `onyx_${at + 1}`,
    'USD',
    ['2026-10', at < 11 ? '9' : '10'],
  ]),
  ['pine', 'USD', ['2025-09', '70'], ['2026-02', null]],
];

/** Lines of the book at the end of a month: subscription, item, currency, MRR. */
export const bookAt = (month: string): string[] =>
  ledger.flatMap(([name, currency, ...since]) => {
    const [, mrr = null] = since.findLast(([from]) => from <= month) ?? [];
    return mrr === null ? [] : [`sub_${name.split('_')[0]} si_${name} ${currency} ${mrr}`];
  });

const lines = (month: string): string =>
  `customer_id,subscription_id,item_id,product,currency,mrr,status,invoice_id\n${bookAt(month)
    .map((line) => {
      const [sub = '', own = '', currency, mrr] = line.split(' ');
      return `${sub.replace('sub', 'cus')},${sub},${own},prod_core,${currency},${mrr},active,in_${own}\n`;
    })
    .join('')}`;

/** What the book says of itself, as a file of totals. */
const totalsOf = (month: string) => {
  const mrr: Record<string, string> = {};
  for (const line of bookAt(month)) {
    const [, , currency = '', amount = ''] = line.split(' ');
    mrr[currency] = exact(mrr[currency] ?? '0')
      .plus(exact(amount))
      .toFixed();
  }
  return { lines: bookAt(month).length, mrr };
};

const cancellations: Readonly<Record<string, string>> = {
  '2026-02': 'cus_pine,sub_pine,2026-02-28,unused\n',
  '2026-04': 'cus_lark,sub_lark,2026-04-01,cancellation_requested\n',
  '2026-06': 'cus_jade,sub_jade,2026-06-18,too_expensive\n',
  '2026-07': 'cus_kite,sub_kite,2026-07-24,dunning_exhausted\n',
};

/** The same book as somebody would export it, month by month, and say what it rests on. */
export const byHand: Readonly<Record<string, string>> = Object.assign(
  {
    '2025-09/fx.csv': rates,
    '2025-09/customers.csv': `customer_id,name,account_id,plan\n${names
      .map(
        (name) =>
          `cus_${name},${name.toUpperCase()},${name === 'mole' ? 'cus_atlas' : ''},${name < 'h' ? 'Team' : 'Solo'}\n`,
      )
      .join('')}`,
  },
  ...months.map((month) => ({
    [`${month}/lines.csv`]: lines(month),
    [`${month}/control.json`]: JSON.stringify({ ...totalsOf(month), basis: 'invoiced' }),
    ...(cancellations[month] === undefined
      ? {}
      : { [`${month}/cancellations.csv`]: `customer_id,subscription_id,ended_on,reason\n${cancellations[month]}` }),
  })),
);
