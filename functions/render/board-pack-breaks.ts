/** Where a line may end inside a word: a name without a space in it would run out of its column. */

const zeroWidthSpace = '\u200b';
const longWord = /\S{17,}/gu;
const figure = /^[\d.,%()+\u2212-]+$/;
/** Codes and addresses are made of parts: better to end a line behind one of these than anywhere. */
const partEnds = /(?<=[_/:@&=?.-])(?=[\p{L}\p{N}])/u;
/** Marks stay with the character that they are on. */
const pieces = /(?:\P{M}\p{M}*){1,8}|\p{M}+/gu;

const piecesOf = (part: string): readonly string[] => (part.length < 17 ? [part] : (part.match(pieces) ?? []));

/** The same text with places to break in its long words: behind a part, or after every eight characters; never in figures. */
export const breakable = (text: string): string =>
  text.replace(longWord, (word) =>
    figure.test(word) ? word : word.split(partEnds).flatMap(piecesOf).join(zeroWidthSpace),
  );
