/** The committed templates are the compiled ones, and neither can let a name out of its place. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { compileTemplates } from '../../templates/compile.ts';

const committed = (name: string) => readFile(new URL(`../../templates/compiled/${name}`, import.meta.url), 'utf8');

test('what is committed is what the sources compile to', async () => {
  const compiled = await compileTemplates();
  expect([...compiled.keys()]).toEqual(['board-report.hbs', 'report-page.hbs', 'archive-index.css']);
  for (const [name, text] of compiled) expect(await committed(name), `${name}: run npm run templates`).toBe(text);
});

test.each(['board-report.hbs', 'report-page.hbs'])(
  '%s escapes every value, includes everything, and asks no host for anything',
  async (name) => {
    const text = await committed(name);
    expect(text).not.toMatch(/\{\{\{|\{\{&/);
    expect(text).not.toContain('mj-include');
    // The mail's charts are the only pictures; where they come from is not the template's to say.
    const pictures = /<img src="\{\{charts\.(trend|bridge|segments|involuntary)\.src\}\}" /g;
    expect(text.match(pictures) ?? []).toHaveLength(name === 'board-report.hbs' ? 4 : 0);
    // The page's own script is admitted by its hash; its ledger is data; its icon keeps browsers from asking for one.
    const own =
      /<script>[\s\S]*?<\/script>|<script type="application\/json" id="ledger">\{\{ledger\}\}<\/script>|<link rel="icon" href="data:,">/g;
    expect(text.match(own) ?? []).toHaveLength(name === 'report-page.hbs' ? 3 : 0);
    expect(text.replaceAll(pictures, '').replaceAll(own, '')).not.toMatch(
      /<(script|img|link|iframe|object|embed|video|audio|form|base)\b/i,
    );
    expect(text).not.toMatch(/@import|url\(|javascript:|\bon[a-z]+=/i);
    // The only addresses are the names of XML vocabularies, which nobody fetches.
    const addresses = [...text.matchAll(/https?:\/\/[^"'\s)]+/g)].map(([address]) => address);
    expect(addresses.filter((address) => !address.startsWith('http://www.w3.org/'))).toEqual([]);
  },
);

test('the policy of the page names exactly its own style sheet and script', async () => {
  const page = await committed('report-page.hbs');
  const hashOf = (part: RegExp) =>
    createHash('sha256')
      .update(part.exec(page)?.[1] ?? '')
      .digest('base64');
  const style = hashOf(/<style>([\s\S]*?)<\/style>/);
  const script = hashOf(/<script>([\s\S]*?)<\/script>/);
  expect(page).toContain(
    `content="default-src 'none'; style-src 'sha256-${style}'; script-src 'sha256-${script}'; img-src data:; base-uri 'none'; form-action 'none'"`,
  );
  expect(page).not.toMatch(/\sstyle=/);
});
