/** Rules that a column's values keep, and how a text becomes its exact type. Expressions are DuckDB's: it does the ingest. */
export type Column = {
  readonly name: string;
  readonly required: boolean;
  /** True where the raw text may not stand. NULL is an absent value. */
  readonly wrong: (raw: string) => string;
  /** The type of the stored column. */
  readonly type: string;
  /** The value to store, where it is more than the raw text cast to the type. */
  readonly value?: (raw: string) => string;
  readonly problem: string;
  /** Money must be text in JSON: a JSON number passes through a float. */
  readonly exact: boolean;
};

const idLength = 255;
const textLength = 10_000;

export const column = (name: string, rest: Omit<Column, 'name' | 'required' | 'exact'>, exact = false) => ({
  name,
  required: false,
  exact,
  ...rest,
});

export const text = (name: string, length = textLength): Column =>
  column(name, {
    wrong: (raw) => `length(${raw}) > ${length}`,
    type: 'VARCHAR',
    problem: `must be at most ${length} characters`,
  });

export const oneOf = (name: string, values: readonly string[]): Column =>
  column(name, {
    wrong: (raw) => `${raw} NOT IN (${values.map((value) => `'${value}'`).join(', ')})`,
    type: 'VARCHAR',
    problem: `must be one of ${values.join(', ')}`,
  });

export const decimal = (name: string, places: number, sign: '' | '-?', words: string): Column =>
  column(
    name,
    {
      wrong: (raw) => `NOT regexp_full_match(${raw}, '${sign}[0-9]{1,${18 - places}}(\\.[0-9]{1,${places}})?')`,
      type: `DECIMAL(18,${places})`,
      problem: `must be ${words} such as 1234.50: at most ${places} decimals, no exponent, separators or signs of currency; in JSON as text in quotes, in Parquet as DECIMAL or text`,
    },
    true,
  );

export const date = (name: string): Column =>
  column(name, {
    wrong: (raw) =>
      `${raw} IS NOT NULL AND (NOT regexp_full_match(${raw}, '[0-9]{4}-[0-9]{2}-[0-9]{2}') OR TRY_CAST(${raw} AS DATE) IS NULL)`,
    type: 'DATE',
    problem: 'must be a day, YYYY-MM-DD',
  });

/** A day, or a time of day on it, of the reporting time zone's clock. */
export const dayOrTime = (name: string): Column =>
  column(name, {
    wrong: (raw) =>
      `${raw} IS NOT NULL AND (NOT regexp_full_match(${raw}, '(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,6})?)?)?') OR TRY_CAST(${raw} AS TIMESTAMP) IS NULL)`,
    type: 'TIMESTAMP',
    problem: 'must be a day, YYYY-MM-DD, or a time in the reporting time zone, YYYY-MM-DD HH:MM:SS without a zone',
  });

export const currency: Column = column('currency', {
  wrong: (raw) => `NOT regexp_full_match(${raw}, '[A-Z]{3}')`,
  type: 'VARCHAR',
  problem: 'must be an ISO 4217 code of three capitals, such as USD',
});

/** A value must be there as well as right. */
export const required = (rule: Column): Column => ({
  ...rule,
  required: true,
  wrong: (raw) => `${raw} IS NULL OR (${rule.wrong(raw)})`,
  problem: `${rule.problem} (and is required)`,
});

/** The column must be there; its values may be absent. */
export const present = (rule: Column): Column => ({ ...rule, required: true });

export const id = (name: string) => text(name, idLength);
