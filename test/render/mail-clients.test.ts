/** What the mail asks of mail programs: whatever one of them lacks is known here, with what its readers get instead. */
import { type CanIEmailOptions, caniemail } from 'caniemail';
import { expect, test } from 'vitest';
import { archivedMail } from '../../functions/render/render-mail.ts';
import { hostileReport, makeReport } from './fixture.ts';
import { everyPicture } from './mail-pictures.ts';

/** The programs that finance teams and boards read in, as far as the data is complete. */
const clients: CanIEmailOptions['clients'] = [
  'apple-mail.*',
  'gmail.*',
  'outlook.*',
  'yahoo.*',
  'samsung-email.android',
];

/** Features that some of them lack altogether, by what happens there. */
const absent: Readonly<Record<string, readonly string[]>> = {
  // Everything that a reader needs is said by tables and inline styles; the sheet adds phones and the dark.
  'the wide, light form is shown': [
    '<style> element',
    '@media',
    'Attribute selector',
    'Chaining selectors',
    'Child combinator',
    'Class selector',
    'Descendant combinator',
    'ID selector',
    'Type selector',
    'color-scheme CSS property',
    'color-scheme meta tag',
  ],
  'charts keep their white ground in the dark': ['filter', 'mix-blend-mode'],
  'corners are square': ['border-radius', 'overflow'],
  'the preview line is hidden by one of the other ways': ['display:none', 'opacity', 'max-height property'],
  'a screen reader hears an empty cell, or the structure of a table': [
    'aria-hidden attribute',
    'aria-label attribute',
    'role attribute',
  ],
  'a name may wrap elsewhere; its characters that turn the reading order are gone already': [
    '<bdi> element',
    'white-space',
    'word-break',
  ],
  'the space between things is a little different': ['height property', 'word-spacing', 'outline', 'table-layout'],
  'the background of the page is that of the program': ['<body> element'],
};

/** Features that none of them lacks and some have in part: the part that is used is there. */
const partial: readonly string[] = [
  '!important keyword',
  'align attribute',
  'background',
  'border',
  'dir attribute',
  'direction',
  'display',
  'font-size',
  'font-weight',
  'lang attribute',
  'letter-spacing',
  'line-height',
  'margin',
  'max-width',
  'padding',
  'text-align',
  'text-decoration',
  'text-transform',
  'width attribute',
  'width property',
];

/** The rules of the media queries as well, which are otherwise not looked at. */
const unwrapped = (html: string): string => html.replaceAll(/^@media [^{]*\{$([\s\S]*?)^\}$/gm, '$1');

const lacking = (html: string) => {
  const titles = { errors: new Set<string>(), warnings: new Set<string>() };
  for (const form of [html, unwrapped(html)]) {
    const { issues } = caniemail({ clients, html: form });
    for (const kind of ['errors', 'warnings'] as const)
      for (const found of issues[kind].values()) for (const { title } of found) titles[kind].add(title);
  }
  return { absent: [...titles.errors].sort(), partial: [...titles.warnings].sort() };
};

test('no program lacks anything that is not known', () => {
  const found = lacking(archivedMail(makeReport(), everyPicture()).html);
  const known = Object.values(absent).flat();
  expect(found.absent).toEqual(known.toSorted());
  expect(found.partial.filter((title) => !known.includes(title))).toEqual(partial.toSorted());
});

test('nor does a name add anything', () => {
  const { html } = archivedMail(hostileReport(), everyPicture());
  expect(lacking(html)).toEqual(lacking(archivedMail(makeReport(), everyPicture()).html));
});

test('no picture is inside the HTML, and no drawing', () => {
  const { html } = archivedMail(makeReport(), everyPicture());
  expect(html).not.toMatch(/data:|<svg|<picture|srcset|url\(/i);
});
