/** Reads back a PDF as our compiler writes them: pages, the runs of text on them, and the tags. Not for PDFs of others. */
import { inflateSync } from 'node:zlib';

export type ReadPdf = {
  /** Runs of text of each page in the order they are drawn; text inside drawings is left out. */
  readonly pages: readonly (readonly string[])[];
  /** How often each structure tag is used, by its name. */
  readonly tags: ReadonlyMap<string, number>;
  /** What is told of pictures to who does not see them. */
  readonly alternatives: readonly string[];
  /** Objects by number as latin1 text, the newest version of each. */
  readonly objects: ReadonlyMap<string, string>;
};

/** Objects that are written more than once count as written last. */
const objectsOf = (text: string): Map<string, string> =>
  new Map(
    [...text.matchAll(/(?:^|\n)(\d+) 0 obj\n([\s\S]*?)\nendobj/g)].map(([, number = '', body = '']) => [number, body]),
  );

const streamOf = (body: string): string => {
  const [head = '', ...rest] = body.split('stream\n');
  const bytes = Buffer.from(rest.join('stream\n'), 'latin1');
  return head.includes('/FlateDecode') ? inflateSync(bytes).toString('latin1') : bytes.toString('latin1');
};

const utf16 = (hex: string): string => Buffer.from(hex, 'hex').swap16().toString('utf16le');

/** Glyph numbers, as four hexadecimal digits, to what they say. */
const glyphsOf = (map: string): Map<string, string> => {
  const glyphs = new Map<string, string>();
  for (const [, part = ''] of map.matchAll(/beginbfchar\n([\s\S]*?)endbfchar/g)) {
    for (const [, glyph = '', says = ''] of part.matchAll(/<([0-9A-F]{4})> <([0-9A-F]+)>/g))
      glyphs.set(glyph, utf16(says));
  }
  return glyphs;
};

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

const bytesOf = (literal: string): string =>
  literal.replaceAll(/\\(?:([0-7]{1,3})|([\s\S]))/g, (_, octal: string | undefined, letter = '') =>
    octal === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(parseInt(octal, 8)),
  );

const textOf = (literal: string, glyphs: ReadonlyMap<string, string>): string => {
  const hex = Buffer.from(bytesOf(literal), 'latin1').toString('hex').toUpperCase();
  return (hex.match(/.{4}/g) ?? []).map((glyph) => glyphs.get(glyph) ?? '').join('');
};

/** The runs between BT and ET; a literal in them may hold escaped parentheses. */
const runsOf = (content: string, fonts: ReadonlyMap<string, ReadonlyMap<string, string>>): string[] =>
  [...content.matchAll(/(?:^|\n)BT\n([\s\S]*?)\nET(?=\n|$)/g)].map(([, run = '']) => {
    const glyphs = fonts.get(/\/(\w+) [\d.]+ Tf/.exec(run)?.[1] ?? '') ?? new Map();
    return [...run.matchAll(/\(((?:\\[\s\S]|[^\\()])*)\)/g)]
      .map(([, literal = '']) => textOf(literal, glyphs))
      .join('');
  });

export const readPdf = (pdf: Uint8Array): ReadPdf => {
  const text = Buffer.from(pdf).toString('latin1');
  const objects = objectsOf(text);
  const at = (number: string | undefined) => objects.get(number ?? '') ?? '';
  const pages = [...objects.values()]
    .filter((body) => /\/Type \/Page\n/.test(body))
    .map((page) => {
      const named = [...(/\/Font <<\n([\s\S]*?)>>/.exec(page)?.[1]?.matchAll(/\/(\w+) (\d+) 0 R/g) ?? [])];
      const fonts = new Map(
        named.map(([, name = '', number]) => [
          name,
          glyphsOf(streamOf(at(/\/ToUnicode (\d+) 0 R/.exec(at(number))?.[1]))),
        ]),
      );
      return runsOf(streamOf(at(/\/Contents (\d+) 0 R/.exec(page)?.[1])), fonts);
    });
  const elements = [...objects.values()].filter((body) => body.includes('/Type /StructElem'));
  const tags = new Map<string, number>();
  for (const element of elements) {
    const tag = /\/S \/(\w+)/.exec(element)?.[1] ?? '';
    tags.set(tag, (tags.get(tag) ?? 0) + 1);
  }
  const alternatives = elements.flatMap((element) => {
    const [, hex, plain] = /\/Alt (?:<FEFF([0-9A-F]+)>|\(((?:\\[\s\S]|[^\\()])*)\))/.exec(element) ?? [];
    if (hex !== undefined) return [utf16(hex)];
    return plain === undefined ? [] : [bytesOf(plain)];
  });
  return { pages, tags, alternatives, objects };
};
