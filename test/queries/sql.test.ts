/** Parameters of queries: literals that no value can break out of. */
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columns, digits, list, queryNames, queryText, renderSql, rows, text } from '../../functions/queries/sql.ts';

describe('a rendered query', () => {
  it.each([
    ['SELECT :a', { a: text("it's") }, "SELECT 'it''s'"],
    ['SELECT :a', { a: text(null) }, 'SELECT CAST(NULL AS VARCHAR)'],
    ['SELECT :a', { a: text(':b') }, "SELECT ':b'"],
    ['DECIMAL(18, :n)', { n: digits(2) }, 'DECIMAL(18, 2)'],
    ['IN :l', { l: list(['a', "b'"]) }, "IN ('a', 'b''')"],
    ['IN :l', { l: list([]) }, "IN ('')"],
    [
      'VALUES :r',
      {
        r: rows([
          ['a', null],
          ['b', '1'],
        ]),
      },
      "VALUES ('a', CAST(NULL AS VARCHAR)), ('b', '1')",
    ],
    ['SELECT :c 1', { c: columns(['dimension_1', 'moved.dimension_2']) }, 'SELECT dimension_1, moved.dimension_2, 1'],
    ['SELECT :c 1', { c: columns([]) }, 'SELECT  1'],
    ['SELECT \':a\', ":a" -- :a\n, :a', { a: text('x') }, "SELECT ':a', \":a\" -- :a\n, 'x'"],
    ['SELECT :a, :a', { a: digits(1) }, 'SELECT 1, 1'],
  ])('%j', (query, parameters, sql) => expect(renderSql(query, parameters)).toBe(sql));

  it.each([
    ['a parameter that is missing', 'SELECT :a', {}, 'needs :a'],
    ['a parameter that is not used', 'SELECT 1', { a: text('x') }, 'no :a'],
    ['a part of a number', 'SELECT :a', { a: digits(1.5) }, 'whole number'],
    ['a negative number', 'SELECT :a', { a: digits(-1) }, 'whole number'],
    ['a NUL character', 'SELECT :a', { a: text('a\0b') }, 'NUL'],
    ['a column that is none of ours', 'SELECT :a 1', { a: columns(['x; DROP TABLE lines']) }, 'cannot be the column'],
    ['rows that are none', 'VALUES :a', { a: rows([]) }, 'no rows'],
  ])('refuses %s', (_what, query, parameters, reason) => expect(() => renderSql(query, parameters)).toThrow(reason));

  it('gives every text back as it was', async () => {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const texts = fc.string({
      unit: fc.constantFrom("'", '"', '\\', '-', ':a', ';', '\n', '$$', 'é', '😀', '/*', 'x'),
    });
    await fc.assert(
      fc.asyncProperty(texts, async (value) => {
        const reader = await connection.runAndReadAll(renderSql('SELECT :a AS a', { a: text(value) }));
        expect(reader.getRowObjectsJson()).toEqual([{ a: value }]);
      }),
      { seed: 1, numRuns: 60 },
    );
    connection.closeSync();
    instance.closeSync();
  });
});

describe('a query file', () => {
  it.each(queryNames)('%s says what it is for and what its grain is', (name) => {
    expect(queryText(name)).toMatch(/^-- \S.*\n(-- .*\n)*-- Grain: /);
  });
});
