/** Everything a revision consists of, for each book: nothing left unfilled, and every link leads to a file that is there. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { bookNames } from './books.ts';
import { openMessage } from './message.ts';

const hole = /.{0,40}(undefined|\bNaN\b|\[object |\bInfinity\b|\+[−-]\d|[−-]\+\d).{0,40}/;

/** Without the page's own style and script, which speak of other things; its data stays. */
const spoken = (html: string): string =>
  html.replace(/<style[\s\S]*?<\/style>/g, '').replace(/<script(?! type="application\/json")[\s\S]*?<\/script>/g, '');

describe.each(bookNames)('the %s book', (name) => {
  const { home, revision, mail } = inject('books')[name];

  const texts = async (): Promise<[string, string][]> => {
    const { html, text } = await openMessage(mail);
    const files = (await readdir(revision)).filter((file) => /\.(html|txt|csv|json)$/.test(file));
    expect(files).toEqual(expect.arrayContaining(['email.html', 'email.txt', 'report.html', 'report.json']));
    const read = files.map(
      async (file): Promise<[string, string]> => [file, await readFile(join(revision, file), 'utf8')],
    );
    return [['mail, html', html], ['mail, text', text], ...(await Promise.all(read))];
  };

  test('no form shows a hole, a placeholder or two signs', async () => {
    for (const [form, text] of await texts()) {
      const read = spoken(text);
      expect(hole.exec(read)?.[0], form).toBeUndefined();
      // The hostile book's own names have mustaches, which are to be printed as they are.
      if (name !== 'hostile') expect(read, form).not.toContain('{{');
    }
  });

  test('every link of every page leads to a place in it or to a file that is there', async () => {
    const pages = [join(revision, 'email.html'), join(revision, 'report.html'), join(home, 'archive/index.html')];
    for (const page of pages.filter((path) => existsSync(path))) {
      const html = spoken(await readFile(page, 'utf8'));
      for (const [, quoted = ''] of html.matchAll(/\s(?:href|src)="([^"]*)"/g)) {
        const link = quoted.replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');
        // An icon of nothing, so that no browser asks for one.
        if (link === 'data:,') continue;
        if (link.startsWith('#')) expect(html, link).toContain(`id="${link.slice(1)}"`);
        else {
          expect(link, page).toMatch(/^[a-z0-9.=/-]+$/i);
          expect(existsSync(join(dirname(page), link)), `${page}: ${link}`).toBe(true);
        }
      }
    }
  });

  test('no page, no drawing and no text has a control or a mark that turns the reading order', async () => {
    for (const [form, text] of await texts()) {
      // Data has names as they are; what people read has them tamed.
      if (/\.(csv|json)$/.test(form)) continue;
      const shown = text.replace(/<script type="application\/json"[\s\S]*?<\/script>/g, '');
      expect(/.{0,20}(?![\r\n])[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.exec(shown)?.[0], form).toBeUndefined();
    }
  });
});
