/** What holds for every export: steady subscriptions are worth what was committed, and changes end where they lead. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Exact, exact, sum } from '../../functions/core/money.ts';
import { addMonths, lastDayOf, type Month, monthRange, parseMonth } from '../../functions/core/month.ts';
import { type BillingInterval, monthlyAmount } from '../../functions/core/mrr.ts';
import { booksOfFiles, exportOf, type InvoiceLine } from './invoiced-books.ts';

/** A day of a month, the last one where the month is shorter. */
const dayIn = (month: Month, day: number): string => {
  const last = lastDayOf(month);
  const wanted = `${month}-${`${day}`.padStart(2, '0')}`;
  return wanted < last ? wanted : last;
};

const daysFrom = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);

const months: Readonly<Record<string, number>> = { month: 1, quarter: 3, year: 12 };
const first = parseMonth('2023-06');
const cents = (amount: number): string => `${Math.floor(amount / 100)}.${`${amount % 100}`.padStart(2, '0')}`;

const subscription = fc.record({
  interval: fc.constantFrom<BillingInterval>('month', 'quarter', 'year', 'week', 'day'),
  /** Billed every so many of them. */
  count: fc.constantFrom(1, 1, 2),
  amount: fc.integer({ min: 1, max: 10_000_000 }),
  begins: fc.integer({ min: 0, max: 8 }),
  day: fc.integer({ min: 1, max: 31 }),
  periods: fc.integer({ min: 1, max: 30 }),
});
type Subscription = typeof subscription extends fc.Arbitrary<infer T> ? T : never;

/** Its invoice lines, one a period, each from where the one before ended. */
const periodsOf = ({ interval, count, begins, day, periods }: Subscription): [string, string][] => {
  const month = addMonths(first, begins);
  const step = (months[interval] ?? 0) * count;
  const days = (interval === 'week' ? 7 : 1) * count;
  const start = dayIn(month, day);
  const at = (n: number) => (step > 0 ? dayIn(addMonths(month, n * step), day) : daysFrom(start, n * days));
  return Array.from({ length: periods }, (_, n) => [at(n), at(n + 1)]);
};

it('a book of steady subscriptions is worth exactly what was committed, at the end of every month', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(subscription, { minLength: 1, maxLength: 60 }), async (book) => {
      const lines = book.flatMap((steady, at) =>
        periodsOf(steady).map(([period_start, period_end]): InvoiceLine => {
          const whose = { customer_id: `c${at}`, subscription_id: `s${at}` };
          return { ...whose, period_start, period_end, amount: cents(steady.amount) };
        }),
      );
      const asked = monthRange(first, addMonths(first, 20)).filter((_, at) => at % 4 === 3);
      const { lines: found } = await booksOfFiles({ 'invoice_lines.csv': exportOf(lines) }, asked);
      for (const month of asked) {
        const committed = book.flatMap((steady, at) => {
          const served = periodsOf(steady).some(([from, to]) => from <= lastDayOf(month) && lastDayOf(month) < to);
          const mrr = monthlyAmount(exact(cents(steady.amount)), steady.interval, steady.count).toFixed(4);
          return served && mrr !== '0.0000' ? [`c${at} ${mrr}`] : [];
        });
        expect((found[month] ?? []).map(({ customer_id, mrr }) => `${customer_id} ${mrr}`)).toEqual(committed.sort());
      }
    }),
    { seed: 7, numRuns: 6, interruptAfterTimeLimit: 40_000 },
  );
});

it('the months of a line add up to its amount, but for the rounding of each', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 99_999_999 })), {
        minLength: 1,
        maxLength: 40,
      }),
      async (drawn) => {
        const lines = drawn.map(([length, amount], at): InvoiceLine => {
          const period_end = `${addMonths(first, length)}-10`;
          return { customer_id: `c${at}`, period_start: `${first}-10`, period_end, amount: cents(amount) };
        });
        const { lines: found } = await booksOfFiles(
          { 'invoice_lines.csv': exportOf(lines) },
          monthRange(first, addMonths(first, 24)),
        );
        const every = Object.values(found).flat();
        for (const [at, [length, amount]] of drawn.entries()) {
          const total = sum(
            every.filter(({ customer_id }) => customer_id === `c${at}`).map(({ mrr }) => exact(mrr ?? '')),
          );
          const off = total.minus(exact(cents(amount))).abs();
          expect(off.lessThanOrEqualTo(exact('0.00005').times(length))).toBe(true);
        }
      },
    ),
    { seed: 11, numRuns: 2, interruptAfterTimeLimit: 40_000 },
  );
});

const change = fc.record({
  year: fc.boolean(),
  price: fc.integer({ min: 500, max: 5_000_000 }),
  next: fc.integer({ min: 500, max: 5_000_000 }),
  /** Where in the period it changes, and where it is cancelled after that; in thousandths. */
  at: fc.integer({ min: 30, max: 900 }),
  cancelled: fc.option(fc.integer({ min: 30, max: 960 }), { nil: null }),
  day: fc.integer({ min: 1, max: 28 }),
});
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

/** A cent is as much as an invoice can be off; over a part of a period it weighs as much more. */
const cent = exact('0.01');
const share = (amount: number, part: number, whole: number): number => Math.round((amount * part) / whole);

const changeOf = ({ year, price, next, at, cancelled, day }: Change) => {
  const from = dayIn(parseMonth('2025-03'), day);
  const to = dayIn(addMonths(parseMonth('2025-03'), year ? 12 : 1), day);
  const whole = daysBetween(from, to);
  const changed = Math.max(1, Math.floor((whole * at) / 1000));
  const ended = cancelled === null ? null : changed + Math.max(1, Math.floor(((whole - changed) * cancelled) / 1000));
  const line = (start: number, amount: number): InvoiceLine => {
    const text = amount < 0 ? `-${cents(-amount)}` : cents(amount);
    return { period_start: daysFrom(from, start), period_end: to, amount: text };
  };
  const rest = whole - changed;
  const lines = [line(0, price), line(changed, -share(price, rest, whole)), line(changed, share(next, rest, whole))];
  const isEnded = ended !== null && ended < whole;
  if (isEnded) lines.push(line(ended, -share(next, whole - ended, whole)));
  return {
    lines,
    from,
    to,
    changedOn: daysFrom(from, changed),
    endedOn: isEnded ? daysFrom(from, ended) : null,
    whole,
    rest,
  };
};

it('an item that changes is worth its new price, to the cents of the invoice; one that is cancelled nothing at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 60 }), async (drawn) => {
      const changes = drawn.map((one) => ({ ...one, ...changeOf(one) }));
      const lines = changes.flatMap(({ lines }, at) => lines.map((line) => ({ ...line, customer_id: `c${at}` })));
      const asked = ['2025-03', '2025-06', '2025-09', '2026-02'].map(parseMonth);
      const { lines: found } = await booksOfFiles({ 'invoice_lines.csv': exportOf(lines) }, asked);
      for (const month of asked)
        for (const [at, { year, price, next, from, to, changedOn, endedOn, whole, rest }] of changes.entries()) {
          const day = lastDayOf(month);
          const mrr = found[month]?.find(({ customer_id }) => customer_id === `c${at}`)?.mrr ?? '0';
          const isServed = from <= day && day < to && (endedOn === null || day < endedOn);
          const monthly = (amount: number): Exact => exact(cents(amount)).div(year ? 12 : 1);
          const expected = !isServed ? exact('0') : monthly(day < changedOn ? price : next);
          const allowed =
            day < changedOn || !isServed
              ? exact('0.0001')
              : cent
                  .times(1 + next / price)
                  .times(whole)
                  .div(rest);
          const off = exact(mrr).minus(expected).abs();
          const told = `${month} ${JSON.stringify({ ...drawn[at], expected, mrr })}`;
          expect(off.lessThanOrEqualTo(allowed), told).toBe(true);
        }
    }),
    { seed: 13, numRuns: 8, interruptAfterTimeLimit: 40_000 },
  );
});
