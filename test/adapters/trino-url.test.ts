/** The address of a Trino: what it names, and what it must not leave open. */
import { expect, it } from 'vitest';
import { parseTrinoUrl } from '../../functions/adapters/trino-url.ts';

const lake = 'file:///home/me/it is/lake';

it('names user, catalog and schema; the lake is the home’s own', () =>
  expect(parseTrinoUrl('http://me@trino.example:8080/hive/retention', lake)).toEqual({
    url: 'http://trino.example:8080',
    user: 'me',
    catalog: 'hive',
    schema: 'retention',
    lake,
  }));

it('may name a password, and another place for the lake', () =>
  expect(parseTrinoUrl('https://m%40e:p%3Aw@trino.example/hive/r2?lake=s3://bucket/a%20lake', lake)).toEqual({
    url: 'https://trino.example',
    user: 'm@e',
    password: 'p:w',
    catalog: 'hive',
    schema: 'r2',
    lake: 's3://bucket/a lake',
  }));

it.each([
  ['no address', 'trino.example', 'no http address'],
  ['another protocol', 'jdbc://me@trino.example/hive/r', 'no http address'],
  ['no schema', 'http://me@trino.example/hive', 'no catalog and schema'],
  ['a name that is SQL', 'http://me@trino.example/hive/r;drop', 'no catalog and schema'],
  ['a deeper path', 'http://me@trino.example/hive/r/lines', 'no catalog and schema'],
  ['nobody', 'http://trino.example/hive/r', 'no user'],
  ['a password in the clear', 'http://me:secret@trino.example/hive/r', 'https alone'],
  ['a word it does not know', 'http://me@trino.example/hive/r?lakes=x', 'unknown part lakes'],
])('refuses %s', (_, text, said) => {
  const parse = () => parseTrinoUrl(text, lake);
  expect(parse).toThrow(expect.objectContaining({ kind: 'usage', message: expect.stringContaining(said) }));
  expect(parse).not.toThrow(/secret/);
});
