/** Labels: how wide a text is, where it is cut, and where it goes. Sizes in pixels of a drawing 480 wide. */
import { firstMeasured, regularWidths, semiboldWidths } from '../fonts/inter-widths.ts';
import { element, escaped } from './svg.ts';

/** Three sizes and no more: a figure, a label, what stands beside a label. At 375 pixels the smallest is above 9. */
export const sizes = { figure: 17, label: 13, small: 12 } as const;

export type Weight = 400 | 600;

const otherWidths = new Map(Object.entries({ '–': 500, '—': 1000, '’': 294, '…': 956, '−': 673, '→': 954, '×': 673 }));

/** Scripts that are not in the table: marks take no room, East Asian characters and emoji a full square. */
const guessedWidth = (character: string): number => {
  if (/\p{M}|\p{Cf}/u.test(character)) return 0;
  return (character.codePointAt(0) ?? 0) < 0x1100 ? 700 : 1100;
};

/** The width of a text in pixels, from the font's own advance widths, without kerning. */
export const textWidth = (content: string, size: number, weight: Weight = 400): number => {
  const table = weight === 600 ? semiboldWidths : regularWidths;
  const widthOf = (character: string): number =>
    table[(character.codePointAt(0) ?? 0) - firstMeasured] || otherWidths.get(character) || guessedWidth(character);
  return (Array.from(content).reduce((width, character) => width + widthOf(character), 0) * size) / 1000;
};

/** The text itself, or as much of it as fits with an ellipsis. */
export const fitted = (content: string, room: number, size: number, weight: Weight = 400): string => {
  if (textWidth(content, size, weight) <= room) return content;
  const kept = Array.from(content);
  while (kept.length > 0 && textWidth(`${kept.join('').trimEnd()}…`, size, weight) > room) kept.pop();
  return `${kept.join('').trimEnd()}…`;
};

/** Where a page falls back on another font, texts can be this much wider: what they must not touch stands further off. */
export const widerFont = 1.1;

/** Words in as many lines as the room needs; a word that is too long for a line is cut. */
export const wrapped = (content: string, room: number, size: number): string[] => {
  const lines: string[] = [];
  for (const word of content.split(' ')) {
    const longer = lines.length === 0 ? word : `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && textWidth(longer, size) * widerFont <= room) lines[lines.length - 1] = longer;
    else lines.push(fitted(word, room, size));
  }
  return lines;
};

export type TextStyle = {
  readonly fill: string;
  readonly size?: number;
  readonly weight?: Weight;
  readonly anchor?: 'start' | 'middle' | 'end';
};

/** A line of text whose baseline is at y; nothing for an empty one. */
export const textAt = (
  x: number,
  y: number,
  content: string,
  { fill, size = sizes.small, weight = 400, anchor = 'start' }: TextStyle,
): string => {
  if (content === '') return '';
  const attributes = { x, y, fill, 'font-size': size, 'font-weight': weight, 'text-anchor': anchor };
  return element('text', attributes, escaped(content));
};

/** The baseline that centres digits and capitals of a size at y: half of Inter's cap height below it. */
export const centred = (y: number, size: number): number => y + size * 0.364;

/**
 * Moves label centres apart until neighbours are at least `gap` from each other, as little as needed, inside
 * [from, to] where there is room. The order stays.
 */
export const spread = (wanted: readonly number[], gap: number, from: number, to: number): number[] => {
  const order = wanted
    .map((centre, index) => ({ centre, index }))
    .sort((a, b) => a.centre - b.centre || a.index - b.index);
  const placed: number[] = [];
  for (const { centre } of order) placed.push(Math.max(centre, from, (placed.at(-1) ?? -Infinity) + gap));
  let limit = to;
  for (let at = placed.length - 1; at >= 0; at -= 1) {
    placed[at] = Math.min(placed[at] ?? limit, limit);
    limit = (placed[at] ?? limit) - gap;
  }
  const result = [...wanted];
  order.forEach(({ index }, at) => {
    result[index] = placed[at] ?? wanted[index] ?? from;
  });
  return result;
};
