/** What holds for every book, on books at random. */
import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Book } from './book.ts';
import { writtenForms } from './book-folder.ts';
import { comparable, figuresOf } from './figures.ts';
import { expectInvariants } from './invariants.ts';
import { measureBook, runBook } from './measure-book.ts';
import { closingMonth, monthBefore, type RandomBook, randomBook } from './random-book.ts';
import { referenceOf } from './reference.ts';

const patience = 240_000;

const hold = (numRuns: number, seed: number, check: (random: RandomBook, draw: number) => Promise<void>) =>
  fc.assert(
    fc.asyncProperty(randomBook, fc.nat(1_000), ({ book, reportingCurrency }, draw) =>
      check({ book, reportingCurrency }, draw),
    ),
    // A slow machine looks at fewer books rather than at none to the end.
    { seed, numRuns, interruptAfterTimeLimit: patience / 4 },
  );

const windowsOf = ({ windows }: Awaited<ReturnType<typeof measureBook>>) =>
  [windows.month, windows.quarter, windows.ttm].filter((window) => window !== null);

/** A copy in which the lines of one month are others. */
const withLines = (
  book: Book,
  month: string,
  change: (lines: Book[string]['lines']) => Book[string]['lines'],
): Book => {
  const snapshot = book[month];
  return snapshot === undefined ? book : { ...book, [month]: { ...snapshot, lines: change(snapshot.lines) } };
};

describe('any book', () => {
  it(
    'has exactly the figures that the definitions give it, and they hold together',
    async () => {
      await hold(16, 1, async ({ book, reportingCurrency }) => {
        const measured = await runBook(book, closingMonth, { reportingCurrency });
        expect(figuresOf(measured)).toEqual(comparable(referenceOf(book, closingMonth, { reportingCurrency })));
        expectInvariants(measured.report);
      });
    },
    patience,
  );

  it(
    'gives the same report.json in any form, number of parts, order of rows and number of threads',
    async () => {
      await hold(4, 2, async ({ book, reportingCurrency }, draw) => {
        const plain = await runBook(book, closingMonth, { reportingCurrency });
        const form = writtenForms[draw % writtenForms.length] ?? 'csv';
        const options = { form, parts: 1 + (draw % 3), shuffle: draw + 1, threads: 1 + (draw % 4) };
        const other = await runBook(book, closingMonth, { reportingCurrency }, options);
        expect(other.json).toBe(plain.json);
        expect(other.ledger).toEqual(plain.ledger);
      });
    },
    patience,
  );

  it(
    'has the same figures when a line is split in two of the same product',
    async () => {
      await hold(3, 3, async ({ book, reportingCurrency }, draw) => {
        const split = Object.keys(book).reduce(
          (into, month) =>
            withLines(into, month, (lines) =>
              lines.flatMap((line, at) => {
                if (at !== draw % lines.length) return [line];
                const half = new Decimal(line.mrr ?? '').times(2_500).floor().div(10_000);
                const rest = new Decimal(line.mrr ?? '').minus(half);
                return [
                  { ...line, mrr: half.toFixed(4) },
                  { ...line, item_id: 'other half', mrr: rest.toFixed(4) },
                ];
              }),
            ),
          book,
        );
        const [whole, halves] = [
          await runBook(book, closingMonth, { reportingCurrency }),
          await runBook(split, closingMonth, { reportingCurrency }),
        ];
        expect(figuresOf(halves)).toEqual(figuresOf(whole));
      });
    },
    patience,
  );

  it(
    'has the same NDR when a customer joins, who is all of it new',
    async () => {
      await hold(3, 4, async ({ book, reportingCurrency }) => {
        const joined = withLines(book, closingMonth, (lines) => [
          ...lines,
          { ...lines[0], customer_id: 'newcomer', currency: reportingCurrency, mrr: '1000', status: 'active' },
        ]);
        const before = await measureBook(book, closingMonth, { reportingCurrency });
        const after = await measureBook(joined, closingMonth, { reportingCurrency });
        expect(windowsOf(after).map(({ total }) => total)).toEqual(windowsOf(before).map(({ total }) => total));
        expect(windowsOf(after).map(({ bridge }) => new Decimal(bridge.new).minus(1_000).toString())).toEqual(
          windowsOf(before).map(({ bridge }) => new Decimal(bridge.new).toString()),
        );
      });
    },
    patience,
  );
});

describe('the books at random', () => {
  it('are worth measuring: among them is every movement, every cause and a moving rate', () => {
    const ledger = fc.sample(randomBook, { seed: 1, numRuns: 16 }).flatMap(({ book, reportingCurrency }) => {
      const figures = referenceOf(book, closingMonth, { reportingCurrency });
      const moving = Object.values(figures.windows).some(
        (window) => window !== null && !/^0[.0]*$/.test(window.bridge.fx),
      );
      return [...figures.ledger.map(({ movement, cause }) => `${movement} ${cause}`.trim()), ...(moving ? ['fx'] : [])];
    });
    expect([...new Set(ledger)].sort()).toEqual([
      'churn involuntary',
      'churn paused',
      'churn unclassified',
      'churn voluntary',
      'contraction',
      'expansion',
      'fx',
      'new',
      'reactivation',
    ]);
    expect(monthBefore(0)).toBe(closingMonth);
  });
});
