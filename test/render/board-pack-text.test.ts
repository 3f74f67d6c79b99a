/** Text made fit for print: what the font cannot show, and where a long word may break. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assetPath } from '../../functions/render/assets.ts';
import { breakable } from '../../functions/render/board-pack-breaks.ts';
import { coverageOf, printable } from '../../functions/render/board-pack-glyphs.ts';

const hasGlyph = coverageOf(readFileSync(assetPath('fonts/inter-regular.ttf')));
const semibold = coverageOf(readFileSync(assetPath('fonts/inter-semibold.ttf')));

test('both fonts have the same characters: the signs of figures, Latin, Greek and Cyrillic among them', () => {
  for (const character of 'AaÄäŁøńΩжЯ0129%.,+−▲▼□…’“–€£¥ ')
    expect(hasGlyph(character.codePointAt(0)!), character).toBe(true);
  for (const character of '株ש👩') expect(hasGlyph(character.codePointAt(0)!), character).toBe(false);
  const differing = Array.from({ length: 0x30000 }, (_, at) => at).filter((at) => hasGlyph(at) !== semibold(at));
  expect(differing).toEqual([]);
});

test.each([
  ['Müller & Söhne', 'Müller & Söhne'],
  ['Mu\u0308ller', 'Müller'],
  ['株式会社 Acme', '□□□□ Acme'],
  ['👩\u200d👩\u200d👧 Family', '□□□ Family'],
  ['private \ue000 use', 'private □ use'],
  ['soft\u00adhyphen \ufe0f', 'softhyphen '],
  ['lone \ufffd', 'lone □'],
])('%j is printed as %j', (text, printed) => expect(printable(text, hasGlyph)).toBe(printed));

test.each([
  ['Heron Books Corp.', 'Heron Books Corp.'],
  ['a'.repeat(16), 'a'.repeat(16)],
  ['a'.repeat(17), 'aaaaaaaa\u200baaaaaaaa\u200ba'],
  ['cancellation_requested', 'cancellation_\u200brequested'],
  ['+1,555,027,284,123.28', '+1,555,027,284,123.28'],
  ['USD\u00a01,555,027.28 was lost', 'USD\u00a01,555,027.28 was lost'],
  ['👩'.repeat(17), `${'👩'.repeat(8)}\u200b${'👩'.repeat(8)}\u200b👩`],
  [`${'x'.repeat(7)}e\u0301${'x'.repeat(9)}`, `${'x'.repeat(7)}e\u0301\u200b${'x'.repeat(8)}\u200bx`],
])('%j may break as %j', (text, broken) => expect(breakable(text)).toBe(broken));
