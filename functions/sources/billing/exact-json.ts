/** JSON whose numbers stay the text that they were written in: as floats, amounts would not be what was told. */

type Context = { readonly source?: string };

/** Parses JSON; every number becomes a string of its own characters. Throws SyntaxError as JSON.parse does. */
export const parseExactly = (text: string): unknown => {
  const parsed: unknown = JSON.parse(text, (_key, value: unknown, context?: Context) => {
    if (typeof value !== 'number') return value;
    const source = context?.source;
    if (source === undefined) throw new SyntaxError('this Node does not tell how a number was written');
    return source;
  });
  return parsed;
};
