/** The colours of the charts: enough contrast, and told apart by those who see fewer colours. */
import { describe, expect, test } from 'vitest';
import { darkPalette, lightPalette } from '../../functions/render/chart-palettes.ts';

type Rgb = readonly [number, number, number];

const linear = (colour: string): Rgb => {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return [red!, green!, blue!];
};
const luminance = ([red, green, blue]: Rgb) => 0.2126 * red + 0.7152 * green + 0.0722 * blue;
const contrast = (one: string, other: string) => {
  const [low, high] = [luminance(linear(one)), luminance(linear(other))].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
};
/** A colour at an opacity over another, as screens mix them. */
const over = (colour: string, opacity: number, ground: string) =>
  `#${[1, 3, 5]
    .map((at) => {
      const [top, below] = [colour, ground].map((text) => Number.parseInt(text.slice(at, at + 2), 16));
      return Math.round(top! * opacity + below! * (1 - opacity))
        .toString(16)
        .padStart(2, '0');
    })
    .join('')}`;

/** How a colour looks to who lacks a cone: matrices of Machado, Oliveira and Fernandes (2009), full severity. */
const sights: Readonly<Record<string, readonly Rgb[]>> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};
const seenAs = (colour: string, sight: readonly Rgb[]): Rgb => {
  const light = linear(colour);
  const [red, green, blue] = sight.map((row) =>
    Math.min(1, Math.max(0, row[0] * light[0] + row[1] * light[1] + row[2] * light[2])),
  );
  return [red!, green!, blue!];
};
const lab = (light: Rgb): Rgb => {
  const [red, green, blue] = light;
  const bent = (share: number) => (share > 0.008856 ? Math.cbrt(share) : 7.787 * share + 16 / 116);
  const x = bent((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
  const y = bent(luminance(light));
  const z = bent((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};
const difference = (one: string, other: string, sight: readonly Rgb[]) => {
  const [a, b] = [lab(seenAs(one, sight)), lab(seenAs(other, sight))];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
};

describe.each([
  ['light', lightPalette],
  ['dark', darkPalette],
])('the %s palette', (_name, palette) => {
  test('has text that can be read on everything it stands on', () => {
    for (const ink of [palette.ink, palette.muted]) expect(contrast(ink, palette.background)).toBeGreaterThan(4.5);
    for (const ink of [palette.balance, palette.gain]) expect(contrast(ink, palette.background)).toBeGreaterThan(4.5);
    for (const heat of [palette.gain, palette.loss])
      expect(contrast(palette.ink, over(heat, 0.5, palette.background))).toBeGreaterThan(4.5);
    expect(contrast(palette.muted, over(palette.line, 0.35, palette.background))).toBeGreaterThan(4.5);
  });

  test('has shapes that stand out from the ground', () => {
    for (const shape of [palette.balance, palette.gain, palette.loss, palette.failed, palette.even])
      expect(contrast(shape, palette.background)).toBeGreaterThan(3);
  });

  test.each(Object.entries(sights))('tells gain from loss and from failed payments with %s', (_sight, matrix) => {
    expect(difference(palette.gain, palette.loss, matrix)).toBeGreaterThan(40);
    expect(difference(palette.gain, palette.failed, matrix)).toBeGreaterThan(15);
    expect(difference(palette.loss, palette.failed, matrix)).toBeGreaterThan(40);
    const tints = [palette.gain, palette.loss].map((colour) => over(colour, 0.22, palette.background));
    expect(difference(tints[0]!, tints[1]!, matrix)).toBeGreaterThan(8);
  });
});
