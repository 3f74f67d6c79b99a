/** A calculator for the formulas of the workbook: what a spreadsheet would show, from the cells alone. */
import { utils, type WorkBook } from '@e965/xlsx';

type Value = string | number | boolean | null;
/** A range as a column of values, or one value. */
type Operand = Value | Value[];

const token =
  /\s*(?:("(?:[^"]|"")*")|(\d+(?:\.\d+)?)|((?:[A-Z][A-Za-z]*!)?\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)|([A-Z]+)(?=\()|(<>|[-+*/&=<>(),]))/y;

const tokensOf = (formula: string): string[] => {
  const tokens: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < formula.length) {
    const at = token.lastIndex;
    const found = token.exec(formula);
    if (found === null) throw new Error(`cannot read ${formula.slice(at)}`);
    tokens.push(found[0].trim());
  }
  return tokens;
};

const list = (operand: Operand): Value[] => (Array.isArray(operand) ? operand : [operand]);
const single = (operand: Operand): Value => (Array.isArray(operand) ? (operand[0] ?? null) : operand);
const numeric = (operand: Operand): number => {
  const value = single(operand);
  if (value === null) return 0;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') throw new Error(`"${value}" is no number`);
  return value;
};

/** SUMIFS as spreadsheets have it: wildcards, comparisons, numbers that look like text, and no upper or lower case. */
const criterionTest = (criterion: Value): ((value: Value) => boolean) => {
  if (typeof criterion === 'number') return (value) => value === criterion;
  const text = `${criterion ?? ''}`;
  if (/^[<>=]/.test(text)) throw new Error(`the criterion ${text} would be read as a comparison`);
  if (text !== '' && !Number.isNaN(Number(text))) return (value) => value !== null && Number(value) === Number(text);
  const pattern = text
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('\\*', '.*')
    .replaceAll('\\?', '.');
  const form = new RegExp(`^${pattern}$`, 'is');
  return (value) => typeof value === 'string' && form.test(value);
};

/** Half away from zero on 15 digits, as Excel does. */
const round = (value: number, digits: number): number => {
  const near = Number((Math.abs(value) * 10 ** digits).toPrecision(15));
  return (Math.sign(value) * Math.round(near)) / 10 ** digits || 0;
};

export type Calculator = (sheet: string, address: string) => Value;

/** Calculates cells from scratch: stored results of formulas are never looked at. */
export const calculator = (book: WorkBook): Calculator => {
  const known = new Map<string, Value>();
  const columns = new Map<string, Value[]>();

  const cellValue = (sheet: string, address: string): Value => {
    const key = `${sheet}!${address}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const cell = book.Sheets[sheet]?.[address];
    const value: Value = cell === undefined ? null : cell.f === undefined ? (cell.v ?? null) : evaluate(sheet, cell.f);
    known.set(key, value);
    return value;
  };

  const reference = (sheet: string, text: string): Operand => {
    const [place = '', named] = text.includes('!') ? text.split('!').reverse() : [text];
    const plain = place.replaceAll('$', '');
    const from = named ?? sheet;
    if (!plain.includes(':')) return cellValue(from, plain);
    const { s, e } = utils.decode_range(plain);
    const before = columns.get(`${from}!${plain}`);
    if (before !== undefined) return before;
    const values: Value[] = [];
    columns.set(`${from}!${plain}`, values);
    for (let row = s.r; row <= e.r; row += 1)
      for (let column = s.c; column <= e.c; column += 1)
        values.push(cellValue(from, utils.encode_cell({ r: row, c: column })));
    return values;
  };

  const matching = (pairs: readonly Operand[]): boolean[] => {
    const rows = list(pairs[0] ?? []).length;
    const met = Array.from({ length: rows }, () => true);
    for (let index = 0; index < pairs.length; index += 2) {
      const meets = criterionTest(single(pairs[index + 1] ?? null));
      for (const [row, value] of list(pairs[index] ?? []).entries()) met[row] = met[row] === true && meets(value);
    }
    return met;
  };

  const functions: Record<string, (args: Operand[]) => Operand> = {
    ROUND: ([value = 0, digits = 0]) => round(numeric(value), numeric(digits)),
    SUM: (args) => args.flatMap(list).reduce<number>((sum, value) => sum + (typeof value === 'number' ? value : 0), 0),
    SUMIFS: ([amounts = [], ...pairs]) => {
      const met = matching(pairs);
      return list(amounts).reduce<number>((sum, value, row) => sum + (met[row] === true ? numeric(value) : 0), 0);
    },
    COUNTIFS: (pairs) => matching(pairs).filter(Boolean).length,
    COUNTIF: ([cells = [], criterion = null]) => list(cells).filter(criterionTest(single(criterion))).length,
    EXACT: ([texts = [], wanted = '']) => list(texts).map((value) => `${value ?? ''}` === `${single(wanted) ?? ''}`),
    SUMPRODUCT: (args) =>
      list(args[0] ?? []).reduce<number>(
        (sum, _, row) => sum + args.reduce<number>((product, arg) => product * numeric(list(arg)[row] ?? 0), 1),
        0,
      ),
    IF: ([condition = false, yes = null, no = null]) => (numeric(condition) === 0 ? single(no) : single(yes)),
  };

  const evaluate = (sheet: string, formula: string): Value => {
    const tokens = tokensOf(formula);
    let at = 0;
    const primary = (): Operand => {
      const next = tokens[at++] ?? '';
      if (next === '-') {
        const operand = primary();
        return Array.isArray(operand) ? operand.map((value) => -numeric(value)) : -numeric(operand);
      }
      if (next === '(') {
        const inner = comparison();
        at += 1;
        return inner;
      }
      if (next.startsWith('"')) return next.slice(1, -1).replaceAll('""', '"');
      if (/^\d/.test(next)) return Number(next);
      const call = functions[next];
      if (call === undefined) return reference(sheet, next);
      const args: Operand[] = [];
      at += 1;
      for (;;) {
        args.push(comparison());
        if (tokens[at++] === ')') return call(args);
      }
    };
    const product = (): Operand => {
      let left = primary();
      while (tokens[at] === '*' || tokens[at] === '/') {
        const isProduct = tokens[at++] === '*';
        const right = numeric(primary());
        left = isProduct ? numeric(left) * right : numeric(left) / right;
      }
      return left;
    };
    const total = (): Operand => {
      let left = product();
      while (tokens[at] === '+' || tokens[at] === '-') {
        const isSum = tokens[at++] === '+';
        const right = numeric(product());
        left = isSum ? numeric(left) + right : numeric(left) - right;
      }
      return left;
    };
    const joined = (): Operand => {
      let left = total();
      while (tokens[at] === '&') {
        at += 1;
        left = `${single(left)}${single(total())}`;
      }
      return left;
    };
    const comparison = (): Operand => {
      const left = joined();
      if (tokens[at] !== '=') return left;
      at += 1;
      return single(left) === single(joined());
    };
    const value = single(comparison());
    if (at !== tokens.length) throw new Error(`${formula} goes on after ${tokens.slice(0, at).join(' ')}`);
    return value;
  };

  return cellValue;
};
