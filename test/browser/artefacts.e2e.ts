/** Everything a revision consists of, for each book: nothing left unfilled, nobody asked for anything, no byte too many. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { bookNames } from './books.ts';

const hole = /.{0,40}(undefined|\bNaN\b|\[object |Infinity|\+[−-]\d|[−-]\+\d).{0,40}/;

describe.each(bookNames)('%s', (name) => {
  const { revision, mail } = inject('books')[name];
  const textOf = (file: string) => readFile(join(revision, file), 'utf8');

  test('no form shows a hole, a placeholder or two signs', async () => {
    const files = (await readdir(revision)).filter((file) => /\.(html|txt|csv|json)$/.test(file));
    expect(files).toEqual(expect.arrayContaining(['email.html', 'email.txt', 'report.html', 'report.json']));
    for (const file of files) {
      const text = await textOf(file);
      expect(hole.exec(text)?.[0], file).toBeUndefined();
      // The hostile book's own names have mustaches, which are to be printed as they are.
      if (name !== 'hostile') expect(text, file).not.toContain('{{');
    }
    expect(mail).toMatch(/\.eml$/);
  });
});
