/** PNGs of few colours: read back by a decoder of the test's own, pixel by pixel. */
import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { indexedPng } from '../../functions/render/indexed-png.ts';

const chunksOf = (png: Buffer) => {
  const chunks: { type: string; data: Buffer }[] = [];
  for (let at = 8; at < png.byteLength; at += 12 + png.readUInt32BE(at)) {
    const end = at + 8 + png.readUInt32BE(at);
    expect(png.readUInt32BE(end)).toBe(crc32(png.subarray(at + 4, end)));
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, end) });
  }
  return chunks;
};

/** Red, green and blue of each pixel, row by row. */
const decoded = (bytes: Uint8Array) => {
  const png = Buffer.from(bytes);
  expect(png.toString('latin1', 0, 8)).toBe('\x89PNG\r\n\x1a\n');
  const chunks = chunksOf(png);
  expect(chunks.map(({ type }) => type)).toEqual(['IHDR', 'PLTE', 'IDAT', 'IEND']);
  const [header, palette, data] = chunks.map((chunk) => chunk.data);
  const [width, height] = [header!.readUInt32BE(0), header!.readUInt32BE(4)];
  expect([...header!.subarray(8)]).toEqual([8, 3, 0, 0, 0]);
  const rows = inflateSync(data!);
  expect(rows.byteLength).toBe(height * (width + 1));
  const pixels: number[][] = [];
  for (let y = 0; y < height; y += 1) {
    expect(rows[y * (width + 1)]).toBe(0);
    for (let x = 0; x < width; x += 1) {
      const place = rows[y * (width + 1) + 1 + x]! * 3;
      pixels.push([...palette!.subarray(place, place + 3)]);
    }
  }
  return { width, height, pixels, colours: palette!.byteLength / 3 };
};

const opaque = (colours: readonly (readonly number[])[]) => Uint8Array.from(colours.flatMap((rgb) => [...rgb, 255]));

describe('a picture of few colours', () => {
  test('comes back as it was', () => {
    const colours = Array.from({ length: 7 * 5 }, (_, at) => [(at * 37) % 256, (at % 3) * 120, at === 34 ? 255 : 0]);
    expect(decoded(indexedPng({ width: 7, height: 5, pixels: opaque(colours) }))).toMatchObject({
      width: 7,
      height: 5,
      pixels: colours,
    });
  });

  test('of one colour, and of one pixel, too', () => {
    const grey = Array.from({ length: 6 }, () => [9, 9, 9]);
    expect(decoded(indexedPng({ width: 3, height: 2, pixels: opaque(grey) })).pixels).toEqual(grey);
    expect(decoded(indexedPng({ width: 1, height: 1, pixels: opaque([[1, 2, 3]]) })).pixels).toEqual([[1, 2, 3]]);
  });

  test('of 256 colours is exact', () => {
    const colours = Array.from({ length: 256 }, (_, at) => [at, 255 - at, (at * 7) % 256]);
    expect(decoded(indexedPng({ width: 16, height: 16, pixels: opaque(colours) })).pixels).toEqual(colours);
  });
});

test('of more, the frequent ones are exact and a rare one takes its neighbour', () => {
  const frequent = Array.from({ length: 512 }, (_, at) => [at % 256, 0, 0]);
  const rare = [40, 3, 0];
  const { pixels, colours } = decoded(indexedPng({ width: 27, height: 19, pixels: opaque([...frequent, rare]) }));
  expect(colours).toBe(256);
  expect(pixels).toEqual([...frequent, [40, 0, 0]]);
});

test('the same pixels are the same bytes; pixels that do not fill the picture are a bug', () => {
  const picture = {
    width: 2,
    height: 1,
    pixels: opaque([
      [1, 2, 3],
      [4, 5, 6],
    ]),
  };
  expect(Buffer.from(indexedPng(picture)).equals(indexedPng(picture))).toBe(true);
  expect(() => indexedPng({ ...picture, height: 2 })).toThrow();
});
