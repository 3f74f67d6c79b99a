/** The queries are SQL that Trino and Athena read as well: in Trino's grammar, and with functions that all engines have. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { queryNames } from '../../functions/queries/sql.ts';
import { renderedQueries } from './rendered.ts';

/** What the queries may call: the same in DuckDB, Trino and Athena, or spelled alike by the DuckDB engine's macros. */
const functions = new Set([
  'abs',
  'array_agg',
  'array_distinct',
  'array_join',
  'array_sort',
  'bool_or',
  'cast',
  'coalesce',
  'count',
  'element_at',
  'grouping',
  'length',
  'max',
  'min',
  'row_number',
  'split',
  'strpos',
  'substr',
  'sum',
  'try_cast',
  'unnest',
]);

/** Words that a bracket may follow without a call. */
const words = new Set(
  'and as by decimal distinct filter from in join not on or over over sets select then union values varchar when where with'.split(
    ' ',
  ),
);

type Token = { readonly text: string; readonly channel: number };

const parserShape = z.object({
  validate: z.custom<(sql: string) => { readonly message: string }[]>((value) => typeof value === 'function'),
  getAllTokens: z.custom<(sql: string) => Token[]>((value) => typeof value === 'function'),
});

let folder: string;
let validate: (sql: string) => readonly string[];
let called: (sql: string) => readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grammar-'));
  const outfile = join(folder, 'grammar.cjs');
  // It is made for browsers: modules that Node does not find by themselves.
  await build({
    stdin: {
      contents: "import { TrinoSQL } from 'dt-sql-parser'; export const open = () => new TrinoSQL();",
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    format: 'cjs',
    platform: 'node',
    outfile,
    logLevel: 'silent',
  });
  const parser = z
    .object({ open: z.function({ output: z.custom<object>() }) })
    .parse(createRequire(import.meta.url)(outfile))
    .open();
  const checked = z.custom<z.infer<typeof parserShape>>((value) => parserShape.safeParse(value).success).parse(parser);
  validate = (sql) => checked.validate(sql).map(({ message }) => message);
  called = (sql) => {
    const tokens = checked
      .getAllTokens(sql)
      .filter(({ channel, text }) => channel === 0 && text.trim() !== '')
      .map(({ text }) => text);
    const names = tokens
      .filter((token, at) => tokens[at + 1] === '(' && /^\w/.test(token))
      .map((name) => name.toLowerCase());
    // Columns of a CTE and of an alias stand in brackets as arguments do: `name (column, …) AS (`, `AS name (column)`.
    const ctes = new Set(
      [...sql.matchAll(/^(?:WITH )?(\w+) \([^()]*\) AS \(|\) AS (\w+) \([^()]*\)$/gm)].map(
        ([, cte, alias]) => cte ?? alias ?? '',
      ),
    );
    return [...new Set(names)].filter((name) => !words.has(name) && !ctes.has(name));
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const foreign = (sql: string) => called(sql).filter((name) => !functions.has(name));

describe.each(queryNames)('%s', (name) => {
  const sql = renderedQueries().get(name)?.sql ?? '';

  it('is in the grammar of Trino', () => expect(validate(sql)).toEqual([]));

  it('calls what all engines have', () => expect(foreign(sql)).toEqual([]));
});

describe('the check itself', () => {
  // The parser also tells the terminal.
  beforeEach(() => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
  });
  afterEach(() => vi.restoreAllMocks());

  const planted = (was: string, now: string) => {
    const sql = renderedQueries().get('book')?.sql ?? '';
    expect(sql).toContain(was);
    return sql.replace(was, now);
  };

  it('sees a QUALIFY', () =>
    expect(validate(planted('GROUP BY 1, 2, 3', 'QUALIFY row_number() OVER (ORDER BY customer_id) = 1'))).not.toEqual(
      [],
    ));

  it('sees a cast by colons', () =>
    expect(
      validate(planted('CAST(sum(counting_mrr) AS DECIMAL(18, 4))', 'sum(counting_mrr)::DECIMAL(18, 4)')),
    ).not.toEqual([]));

  it.each(['strftime', 'list_value', 'date_diff', 'avg'])('sees a call of %s', (name) => {
    const sql = planted('bool_or(', `${name} (`);
    expect(validate(sql)).toEqual([]);
    expect(foreign(sql)).toEqual([name]);
  });
});
