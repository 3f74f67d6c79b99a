/** Formulas that add up rows by what stands in other columns, whatever text stands there. */

/** A column of cells, and the cell or quoted text that it must have. `isSafe`: SUMIFS may be trusted to find it. */
export type Criterion = { readonly column: string; readonly value: string; readonly isSafe: boolean };

const lettersOnly = /^[\p{L}(][\p{L} ()&/_-]{0,250}$/u;

/**
 * Tells of each text whether SUMIFS finds it and nothing else: it reads "<5", "2*", "2024" or "TRUE" as more than text,
 * and does not know upper from lower case.
 */
export const safeAmong = (texts: Iterable<string>): ((text: string) => boolean) => {
  const alike = Map.groupBy(new Set(texts), (text) => text.toLowerCase());
  return (text) => {
    const folded = text.toLowerCase();
    return lettersOnly.test(text) && !['true', 'false'].includes(folded) && alike.get(folded)?.length === 1;
  };
};

/** Sum of the rows that meet every criterion: SUMIFS, or an exact comparison row by row where a text is not safe. */
export const sumWhere = (amounts: string, criteria: readonly Criterion[]): string => {
  if (criteria.every(({ isSafe }) => isSafe)) {
    return `SUMIFS(${[amounts, ...criteria.flatMap(({ column, value }) => [column, value])].join(',')})`;
  }
  const conditions = criteria.map(({ column, value }) => `EXACT(${column},${value})`);
  return `SUMPRODUCT(${[...conditions.map((condition) => `--${condition}`), amounts].join(',')})`;
};

export const countWhere = (criteria: readonly Criterion[]): string =>
  `COUNTIFS(${criteria.flatMap(({ column, value }) => [column, value]).join(',')})`;

export const rounded = (formula: string, decimals: number): string => `ROUND(${formula},${decimals})`;
