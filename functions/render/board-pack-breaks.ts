/** Where a line may end inside a word: a name without a space in it would run out of its column. */

const zeroWidthSpace = '\u200b';
const longWord = /\S{17,}/gu;
const figure = /^[\d.,%()+\u2212-]+$/;
/** Marks stay with the character that they are on. */
const pieces = /(?:\P{M}\p{M}*){1,8}|\p{M}+/gu;

/** The same text with a place to break after every eight characters of a long word; figures are never broken. */
export const breakable = (text: string): string =>
  text.replace(longWord, (word) => (figure.test(word) ? word : (word.match(pieces) ?? []).join(zeroWidthSpace)));
