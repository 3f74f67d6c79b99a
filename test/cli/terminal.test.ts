/** The two streams: what goes where, and what never goes to a terminal. */
import { expect, test } from 'vitest';
import { jsonText, safe, table, terminal } from '../../functions/cli/terminal.ts';

const streams = (isTTY: boolean) => {
  const written = { output: '', errors: '' };
  const stream = (name: 'output' | 'errors') => ({
    isTTY,
    write(text: string) {
      written[name] += text;
    },
  });
  return { written, terminal: terminal(stream('output'), stream('errors')) };
};

test('results go to one stream, notes to the other; without a terminal there is no bar', () => {
  const { written, terminal: told } = streams(false);
  told.progress('Reading', 1, 2);
  told.note('a note');
  told.progress('Reading', 2, 2);
  told.print('a result');
  expect(written).toEqual({ output: 'a result\n', errors: 'a note\n' });
});

test('on a terminal a bar is drawn in one line, and wiped before anything else is told', () => {
  const { written, terminal: told } = streams(true);
  told.progress('Reading', 1, 2);
  expect(written.errors).toBe(`\r\u{1b}[2KReading ${'█'.repeat(12)}${'░'.repeat(12)} 1/2`);
  told.print('a result');
  expect(written.errors.endsWith('\r\u{1b}[2K')).toBe(true);
  told.progress('Reading', 2, 2);
  expect(written.errors.endsWith('2/2\r\u{1b}[2K')).toBe(true);
  told.progress('Nothing', 0, 0);
  expect(written.output).toBe('a result\n');
});

test('text from outside is one short line without controls', () => {
  expect(safe('a\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}b\r\nc\u{9b}2Jd')).toMatch(/^ared/);
  for (const text of [
    '\u{1b}[31m\u{1b}]8;;http://x\u{1b}\\link',
    'a\u{0}b\u{9b}c\u{7f}',
    '\u{202e}abc\u{2066}',
    'a\nb',
  ])
    expect(safe(text)).not.toMatch(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
  expect([...safe('x'.repeat(5_000_000))]).toHaveLength(60);
});

test('JSON means the same with steering characters escaped', () => {
  const value = { name: 'a\u{9b}b\u{202e}c\u{2028}d\u{7f}', plain: 'Zürich 東京 👩‍👩‍👧' };
  const text = jsonText(value);
  expect(JSON.parse(text)).toEqual(value);
  expect(text).not.toMatch(/(?!\n)\p{Cc}|[\u2028-\u202e\u2066-\u2069]/u);
  expect(text).toContain(value.plain);
});

test('a table lines up, numbers to the right', () => {
  expect(
    table(
      ['Name', 'Sum'],
      [
        ['é', '1.00'],
        ['long name', '-12.00'],
      ],
      [1],
    ).split('\n'),
  ).toEqual(['Name          Sum', '─────────  ──────', 'é            1.00', 'long name  -12.00']);
});
