/** A book whose every text attacks, sorts oddly or looks like another, with families that form, merge and part. */
import { csvOf, type SourceRow } from '../contract/table-rules.ts';
import type { Files } from '../pipeline/book.ts';

const sql = "'); DROP TABLE book; --";
const formula = '=HYPERLINK("http://x.example","y")';

/** Ids in pairs that one engine might take for one, or put in the other order. */
const ids = [
  "o'hara",
  '"quoted", id',
  sql,
  formula,
  '+1',
  '-1',
  '@SUM(A1)',
  'line\nbreak',
  'carriage\r\nreturn',
  'tab\tinside',
  'NULL',
  'null',
  '0012',
  '12',
  '1e3',
  'a',
  'A',
  'a ',
  'a b',
  'a,b',
  'a;b',
  'ä',
  'a\u0308',
  'z',
  '株式会社',
  'שלום',
  '\ufffd',
  '\u{1f600}',
  '👩‍👩‍👧',
  'in\u202evoice',
  'esc\u001b[31m',
  '\\',
  '%s',
  '$$',
  ':month',
  '{{id}}',
  '<script>',
  '../../etc/passwd',
  'x'.repeat(240),
];

/** Who belongs to whom: one family from the start, one that is bought at the closing, one that parts, a parent without lines. */
const parents = (at: number): Readonly<Record<string, string>> => ({
  '12': '0012',
  '1e3': '0012',
  ä: 'a',
  ...(at >= 2 ? { A: 'a', 株式会社: '\u{1f600}', '\ufffd': '\u{1f600}' } : { "o'hara": sql }),
  'a b': 'a,b;holding',
  'a;b': 'a,b;holding',
});

const currencies = ['USD', 'EUR', 'JPY', 'GBP'];
const statuses = ['active', 'active', 'active', 'past_due', 'paused', 'trialing'];

/** Amounts at half a cent, below a cent, and with more places than money has. */
const amounts = ['10.005', '0.0049', '33.3333', '166.6667', '1000', '99999999.9999', '0.01', '8333.34'];

const at = <T>(items: readonly T[], place: number): T => {
  const item = items[place % items.length];
  if (item === undefined) throw new RangeError('nothing to choose from');
  return item;
};

const months = ['2025-10', '2026-07', '2026-09', '2026-10'];

/** Some leave, some come, some come back, some change in price, product, currency or status; others stay. */
const linesOf = (month: number): SourceRow[] =>
  ids.flatMap((id, place) => {
    const kind = place % 7;
    if ((kind === 1 && month >= 3) || (kind === 2 && month < 2) || (kind === 3 && month === 2)) return [];
    const line = (item: number, product: string): SourceRow => ({
      customer_id: id,
      subscription_id: `sub ${id}`,
      item_id: `${item}`,
      product,
      currency: at(currencies, kind === 4 ? place + month : place),
      mrr: at(amounts, place + item + (kind === 5 ? month : 0)),
      status: kind === 6 && month === 3 ? 'paused' : at(statuses, place + item),
      invoice_id: `=in;${id}-${month}`,
      opportunity_id: place % 2 === 0 ? `${id},"opp"` : '',
    });
    return [line(1, sql), line(2, place % 3 === 0 ? '' : formula), ...(place % 4 === 0 ? [line(3, sql)] : [])].map(
      (row) => (row.product === '' ? { ...row, product: 'core' } : row),
    );
  });

const customersOf = (month: number): SourceRow[] =>
  ids
    .filter((_, place) => place % 5 !== month) // some are on no list any more, and some on none yet
    .map((id, place) => ({
      customer_id: id,
      name: at([`${formula} ${id}`, sql, '', '"', '株式会社 「名」', 'a,b'], place),
      account_id: parents(month)[id] ?? '',
      'it\'s a "plan"': at(['gold', '', sql, '-1+1', '\u{1f600}', '\ufffd'], place + month),
      total: at(['(none)', 'none', ' '], place),
      'two\nlines': at(['x', 'X', 'x '], place),
    }));

const cancellationsOf = (month: number): SourceRow[] =>
  ids
    .filter((_, place) => place % 7 === 1 || place % 7 === 3)
    .map((id, place) => ({
      customer_id: id,
      ended_on: `${at(months, month)}-0${1 + (place % 9)}`,
      reason: at(['payment_failed', 'Too Expensive ', `${sql}\n${formula}`, 'card_expired', ' '], place),
      note: formula,
    }));

const paymentsOf = (month: number): SourceRow[] =>
  ids
    .filter((_, place) => place % 7 === 1 || place % 6 === 0)
    .map((id, place) => ({
      customer_id: id,
      invoice_id: `=unpaid,${id}`,
      failed_on: `${at(months, month)}-03`,
      amount: at(amounts, place),
      currency: at(currencies, place),
      state: at(['exhausted', 'in_grace', 'recovered'], place + month),
      resolved_on: (place + month) % 3 === 1 ? '' : `${at(months, month)}-20`,
    }));

const ratesOf = (month: number): SourceRow[] => [
  { currency: 'EUR', rate: `1.1${month}345678` },
  { currency: 'JPY', rate: '0.00671141' },
  { currency: 'GBP', rate: '1.005' },
];

/** Some that the lines name, some that only their account and day tell, on either side of every edge; some lost. */
const opportunities = (): SourceRow[] =>
  ids
    .filter((id) => !id.includes(';'))
    .flatMap((id, place) => {
      const of = (opportunity_id: string, close_date: string): SourceRow => ({
        opportunity_id,
        account_id: id,
        close_date,
        type: at([formula, sql, '', 'Upsell; "now"', '株式会社'], place),
        owner: at(['', formula, "O'Neil\nJr.", '\u{1f600}'], place),
        is_won: place % 5 === 4 ? 'false' : 'true',
      });
      return [
        ...(place % 4 === 0 ? [of(`${id},"opp"`, '2019-01-01')] : []),
        ...(place % 4 === 1
          ? [of(`near ${id}`, at(['2026-08-17', '2026-08-16', '2026-12-15', '2026-12-16'], place))]
          : []),
        ...(place % 4 === 2 ? [of(`1 ${id}`, '2026-10-01'), of(`2 ${id}`, '2026-10-31'), of(`3 ${id}`, '')] : []),
      ];
    });

export const hostileFiles = (): Files =>
  Object.fromEntries(
    months.flatMap((month, place) => [
      [`${month}/lines.csv`, csvOf(linesOf(place))],
      ...(place === 3 ? [[`${month}/opportunities.csv`, csvOf(opportunities())]] : []),
      [`${month}/customers.csv`, csvOf(customersOf(place))],
      [`${month}/cancellations.csv`, csvOf(cancellationsOf(place))],
      [`${month}/payments.csv`, csvOf(paymentsOf(place))],
      [`${month}/fx.csv`, csvOf(ratesOf(place))],
    ]),
  );
