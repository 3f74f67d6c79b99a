/** Pixels as a PNG of at most 256 colours: a chart has few, and is a third of the size that way. */
import assert from 'node:assert/strict';
import { crc32, deflateSync } from 'node:zlib';

/** Opaque pixels, four bytes each: red, green, blue and 255. */
export type Pixels = { readonly width: number; readonly height: number; readonly pixels: Uint8Array };

const colourLimit = 256;

const chunk = (type: string, data: Uint8Array): Buffer => {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(named.byteLength + 8);
  frame.writeUInt32BE(data.byteLength, 0);
  named.copy(frame, 4);
  frame.writeUInt32BE(crc32(named), named.byteLength + 4);
  return frame;
};

/** Each pixel as 0xRRGGBB. */
const coloursOf = ({ width, height, pixels }: Pixels): Uint32Array => {
  assert.equal(pixels.byteLength, width * height * 4);
  const colours = new Uint32Array(width * height);
  for (let at = 0; at < colours.length; at += 1) {
    const byte = at * 4;
    colours[at] = ((pixels[byte] ?? 0) << 16) | ((pixels[byte + 1] ?? 0) << 8) | (pixels[byte + 2] ?? 0);
  }
  return colours;
};

/** The most frequent colours, the same for the same pixels. */
const paletteOf = (colours: Uint32Array): number[] => {
  const counts = new Map<number, number>();
  let start = 0;
  for (let at = 1; at <= colours.length; at += 1) {
    const colour = colours[start] ?? 0;
    if (colours[at] === colour) continue;
    counts.set(colour, (counts.get(colour) ?? 0) + at - start);
    start = at;
  }
  return [...counts]
    .sort(([one, ones], [other, others]) => others - ones || one - other)
    .slice(0, colourLimit)
    .map(([colour]) => colour);
};

const distance = (one: number, other: number): number =>
  ((one >> 16) - (other >> 16)) ** 2 +
  (((one >> 8) & 255) - ((other >> 8) & 255)) ** 2 +
  ((one & 255) - (other & 255)) ** 2;

const nearest = (palette: readonly number[], colour: number): number => {
  let found = 0;
  for (const [place, candidate] of palette.entries())
    if (distance(candidate, colour) < distance(palette[found] ?? 0, colour)) found = place;
  return found;
};

/** Places in the palette, row by row, each row behind a byte that says that it is not filtered. */
const rowsOf = (colours: Uint32Array, palette: readonly number[], width: number, height: number): Uint8Array => {
  const places = new Map(palette.map((colour, place) => [colour, place]));
  const placeOf = (colour: number): number => {
    const known = places.get(colour);
    if (known !== undefined) return known;
    const place = nearest(palette, colour);
    places.set(colour, place);
    return place;
  };
  const rows = new Uint8Array(height * (width + 1));
  let last = -1;
  let place = 0;
  for (let at = 0; at < colours.length; at += 1) {
    const colour = colours[at] ?? 0;
    if (colour !== last) place = placeOf(colour);
    last = colour;
    rows[at + Math.trunc(at / width) + 1] = place;
  }
  return rows;
};

/** Exact where there are at most 256 colours; else rare shades take the nearest that is not. */
export const indexedPng = (picture: Pixels): Uint8Array => {
  const { width, height } = picture;
  const colours = coloursOf(picture);
  const palette = paletteOf(colours);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Uint8Array.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]))),
    chunk('IDAT', deflateSync(rowsOf(colours, palette, width, height), { level: 7 })),
    chunk('IEND', new Uint8Array()),
  ]);
};
