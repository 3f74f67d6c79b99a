/** A book of eleven accounts, small enough to work out by hand: every movement and every cause once. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Month, monthRange, parseMonth } from '../../functions/core/month.ts';

/** Paths below the source folder to their text. */
export type Files = Record<string, string>;

export const closing = parseMonth('2026-10');

type Account = {
  readonly customer: string;
  readonly currency?: string;
  /** MRR and status at the end of a month; null where there is no line. */
  readonly at: (month: string) => { mrr: string; status?: string } | null;
};

const accounts: readonly Account[] = [
  {
    customer: 'atlas',
    at: (month) => ({ mrr: month < '2026-08' ? '9000.00' : month < '2026-10' ? '9500.00' : '9600.00' }),
  },
  { customer: 'birch', at: (month) => ({ mrr: month < '2026-09' ? '500.00' : '350.00' }) },
  { customer: 'cedar', currency: 'EUR', at: () => ({ mrr: '1000.00' }) },
  { customer: 'dune', at: (month) => (month < '2026-09' ? { mrr: '300.00' } : null) },
  { customer: 'elm', at: (month) => (month < '2026-10' ? { mrr: '200.00', status: 'past_due' } : null) },
  { customer: 'fern', at: (month) => (month < '2026-08' ? null : { mrr: '750.00' }) },
  { customer: 'gale', at: (month) => (month < '2026-07' || month > '2026-09' ? { mrr: '120.00' } : null) },
  { customer: 'haven', at: (month) => ({ mrr: '80.00', status: month < '2026-10' ? 'active' : 'paused' }) },
  { customer: 'iris', at: () => ({ mrr: '60.00' }) },
  { customer: 'iris-two', at: (month) => ({ mrr: month < '2026-10' ? '40.00' : '55.00' }) },
  { customer: 'jade', at: (month) => (month < '2026-10' ? { mrr: '10.00' } : null) },
];

const linesOf = (month: Month): string =>
  `customer_id,subscription_id,item_id,product,currency,mrr,status,invoice_id,opportunity_id\n${accounts
    .flatMap(({ customer, currency = 'USD', at }) => {
      const line = at(month);
      if (line === null) return [];
      const { mrr, status = 'active' } = line;
      return [
        `${customer},sub-${customer},1,Core,${currency},${mrr},${status},in-${customer}-${month},opp-${customer}\n`,
      ];
    })
    .join('')}`;

const customers = `customer_id,name,account_id,plan,region
atlas,"Atlas, Inc.",,Scale,AMER
birch,Birch,,Team,EMEA
cedar,Cedar GmbH,,Team,EMEA
dune,Dune,,Team,AMER
elm,Elm,,Team,AMER
fern,Fern,,Team,APAC
gale,Gale,,Team,APAC
haven,Haven,,Solo,EMEA
iris,Iris,,Solo,EMEA
iris-two,Iris (second),iris,Solo,EMEA
jade,Jade,,Solo,AMER
`;

/** The files of every month from `from` to October 2026. */
export const bookFiles = (from = '2025-09'): Files => {
  const files: Files = {};
  const months = monthRange(parseMonth(from), closing);
  for (const month of months) files[`${month}/lines.csv`] = linesOf(month);
  files[`${months[0]}/customers.csv`] = customers;
  files[`${months[0]}/fx.csv`] = 'currency,rate\nEUR,1.10\n';
  files['2026-10/fx.csv'] = 'currency,rate\nEUR,1.15\n';
  files['2026-09/cancellations.csv'] =
    'customer_id,subscription_id,ended_on,reason,note\ndune,sub-dune,2026-09-20,too_expensive,\n';
  files['2026-10/cancellations.csv'] =
    'customer_id,subscription_id,ended_on,reason,note\nelm,sub-elm,2026-10-12,payment_failed,card declined\n';
  files['2026-10/payments.csv'] =
    'customer_id,invoice_id,failed_on,amount,currency,decline_code,state,resolved_on\nelm,in-elm-2026-09,2026-09-28,200.00,USD,card_declined,exhausted,2026-10-12\n';
  return files;
};

export const writeFiles = async (dir: string, files: Readonly<Files>): Promise<void> => {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
};

/** The same file with something else in place of a text that must be in it. */
export const corrected = (files: Readonly<Files>, name: string, was: string, now: string): Files => {
  const text = files[name];
  if (text?.includes(was) !== true) throw new Error(`${name} does not hold ${was}`);
  return { ...files, [name]: text.replace(was, now) };
};
