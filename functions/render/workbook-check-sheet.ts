/** The rows of the sheet of checks: a reported figure, what it comes to when it is recomputed, and the difference. */
import { type Exact, exact } from '../core/money.ts';
import type { WindowName } from '../core/month.ts';
import { countText } from './formats.ts';
import {
  apart,
  type Cell,
  colours,
  countFormat,
  type Formats,
  formula,
  fullRatioFormat,
  header,
  type Sheet,
  text,
  words,
} from './workbook-cells.ts';
import { rounded } from './workbook-formulas.ts';
import { windowText } from './workbook-tables.ts';

export type Unit = 'money' | 'ratio' | 'count';

/** A figure somewhere in the workbook: its cell and its value, exact text. */
export type Figure = { readonly cell: string; readonly value: string };

/** What one row of the sheet is about. */
export type Subject = { readonly window: WindowName; readonly dimension?: string; readonly segment?: string };

/** A formula before the number of its row is known, and what it comes to. */
export type Recomputed = { readonly formula: (row: number) => string; readonly value: Exact };

const columns = ['Check', 'Window', 'Dimension', 'Segment', 'Reported', 'Recomputed', 'Difference', 'Recomputed from'];
/** The columns that formulas of a row look at. */
export const place = { window: '$B', dimension: '$C', segment: '$D', recomputed: '$F', difference: '$G' } as const;
const firstRow = 2;

export type Checks = {
  readonly sheet: Sheet;
  /** For the summary: in words how the checks ended. It begins with "Checks:" if, and only if, they ended well. */
  readonly verdict: { readonly formula: string; readonly result: string };
};

const note = { ...apart, textColor: colours.soft };

/** Collects rows; a check tells where it put its result, so that others can build on it. */
export const collector = (formats: Formats, decimals: number) => {
  const rows: Cell[][] = [];
  let checks = 0;
  let differing = 0;
  let remarks = 0;
  const unitOf = {
    money: { format: formats.money, decimals },
    ratio: { format: fullRatioFormat, decimals: 6 },
    count: { format: countFormat, decimals: 0 },
  } as const;
  const subjectCells = (check: string, { window, dimension = '', segment = '' }: Subject): Cell[] => [
    words(check),
    words(windowText(window)),
    text(dimension),
    text(segment),
  ];
  const add = (
    check: string,
    subject: Subject,
    unit: Unit,
    reported: Figure,
    recomputed: Recomputed,
    from: string,
  ): Figure => {
    const row = firstRow + rows.length;
    const { format, decimals: digits } = unitOf[unit];
    const value = recomputed.value.toDecimalPlaces(digits);
    const difference = exact(reported.value).minus(value);
    const cell = `${place.recomputed}$${row}`;
    checks += 1;
    if (!difference.isZero()) differing += 1;
    rows.push([
      ...subjectCells(check, subject),
      formula(reported.cell, reported.value, format),
      formula(rounded(recomputed.formula(row), digits), value.toFixed(digits), format),
      formula(rounded(`E${row}-F${row}`, digits), difference.toFixed(digits), format),
      words(from, note),
    ]);
    return { cell, value: value.toFixed(digits) };
  };
  /** A row that checks nothing and says why. */
  const remark = (check: string, subject: Subject, why: string): void => {
    remarks += 1;
    rows.push([...subjectCells(check, subject), null, null, null, words(why, note)]);
  };
  const result = (): Checks => {
    const differences = `Checks!${place.difference}$${firstRow}:${place.difference}$${Math.max(firstRow, firstRow + rows.length - 1)}`;
    const zeros = `COUNTIF(${differences},0)`;
    const left = remarks === 0 ? '' : ' Not everything could be recomputed here: see the sheet Checks.';
    const good =
      checks === 0
        ? 'Checks: there is nothing to recompute yet.'
        : `Checks: all ${countText(checks)} differences are 0.${left}`;
    const bad = ` of ${countText(checks)} checks differ: see the sheet Checks.`;
    return {
      sheet: {
        name: 'Checks',
        widths: [34, 11, 18, 24, 18, 18, 16, 50],
        rows: [
          columns.map((title, index) => header(title, index >= 4 && index <= 6, index === 7 ? apart : {})),
          ...rows,
        ],
        frozenRows: 1,
        frozenColumns: 1,
        // Sorted rows would no longer be those that formulas point to.
        hasFilter: false,
        orientation: 'landscape',
        conditionalFormatting: [
          {
            cellRange: {
              from: { row: firstRow, column: 7 },
              to: { row: firstRow + Math.max(1, rows.length), column: 7 },
            },
            condition: { formula: `IF(ISNUMBER($G${firstRow}),$G${firstRow}<>0,ISERROR($G${firstRow}))` },
            style: { textColor: colours.bad, backgroundColor: colours.badTile },
          },
        ],
      },
      verdict: {
        formula: `IF(${zeros}=${checks},"${good}",${checks}-${zeros}&"${bad}")`,
        result: differing === 0 ? good : `${differing}${bad}`,
      },
    };
  };
  return { add, remark, result };
};

export type Collector = ReturnType<typeof collector>;
