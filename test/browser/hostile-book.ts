/** A book in which every text that a customer or a billing system can choose attacks the reader. */
import { csvOf, type SourceRow } from '../contract/table-rules.ts';
import type { Files } from '../pipeline/book.ts';
import { hostileNames } from '../render/fixture.ts';

/** As a file can carry them: whole characters, and of a length that a billing system would take. */
const names = hostileNames.map((name) => name.slice(0, 200).toWellFormed().replaceAll('\u0000', ''));

const at = (place: number): string => names[place % names.length] || '(none)';

const accounts = Array.from({ length: 160 }, (_, place) => place);
const months = ['2025-10', '2026-07', '2026-09', '2026-10'];

/** Some leave, some come, some pay more and some less. */
const mrrOf = (account: number, month: number): string | null => {
  const kind = account % 8;
  if (kind === 1 && month > account % 3) return null;
  if (kind === 2 && month < 1 + (account % 3)) return null;
  const base = 400 + ((account * 7919) % 9000);
  const grown = kind === 3 ? base + month * 300 : kind === 4 ? base - month * 90 : base;
  return `${grown}.${`${account % 100}`.padStart(2, '0')}`;
};

const linesOf = (month: number): SourceRow[] =>
  accounts.flatMap((account) => {
    const mrr = mrrOf(account, month);
    if (mrr === null) return [];
    return [
      {
        customer_id: `${account} ${at(account)}`,
        subscription_id: `${at(account + 1)} ${account}`,
        item_id: '1',
        product: at(account + 2),
        currency: 'USD',
        mrr,
        status: account % 8 === 5 && month === 3 ? 'past_due' : 'active',
        invoice_id: `${at(account + 3)} ${account}-${month}`,
        opportunity_id: at(account + 4),
      },
    ];
  });

const customers = accounts.map((account) => ({
  customer_id: `${account} ${at(account)}`,
  name: `${at(account + 5)} ${account}`,
  account_id: '',
  [at(0)]: at(account),
  [at(6)]: at(account * 3),
  'wide dimension with a name that goes on and on': `Segment ${account % 60} ${at(account % 60)}`,
}));

const cancellations = (month: number): SourceRow[] =>
  accounts
    .filter((account) => mrrOf(account, month) === null && account % 8 === 1)
    .map((account) => ({
      customer_id: `${account} ${at(account)}`,
      ended_on: `${months[month]}-05`,
      reason: account % 16 === 1 ? 'payment_failed' : at(account + 7),
      note: at(account + 8),
    }));

const payments = (month: number): SourceRow[] =>
  accounts
    .filter((account) => account % 8 === 5)
    .map((account) => ({
      customer_id: `${account} ${at(account)}`,
      invoice_id: `${at(account + 3)} ${account}-${month}`,
      failed_on: `${months[month]}-03`,
      amount: '99.95',
      currency: 'USD',
      state: ['recovered', 'exhausted', 'in_grace'][account % 3] ?? 'recovered',
      resolved_on: account % 3 === 0 ? `${months[month]}-20` : '',
    }));

export const hostileFiles = (): Files =>
  Object.fromEntries(
    months.flatMap((month, place) => [
      [`${month}/lines.csv`, csvOf(linesOf(place))],
      [`${month}/customers.csv`, csvOf(customers)],
      ...(place === 0 ? [] : [[`${month}/cancellations.csv`, csvOf(cancellations(place))]]),
      [`${month}/payments.csv`, csvOf(payments(place))],
    ]),
  );
