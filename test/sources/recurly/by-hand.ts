/** The company of the book as somebody would export it, month by month: worked out by hand. */
import { months, start } from './book.ts';

export const rates = 'currency,rate\nEUR,1.10\nJPY,0.0065\nKWD,3.25\n';

type Span = readonly [from: string, mrr: string | null, status?: string];

/** What each item was worth, from which month on: worked out by hand. */
const spans: readonly (readonly [
  sub: string,
  item: string,
  product: string,
  currency: string,
  spans: readonly Span[],
])[] = [
  ['atlas', 'plan', 'year', 'USD', [['2025-09', '90']]],
  [
    'birch',
    'plan',
    'team',
    'USD',
    [
      ['2025-09', '100'],
      ['2026-03', '160'],
      ['2026-06', '120'],
    ],
  ],
  [
    'cedar',
    'plan',
    'team',
    'EUR',
    [
      ['2025-09', '200'],
      ['2026-10', '150'],
    ],
  ],
  [
    'dune',
    'plan',
    'team',
    'USD',
    [
      ['2025-09', '25'],
      ['2026-02', '50'],
    ],
  ],
  ['elm', 'plan', 'team', 'USD', [['2025-09', '100']]],
  [
    'fern',
    'plan',
    'team',
    'USD',
    [
      ['2025-09', '100'],
      ['2026-06', '100', 'past_due'],
      ['2026-07', null],
    ],
  ],
  [
    'gale',
    'plan',
    'team',
    'USD',
    [
      ['2025-09', '100'],
      ['2026-03', '100', 'paused'],
      ['2026-05', '100'],
    ],
  ],
  [
    'haven',
    'plan',
    'team',
    'USD',
    [
      ['2025-09', '50'],
      ['2025-10', '100'],
      ['2026-08', null],
    ],
  ],
  ['jade', 'plan', 'team', 'USD', [['2025-09', '30']]],
  [
    'jade',
    'sao_jade',
    'seats',
    'USD',
    [
      ['2025-09', '110'],
      ['2026-07', '150'],
    ],
  ],
  ['kite', 'plan', 'team', 'JPY', [['2025-09', '12000']]],
  ['yarrow', 'plan', 'team', 'USD', [['2025-09', '25']]],
  [
    'nest',
    'plan',
    'team',
    'USD',
    [
      ['2025-09', '60'],
      ['2026-05', null],
    ],
  ],
  ['nest_eur', 'plan', 'team', 'EUR', [['2026-05', '55']]],
  [
    'oak',
    'plan',
    'team',
    'USD',
    [
      ['2025-09', '90'],
      ['2026-08', null],
    ],
  ],
  ['pine', 'plan', 'week', 'USD', [['2025-09', '43.3333']]],
  ['quill', 'plan', 'team', 'EUR', [['2025-09', '100']]],
  ['reed', 'plan', 'team', 'KWD', [['2025-09', '12.345']]],
  ['sage', 'plan', 'team', 'USD', [['2025-09', '85']]],
  ['tern', 'plan', 'team', 'USD', [['2025-09', '40']]],
  ['tern', 'sao_tern', 'calls', 'USD', [['2025-09', '0']]],
  ['upland', 'plan', 'team', 'USD', [['2025-09', '35']]],
  [
    'vale',
    'plan',
    'team',
    'USD',
    [
      ['2025-09', '20'],
      ['2026-03', '40'],
    ],
  ],
  [
    'xenon',
    'plan',
    'year',
    'USD',
    [
      ['2025-09', '20'],
      ['2026-09', null],
    ],
  ],
  [
    'moss',
    'plan',
    'team',
    'USD',
    [
      ['2025-12', '100', 'free'],
      ['2026-03', null],
    ],
  ],
  [
    'iris',
    'plan',
    'team',
    'USD',
    [
      ['2026-01', '70', 'trialing'],
      ['2026-02', '70'],
    ],
  ],
  [
    'lark',
    'plan',
    'team',
    'USD',
    [
      ['2026-02', '100', 'trialing'],
      ['2026-03', null],
    ],
  ],
];

const customerOf = (sub: string): string => `acc_${sub.replace(/_eur$/, '')}`;

/** Lines of a month: customer, subscription, item, product, currency, MRR, status, invoice. */
export const handLines = (month: string): string[] =>
  spans.flatMap(([sub, item, product, currency, own]) => {
    const [, mrr = null, status = 'active'] = own.findLast(([from]) => from <= month) ?? [];
    return mrr === null
      ? []
      : [[customerOf(sub), `sub_${sub}`, item, product, currency, mrr, status, invoiceOf(sub, month)].join(',')];
  });

/** The last day of a rhythm of weeks that began on a day, not later than a month's end. */
const lastWeek = (began: string, month: string): string => {
  const end = Date.UTC(parseInt(month.slice(0, 4), 10), parseInt(month.slice(5), 10)) - 1;
  const week = 7 * 24 * 60 * 60 * 1000;
  const weeks = Math.floor((end - Date.parse(began)) / week);
  return new Date(Date.parse(began) + weeks * week).toISOString().slice(0, 10);
};

/** Invoices that are not those of the tenth of the month. */
const invoiced: Readonly<Record<string, (month: string) => string>> = {
  atlas: (month) => (month < '2026-09' ? '2025-09-10' : '2026-09-10'),
  birch: (month) => (month === '2026-03' ? '2026-03-20' : `${month}-10`),
  // Nothing is billed while it is paused.
  gale: (month) => (month === '2026-03' || month === '2026-04' ? '2026-02-15' : `${month}-15`),
  iris: (month) => (month === '2026-01' ? '' : `${month}-10`),
  jade: (month) => (month === '2026-07' ? '2026-07-20' : `${month}-10`),
  lark: () => '',
  moss: () => '',
  nest_eur: (month) => `${month}-20`,
  pine: (month) => lastWeek(start, month),
  xenon: () => '2025-09-10',
};

/** The invoice of the period that the month's end falls into. */
const invoiceOf = (sub: string, month: string): string => {
  const day = (invoiced[sub] ?? ((own: string) => `${own}-10`))(month);
  return day === '' ? '' : `inv_${sub}_${day}`;
};

const joined = new Map<string, string>();
for (const [sub, , , , [first]] of spans)
  if (first !== undefined) joined.set(customerOf(sub), joined.get(customerOf(sub)) ?? first[0]);

const handCustomers = (month: string): string[] =>
  [...joined]
    .filter(([, from]) => from <= month)
    .map(([id]) => `${id},${id.slice(4).toUpperCase()},${id === 'acc_kite' ? 'acc_atlas' : ''},Team`);

const payments: Readonly<Record<string, string>> = {
  '2026-04': 'acc_elm,inv_elm_2026-04-10,2026-04-10,100,USD,insufficient_funds,recovered,2026-04-14',
  '2026-06': 'acc_fern,inv_fern_2026-06-10,2026-06-10,100,USD,insufficient_funds,in_grace,',
  '2026-07': 'acc_fern,inv_fern_2026-06-10,2026-06-10,100,USD,insufficient_funds,exhausted,2026-07-05',
};

const cancellations: Readonly<Record<string, string>> = {
  '2026-05': 'acc_nest,sub_nest,2026-05-20,canceled',
  '2026-07': 'acc_fern,sub_fern,2026-07-05,nonpayment',
  '2026-08': 'acc_haven,sub_haven,2026-08-10,canceled\nacc_oak,sub_oak,2026-08-13,chargeback',
  '2026-09': 'acc_xenon,sub_xenon,2026-09-10,non_renewing',
};

/** The same book as somebody would export it, month by month. */
export const byHand = (): Readonly<Record<string, string>> => {
  const files: Record<string, string> = { '2025-09/fx.csv': rates };
  const put = (name: string, header: string, rows: readonly string[]) => {
    files[name] = `${header}\n${rows.join('\n')}\n`;
  };
  for (const month of months) {
    const header = 'customer_id,subscription_id,item_id,product,currency,mrr,status,invoice_id';
    put(`${month}/lines.csv`, header, handLines(month));
    put(`${month}/customers.csv`, 'customer_id,name,account_id,plan', handCustomers(month));
    const [failed, ended] = [payments[month], cancellations[month]];
    if (failed !== undefined)
      put(`${month}/payments.csv`, 'customer_id,invoice_id,failed_on,amount,currency,decline_code,state,resolved_on', [
        failed,
      ]);
    if (ended !== undefined) put(`${month}/cancellations.csv`, 'customer_id,subscription_id,ended_on,reason', [ended]);
  }
  return files;
};
