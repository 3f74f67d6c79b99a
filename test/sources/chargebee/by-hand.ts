/** The company of the book as somebody would export it, month by month: worked out by hand. */
import { pulls } from './book.ts';

export const rates = 'currency,rate\nEUR,1.10\nJPY,0.0065\nKWD,3.25\n';

type Span = readonly [
  name: string,
  from: string,
  until: string,
  currency: string,
  mrr: string,
  more?: { status?: string; item?: string },
];

const end = '2026-11';
const trial = { status: 'trialing' };

/** Which line was there in which months, `until` left out: worked out by hand from what happened. */
const spans: readonly Span[] = [
  ['atlas', '2025-09', end, 'USD', '90', { item: 'core-year' }],
  ['birch', '2025-09', '2026-01', 'USD', '100', { item: 'seat-month' }],
  ['birch', '2026-01', '2026-06', 'USD', '160', { item: 'seat-month' }],
  ['birch', '2026-06', end, 'USD', '60', { item: 'seat-month' }],
  ['cedar', '2025-09', '2026-05', 'EUR', '200'],
  ['cedar2', '2026-05', end, 'USD', '220'],
  ['dune', '2025-09', '2025-12', 'USD', '50'],
  ['dune', '2025-12', '2026-04', 'USD', '25'],
  ['dune', '2026-04', end, 'USD', '50'],
  ['elm', '2025-09', end, 'USD', '100'],
  ['fern', '2025-09', '2026-09', 'USD', '100'],
  ['fern', '2026-09', '2026-10', 'USD', '100', { status: 'past_due' }],
  ['gale', '2025-09', '2026-02', 'USD', '100'],
  ['gale', '2026-02', '2026-04', 'USD', '100', { status: 'paused' }],
  ['gale', '2026-04', end, 'USD', '100'],
  ['haven', '2025-09', '2026-09', 'USD', '100'],
  ['iris', '2026-08', '2026-09', 'USD', '70', trial],
  ['iris', '2026-09', end, 'USD', '70'],
  ['jade', '2025-09', end, 'USD', '110', { item: 'tiered-month' }],
  ['juno', '2025-12', '2026-01', 'USD', '80', trial],
  ['kite', '2025-09', end, 'JPY', '12000'],
  ['lark', '2025-09', end, 'USD', '30'],
  ['lark', '2026-07', end, 'USD', '20', { item: 'support-month' }],
  ['moth', '2025-11', '2026-01', 'USD', '90', { status: 'free' }],
  ['nova', '2025-09', '2026-07', 'USD', '40'],
  ['opal', '2025-09', end, 'EUR', '100'],
  ['quartz', '2025-09', end, 'KWD', '5.12'],
  ['rush', '2025-10', '2026-10', 'USD', '60'],
  ['rush', '2026-10', end, 'USD', '30'],
];

const ownerOf = (name: string) => `cus_${name.replace(/\d$/, '')}`;

const linesIn = (month: string): string =>
  `customer_id,subscription_id,item_id,product,currency,mrr,status\n${spans
    .filter(([, from, until]) => from <= month && month < until)
    .map(([name, , , currency, mrr, { status = 'active', item: price = 'core-month' } = {}]) =>
      [ownerOf(name), `sub_${name}`, price, 'core', currency, mrr, `${status}\n`].join(','),
    )
    .join('')}`;

const customersIn = (month: string): string => {
  const names = new Set(spans.filter(([, from]) => from <= month).map(([name]) => name.replace(/\d$/, '')));
  return `customer_id,name,account_id,plan\n${[...names]
    .map((name) => {
      const [account, plan] = name === 'kite' ? ['cus_atlas', 'Solo'] : ['', 'Team'];
      return `cus_${name},${name.toUpperCase()},${account},${plan}\n`;
    })
    .join('')}`;
};

const paymentColumns = 'customer_id,invoice_id,failed_on,amount,currency,decline_code,state,resolved_on\n';
const endColumns = 'customer_id,subscription_id,ended_on,reason\n';

/** The same book as somebody would export it, month by month. */
export const byHand: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    pulls.flatMap(([month]) => [
      [`${month}/lines.csv`, linesIn(month)],
      [`${month}/customers.csv`, customersIn(month)],
    ]),
  ),
  '2025-09/fx.csv': rates,
  '2026-03/payments.csv': `${paymentColumns}cus_elm,in_elm_2026-03,2026-03-10,100,USD,insufficient_funds,recovered,2026-03-14\n`,
  '2026-05/cancellations.csv': `${endColumns}cus_cedar,sub_cedar,2026-05-05,Currency change\n`,
  '2026-07/payments.csv': `${paymentColumns}cus_nova,in_nova_2026-07,2026-07-20,40,USD,card_declined,exhausted,2026-07-22\n`,
  '2026-07/cancellations.csv': `${endColumns}cus_nova,sub_nova,2026-07-22,chargeback\n`,
  '2026-09/payments.csv': `${paymentColumns}cus_fern,in_fern_2026-09,2026-09-10,100,USD,card_declined,in_grace,\n`,
  '2026-09/cancellations.csv': `${endColumns}cus_haven,sub_haven,2026-09-20,Too Expensive\n`,
  '2026-10/payments.csv': `${paymentColumns}cus_fern,in_fern_2026-09,2026-09-10,100,USD,card_declined,exhausted,2026-10-04\n`,
  '2026-10/cancellations.csv': `${endColumns}cus_fern,sub_fern,2026-10-04,not_paid\n`,
};
