/** Books at random for fast-check: few accounts, several currencies and products, parents, mergers, pauses, gaps in the files. */
import fc from 'fast-check';
import type { Book, BookMonth, Fields } from './book.ts';

export const closingMonth = '2026-10';
const reportingCurrencies = ['USD', 'USD', 'EUR', 'JPY', 'KWD'];
const currencies = ['USD', 'EUR', 'GBP', 'JPY'];
const customerIds = ['ada', 'bob', 'cy', 'dot', 'eve', 'fay', 'gus', 'hal', 'ida', 'jo'];
const reasons = ['payment_failed', 'Card expired', 'too_expensive', 'Switched to competitor', 'who knows'];

/** `back` months before the closing one. */
export const monthBefore = (back: number): string => {
  const index = 2026 * 12 + 9 - back;
  return `${Math.floor(index / 12)}-${`${(index % 12) + 1}`.padStart(2, '0')}`;
};

const decimalText = (parts: number, places: number): string => {
  const digits = `${parts}`.padStart(places + 1, '0');
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
};

/** Mostly everyday amounts; some that round to nothing, some that stand at half a cent, some that are a band's bound. */
const mrr = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 20_000_000 }).map((parts) => decimalText(parts, 4)) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 200 }).map((parts) => decimalText(parts, 4)) },
  { weight: 2, arbitrary: fc.constantFrom('100', '0.005', '10.0050', '33.3333', '166.6667', '833.3300', '8333.34') },
);

const status = fc.constantFrom('paused', 'paused', 'active', 'past_due', 'trialing', 'free', 'unpaid', 'canceled');

type Step = 'same' | 'absent' | { mrr: string } | { status: string } | { currency: string } | { product: string };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constant('same' as const) },
  { weight: 3, arbitrary: fc.record({ mrr }) },
  { weight: 3, arbitrary: fc.constant('absent' as const) },
  { weight: 3, arbitrary: fc.record({ status }) },
  { weight: 1, arbitrary: fc.record({ currency: fc.constantFrom(...currencies) }) },
  { weight: 1, arbitrary: fc.record({ product: fc.constantFrom('core', 'plus') }) },
);

const line = (months: number) =>
  fc.record({
    customer: fc.constantFrom(...customerIds),
    first: fc.record({ mrr, currency: fc.constantFrom(...currencies), product: fc.constantFrom('core', 'plus') }),
    steps: fc.array(step, { minLength: months, maxLength: months }),
  });

/** A line's rows month by month; after an absence it is active again. */
const rowsOf = (
  { customer, first, steps }: { customer: string; first: Fields; steps: readonly Step[] },
  at: number,
): (Fields | null)[] => {
  let row: Record<string, string> = {
    customer_id: customer,
    subscription_id: `s${at}`,
    item_id: 'i',
    ...first,
    status: 'active',
  };
  return steps.map((change) => {
    if (change === 'absent') {
      row = { ...row, status: 'active' };
      return null;
    }
    if (change !== 'same') row = { ...row, ...change };
    return row;
  });
};

const customerRow = fc.record({
  listed: fc.boolean(),
  account: fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: fc.constantFrom(...customerIds, 'group') },
  ),
  region: fc.constantFrom('eu', 'us', ''),
  tier: fc.constantFrom('gold', 'tin'),
});

const customersFile = fc
  .array(customerRow, { minLength: customerIds.length, maxLength: customerIds.length })
  .map((rows) =>
    rows.flatMap(({ listed, account, region, tier }, at): Fields[] =>
      listed ? [{ customer_id: customerIds[at] ?? '', name: `Co ${at}`, account_id: account, region, tier }] : [],
    ),
  );

const rate = fc.oneof(
  fc.constantFrom('1.07', '1.15', '0.5', '0.00671141', '1.005'),
  fc.integer({ min: 1, max: 300_000_000 }).map((parts) => decimalText(parts, 8)),
);

const fxFile = fc
  .array(rate, { minLength: currencies.length, maxLength: currencies.length })
  .map((rates) => currencies.map((currency, at): Fields => ({ currency, rate: rates[at] ?? '' })));

const cancellation = (span: number) =>
  fc.record({
    customer: fc.constantFrom(...customerIds),
    file: fc.nat(),
    back: fc.integer({ min: -1, max: span }),
    day: fc.constantFrom('01', '15', '28'),
    reason: fc.constantFrom(...reasons),
  });

/** What became of an invoice: up to two reports of it, the later one in a later file. */
const failedPayment = (span: number) =>
  fc.record({
    customer: fc.constantFrom(...customerIds),
    file: fc.nat(),
    amount: mrr,
    currency: fc.constantFrom(...currencies),
    failed: fc.integer({ min: 0, max: span }),
    first: fc.constantFrom('in_grace', 'recovered', 'exhausted'),
    next: fc.option(fc.constantFrom('in_grace', 'recovered', 'exhausted')),
  });

/** Months of the history that have a snapshot, as months before the closing one: always those where a window opens. */
const presentMonths = fc
  .record({
    span: fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: 2, max: 11 }) },
      { weight: 3, arbitrary: fc.integer({ min: 12, max: 14 }) },
    ),
    others: fc.array(fc.integer({ min: 1, max: 14 }), { maxLength: 2 }),
  })
  .map(({ span, others }) => {
    const wanted = new Set([0, span, 1, 3, 12, ...others]);
    return [...wanted].filter((back) => back <= span).sort((a, b) => b - a);
  });

export type RandomBook = { readonly book: Book; readonly reportingCurrency: string };

const snapshots = (present: readonly number[]): fc.Arbitrary<RandomBook> => {
  const months = present.length;
  const files = <T>(file: fc.Arbitrary<T>): fc.Arbitrary<(T | null)[]> =>
    fc.array(fc.option(file, { freq: 2 }), { minLength: months, maxLength: months });
  return fc
    .record({
      reportingCurrency: fc.constantFrom(...reportingCurrencies),
      lines: fc.array(line(months), { minLength: 1, maxLength: 24, size: 'max' }),
      customers: files(customersFile),
      firstFx: fxFile,
      fx: files(fxFile),
      payments: fc.array(failedPayment(present[0] ?? 0), { maxLength: 8, size: 'max' }),
      cancellations: fc.array(cancellation(present[0] ?? 0), { minLength: 12, maxLength: 36 }),
    })
    .map(({ reportingCurrency, lines, customers, firstFx, fx, payments, cancellations }) => {
      const rows = lines.map(rowsOf);
      const book: Record<string, BookMonth> = {};
      for (const [at, back] of present.entries()) {
        const rates = at === 0 ? firstFx : fx[at];
        const events = cancellations.filter(({ file }) => file % months === at);
        book[monthBefore(back)] = {
          lines: [anchor, ...rows.map((own) => own[at] ?? null).filter((row) => row !== null)],
          customers: customers[at] ?? [],
          fx: (rates ?? []).filter(({ currency }) => currency !== reportingCurrency),
          payments: payments.flatMap(({ customer, file, amount, currency, failed, first, next }, invoice) => {
            const reports = [first, next].map((state, later) => ({
              customer_id: customer,
              invoice_id: `in-${invoice}`,
              failed_on: `${monthBefore(failed)}-03`,
              amount,
              currency,
              state: state ?? '',
              resolved_on: state === 'in_grace' ? '' : `${monthBefore(Math.max(0, failed - later))}-20`,
            }));
            return reports.filter(({ state }, later) => state !== '' && (file % months) + later === at);
          }),
          cancellations: events.map(({ customer, back: ended, day, reason }) => ({
            customer_id: customer,
            ended_on: `${monthBefore(ended)}-${day}`,
            reason,
          })),
        };
      }
      return { book, reportingCurrency };
    });
};

/** A line that never counts, so that no snapshot is empty. */
const anchor: Fields = {
  customer_id: 'zed',
  subscription_id: 'z',
  item_id: 'z',
  product: 'core',
  currency: 'USD',
  mrr: '0',
  status: 'free',
};

export const randomBook: fc.Arbitrary<RandomBook> = presentMonths.chain(snapshots);
