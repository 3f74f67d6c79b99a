/** On books at random, the evidence of every movement and the traced share are what the definitions say. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Book, Fields } from '../figures/book.ts';
import { runBook } from '../figures/measure-book.ts';
import { closingMonth, monthBefore, type RandomBook, randomBook } from '../figures/random-book.ts';
import { comparableEvidence, evidenceOf } from './reference.ts';

const patience = 240_000;
const ids = ['o-1', 'o-2', 'o-3', '0061a00000abcde', '0061a00000abcdeAAM', '0061a00000abcdE'];
const accounts = ['ada', 'bob', 'cy', 'dot', 'eve', 'fay', 'group', 'stranger'];

/** What the lines of a book say of invoices and opportunities, line after line. */
const marks = fc.array(
  fc.record({
    invoice: fc.constantFrom('', 'in-1', 'in-2', 'in-3'),
    opportunity: fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      { weight: 2, arbitrary: fc.constantFrom(...ids) },
      { weight: 1, arbitrary: fc.constant('o-2;o-9') },
    ),
  }),
  { minLength: 40, maxLength: 40, size: 'max' },
);

const opportunity = fc.record({
  id: fc.constantFrom('o-1', 'o-2', 'o-3', 'o-4', 'o-5', 'o-6', '0061a00000abcde', '0061a00000abcdE'),
  account: fc.constantFrom(...accounts),
  back: fc.integer({ min: -3, max: 15 }),
  day: fc.constantFrom('', '01', '02', '15', '27', '28'),
  type: fc.constantFrom('Upsell', 'Renewal', ''),
  owner: fc.constantFrom('Mia', 'Bo', ''),
  won: fc.constantFrom('true', 'true', 'true', 'false'),
});

const exported = fc.uniqueArray(opportunity, { selector: ({ id }) => id, maxLength: 8, size: 'max' });

type Connected = RandomBook & { readonly toleranceDays: number };

const connected: fc.Arbitrary<Connected> = fc
  .record({
    random: randomBook,
    marks,
    older: fc.option(exported, { freq: 1 }),
    newer: fc.option(exported, { freq: 3 }),
    toleranceDays: fc.constantFrom(0, 1, 14, 45, 366),
  })
  .map(({ random: { book, reportingCurrency }, marks: said, older, newer, toleranceDays }) => {
    const months = Object.keys(book).sort();
    const rowsOf = (rows: typeof older): Fields[] =>
      (rows ?? []).map(({ id, account, back, day, type, owner, won }) => ({
        opportunity_id: id,
        account_id: account,
        close_date: day === '' ? '' : `${monthBefore(back)}-${day}`,
        type,
        owner,
        is_won: won,
      }));
    const marked = Object.fromEntries(
      Object.entries(book).map(([month, snapshot]) => {
        const lines = snapshot.lines.map((line, at) => {
          const { invoice = '', opportunity: named = '' } = said[(at * 7 + Number(month.slice(5))) % said.length] ?? {};
          return { ...line, invoice_id: invoice, opportunity_id: named };
        });
        const rows = month === months.at(-1) ? rowsOf(newer) : month === months[0] ? rowsOf(older) : [];
        return [month, { ...snapshot, lines, opportunities: rows }];
      }),
    ) satisfies Book;
    return { book: marked, reportingCurrency, toleranceDays };
  });

describe('any book with a CRM', () => {
  it(
    'has the evidence that the definitions give it',
    async () => {
      await fc.assert(
        fc.asyncProperty(connected, async ({ book, reportingCurrency, toleranceDays }) => {
          const crm = { columns: {}, toleranceDays };
          const measured = await runBook(book, closingMonth, { reportingCurrency, crm });
          expect(comparableEvidence(measured)).toEqual(
            evidenceOf(book, closingMonth, { reportingCurrency, toleranceDays }),
          );
        }),
        { seed: 7, numRuns: 14, interruptAfterTimeLimit: patience / 4 },
      );
    },
    patience,
  );

  it('and among these books are both joins, neither, and shares between nothing and all', () => {
    const found = fc
      .sample(connected, { seed: 7, numRuns: 14 })
      .map(({ book, reportingCurrency, toleranceDays }) =>
        evidenceOf(book, closingMonth, { reportingCurrency, toleranceDays }),
      );
    const joins = found.flatMap(({ movements }) => [...movements.values()].map((row) => row[4]));
    expect([...new Set(joins)].sort()).toEqual(['', 'account_and_date', 'id']);
    const shares = found.flatMap(({ windows }) => Object.values(windows).map((window) => JSON.stringify(window)));
    expect(shares.some((text) => /"tracedShare":"0\.[0-9]*[1-9]/.test(text))).toBe(true);
    expect(shares.some((text) => text.includes('"tracedShare":null'))).toBe(true);
  });
});
