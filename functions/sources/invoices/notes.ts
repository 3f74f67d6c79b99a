/** What a reader of a month made of invoice lines should know, one sentence each. */
import type { BookRemarks, BookTotals, ExportFacts } from './port.ts';

const told = (part: number, whole: number, words: string): string[] =>
  part === 0 ? [] : [`${part} of ${whole} ${words}`];

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** `lines` is the number of lines of the month's book. */
export const notesOf = (
  { rows, leftOut, withoutPeriod }: Pick<ExportFacts, 'rows' | 'leftOut' | 'withoutPeriod'>,
  { lines, overlapping, reduced, belowZero }: Pick<BookTotals, 'lines'> & BookRemarks,
): string[] => [
  ...told(leftOut, rows, 'invoice lines are of invoices that are void, written off or drafts and count nothing'),
  ...told(withoutPeriod, rows, 'invoice lines have no service period and count nothing'),
  ...told(overlapping, lines, 'lines rest on several invoice lines for whole periods, which add up'),
  ...told(reduced, lines, 'lines are smaller by a credit of another item of their subscription'),
  ...(belowZero === 0
    ? []
    : [
        `Credits come to more than what was charged on ${counted(belowZero, 'subscription')}, ${belowZero === 1 ? 'which counts' : 'which count'} 0`,
      ]),
];
