/** Cells of the workbook: real numbers with formats, text that stays text, formulas that carry their result. */
import type { CellObject } from 'write-excel-file/node';
import { displayText } from './display-text.ts';
import { notAvailable } from './formats.ts';

/** A cell of the writing library. `result` is what a formula comes to: exact decimal text, or a text where `isText`. */
export type Cell = (CellObject & { readonly result?: Result }) | null;
export type Result = { readonly value: string; readonly isText: boolean };

export type Sheet = {
  readonly name: string;
  /** Of the columns, in characters. */
  readonly widths: readonly number[];
  readonly rows: readonly (readonly Cell[])[];
  /** Rows that stay in sight, counted from the first; repeated on each printed page unless the sheet is a page of text. */
  readonly frozenRows: number;
  readonly frozenColumns: number;
  /** Whether the last frozen row offers to filter. */
  readonly hasFilter: boolean;
  /** How it is printed; as wide as the page either way. */
  readonly orientation: 'portrait' | 'landscape';
  readonly conditionalFormatting?: Highlight[];
};

/** Cells that look otherwise while a condition holds; rows and columns count from 1. */
export type Highlight = {
  cellRange: { from: { row: number; column: number }; to: { row: number; column: number } };
  condition: { formula: string };
  style: { textColor: string; backgroundColor: string };
};

export const colours = {
  ink: '#14213d',
  soft: '#4b5768',
  rule: '#c3cad4',
  tile: '#eef1f5',
  good: '#0b6b4f',
  goodTile: '#e3f1eb',
  bad: '#a8321f',
  badTile: '#fbe9e5',
} as const;

/** Excel takes 32,767 UTF-16 units a cell: twice as many code points would not fit. */
const textLimit = 16_000;
const unusual = /[^ -~]/;
/** What XML or the library forbids or drops, and the mark below. */
const dropped = /[\uFFFD\uE000\p{Noncharacter_Code_Point}]/gu;
/** Spreadsheets read `_x0041_` as the character of that code; so written, it is shown as it stands. */
const encoded = /_(?=x[0-9A-Fa-f]{4}_)/g;

/** Foreign text as a cell holds it: one line, no control characters, short enough. The same text always gives the same. */
export const cellText = (raw: string): string => {
  if (raw === '') return '';
  const isPlain = raw.length <= textLimit && !unusual.test(raw) && !raw.startsWith(' ') && !raw.endsWith(' ');
  const shown = isPlain ? raw : displayText(raw, textLimit).replace(dropped, '');
  return shown.includes('_x') ? shown.replace(encoded, '_x005F_') : shown;
};

/** Where the library finds a text in a plain object, names such as "constructor" are there already: they get a mark. */
export const mark = '\uE000';

/** Text of ours; an empty one is an empty cell in its style. */
export const words = (value: string, style: CellObject = {}): Cell => ({
  ...style,
  type: String,
  value: value in Object.prototype ? `${mark}${value}` : value,
});

/** Text of anybody's, kept as text even when a person edits the cell. */
export const text = (raw: string, style: CellObject = {}): Cell => words(cellText(raw), { ...style, format: '@' });

/** For texts beside a column of numbers. */
export const apart = { align: 'left', indent: 1 } as const;

/** Of rows of two lines. */
const headerPoints = 34;

export const header = (value: string, isNumeric = false, style: CellObject = {}): Cell =>
  words(value, {
    height: headerPoints,
    fontWeight: 'bold',
    textColor: colours.ink,
    backgroundColor: colours.tile,
    bottomBorderStyle: 'thin',
    bottomBorderColor: colours.rule,
    alignVertical: 'center',
    align: isNumeric ? 'right' : 'left',
    wrap: true,
    ...style,
  });

/** Number formats: what is shown is rounded, what is stored is not. */
export type Formats = { readonly money: string; readonly signedMoney: string };
export const ratioFormat = '0.0%';
export const fullRatioFormat = '0.0000%';
export const countFormat = '#,##0';
export const monthFormat = 'mmm yyyy';

export const formatsOf = (decimals: number): Formats => {
  const plain = decimals === 0 ? '#,##0' : `#,##0.${'0'.repeat(decimals)}`;
  return { money: plain, signedMoney: `+${plain};-${plain};${plain}` };
};

/**
 * A number from exact decimal text. The one place where a figure becomes a float, which is all a spreadsheet knows: its
 * shortest decimal form is written, so up to 15 digits stay as they are.
 */
export const number = (value: string, format: string, style: CellObject = {}): Cell => ({
  ...style,
  type: Number,
  value: Number(value),
  format,
});

/** A ratio, or n/a: a spreadsheet must not take an undefined ratio for 0. */
export const ratio = (value: string | null, style: CellObject = {}): Cell =>
  value === null
    ? words(notAvailable, { ...style, align: 'right', textColor: colours.soft })
    : number(value, ratioFormat, style);

export const count = (value: number, style: CellObject = {}): Cell => number(`${value}`, countFormat, style);

const daysTo1970 = 25_569;

/** The last day of a month as spreadsheets count days, shown as "Oct 2026". */
export const month = (value: string, style: CellObject = {}): Cell => {
  const [year = '', ordinal = ''] = value.split('-');
  const lastDay = Date.UTC(parseInt(year, 10), parseInt(ordinal, 10), 0) / 86_400_000;
  return number(`${lastDay + daysTo1970}`, monthFormat, { align: 'left', ...style });
};

/** A formula without its equals sign, and the number it comes to. */
export const formula = (value: string, result: string, format: string, style: CellObject = {}): Cell => ({
  ...style,
  type: 'Formula',
  value,
  format,
  result: { value: result, isText: false },
});

/** A formula that comes to a text. */
export const textFormula = (value: string, result: string, style: CellObject = {}): Cell => ({
  ...style,
  type: 'Formula',
  value,
  result: { value: result, isText: true },
});

/** "A" for 0, "AA" for 26. */
export const columnLetter = (index: number): string =>
  index < 26
    ? String.fromCharCode(65 + index)
    : `${columnLetter(Math.floor(index / 26) - 1)}${columnLetter(index % 26)}`;
