import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ReportError } from '../../functions/errors.ts';
import { firstRecords, headerOf, locateRecords, locateRejects } from '../../functions/sources/csv-records.ts';

let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'csv-'));
  path = join(folder, 'table.csv');
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('headerOf', () => {
  const header = async (content: string | Uint8Array): Promise<string[]> => {
    await writeFile(path, content);
    return headerOf(path, '2026-10/lines.csv');
  };

  it.each([
    ['LF', 'a,b\n1,2\n', ['a', 'b']],
    ['CRLF', 'a,b\r\n1,2\r\n', ['a', 'b']],
    ['a byte order mark', '\ufeffa,b\n', ['a', 'b']],
    ['a byte order mark before a quote', '\ufeff"a,b",c\n', ['a,b', 'c']],
    ['no data and no line end', 'a,b', ['a', 'b']],
    ['one column', 'customer_id\n', ['customer_id']],
    ['quotes, commas and line ends in names', '"a ""1""","b,2","c\r\n3"\n1,2,3\n', ['a "1"', 'b,2', 'c\r\n3']],
    ['letters beyond ASCII', 'müde,名前\n', ['müde', '名前']],
    ['blanks around a name, which stay', ' a ,b\n', [' a ', 'b']],
  ])('reads a header with %s', async (_, content, expected) => {
    expect(await header(content)).toEqual(expected);
  });

  it('reads only the start of a big file', async () => {
    expect(await header(`a,b\n${'1,2\n'.repeat(1_000_000)}`)).toEqual(['a', 'b']);
  });

  it('is not disturbed by a letter cut at the end of what it reads', async () => {
    expect(await header(`a,b\n${'é'.repeat(40_000)}\n`)).toEqual(['a', 'b']);
  });

  it.each([
    ['an empty file', '', 'is empty'],
    ['a mere byte order mark', '\ufeff', 'is empty'],
    ['an empty first line', '\na,b\n1,2\n', 'line 1: the header is an empty line'],
    ['an empty first line with CRLF', '\r\na,b\r\n', 'line 1: the header is an empty line'],
    ['a name twice', 'a,b,a\n', 'the column "a" is there twice'],
    ['a name twice in another case', 'mrr,MRR\n', 'the column "MRR" is there twice'],
    ['an empty name', 'a,,b\n', 'column 2 has no name'],
    ['a trailing comma', 'a,b,\n', 'column 3 has no name'],
    ['a quoted blank name', 'a," "\n', 'column 2 has no name'],
    ['text after a quote', '"a"b,c\n', 'a quote or a line end is out of place'],
    ['a quote inside a name', 'a"b,c\n', 'a quote or a line end is out of place'],
    ['bare carriage returns', 'a,b\r1,2\r', 'a quote or a line end is out of place'],
    ['a quote that never ends', '"a,b\n1,2\n', 'a quote or a line end is out of place'],
    ['a quote that never ends in a big file', `"a,b\n${'1,2\n'.repeat(40_000)}`, 'no end of its header'],
    ['more than 64 KiB', `${'a'.repeat(70_000)},b\n`, 'no end of its header'],
    ['Latin-1', Uint8Array.of(0x61, 0x2c, 0xe9, 0x0a), 'not valid UTF-8'],
    ['UTF-16', Buffer.from('\ufeffa,b\n', 'utf16le'), 'not valid UTF-8'],
  ])('refuses %s', async (_, content, message) => {
    const failure = await header(content).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ReportError);
    expect(failure).toMatchObject({ kind: 'blocked', code: 'BAD_ROW' });
    expect((failure as ReportError).message).toContain(message);
    expect((failure as ReportError).message).toContain('2026-10/lines.csv');
  });
});

describe('locateRecords', () => {
  const locate = async (content: string, ordinals: number[], skip?: Set<number>) => {
    await writeFile(path, content);
    return Object.fromEntries(await locateRecords(path, ordinals, skip));
  };

  it.each([
    ['plain lines', 'a,b\n1,2\n3,4\n5,6\n', [0, 1, 2], { 0: 2, 1: 3, 2: 4 }],
    ['empty lines between', 'a,b\n\n1,2\n\n\n3,4\n', [0, 1], { 0: 3, 1: 6 }],
    ['CRLF and empty lines', 'a,b\r\n1,2\r\n\r\n3,4\r\n', [0, 1], { 0: 2, 1: 4 }],
    ['line ends in quotes', 'a,b\n1,"x\n\ny"\n3,4\n', [0, 1], { 0: 2, 1: 5 }],
    ['CRLF in quotes', 'a,b\r\n1,"x\r\ny"\r\n3,4\r\n', [0, 1], { 0: 2, 1: 4 }],
    ['a line end in the header', '"a\nb",c\n1,2\n', [0], { 0: 3 }],
    ['doubled quotes', 'a,b\n"1 ""\n""",2\n3,4\n', [0, 1], { 0: 2, 1: 4 }],
    ['a quote inside a plain field', 'a,b\n1,x"y\n2,x""y\n3,4\n', [2], { 2: 4 }],
    ['a byte order mark', '\ufeff"a\n",b\n1,2\n', [0], { 0: 3 }],
    ['no last line end', 'a,b\n1,2\n3,4', [1], { 1: 3 }],
    ['an ordinal beyond the end', 'a,b\n1,2\n', [0, 7], { 0: 2 }],
    ['an empty line of a single column', 'a\n1\n\n3\n', [1, 2], { 1: 3, 2: 4 }],
    ['nothing wanted', 'a,b\n1,2\n', [], {}],
  ])('counts %s', async (_, content, ordinals, expected) => {
    expect(await locate(content, ordinals)).toEqual(expected);
  });

  it('leaves out the records that were rejected', async () => {
    expect(await locate('a,b\n1,"x\ny"\n2\n3,4\n', [1], new Set([3]))).toEqual({ 1: 5 });
  });

  it('finds a record far into a file of many chunks', async () => {
    expect(await locate(`a,b\n${'1,"x\ny"\n'.repeat(200_000)}`, [199_999])).toEqual({ 199999: 400_000 });
  });
});

describe('beside the reader of DuckDB', () => {
  let connection: DuckDBConnection;
  beforeAll(async () => {
    connection = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => connection.closeSync());

  const rowsOf = async (columns: string) => {
    await connection.run('DROP TABLE IF EXISTS reject_errors; DROP TABLE IF EXISTS reject_scans');
    const read = await connection.runAndReadAll(
      `SELECT a FROM read_csv('${path}', header = true, auto_detect = false, delim = ',', quote = '"', escape = '"',
        columns = {${columns}}, store_rejects = true, rejects_limit = 0)`,
    );
    const rejects = await connection.runAndReadAll('SELECT DISTINCT line FROM reject_errors ORDER BY line');
    return {
      keys: read.getRowsJson().map((row) => `${row[0]}`),
      rejected: rejects.getRowsJson().map((row) => parseInt(`${row[0]}`, 10)),
    };
  };

  // Each record starts with its own key, so the line found can be looked up in the text.
  const record = fc.oneof(
    { weight: 6, arbitrary: fc.constant((key: number) => `k${key},x`) },
    { weight: 2, arbitrary: fc.constant((key: number) => `k${key},"p""q\n\nr,s"`) },
    { weight: 2, arbitrary: fc.constant(() => '') },
    { weight: 1, arbitrary: fc.constant((key: number) => `k${key}`) },
    { weight: 1, arbitrary: fc.constant((key: number) => `k${key},1,"2\n3"`) },
  );

  it.each(['\n', '\r\n'])('tells the same records and lines with line end %j', async (lineEnd) => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 40 }), fc.boolean(), async (records, ended) => {
        const text = ['a,b', ...records.map((write, key) => write(key)), ...(ended ? [''] : [])].join('\n');
        await writeFile(path, text.replaceAll('\n', lineEnd));
        const { keys, rejected } = await rowsOf(`'a': 'VARCHAR', 'b': 'VARCHAR'`);
        const lines = text.split('\n');

        const located = await locateRecords(path, [...keys.keys()], new Set(rejected));
        for (const [ordinal, key] of keys.entries()) {
          expect(lines[located.get(ordinal)! - 1]!.split(',')[0]).toBe(key);
        }
        const found = await locateRejects(path, rejected);
        const bad = rejected.map((line) => lines[found.get(line)! - 1]!);
        const expected = records.map((write, key) => write(key)).filter((line) => /^k\d+($|,1)/.test(line));
        expect(bad).toEqual(expected.map((line) => line.split('\n')[0]));
      }),
      { numRuns: 60 },
    );
  });

  it('agrees on a file that DuckDB reads in many pieces', async () => {
    const rows = Array.from({ length: 300_000 }, (_, at) => {
      if (at % 50_000 === 777) return `k${at}`;
      return at % 1_000 === 0 ? `k${at},"${'x'.repeat(60)}\ny"\n` : `k${at},${'x'.repeat(60)}`;
    });
    const text = `a,b\n${rows.join('\n')}\n`;
    await writeFile(path, text);
    const { keys, rejected } = await rowsOf(`'a': 'VARCHAR', 'b': 'VARCHAR'`);
    const lines = text.split('\n');
    expect(rejected).toHaveLength(6);
    const ordinals = [0, 1_000, 123_456, 250_000, keys.length - 1];
    const located = await locateRecords(path, ordinals, new Set(rejected));
    for (const ordinal of ordinals) expect(lines[located.get(ordinal)! - 1]!.split(',')[0]).toBe(keys[ordinal]);
    const found = await locateRejects(path, rejected);
    expect(rejected.map((line) => lines[found.get(line)! - 1])).toEqual(
      [0, 1, 2, 3, 4, 5].map((at) => `k${at * 50_000 + 777}`),
    );
  });
});

describe('firstRecords', () => {
  const cell = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('a,b', '"', 'two\nlines', '\r\n', '', 'ü名'));
  const quotedCell = (text: string) => `"${text.replaceAll('"', '""')}"`;

  it('gives back what was written, as far as it is asked for', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 8 }),
        fc.nat(9),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (records, limit, lineEnd, ended) => {
          const lines = [['h1', 'h2'], ...records].map((fields) => fields.map(quotedCell).join(','));
          await writeFile(path, lines.join(lineEnd) + (ended ? lineEnd : ''));
          expect(await firstRecords(path, limit, (fields) => fields)).toEqual(records.slice(0, limit));
        },
      ),
    );
  });

  it('reads records that lie across chunks', async () => {
    const records = Array.from({ length: 9_000 }, (_, at) => [`${at}`, 'x'.repeat(97), 'line\nend']);
    await writeFile(path, `h1,h2,h3\n${records.map((fields) => fields.map(quotedCell).join(',')).join('\n')}\n`);
    expect(await firstRecords(path, 8_999, (fields) => fields)).toEqual(records.slice(0, 8_999));
    expect(await firstRecords(path, 10_000, (fields) => fields)).toEqual(records);
  });

  it('refuses a quote out of place, with its line', async () => {
    await writeFile(path, 'h1,h2\n1,2\na"b,c\n');
    await expect(firstRecords(path, 5, (fields) => fields)).rejects.toThrow(/line 3: a quote is out of place/);
  });
});
