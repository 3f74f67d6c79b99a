/** Which characters the board pack's font can print, and what stands for the others: PDF/A refuses text without a glyph. */

export type HasGlyph = (codePoint: number) => boolean;

/** Stands for a character that the font does not have. */
export const missing = '\u25a1';

/** Format 12 of a font's character map: runs of code points that have a glyph. Throws when the font has no such map. */
export const coverageOf = (font: Uint8Array): HasGlyph => {
  const view = new DataView(font.buffer, font.byteOffset, font.byteLength);
  const tagAt = (at: number) => String.fromCharCode(...font.subarray(at, at + 4));
  const tables = Array.from({ length: view.getUint16(4) }, (_, index) => 12 + 16 * index);
  const record = tables.find((at) => tagAt(at) === 'cmap');
  if (record === undefined) throw new Error('the font has no character map');
  const map = view.getUint32(record + 8);
  const subtables = Array.from(
    { length: view.getUint16(map + 2) },
    (_, index) => map + view.getUint32(map + 4 + 8 * index + 4),
  );
  const subtable = subtables.find((at) => view.getUint16(at) === 12);
  if (subtable === undefined) throw new Error('the font has no character map of format 12');
  const runs = Array.from({ length: view.getUint32(subtable + 12) }, (_, index) => subtable + 16 + 12 * index).map(
    (at) => ({ first: view.getUint32(at), last: view.getUint32(at + 4) }),
  );
  const covered = new Set(
    runs.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
  );
  return (codePoint) => covered.has(codePoint);
};

/** Of a character that was not found: nothing to see, or no character without the one before it. */
const silent = /^[\p{Default_Ignorable_Code_Point}\p{M}]$/u;
/** Means something else in each font: PDF/A wants text that can be read without one. */
const privateUse = /^\p{Co}$/u;

/** Text with a box for each character that the font cannot print. */
export const printable = (text: string, hasGlyph: HasGlyph): string =>
  Array.from(text.normalize('NFC'), (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    if (codePoint < 0x80) return character;
    if (hasGlyph(codePoint) && !privateUse.test(character)) return character;
    return silent.test(character) ? '' : missing;
  }).join('');
