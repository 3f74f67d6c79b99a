/** How tests state what a run must say: ledgers as text tables, compared row by row. */
import { expect } from 'vitest';
import { rowsOf } from './book.ts';
import type { Measured } from './measure-book.ts';

type WindowName = 'month' | 'quarter' | 'ttm';

/** What the ledger says of a window, in the columns of the table and the order of the accounts. */
export const expectLedger = ({ ledger }: Measured, window: WindowName, table: string): void => {
  const stated = rowsOf(table);
  const header = table.trim().split('\n')[0] ?? '';
  const columns = header.trim().split(/\s+/);
  const found = ledger
    .filter((row) => row.window === window)
    .map((row) => Object.fromEntries(columns.map((name) => [name, row[ledgerColumn(name)] ?? ''])));
  const order = (rows: Record<string, string>[]) =>
    [...rows].sort((a, b) => ((a.account ?? '') < (b.account ?? '') ? -1 : 1));
  expect(order(found)).toEqual(order(stated));
};

const ledgerColumn = (name: string): string =>
  ({ account: 'account_id', opening: 'opening_mrr', closing: 'closing_mrr', delta: 'delta_mrr' })[name] ?? name;

/** Figures as one line of text: `ndr 1.100000  grr 0.900000`. */
export const expectFigures = (figures: object | null | undefined, line: string): void => {
  const words = line.trim().split(/\s+/);
  const stated = words.flatMap((name, at) => (at % 2 === 0 ? [[name, words[at + 1] ?? '']] : []));
  const values = Object.entries(figures ?? {});
  expect(stated.map(([name]) => [name, `${values.find(([key]) => key === name)?.[1]}`])).toEqual(stated);
};
